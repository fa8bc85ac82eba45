//! The life of one order: a pure function of the clock.
//!
//! ```text
//! accepted ──► Pending ──starts──► In progress, remains going down ──ends──► Completed | Partial | Canceled
//! ```

use std::time::Duration;

use panelgate_domain::field::Field;
use panelgate_domain::ids::{Currency, OfferId};
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::reply::{OrderView, StatusView};
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::status::StatusWord;
use serde_json::{Map, Value};

use crate::family::SimFamily;
pub use crate::life::LONGEST_LIFE;

/// An order the panel has accepted. [`set_order`](crate::SimPanel::set_order) may change everything about it.
#[derive(Clone, Debug, PartialEq)]
pub struct SimOrder {
    /// The panel's id for it.
    pub id: i64,
    /// The number of the request that placed it.
    pub request: u64,
    /// What was ordered.
    pub service: OfferId,
    /// Its fields; of a child, those of its parent.
    pub spec: OrderSpec,
    /// Units over all runs.
    pub units: u64,
    /// What the panel took for it.
    pub charge: Money,
    /// What the panel gave back of that so far.
    pub refunded: Money,
    /// Whether its service has refills.
    pub refill: bool,
    /// Whether its service has cancel.
    pub cancel: bool,
    /// When it was accepted, on the panel's clock.
    pub accepted: Duration,
    /// When work begins.
    pub starts: Duration,
    /// When its fate is fulfilled.
    pub ends: Duration,
    /// How it ends.
    pub fate: Fate,
    /// The counter before the work; shown once work has begun.
    pub start_count: i64,
    /// The order that spawned it.
    pub parent: Option<i64>,
    /// What it spawns.
    pub family: Option<SimFamily>,
    /// It ends by its posts, and has no counters.
    pub is_subscription: bool,
    /// Fields of its status that the panel states otherwise than they are: `status`, `remains`, `charge`, … as JSON.
    pub says: Map<String, Value>,
}

/// How an order ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Everything is delivered.
    Completed,
    /// Some of it is not.
    Partial {
        /// Units that are not delivered.
        remains: u64,
    },
    /// Nothing is delivered, or so the panel says.
    Canceled,
}

/// How long a panel takes to follow the wish to cancel an order.
pub const CANCEL_TAKES: Duration = Duration::from_secs(10);

/// How long a panel takes to refill an order.
pub const REFILL_TAKES: Duration = Duration::from_secs(30);

impl SimOrder {
    /// Where the order goes; empty for types without a link.
    #[must_use]
    pub fn link(&self) -> &str {
        self.spec.field(Field::Link).unwrap_or_default()
    }

    /// Whom a subscription follows; empty for other types.
    #[must_use]
    pub fn name(&self) -> &str {
        self.spec.field(Field::Username).unwrap_or_default()
    }

    /// The family of a subscription, which its word and its money go by.
    fn subscription(&self) -> Option<&SimFamily> {
        self.family.as_ref().filter(|_| self.is_subscription)
    }

    /// The family of a drip-feed, which is shown besides.
    pub(crate) fn drip_feed(&self) -> Option<&SimFamily> {
        self.family.as_ref().filter(|_| !self.is_subscription)
    }

    /// Units over all runs.
    #[must_use]
    pub const fn quantity(&self) -> u64 {
        self.units
    }

    /// Its word at a moment.
    #[must_use]
    pub fn status(&self, now: Duration) -> StatusWord {
        if let Some(family) = self.subscription() {
            return family.status(now);
        }
        if now >= self.ends {
            return match self.fate {
                Fate::Completed => StatusWord::Completed,
                Fate::Partial { .. } => StatusWord::Partial,
                Fate::Canceled => StatusWord::Canceled,
            };
        }
        if now >= self.starts {
            StatusWord::InProgress
        } else {
            StatusWord::Pending
        }
    }

    /// Whether it can still change by itself.
    #[must_use]
    pub fn is_live(&self, now: Duration) -> bool {
        self.status(now).final_word().is_none()
    }

    /// What is not delivered at a moment: falls evenly from the quantity to what its fate leaves.
    #[must_use]
    pub fn remains(&self, now: Duration) -> u64 {
        let (total, left) = (self.quantity(), self.fate.leaves(self.quantity()));
        if now >= self.ends {
            return left;
        }
        let worked = now.saturating_sub(self.starts).as_millis();
        let work = self.ends.saturating_sub(self.starts).as_millis().max(1);
        let delivered = u128::from(total.saturating_sub(left)) * worked / work;
        total - u64::try_from(delivered).unwrap_or(total).min(total)
    }

    /// It ended just now, like this.
    pub fn end(&mut self, fate: Fate) {
        self.fate = fate;
        self.starts = self.accepted;
        self.ends = self.accepted;
    }

    /// It stays `Pending` until somebody changes it again.
    pub fn stay_pending(&mut self) {
        self.starts = Duration::MAX;
        self.ends = Duration::MAX;
    }

    /// It stays `In progress`, with everything remaining, until somebody changes it again.
    pub fn stay_in_progress(&mut self) {
        self.starts = self.accepted;
        self.ends = Duration::MAX;
    }

    /// Whatever it really is, its status says this in a field: `order.say("status", "Refunded")`.
    pub fn say(&mut self, field: &str, value: impl Into<Value>) {
        self.says.insert(field.to_owned(), value.into());
    }

    /// What the customer has back at a moment: all of a canceled order, the undelivered part of a partial one, rounded down.
    pub(crate) fn refund(&self, now: Duration) -> Money {
        if let Some(family) = self.subscription() {
            return family.refund(self.charge, now);
        }
        let left = match self.status(now) {
            StatusWord::Canceled => return self.charge,
            StatusWord::Partial => self.remains(now).min(self.quantity()),
            _ => 0,
        };
        self.charge
            .share(left, self.quantity().max(1), Rounding::Down)
            .unwrap_or(Money::ZERO)
    }

    /// Follows the wish to cancel: nothing is delivered if work has not begun, otherwise what was not delivered by then is
    /// not delivered at all.
    pub(crate) fn wind_up(&mut self, now: Duration) {
        let stops = now.saturating_add(CANCEL_TAKES);
        let pending = self.status(now) == StatusWord::Pending;
        // What ends before then, also by an earlier wish, ends as it would have.
        if stops >= self.ends {
            return;
        }
        let remains = self.remains(stops);
        if pending {
            self.starts = stops;
            self.fate = Fate::Canceled;
        } else if remains == self.quantity() {
            self.fate = Fate::Canceled;
        } else {
            self.fate = Fate::Partial { remains };
        }
        self.ends = stops;
    }

    /// What a poll shows. After the end `charge` is what the panel kept.
    pub(crate) fn view(&self, now: Duration, currency: &Currency) -> OrderView {
        if let Some(family) = self.subscription() {
            return OrderView::Subscription(family.view(self, now));
        }
        OrderView::Single(StatusView {
            charge: self
                .charge
                .checked_sub(self.refund(now))
                .unwrap_or(self.charge),
            start_count: if now >= self.starts {
                self.start_count
            } else {
                0
            },
            status: self.status(now),
            remains: self.remains(now),
            currency: currency.clone(),
        })
    }
}

impl Fate {
    const fn leaves(self, quantity: u64) -> u64 {
        match self {
            Self::Completed => 0,
            Self::Partial { remains } => remains,
            Self::Canceled => quantity,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use panelgate_domain::service_type::ServiceType;
    use panelgate_domain::spec::{Limits, Subscribing};

    use super::*;

    fn spec(link: &str, quantity: u64) -> OrderSpec {
        let limits = Limits {
            service_type: ServiceType::Default,
            min: 1,
            max: 1_000_000,
            dripfeed: true,
            subscribing: Subscribing::default(),
        };
        let fields = BTreeMap::from([
            (Field::Link, link.to_owned()),
            (Field::Quantity, quantity.to_string()),
        ]);
        OrderSpec::read(&limits, &fields).expect("a valid order")
    }

    /// Accepted at 0, starts at 10 s, ends at 110 s.
    fn order(fate: Fate) -> SimOrder {
        SimOrder {
            id: 1,
            request: 1,
            service: "1".into(),
            spec: spec("https://example.com", 1000),
            units: 1000,
            parent: None,
            family: None,
            is_subscription: false,
            charge: Money::from_micros(1_000_001),
            refunded: Money::ZERO,
            refill: true,
            cancel: true,
            accepted: Duration::ZERO,
            starts: secs(10),
            ends: secs(110),
            fate,
            start_count: 77,
            says: Map::new(),
        }
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[track_caller]
    fn check(order: &SimOrder, at: u64, word: StatusWord, remains: u64, refund: i64) {
        let now = secs(at);
        assert_eq!(
            (order.status(now), order.remains(now), order.refund(now)),
            (word, remains, Money::from_micros(refund))
        );
    }

    #[test]
    fn work_goes_evenly_down_to_the_fate() {
        let completed = order(Fate::Completed);
        check(&completed, 9, StatusWord::Pending, 1000, 0);
        check(&completed, 10, StatusWord::InProgress, 1000, 0);
        check(&completed, 60, StatusWord::InProgress, 500, 0);
        check(&completed, 110, StatusWord::Completed, 0, 0);
        let partial = order(Fate::Partial { remains: 300 });
        check(&partial, 60, StatusWord::InProgress, 650, 0);
        check(&partial, 110, StatusWord::Partial, 300, 300_000);
        let canceled = order(Fate::Canceled);
        check(&canceled, 60, StatusWord::InProgress, 1000, 0);
        check(&canceled, 110, StatusWord::Canceled, 1000, 1_000_001);
    }

    #[test]
    fn a_cancel_ends_it_as_far_as_it_has_come() {
        let mut pending = order(Fate::Completed);
        pending.wind_up(secs(5));
        pending.wind_up(secs(8));
        check(&pending, 14, StatusWord::Pending, 1000, 0);
        check(&pending, 15, StatusWord::Canceled, 1000, 1_000_001);
        let mut working = order(Fate::Completed);
        working.wind_up(secs(50));
        check(&working, 55, StatusWord::InProgress, 550, 0);
        check(&working, 60, StatusWord::Partial, 500, 500_000);
        let mut nearly_done = order(Fate::Completed);
        nearly_done.wind_up(secs(105));
        check(&nearly_done, 110, StatusWord::Completed, 0, 0);
    }

    #[test]
    fn a_test_can_decide() {
        let mut decided = order(Fate::Completed);
        decided.end(Fate::Partial { remains: 1000 });
        check(&decided, 0, StatusWord::Partial, 1000, 1_000_001);
        decided.stay_pending();
        check(&decided, 1_000_000, StatusWord::Pending, 1000, 0);
        decided.stay_in_progress();
        assert_eq!(decided.status(secs(1_000_000)), StatusWord::InProgress);
    }
}
