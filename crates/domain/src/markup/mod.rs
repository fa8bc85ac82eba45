//! Markup: the rules that turn an offer's cost into our rate. The first rule that matches wins.

mod condition;
mod glob;
mod terms;

use rust_decimal::Decimal;

pub use self::condition::{Condition, CostRange};
pub use self::glob::Glob;
pub use self::terms::{Method, OnLoss, Terms, Tier};
use crate::ids::{PanelName, ServiceId};
use crate::service_type::ServiceType;

/// A rule: a condition, and what it changes of the default terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The operator's name for it.
    pub name: String,
    /// When it matches.
    pub when: Condition,
    /// The terms it sets.
    pub terms: Terms,
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyer<'a> {
    /// The customer's name.
    pub customer: &'a str,
    /// The customer's price group.
    pub group: Option<&'a str>,
}

/// What is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Our id.
    pub id: ServiceId,
    /// Our name.
    pub name: &'a str,
    /// Our category.
    pub category: &'a str,
    /// Its type.
    pub service_type: ServiceType,
    /// The panel whose cost is the basis.
    pub panel: &'a PanelName,
}

/// All rules, and the terms for what none of them matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Markup {
    /// For what no rule matches.
    pub default: Terms,
    /// In order; the first match wins.
    pub rules: Vec<Rule>,
}

/// The rules about one service at one cost.
#[derive(Clone, Debug)]
pub struct About<'a> {
    default: &'a Terms,
    rules: Vec<&'a Rule>,
}

impl<'a> About<'a> {
    /// As [`Markup::terms_for`].
    #[must_use]
    pub fn terms_for(&self, buyer: Buyer<'_>) -> (&'a Terms, Option<&'a Rule>) {
        let mut rules = self.rules.iter();
        match rules.find(|rule| rule.when.is_for(buyer)) {
            Some(rule) => (&rule.terms, Some(rule)),
            None => (self.default, None),
        }
    }
}

impl Markup {
    /// The terms for a buyer and a service whose basis costs so much (per 1000 or per package, in our currency), and the rule
    /// they come from.
    #[must_use]
    pub fn terms_for(
        &self,
        buyer: Buyer<'_>,
        subject: Subject<'_>,
        cost: Decimal,
    ) -> (&Terms, Option<&Rule>) {
        let mut rules = self.rules.iter();
        match rules.find(|rule| rule.when.matches(buyer, subject, cost)) {
            Some(rule) => (&rule.terms, Some(rule)),
            None => (&self.default, None),
        }
    }

    /// The rules about a service whose basis costs so much: for many buyers of one service it takes a part of the time.
    #[must_use]
    pub fn about(&self, subject: Subject<'_>, cost: Decimal) -> About<'_> {
        let rules = self.rules.iter();
        About {
            default: &self.default,
            rules: rules
                .filter(|rule| rule.when.is_about(subject, cost))
                .collect(),
        }
    }

    /// Whether any rule names this customer: those that none does share their group's prices.
    #[must_use]
    pub fn names_customer(&self, customer: &str) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.when.customer.as_deref() == Some(customer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, when: Condition, percent: i64) -> Rule {
        Rule {
            name: name.into(),
            when,
            terms: Terms::percent(percent.into()),
        }
    }

    #[test]
    fn the_first_match_wins() {
        let panel = PanelName::from("alpha");
        let subject = Subject {
            id: ServiceId(7),
            name: "Followers",
            category: "Instagram real",
            service_type: ServiceType::Default,
            panel: &panel,
        };
        let vip = Condition {
            group: Some("vip".into()),
            ..Condition::default()
        };
        let insta = Condition {
            category: Some(Glob::new("instagram*")),
            cost: CostRange {
                from: Some(Decimal::ONE),
                below: None,
            },
            ..Condition::default()
        };
        let markup = Markup {
            default: Terms::percent(20.into()),
            rules: vec![rule("vip", vip, 10), rule("insta", insta, 15)],
        };
        let name = |group, cost: i64| {
            let buyer = Buyer {
                customer: "ann",
                group,
            };
            let (_, rule) = markup.terms_for(buyer, subject, cost.into());
            rule.map(|rule| rule.name.as_str())
        };
        assert_eq!(name(Some("vip"), 1), Some("vip"));
        assert_eq!(name(None, 1), Some("insta"));
        assert_eq!(name(None, 0), None);
    }
}
