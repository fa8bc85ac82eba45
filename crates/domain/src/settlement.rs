//! What the end of an order does to its money.
//!
//! Source: `money.md`, "Ledger" and "Facts from a panel".

use crate::money::{Money, Rounding};
use crate::rate::Charging;
use crate::spec::Quantity;
use crate::status::{Fact, Final};

/// What an order's hold is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// What is held.
    pub price: Money,
    /// How it was charged.
    pub charging: Charging,
    /// How much was ordered.
    pub quantity: Quantity,
}

/// How a hold is split. `taken + released` is exactly what was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// How the order ended.
    pub word: Final,
    /// held → sales.
    pub taken: Money,
    /// held → available.
    pub released: Money,
}

/// What a final fact means for the hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The order has not ended.
    Live,
    /// It has, and the hold is split like this.
    Settle(Settlement),
    /// It has, but the formula cannot decide: the operator does.
    Undecided(&'static str),
}

impl Basis {
    /// Decides what a fact does to the hold.
    #[must_use]
    pub fn settle(&self, fact: &Fact) -> Verdict {
        match fact.word.final_word() {
            None => Verdict::Live,
            Some(Final::Completed) => {
                Verdict::Settle(self.releasing(Final::Completed, Money::ZERO))
            }
            Some(Final::Canceled) => Verdict::Settle(self.canceled()),
            Some(Final::Partial) => self.partial(fact),
        }
    }

    /// Everything goes back: refused, never placed, or canceled.
    #[must_use]
    pub fn canceled(&self) -> Settlement {
        self.releasing(Final::Canceled, self.price)
    }

    /// An operator's decision to give back `released`; `None` if that is more than was held or less than nothing.
    #[must_use]
    pub fn decided(&self, released: Money) -> Option<Settlement> {
        if released < Money::ZERO || released > self.price {
            return None;
        }
        let word = match released {
            Money::ZERO => Final::Completed,
            all if all == self.price => Final::Canceled,
            _ => Final::Partial,
        };
        Some(self.releasing(word, released))
    }

    fn partial(&self, fact: &Fact) -> Verdict {
        if self.charging == Charging::Flat {
            return Verdict::Undecided(
                "a package was delivered in part: how much of a flat price goes back?",
            );
        }
        let total = self.quantity.total();
        // ⌊price × clamp(remains, 0, Q) / Q⌋; without `remains` a drip-feed gives back the runs that were not done.
        let released = match (fact.remains, fact.runs) {
            (Some(remains), _) => self.price.share(
                u64::try_from(remains).unwrap_or(0).min(total),
                total,
                Rounding::Down,
            ),
            (None, Some(runs)) if self.quantity.runs > 1 => {
                let undone = self.quantity.runs.saturating_sub(runs);
                self.price.share(undone, self.quantity.runs, Rounding::Down)
            }
            (None, _) => None,
        };
        match released {
            Some(released) => Verdict::Settle(self.releasing(Final::Partial, released)),
            None => Verdict::Undecided("the panel says Partial, but not how much remains"),
        }
    }

    fn releasing(&self, word: Final, released: Money) -> Settlement {
        let taken = self
            .price
            .checked_sub(released)
            .expect("no more is released than was held");
        Settlement {
            word,
            taken,
            released,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::StatusWord;
    use crate::time::Timestamp;

    fn basis(price: i64, per_run: u64, runs: u64) -> Basis {
        let quantity = Quantity { per_run, runs };
        Basis {
            price: Money::from_micros(price),
            charging: Charging::PerThousand,
            quantity,
        }
    }

    fn fact(word: StatusWord, remains: Option<i64>, runs: Option<u64>) -> Fact {
        Fact {
            word,
            remains,
            runs,
            ..Fact::accepted(Timestamp(0))
        }
    }

    #[track_caller]
    fn check(basis: Basis, fact: &Fact, taken: i64, released: i64) {
        let Verdict::Settle(split) = basis.settle(fact) else {
            panic!("not settled")
        };
        assert_eq!(
            (split.taken.micros(), split.released.micros()),
            (taken, released)
        );
        assert_eq!(split.taken.checked_add(split.released), Some(basis.price));
    }

    #[test]
    fn holds_are_split_to_the_last_digit() {
        use StatusWord::{Canceled, Completed, Partial};
        check(
            basis(10_000_000, 10_000, 1),
            &fact(Partial, Some(1000), None),
            9_000_000,
            1_000_000,
        );
        check(basis(10, 3, 1), &fact(Partial, Some(1), None), 7, 3);
        check(basis(10, 3, 1), &fact(Partial, Some(-4), None), 10, 0);
        check(basis(10, 3, 1), &fact(Partial, Some(99), None), 0, 10);
        check(basis(10, 3, 1), &fact(Completed, Some(2), None), 10, 0);
        check(basis(10, 3, 1), &fact(Canceled, Some(0), None), 0, 10);
        check(basis(100, 10, 4), &fact(Partial, None, Some(1)), 25, 75);
        check(basis(100, 10, 4), &fact(Partial, Some(20), Some(1)), 50, 50);
    }

    #[test]
    fn what_the_formula_cannot_decide_waits() {
        assert_eq!(
            basis(10, 3, 1).settle(&fact(StatusWord::InProgress, Some(1), None)),
            Verdict::Live
        );
        let silent = fact(StatusWord::Partial, None, None);
        assert!(matches!(
            basis(10, 3, 1).settle(&silent),
            Verdict::Undecided(_)
        ));
        let package = Basis {
            charging: Charging::Flat,
            ..basis(10, 1, 1)
        };
        assert!(matches!(
            package.settle(&fact(StatusWord::Partial, Some(0), None)),
            Verdict::Undecided(_)
        ));
    }

    #[test]
    fn an_operator_cannot_give_back_more_than_was_held() {
        assert_eq!(basis(10, 3, 1).decided(Money::from_micros(11)), None);
        assert_eq!(
            basis(10, 3, 1)
                .decided(Money::from_micros(4))
                .map(|s| s.word),
            Some(Final::Partial)
        );
    }
}
