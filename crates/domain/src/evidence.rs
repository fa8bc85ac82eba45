//! What speaks for an order having reached its panel though the panel never said so.
//!
//! Evidence is for the operator to weigh. It can show that an order landed; that one did not land is never shown by anything
//! that was not found. Source: `money.md`, "What an answer to `add` means".

use std::fmt;
use std::ops::RangeInclusive;

use crate::canary::Canary;
use crate::ids::{OrderId, UpstreamId};
use crate::money::Money;
use crate::status::Report;
use crate::time::Timestamp;

/// How something was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clue {
    /// The panel reports on an order of ours that we do not know, between those that were placed before and after.
    Probed,
    /// It refused another order because there is an active one for the same link.
    ActiveLink,
    /// It gave the order this id after it had been decided otherwise: an order of nobody's.
    Orphan,
}

/// One piece of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How it was found out.
    pub clue: Clue,
    /// The panel's id that goes with it, if one does.
    pub upstream_id: Option<UpstreamId>,
    /// What there is to say, for operators.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// An order whose outcome is not known, as far as what a panel shows can be held against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Ours.
    pub order: OrderId,
    /// Units over all runs.
    pub quantity: u64,
    /// What it was to cost, in the panel's currency.
    pub cost: Money,
    /// Between which of the panel's ids it would be, by those of the orders that were sent before and after; `None`: anywhere.
    pub between: Option<RangeInclusive<u64>>,
    /// Whether the panel makes orders of its own for it: then what it shows of them is no proof.
    pub is_parent: bool,
}

/// An order that a panel has for us, and that is none of those we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The panel's id.
    pub id: UpstreamId,
    /// What the panel says of it.
    pub report: Report,
}

impl Clue {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Probed, Self::ActiveLink, Self::Orphan];

    /// The word in the store and in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Probed => "probed",
            Self::ActiveLink => "active_link",
            Self::Orphan => "orphan",
        }
    }

    /// The clue with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clue| clue.word() == word)
    }
}

impl fmt::Display for Clue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Asked {
    /// Whether a panel's order came when this one was sent, as far as its place among the others tells.
    #[must_use]
    pub fn is_near(&self, stray: &Stray) -> bool {
        let (id, between) = (number(&stray.id), self.between.as_ref());
        id.zip(between)
            .is_some_and(|(id, between)| between.contains(&id))
    }

    /// Whether a panel's order is what this one would be: it charges to the last digit what was expected, and not more remains
    /// than was ordered. What does not say what it charges fits nothing.
    #[must_use]
    pub fn fits(&self, stray: &Stray) -> bool {
        let remains = stray.report.remains.and_then(|n| u64::try_from(n).ok());
        let possible = remains.is_none_or(|remains| remains <= self.quantity);
        let charged = stray.report.charge == Some(self.cost);
        possible && charged && self.is_near(stray) && !self.is_parent
    }
}

/// The one pair that leaves no other reading: the panel has one order of ours that we do not know, we have one of unknown outcome
/// there, and place, charge and rest are what they would be. With two of either nothing is decided: prices move, orders of the same
/// price are common, and a slow panel may give an early order a late id.
///
/// `asked` has to hold all of the panel's orders whose outcome is not known, not only those that are looked for just now.
#[must_use]
pub fn only_reading(asked: &[Asked], strays: &[Stray]) -> Option<(OrderId, UpstreamId)> {
    if Canary::ChargesDecide.sings() {
        let mut pairs = asked
            .iter()
            .flat_map(|order| strays.iter().map(move |s| (order, s)));
        let (order, stray) = pairs.find(|(order, stray)| order.fits(stray))?;
        return Some((order.order, stray.id.clone()));
    }
    let ([order], [stray]) = (asked, strays) else {
        return None;
    };
    order.fits(stray).then(|| (order.order, stray.id.clone()))
}

/// A panel's id as a number, if it is written as one: only such ids have others between them.
fn number(id: &UpstreamId) -> Option<u64> {
    let number: u64 = id.as_str().parse().ok()?;
    (number.to_string() == id.as_str()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Heard;

    fn asked(order: i64, cost: i64) -> Asked {
        Asked {
            order: OrderId(order),
            quantity: 100,
            cost: Money::from_micros(cost),
            between: Some(1..=9),
            is_parent: false,
        }
    }

    fn stray(id: &str, charge: Option<i64>) -> Stray {
        Stray {
            id: id.into(),
            report: Report {
                heard: Heard::parse("Pending"),
                charge: charge.map(Money::from_micros),
                start_count: None,
                remains: Some(100),
                runs: None,
                children: Vec::new(),
            },
        }
    }

    #[track_caller]
    fn check(asked: &[Asked], strays: &[Stray], expected: Option<(i64, &str)>) {
        let expected = expected.map(|(order, id)| (OrderId(order), UpstreamId::from(id)));
        assert_eq!(only_reading(asked, strays), expected);
    }

    #[track_caller]
    fn fits_none(asked: &Asked, stray: &Stray) {
        assert!(!asked.fits(stray));
    }

    #[test]
    fn only_one_for_one_is_it() {
        let two = [stray("5", Some(90)), stray("6", Some(70))];
        let one = &two[..1];
        check(&[asked(1, 90)], one, Some((1, "5")));
        check(&[asked(1, 70)], one, None);
        // Prices move: the other one may have become as dear as this one was to be.
        check(&[asked(1, 90), asked(2, 70)], one, None);
        // More than are looked for: whose are they?
        check(&[asked(1, 90)], &two, None);
        check(&[asked(1, 90)], &[], None);
        check(&[], &[stray("5", Some(90))], None);
    }

    #[test]
    fn what_says_something_else_or_nothing_is_another_one() {
        let order = asked(1, 90);
        fits_none(&order, &stray("5", Some(91)));
        fits_none(&order, &stray("5", None));
        let mut more = stray("5", Some(90));
        more.report.remains = Some(101);
        fits_none(&order, &more);
        more.report.remains = Some(-1);
        assert!(order.fits(&more));
        let parent = Asked {
            is_parent: true,
            ..order.clone()
        };
        fits_none(&parent, &stray("5", Some(90)));
        for elsewhere in ["10", "0", "05", "5a"] {
            fits_none(&order, &stray(elsewhere, Some(90)));
        }
    }

    #[test]
    fn clues_are_known_by_their_words() {
        for clue in Clue::ALL {
            assert_eq!(Clue::parse(&clue.to_string()), Some(clue));
        }
        assert_eq!(Clue::parse("hunch"), None);
    }
}
