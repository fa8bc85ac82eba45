//! What waits for an operator: offers that are not as they were approved.

use std::fmt;

use rust_decimal::Decimal;

use super::{Baseline, Policy};
use crate::ids::Currency;
use crate::offer::Offer;
use crate::rate::Rate;

/// One way in which an offer is not what was approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The panel lists it no more: its route is off.
    Vanished,
    /// It is of another type: its route is off.
    Retyped {
        /// The approved word.
        was: String,
        /// The panel's now.
        is: String,
    },
    /// The panel calls it something else; customers see the old name.
    Renamed {
        /// The approved name.
        was: String,
        /// The panel's now.
        is: String,
    },
    /// The panel shows it in another category; customers see the old one.
    Recategorised {
        /// The approved category.
        was: String,
        /// The panel's now.
        is: String,
    },
    /// The cost moved too far: the price stands on the old one.
    Cost {
        /// The approved cost.
        was: Rate,
        /// The panel's now.
        is: Rate,
        /// How far, in percent of the approved one.
        percent: Option<Decimal>,
    },
    /// The cost is in another currency: the price stands on the old one.
    Currency {
        /// The approved currency.
        was: Currency,
        /// The panel's now.
        is: Currency,
    },
    /// The limits no longer contain the approved ones; the narrower ones hold at once.
    Narrowed {
        /// The approved limits.
        was: (u64, u64),
        /// The panel's now.
        is: (u64, u64),
    },
    /// Orders can no longer be refilled.
    RefillCleared,
    /// Orders can no longer be canceled.
    CancelCleared,
}

/// Every kind, for metrics.
pub const KINDS: [&str; 9] = [
    "vanished",
    "retyped",
    "renamed",
    "recategorised",
    "cost",
    "currency",
    "narrowed",
    "refill_cleared",
    "cancel_cleared",
];

impl Flag {
    /// Its kind, one of [`KINDS`].
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Vanished => "vanished",
            Self::Retyped { .. } => "retyped",
            Self::Renamed { .. } => "renamed",
            Self::Recategorised { .. } => "recategorised",
            Self::Cost { .. } => "cost",
            Self::Currency { .. } => "currency",
            Self::Narrowed { .. } => "narrowed",
            Self::RefillCleared => "refill_cleared",
            Self::CancelCleared => "cancel_cleared",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vanished => f.write_str("the panel lists it no more"),
            Self::Retyped { was, is } => write!(f, "type {was} → {is}"),
            Self::Renamed { was, is } => write!(f, "name “{was}” → “{is}”"),
            Self::Recategorised { was, is } => write!(f, "category “{was}” → “{is}”"),
            Self::Cost { was, is, percent } => {
                write!(f, "cost {was} → {is}")?;
                match percent {
                    Some(percent) => write!(f, " ({:+} %)", percent.round_dp(2).normalize()),
                    None => Ok(()),
                }
            }
            Self::Currency { was, is } => write!(f, "currency {was} → {is}"),
            Self::Narrowed { was, is } => {
                write!(f, "limits {}–{} → {}–{}", was.0, was.1, is.0, is.1)
            }
            Self::RefillCleared => f.write_str("no refill any more"),
            Self::CancelCleared => f.write_str("no cancel any more"),
        }
    }
}

/// What is not as it was approved; nothing for an offer that was never approved.
#[must_use]
pub fn flags(
    baseline: &Baseline,
    offer: Option<&Offer>,
    currency: &Currency,
    policy: &Policy,
) -> Vec<Flag> {
    let Some(offer) = offer else {
        return match baseline.gone {
            None => vec![Flag::Vanished],
            Some(_) => Vec::new(),
        };
    };
    let pair = |was: &String, is: &String| (was.clone(), is.clone());
    let mut flags = Vec::new();
    if !baseline.is_of_type(&offer.type_word) {
        let (was, is) = pair(&baseline.type_word, &offer.type_word);
        flags.push(Flag::Retyped { was, is });
    }
    if baseline.name != offer.name {
        let (was, is) = pair(&baseline.name, &offer.name);
        flags.push(Flag::Renamed { was, is });
    }
    if baseline.category != offer.category {
        let (was, is) = pair(&baseline.category, &offer.category);
        flags.push(Flag::Recategorised { was, is });
    }
    flags.extend(cost_flag(baseline, offer, currency, policy));
    if offer.min > baseline.min || offer.max < baseline.max {
        flags.push(Flag::Narrowed {
            was: (baseline.min, baseline.max),
            is: (offer.min, offer.max),
        });
    }
    if baseline.refill && !offer.refill {
        flags.push(Flag::RefillCleared);
    }
    if baseline.cancel && !offer.cancel {
        flags.push(Flag::CancelCleared);
    }
    flags
}

fn cost_flag(
    baseline: &Baseline,
    offer: &Offer,
    currency: &Currency,
    policy: &Policy,
) -> Option<Flag> {
    if *currency != baseline.currency {
        return Some(Flag::Currency {
            was: baseline.currency.clone(),
            is: currency.clone(),
        });
    }
    (!baseline.covers(offer.rate, currency, policy)).then(|| Flag::Cost {
        was: baseline.rate,
        is: offer.rate,
        percent: baseline.moved_percent(offer.rate),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::change::tests::{baseline, offer, rate};
    use crate::time::Timestamp;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Offer), expected: &[&str]) {
        let mut offer = offer("1", "1");
        change(&mut offer);
        let flags = flags(
            &baseline("1"),
            Some(&offer),
            &"USD".into(),
            &Policy::default(),
        );
        let texts: Vec<String> = flags.iter().map(ToString::to_string).collect();
        assert_eq!(texts, expected);
        assert!(flags.iter().all(|flag| KINDS.contains(&flag.kind())));
    }

    #[test]
    fn what_changed_is_named() {
        check(|_| {}, &[]);
        check(|offer| offer.rate = rate("1.2"), &[]);
        check(
            |offer| offer.rate = rate("1.25"),
            &["cost 1.00 → 1.25 (+25 %)"],
        );
        check(
            |offer| offer.rate = rate("0"),
            &["cost 1.00 → 0.00 (-100 %)"],
        );
        check(
            |offer| offer.type_word = "Package".into(),
            &["type Default → Package"],
        );
        check(
            |offer| offer.name = "Likes".into(),
            &["name “Followers 1” → “Likes”"],
        );
        check(
            |offer| offer.category = "TikTok".into(),
            &["category “Instagram” → “TikTok”"],
        );
        check(|offer| offer.min = 11, &["limits 10–1000 → 11–1000"]);
        check(|offer| offer.max = 5_000, &[]);
        check(
            |offer| (offer.refill, offer.cancel) = (false, false),
            &["no refill any more", "no cancel any more"],
        );
    }

    #[test]
    fn an_offer_is_missed_until_somebody_knows() {
        let mut baseline = baseline("1");
        let of = |baseline: &Baseline| flags(baseline, None, &"USD".into(), &Policy::default());
        assert_eq!(of(&baseline), [Flag::Vanished]);
        baseline.gone = Some(Timestamp(9));
        assert_eq!(of(&baseline), []);
    }

    #[test]
    fn another_currency_is_no_move_of_the_cost() {
        let flags = flags(
            &baseline("1"),
            Some(&offer("1", "90")),
            &"INR".into(),
            &Policy::default(),
        );
        assert_eq!(flags.len(), 1);
        assert_eq!(flags[0].to_string(), "currency USD → INR");
    }
}
