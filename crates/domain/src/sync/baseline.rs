//! How an offer was when it was last approved.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::Policy;
use crate::ids::{Currency, OfferId};
use crate::offer::Offer;
use crate::rate::Rate;
use crate::service_type::ServiceType;
use crate::time::Timestamp;

/// An offer as somebody approved it, and the cost its price is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The approved cost: moves are measured from here, so that small ones add up.
    pub rate: Rate,
    /// The currency of both costs.
    pub currency: Currency,
    /// The last cost that was within bounds: the price is made from it while a newer one waits.
    pub basis: Rate,
    /// The panel's word for its type.
    pub type_word: String,
    /// The name that customers know.
    pub name: String,
    /// The category that customers know.
    pub category: String,
    /// Least quantity.
    pub min: u64,
    /// Largest quantity.
    pub max: u64,
    /// Orders could be refilled.
    pub refill: bool,
    /// Orders could be canceled.
    pub cancel: bool,
    /// When it was approved.
    pub at: Timestamp,
    /// Since when an operator knows that the panel lists it no more.
    pub gone: Option<Timestamp>,
}

/// Those of one panel.
pub type Baselines = HashMap<OfferId, Baseline>;

impl Baseline {
    /// The offer as it is, approved at this moment.
    #[must_use]
    pub fn of(offer: &Offer, currency: &Currency, at: Timestamp) -> Self {
        Self {
            rate: offer.rate,
            currency: currency.clone(),
            basis: offer.rate,
            type_word: offer.type_word.clone(),
            name: offer.name.clone(),
            category: offer.category.clone(),
            min: offer.min,
            max: offer.max,
            refill: offer.refill,
            cancel: offer.cancel,
            at,
            gone: None,
        }
    }

    /// Whether a cost may be sold without asking: the same currency, and not too far from what was approved.
    #[must_use]
    pub fn covers(&self, rate: Rate, currency: &Currency, policy: &Policy) -> bool {
        if *currency != self.currency {
            return false;
        }
        // From nothing every move is infinitely far; a move that no number can hold is too far as well.
        rate == self.rate
            || self
                .moved_percent(rate)
                .is_some_and(|percent| percent.abs() <= policy.quarantine_percent)
    }

    /// How far a cost is from the approved one, in percent of it; `None` from nothing or beyond 28 digits.
    #[must_use]
    pub fn moved_percent(&self, rate: Rate) -> Option<Decimal> {
        rate.decimal()
            .checked_sub(self.rate.decimal())?
            .checked_mul(Decimal::ONE_HUNDRED)?
            .checked_div(self.rate.decimal())
    }

    /// Whether the offer is still of the approved type, however it is spelled.
    #[must_use]
    pub fn is_of_type(&self, type_word: &str) -> bool {
        let known = ServiceType::parse(&self.type_word);
        match (known, ServiceType::parse(type_word)) {
            (Some(was), Some(is)) => was == is,
            (None, None) => self.type_word == type_word,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::change::tests::{baseline, rate};

    #[test]
    fn creep_is_measured_from_what_was_approved() {
        let policy = Policy::default();
        let baseline = baseline("1.00");
        let usd = Currency::from("USD");
        for (cost, covered) in [
            ("1.20", true),
            ("1.2000001", false),
            ("0.80", true),
            ("0.7999", false),
            ("0", false),
            ("1", true),
        ] {
            assert_eq!(
                baseline.covers(rate(cost), &usd, &policy),
                covered,
                "{cost}"
            );
        }
        assert!(!baseline.covers(rate("1"), &"EUR".into(), &policy));
    }

    #[test]
    fn from_nothing_every_move_is_too_far() {
        let baseline = baseline("0");
        let usd = Currency::from("USD");
        assert!(baseline.covers(rate("0"), &usd, &Policy::default()));
        assert!(!baseline.covers(rate("0.000001"), &usd, &Policy::default()));
    }

    #[test]
    fn a_type_is_the_same_in_every_spelling() {
        let baseline = baseline("1");
        assert!(baseline.is_of_type("default"));
        assert!(!baseline.is_of_type("Package"));
        assert!(!baseline.is_of_type("Special"));
    }
}
