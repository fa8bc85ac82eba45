//! When a rule matches.

use panelgate_domain::ids::{MAX_ID, PanelName, ServiceId};
use panelgate_domain::markup::{Condition, CostRange};

use super::super::KnownPanels;
use super::super::scope::Scope;
use super::super::services::panel_of;
use crate::config::raw::{self, List};
use crate::config::value;

/// The keys, as they are written.
pub(super) const KEYS: &[&str] = &[
    "group",
    "customer",
    "panel",
    "category",
    "service_name",
    "type",
    "services",
    "cost_from",
    "cost_below",
];

pub(super) fn is_written(raw: &raw::Rule) -> bool {
    let texts = [
        &raw.group,
        &raw.customer,
        &raw.panel,
        &raw.category,
        &raw.service_name,
        &raw.r#type,
        &raw.cost_from,
        &raw.cost_below,
    ];
    raw.services.is_some() || texts.into_iter().any(Option::is_some)
}

pub(super) fn resolve(raw: &raw::Rule, known: &KnownPanels, scope: &mut Scope<'_>) -> Condition {
    let panel = raw.panel.as_ref();
    let panel: Option<PanelName> = panel.and_then(|panel| panel_of(panel, known, scope));
    Condition {
        group: scope.read(&raw.group, value::not_blank),
        customer: scope.read(&raw.customer, value::not_blank),
        panel,
        category: scope.read(&raw.category, value::glob),
        service_name: scope.read(&raw.service_name, value::glob),
        service_type: scope.read(&raw.r#type, value::service_type),
        services: services(&raw.services, scope),
        cost: cost(raw, scope),
    }
}

fn cost(raw: &raw::Rule, scope: &mut Scope<'_>) -> CostRange {
    let range = CostRange {
        from: scope.read(&raw.cost_from, value::cost),
        below: scope.read(&raw.cost_below, value::cost),
    };
    if let Some(written) = raw.cost_below.as_ref().filter(|_| range.is_empty()) {
        scope.error(
            &written.span(),
            "no cost is in this range",
            "expected more than `cost_from`, and more than \"0\"",
            "a cost matches from `cost_from` on, up to but without `cost_below`",
        );
    }
    range
}

fn services(list: &List<i64>, scope: &mut Scope<'_>) -> Option<Vec<ServiceId>> {
    let list = list.as_ref()?;
    if list.get_ref().is_empty() {
        scope.error(
            &list.span(),
            "an empty list matches nothing",
            "expected at least one service id",
            "leave the key out: then every service matches",
        );
    }
    for id in list.get_ref() {
        if !(1..=MAX_ID).contains(id.get_ref()) {
            scope.error(
                &id.span(),
                format!("{} is no service id", id.get_ref()),
                format!("expected 1 to {MAX_ID}"),
                "`panelgate services list` shows them",
            );
        }
    }
    let ids = list.get_ref().iter().map(|id| ServiceId(*id.get_ref()));
    Some(ids.collect())
}
