//! When an order is looked at though nobody asks, so that orders end although nobody polls.
//!
//! With nothing learned, looks come after once, twice, four times … `fresh_for` of age, up to `look_at_least_every`. A service
//! whose orders have ended often enough has a curve, which says when the next share of those still live will have ended.
//! Either way a look is late by up to a tenth, so that orders placed together are not looked at together for ever.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::completion::Completions;
use panelgate_domain::family::Kind;
use panelgate_domain::ids::{OrderId, ServiceId};
use panelgate_domain::order::Order;
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;
use parking_lot::RwLock;

use crate::settings::Settings;

/// What the schedule goes by.
pub(crate) struct Looks {
    /// When this process began: what was due before is spread anew.
    started: Timestamp,
    completions: RwLock<HashMap<ServiceId, Completions>>,
}

impl Looks {
    /// Of a process that has just begun.
    pub(crate) fn new(started: Timestamp) -> Self {
        Self {
            started,
            completions: RwLock::default(),
        }
    }

    /// Takes over what the store knows.
    pub(crate) fn load(&self, completions: Vec<(ServiceId, Completions)>) {
        *self.completions.write() = completions.into_iter().collect();
    }

    /// An order has ended, at some time after it was last seen to live: the middle counts, as in the store.
    pub(crate) fn ended(&self, order: &Order, lived: Timestamp) {
        let delivered = matches!(order.ended, Some(Final::Completed | Final::Partial));
        if let (true, Some(fact)) = (delivered, order.fact) {
            let mut completions = self.completions.write();
            let curve = completions.entry(order.service).or_default();
            let ended = fact.at.middle_since(lived);
            curve.add(ended.since(order.created));
        }
    }

    /// When a placed order is looked at next. The same answer until more is known of it.
    pub(crate) fn next(&self, order: &Order, settings: &Settings) -> Timestamp {
        let seen = order.fact.map_or(order.created, |fact| fact.at);
        if let Some(until) = order.doubt {
            // An end that was not believed is looked at again as soon as that can confirm it.
            return until.max(seen.after(settings.fresh_for));
        }
        if order.is_unseen() {
            return seen;
        }
        let wait = self.wait(order, seen, settings);
        let due = seen.after(wait + spread(order.id, seen, wait / JITTER));
        if due > self.started {
            return due;
        }
        self.started
            .after(spread(order.id, seen, wait.min(RESTART_SPREAD)))
    }

    fn wait(&self, order: &Order, seen: Timestamp, settings: &Settings) -> Duration {
        let age = seen.since(order.created);
        if order.kind() == Kind::Subscription {
            let most = settings.look_at_least_every.min(FOR_POSTS);
            return age.clamp(settings.fresh_for, most.max(settings.fresh_for));
        }
        let completions = self.completions.read();
        let curve = completions.get(&order.service);
        let learned = curve.and_then(|curve| curve.next_look(age, SHARE));
        learned.map_or(age, |at| at.saturating_sub(age)).clamp(
            settings.fresh_for,
            settings.look_at_least_every.max(settings.fresh_for),
        )
    }
}

/// A part of `most` that is this order's, and another one after its next look.
fn spread(order: OrderId, seen: Timestamp, most: Duration) -> Duration {
    // Fibonacci hashing: neighbours end up far apart.
    let mixed = (order.0 ^ seen.0)
        .cast_unsigned()
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis((mixed >> 32) % millis.saturating_add(1))
}

/// Of the orders that are live at a look, this part has ended at the next one: by the bench `economy` that needs no more looks
/// than the plain schedule and sees ends in a third of its time.
const SHARE: (u32, u32) = (1, 11);
/// A subscription is looked at so often at least: what it spawns is counted best before it starts.
const FOR_POSTS: Duration = Duration::from_secs(5 * 60);
/// A look is late by at most this part of its wait.
const JITTER: u32 = 10;
/// After a start, what was due before is looked at within this time.
const RESTART_SPREAD: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use panelgate_domain::order::OrderState;
    use panelgate_domain::status::Fact;

    use super::*;
    use crate::fixtures::order;

    fn seen(at: i64) -> Order {
        Order {
            fact: Some(Fact::accepted(Timestamp(at))),
            ..order(1, OrderState::Placed)
        }
    }

    #[track_caller]
    fn check(looks: &Looks, order: &Order, earliest: i64, latest: i64) {
        let next = looks.next(order, &Settings::new("USD".into()));
        assert!(
            (earliest..=latest).contains(&next.0),
            "{next:?}, not {earliest}..={latest}"
        );
    }

    #[test]
    fn looks_come_later_the_older_an_order_is() {
        let looks = Looks::new(Timestamp(0));
        check(&looks, &seen(0), 15_000, 16_500);
        check(&looks, &seen(15_000), 30_000, 31_500);
        check(&looks, &seen(60_000), 120_000, 126_000);
        let (day, hour) = (24 * 3_600_000, 3_600_000);
        check(&looks, &seen(day), day + hour, day + hour + hour / 10);
    }

    #[test]
    fn a_service_that_ends_at_a_certain_age_is_looked_at_then() {
        let looks = Looks::new(Timestamp(0));
        let mut ended = order(2, OrderState::Closed);
        for n in 0..100 {
            ended.fact = Some(Fact::accepted(Timestamp(3_000_000 + n * 1_000)));
            looks.ended(&ended, Timestamp(3_000_000 + n * 1_000));
        }
        check(&looks, &seen(60_000), 2_500_000, 3_600_000);
        let other = Order {
            service: ServiceId(99),
            ..seen(60_000)
        };
        check(&looks, &other, 120_000, 126_000);
    }

    #[test]
    fn a_start_spreads_what_was_due_before() {
        let looks = Looks::new(Timestamp(100_000_000));
        let due = |id| {
            let order = Order {
                id: OrderId(id),
                ..seen(50_000_000)
            };
            check(&looks, &order, 100_000_000, 100_600_000);
            looks.next(&order, &Settings::new("USD".into())).0
        };
        let early = (1..=1_000).filter(|id| due(*id) < 100_060_000).count();
        assert!(
            (50..150).contains(&early),
            "{early} of 1000 in a tenth of the time"
        );
    }

    #[test]
    fn a_doubted_end_is_looked_at_when_a_look_can_confirm_it() {
        let looks = Looks::new(Timestamp(0));
        let doubted = |until| Order {
            doubt: Some(Timestamp(until)),
            ..seen(7_200_000)
        };
        check(&looks, &doubted(7_200_000), 7_215_000, 7_215_000);
        check(&looks, &doubted(7_800_000), 7_800_000, 7_800_000);
    }
}
