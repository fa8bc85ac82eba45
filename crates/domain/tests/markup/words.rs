//! Random conditions and what they are asked about, of so few words that they often meet.

use panelgate_domain::ids::{PanelName, ServiceId};
use panelgate_domain::markup::{Buyer, Condition, CostRange, Glob, Markup, Rule, Subject, Terms};
use panelgate_domain::service_type::ServiceType;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

/// A condition as an operator writes it, before it is compiled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) group: Option<&'static str>,
    pub(crate) customer: Option<&'static str>,
    pub(crate) panel: Option<&'static str>,
    pub(crate) category: Option<String>,
    pub(crate) service_name: Option<String>,
    pub(crate) service_type: Option<ServiceType>,
    pub(crate) services: Option<Vec<i64>>,
    pub(crate) cost_from: Option<Decimal>,
    pub(crate) cost_below: Option<Decimal>,
}

/// A customer, a service and what it costs.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) group: Option<&'static str>,
    pub(crate) customer: &'static str,
    pub(crate) panel: &'static str,
    pub(crate) category: String,
    pub(crate) name: String,
    pub(crate) service_type: ServiceType,
    pub(crate) id: i64,
    pub(crate) cost: Decimal,
}

impl Written {
    pub(crate) fn compiled(&self) -> Condition {
        let glob = |pattern: &Option<String>| pattern.as_deref().map(Glob::new);
        let services = self.services.as_ref();
        Condition {
            group: self.group.map(str::to_owned),
            customer: self.customer.map(str::to_owned),
            panel: self.panel.map(PanelName::from),
            category: glob(&self.category),
            service_name: glob(&self.service_name),
            service_type: self.service_type,
            services: services.map(|ids| ids.iter().copied().map(ServiceId).collect()),
            cost: CostRange {
                from: self.cost_from,
                below: self.cost_below,
            },
        }
    }
}

/// Rules with these conditions; each one's name is its place.
pub(crate) fn markup(conditions: &[Written]) -> Markup {
    let rules = conditions.iter().enumerate().map(|(place, written)| Rule {
        name: place.to_string(),
        when: written.compiled(),
        terms: Terms::percent(Decimal::from(place)),
    });
    Markup {
        default: Terms::percent(Decimal::ONE_HUNDRED),
        rules: rules.collect(),
    }
}

/// The place of the rule that was found.
pub(crate) fn found(markup: &Markup, asked: &Asked) -> Option<usize> {
    let panel = PanelName::from(asked.panel);
    let buyer = Buyer {
        customer: asked.customer,
        group: asked.group,
    };
    let subject = Subject {
        id: ServiceId(asked.id),
        name: &asked.name,
        category: &asked.category,
        service_type: asked.service_type,
        panel: &panel,
    };
    let (_, rule) = markup.terms_for(buyer, subject, asked.cost);
    rule.map(|rule| rule.name.parse().expect("names are places"))
}

pub(crate) fn any_group() -> impl Strategy<Value = &'static str> {
    select(vec!["vip", "gold"])
}

pub(crate) fn any_customer() -> impl Strategy<Value = &'static str> {
    select(vec!["ann", "bob"])
}

pub(crate) fn any_panel() -> impl Strategy<Value = &'static str> {
    select(vec!["alpha", "beta"])
}

pub(crate) fn any_type() -> impl Strategy<Value = ServiceType> {
    select(vec![ServiceType::Default, ServiceType::Package])
}

/// Texts and patterns share their letters; some differ only by case, and not all are one byte.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    "[abBéÉ]{0,5}"
}

pub(crate) fn any_glob() -> impl Strategy<Value = String> {
    "[abBéÉ*?*]{0,5}"
}

/// Equal costs are written in different ways too.
pub(crate) fn any_cost() -> impl Strategy<Value = Decimal> {
    (1_i64..40, 0_u32..3).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

prop_compose! {
    pub(crate) fn any_condition()(
        group in option::weighted(0.2, any_group()),
        customer in option::weighted(0.2, any_customer()),
        panel in option::weighted(0.2, any_panel()),
        (category, service_name) in (option::weighted(0.2, any_glob()), option::weighted(0.2, any_glob())),
        service_type in option::weighted(0.2, any_type()),
        services in option::weighted(0.2, proptest::collection::vec(1_i64..6, 1..4)),
        (cost_from, cost_below) in (option::weighted(0.2, any_cost()), option::weighted(0.2, any_cost())),
    ) -> Written {
        Written { group, customer, panel, category, service_name, service_type, services, cost_from, cost_below }
    }
}

prop_compose! {
    pub(crate) fn any_asked()(
        (group, customer, panel) in (option::of(any_group()), any_customer(), any_panel()),
        (category, name) in (any_text(), any_text()),
        (service_type, id, cost) in (any_type(), 1_i64..6, any_cost()),
    ) -> Asked {
        Asked { group, customer, panel, category, name, service_type, id, cost }
    }
}
