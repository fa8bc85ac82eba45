//! When a rule matches.

use rust_decimal::Decimal;

use super::{Buyer, Glob, Subject};
use crate::ids::{PanelName, ServiceId};
use crate::service_type::ServiceType;

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
    /// What the basis costs per 1000 (or per package), in our currency.
    pub cost: CostRange,
}

/// Costs from one on, up to but without another; open where nothing is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostRange {
    /// The least cost that matches.
    pub from: Option<Decimal>,
    /// The least cost that does not match any more.
    pub below: Option<Decimal>,
}

impl CostRange {
    fn contains(self, cost: Decimal) -> bool {
        self.from.is_none_or(|from| from <= cost) && self.below.is_none_or(|below| cost < below)
    }

    /// No cost matches.
    #[must_use]
    pub fn is_empty(self) -> bool {
        // Costs are above zero: an offer that is free of charge is not sold.
        let nothing_below = self.below.is_some_and(|below| below <= Decimal::ZERO);
        nothing_below
            || self
                .from
                .zip(self.below)
                .is_some_and(|(from, below)| from >= below)
    }

    fn covers(self, other: Self) -> bool {
        let from = self
            .from
            .is_none_or(|from| from <= Decimal::ZERO || other.from.is_some_and(|o| from <= o));
        let below = self
            .below
            .is_none_or(|below| other.below.is_some_and(|other| other <= below));
        from && below
    }
}

impl Condition {
    pub(super) fn matches(&self, buyer: Buyer<'_>, subject: Subject<'_>, cost: Decimal) -> bool {
        self.is_for(buyer) && self.is_about(subject, cost)
    }

    /// Its part about who pays.
    pub(super) fn is_for(&self, buyer: Buyer<'_>) -> bool {
        let is = |given: Option<&str>, word: Option<&str>| given.is_none() || given == word;
        is(self.group.as_deref(), buyer.group) && is(self.customer.as_deref(), Some(buyer.customer))
    }

    /// Its part about what is priced.
    pub(super) fn is_about(&self, subject: Subject<'_>, cost: Decimal) -> bool {
        let all =
            |given: &Option<Glob>, text: &str| given.as_ref().is_none_or(|glob| glob.matches(text));
        self.panel
            .as_ref()
            .is_none_or(|panel| subject.panel == panel)
            && self
                .service_type
                .is_none_or(|kind| subject.service_type == kind)
            && self
                .services
                .as_ref()
                .is_none_or(|ids| ids.contains(&subject.id))
            && self.cost.contains(cost)
            && all(&self.category, subject.category)
            && all(&self.service_name, subject.name)
    }

    /// Whether this matches whenever `other` does, so that a rule with `other` behind one with this is never reached. It looks
    /// at one key after the other and knows nothing of what is sold: what it says is so, but it does not see everything.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(wide: &Option<T>, narrow: &Option<T>) -> bool {
            wide.is_none() || wide == narrow
        }
        let globs = |wide: &Option<Glob>, narrow: &Option<Glob>| match (wide, narrow) {
            (None, _) => true,
            (Some(wide), Some(narrow)) => wide.covers(narrow),
            // What no pattern narrows may be anything.
            (Some(wide), None) => wide.covers(&Glob::new("*")),
        };
        let services = match (&self.services, &other.services) {
            (None, _) => true,
            (Some(wide), Some(narrow)) => narrow.iter().all(|id| wide.contains(id)),
            (Some(_), None) => false,
        };
        services
            && same(&self.group, &other.group)
            && same(&self.customer, &other.customer)
            && same(&self.panel, &other.panel)
            && same(&self.service_type, &other.service_type)
            && globs(&self.category, &other.category)
            && globs(&self.service_name, &other.service_name)
            && self.cost.covers(other.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(from: Option<i64>, below: Option<i64>) -> Condition {
        Condition {
            cost: CostRange {
                from: from.map(Decimal::from),
                below: below.map(Decimal::from),
            },
            ..Condition::default()
        }
    }

    #[test]
    fn a_range_begins_with_its_first_cost_and_ends_before_its_last() {
        let range = costs(Some(1), Some(3)).cost;
        let matching: Vec<i64> = (0..5).filter(|n| range.contains((*n).into())).collect();
        assert_eq!(matching, [1, 2]);
        assert!(costs(Some(3), Some(3)).cost.is_empty());
        assert!(costs(None, Some(0)).cost.is_empty());
        assert!(!costs(Some(3), None).cost.is_empty());
    }

    #[test]
    fn a_wider_condition_covers_a_narrower_one() {
        let vip = Condition {
            group: Some("vip".into()),
            ..Condition::default()
        };
        let vip_likes = Condition {
            service_name: Some(Glob::new("*likes*")),
            services: Some(vec![ServiceId(1), ServiceId(2)]),
            ..vip.clone()
        };
        assert!(vip.covers(&vip_likes) && !vip_likes.covers(&vip));
        assert!(costs(None, Some(9)).covers(&costs(Some(2), Some(9))));
        assert!(!costs(None, Some(9)).covers(&costs(Some(2), None)));
        assert!(!costs(Some(3), None).covers(&costs(Some(2), None)));
        assert!(costs(Some(0), None).covers(&vip));
        let some = Condition {
            services: Some(vec![ServiceId(1)]),
            ..Condition::default()
        };
        assert!(!some.covers(&vip_likes) && !some.covers(&vip));
    }
}
