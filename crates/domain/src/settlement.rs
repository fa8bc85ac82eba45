//! What the end of an order does to its money.
//!
//! Source: `money.md`, "Ledger" and "Facts from a panel".

use crate::canary::Canary;
use crate::family::{Kind, Share};
use crate::money::{Money, Rounding};
use crate::rate::Charging;
use crate::spec::Quantity;
use crate::status::{Fact, Final};

/// What an order's hold is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Basis {
    /// What is held; of a child, the most that it takes from its parent's hold.
    pub price: Money,
    /// How it was charged.
    pub charging: Charging,
    /// How much was ordered.
    pub quantity: Quantity,
    /// Whose end it is.
    pub kind: Kind,
}

/// How a hold is split. `taken + released` is exactly what was held. What a child does not take stays in its parent's hold.
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
    /// A subscription has. What its children leave of the hold goes back once all of them have ended.
    Ended(Final),
    /// It has, but the formula cannot decide: the operator does.
    Undecided(&'static str),
}

impl Basis {
    /// Decides what a fact does to the hold.
    #[must_use]
    pub fn settle(&self, fact: &Fact) -> Verdict {
        let Some(word) = fact.word.final_word() else {
            return Verdict::Live;
        };
        match (self.kind, word) {
            (Kind::Subscription, word) => Verdict::Ended(word),
            // Nothing was paid for it alone.
            (
                Kind::Child {
                    share: Share::Run, ..
                },
                word,
            ) => Verdict::Settle(self.releasing(word, self.price)),
            (_, Final::Canceled) => self.stopped(fact),
            (
                Kind::Child {
                    share: Share::Post,
                    is_sized: false,
                },
                _,
            )
            | (
                Kind::Child {
                    is_sized: false, ..
                },
                Final::Partial,
            ) => Verdict::Undecided(NOT_SIZED),
            (_, Final::Completed) => Verdict::Settle(self.releasing(Final::Completed, Money::ZERO)),
            (_, Final::Partial) => self.partial(fact),
        }
    }

    /// Nothing was delivered, or nothing more: panels have no other word for a drip-feed that is stopped between two runs.
    fn stopped(&self, fact: &Fact) -> Verdict {
        match fact.runs {
            Some(runs) if self.quantity.runs > 1 && runs >= self.quantity.runs => {
                Verdict::Undecided("the panel says Canceled, and that all runs are done")
            }
            Some(runs) if self.quantity.runs > 1 && runs > 0 => {
                let by_runs = Fact {
                    remains: None,
                    ..*fact
                };
                self.partial(&by_runs)
            }
            _ => Verdict::Settle(self.canceled()),
        }
    }

    /// Everything goes back: refused, never placed, or canceled.
    #[must_use]
    pub fn canceled(&self) -> Settlement {
        self.releasing(Final::Canceled, self.price)
    }

    /// An operator's decision to give back `released` of what is the order's to end: all that was held, or its part of it in a
    /// family. `None` if that is more than there is or less than nothing.
    #[must_use]
    pub fn decided(&self, released: Money, stake: Money) -> Option<Settlement> {
        let taken = stake.checked_sub(released);
        let taken = taken.filter(|taken| *taken >= Money::ZERO && released >= Money::ZERO)?;
        let word = match (self.kind, released) {
            (_, all) if all == self.price && taken == Money::ZERO => Final::Canceled,
            // Its children say what was delivered.
            (Kind::Subscription, _) | (_, Money::ZERO) => Final::Completed,
            _ => Final::Partial,
        };
        Some(Settlement {
            word,
            taken,
            released,
        })
    }

    fn partial(&self, fact: &Fact) -> Verdict {
        if self.charging == Charging::Flat {
            return Verdict::Undecided(
                "a package was delivered in part: how much of a flat price goes back?",
            );
        }
        let total = self.quantity.total();
        let direction = match Canary::RefundRoundedUp.sings() {
            true => Rounding::Up,
            false => Rounding::Down,
        };
        // ⌊price × clamp(remains, 0, Q) / Q⌋; without `remains` a drip-feed gives back the runs that were not done.
        let released = match (fact.remains, fact.runs) {
            (Some(remains), _) => self.price.share(
                u64::try_from(remains).unwrap_or(0).min(total),
                total,
                direction,
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

const NOT_SIZED: &str = "the quantity of this post was never told, and its charge neither";

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
            kind: Kind::Single,
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
        // What is no drip-feed has no runs that could be counted.
        for runs in [None, Some(0), Some(1)] {
            let silent = fact(StatusWord::Partial, None, runs);
            assert!(matches!(
                basis(10, 3, 1).settle(&silent),
                Verdict::Undecided(_)
            ));
        }
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
    fn a_drip_feed_that_is_stopped_pays_for_the_runs_that_were_done() {
        use StatusWord::Canceled;
        check(basis(100, 10, 4), &fact(Canceled, Some(0), Some(1)), 25, 75);
        check(basis(100, 10, 4), &fact(Canceled, None, Some(0)), 0, 100);
        check(basis(100, 10, 4), &fact(Canceled, Some(30), None), 0, 100);
        check(basis(100, 10, 1), &fact(Canceled, None, Some(1)), 0, 100);
        let all = basis(100, 10, 4).settle(&fact(Canceled, None, Some(4)));
        assert!(matches!(all, Verdict::Undecided(_)));
        for (runs, word) in [(0, Final::Canceled), (1, Final::Partial)] {
            let verdict = basis(100, 10, 4).settle(&fact(Canceled, None, Some(runs)));
            assert!(matches!(verdict, Verdict::Settle(split) if split.word == word));
        }
    }

    #[test]
    fn children_end_by_what_is_known_of_them() {
        use StatusWord::{Canceled, Completed, Partial};
        let child = |share, is_sized| Basis {
            kind: Kind::Child { share, is_sized },
            ..basis(100, 10, 1)
        };
        for share in [Share::Post, Share::EqualPost] {
            check(child(share, true), &fact(Completed, None, None), 100, 0);
            check(child(share, true), &fact(Partial, Some(3), None), 70, 30);
            check(child(share, false), &fact(Canceled, None, None), 0, 100);
            let unsized_part = child(share, false).settle(&fact(Partial, Some(3), None));
            assert!(matches!(unsized_part, Verdict::Undecided(_)));
        }
        check(
            child(Share::EqualPost, false),
            &fact(Completed, None, None),
            100,
            0,
        );
        let unsized_post = child(Share::Post, false).settle(&fact(Completed, Some(0), None));
        assert!(matches!(unsized_post, Verdict::Undecided(_)));
        let run = Basis {
            price: Money::ZERO,
            ..child(Share::Run, false)
        };
        for word in [Completed, Partial, Canceled] {
            check(run, &fact(word, None, None), 0, 0);
        }
    }

    #[test]
    fn a_subscription_ends_and_its_children_decide() {
        let subscription = Basis {
            kind: Kind::Subscription,
            ..basis(100, 10, 3)
        };
        for (word, end) in [
            (StatusWord::Completed, Final::Completed),
            (StatusWord::Expired, Final::Completed),
            (StatusWord::Canceled, Final::Canceled),
        ] {
            let verdict = subscription.settle(&fact(word, None, Some(1)));
            assert_eq!(verdict, Verdict::Ended(end));
        }
        let paused = subscription.settle(&fact(StatusWord::Paused, None, Some(1)));
        assert_eq!(paused, Verdict::Live);
    }

    #[test]
    fn an_operator_cannot_give_back_more_than_was_held() {
        let decided = |released| {
            let released = Money::from_micros(released);
            basis(10, 3, 1).decided(released, Money::from_micros(10))
        };
        assert_eq!(decided(11), None);
        assert_eq!(decided(-1), None);
        for (released, word) in [
            (0, Final::Completed),
            (4, Final::Partial),
            (10, Final::Canceled),
        ] {
            assert_eq!(decided(released).map(|s| s.word), Some(word));
        }
    }

    #[test]
    fn what_a_parent_gives_back_beside_its_children_is_not_all_that_was_held() {
        let decided = |kind, released, stake| {
            let parent = Basis {
                kind,
                ..basis(10, 3, 1)
            };
            let [released, stake] = [released, stake].map(Money::from_micros);
            parent.decided(released, stake).map(|split| split.word)
        };
        assert_eq!(decided(Kind::Single, 6, 6), Some(Final::Partial));
        for released in [0, 3, 6] {
            let word = decided(Kind::Subscription, released, 6);
            assert_eq!(word, Some(Final::Completed));
        }
    }
}
