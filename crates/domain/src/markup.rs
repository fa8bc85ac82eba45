//! Markup: the rules that turn an offer's cost into our rate. The first rule that matches wins.

use rust_decimal::Decimal;
use wildmatch::WildMatch;

use crate::ids::{PanelName, ServiceId};
use crate::money::Money;
use crate::rate::Rate;
use crate::service_type::ServiceType;

/// What to do with an order whose cost has grown above its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLoss {
    /// The route is skipped.
    Refuse,
    /// The order is sent at a loss, and counted.
    Accept,
}

/// What we earn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Added to the cost, in percent of it.
    pub percent: Decimal,
    /// Added per 1000, in our currency.
    pub fixed: Decimal,
    /// Rates are rounded up to a multiple of this.
    pub round_up_to: Decimal,
    /// Below this margin (in percent of the cost) an order is a loss.
    pub min_margin_percent: Decimal,
    /// What happens to a loss.
    pub on_loss: OnLoss,
}

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

/// Everything given must match; what is left out matches all. Globs know `*` and `?` and ignore case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// The customer's price group.
    pub group: Option<String>,
    /// The customer.
    pub customer: Option<String>,
    /// The panel whose cost is the basis.
    pub panel: Option<PanelName>,
    /// The category of our service.
    pub category: Option<Glob>,
    /// The name of our service.
    pub service_name: Option<Glob>,
    /// The type of our service.
    pub service_type: Option<ServiceType>,
    /// Our service ids.
    pub services: Option<Vec<ServiceId>>,
}

/// A pattern with `*` and `?` that ignores case.
#[derive(Clone, Debug, PartialEq)]
pub struct Glob(WildMatch);

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

impl Glob {
    /// Compiles a pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(WildMatch::new(&pattern.to_lowercase()))
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.matches(&text.to_lowercase())
    }
}

impl Condition {
    fn matches(&self, buyer: Buyer<'_>, subject: Subject<'_>) -> bool {
        let all =
            |given: &Option<Glob>, text: &str| given.as_ref().is_none_or(|glob| glob.matches(text));
        self.group
            .as_deref()
            .is_none_or(|group| buyer.group == Some(group))
            && self
                .customer
                .as_deref()
                .is_none_or(|customer| buyer.customer == customer)
            && self
                .panel
                .as_ref()
                .is_none_or(|panel| subject.panel == panel)
            && self
                .service_type
                .is_none_or(|kind| subject.service_type == kind)
            && self
                .services
                .as_ref()
                .is_none_or(|ids| ids.contains(&subject.id))
            && all(&self.category, subject.category)
            && all(&self.service_name, subject.name)
    }
}

impl Markup {
    /// The terms for a buyer and a service, and the rule they come from.
    #[must_use]
    pub fn terms_for(&self, buyer: Buyer<'_>, subject: Subject<'_>) -> (&Terms, Option<&Rule>) {
        match self
            .rules
            .iter()
            .find(|rule| rule.when.matches(buyer, subject))
        {
            Some(rule) => (&rule.terms, Some(rule)),
            None => (&self.default, None),
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

impl Terms {
    /// Our rate for a cost in our currency, rounded up; `None` if it leaves 28 digits.
    #[must_use]
    pub fn rate(&self, cost: Decimal) -> Option<Rate> {
        let factor = Decimal::ONE_HUNDRED
            .checked_add(self.percent)?
            .checked_div(Decimal::ONE_HUNDRED)?;
        let marked_up = cost.checked_mul(factor)?.checked_add(self.fixed)?;
        Rate::new(marked_up)?.rounded_up_to(self.round_up_to)
    }

    /// Whether selling at `price` what costs `cost` (both in our currency) is below the least margin.
    /// A margin that cannot be computed is a loss.
    #[must_use]
    pub fn is_loss(&self, price: Money, cost: Decimal) -> bool {
        let factor = Decimal::ONE_HUNDRED
            .checked_add(self.min_margin_percent)
            .and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
        factor
            .and_then(|factor| cost.checked_mul(factor))
            .is_none_or(|floor| price.to_decimal() < floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(percent: i64) -> Terms {
        Terms {
            percent: percent.into(),
            fixed: Decimal::ZERO,
            round_up_to: Decimal::new(1, 6),
            min_margin_percent: Decimal::ZERO,
            on_loss: OnLoss::Refuse,
        }
    }

    fn rule(name: &str, when: Condition, percent: i64) -> Rule {
        Rule {
            name: name.into(),
            when,
            terms: terms(percent),
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
            ..Condition::default()
        };
        let markup = Markup {
            default: terms(20),
            rules: vec![rule("vip", vip, 10), rule("insta", insta, 15)],
        };
        let name = |group| {
            let buyer = Buyer {
                customer: "ann",
                group,
            };
            markup
                .terms_for(buyer, subject)
                .1
                .map(|rule| rule.name.as_str())
        };
        assert_eq!(name(Some("vip")), Some("vip"));
        assert_eq!(name(None), Some("insta"));
    }

    #[test]
    fn rates_are_marked_up_and_rounded_up() {
        let mut terms = terms(20);
        terms.fixed = Decimal::new(1, 2);
        assert_eq!(terms.rate(Decimal::new(90, 2)), Rate::parse("1.09"));
        terms.round_up_to = Decimal::new(5, 1);
        assert_eq!(terms.rate(Decimal::new(90, 2)), Rate::parse("1.5"));
    }

    #[test]
    fn a_price_below_cost_and_margin_is_a_loss() {
        let mut terms = terms(20);
        terms.min_margin_percent = 10.into();
        assert!(!terms.is_loss(Money::from_micros(1_100_000), Decimal::ONE));
        assert!(terms.is_loss(Money::from_micros(1_099_999), Decimal::ONE));
    }
}
