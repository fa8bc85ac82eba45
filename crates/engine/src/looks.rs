//! When which placed order is looked at next, so that orders end although nobody polls.
//!
//! Looks come after once, twice, four times … `fresh_for` of age, up to `look_at_least_every`, spread by a tenth so that
//! orders placed together are not looked at together for ever.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;
use rand::Rng;

use crate::settings::Settings;

/// The schedule. Each placed order is in it exactly once.
#[derive(Default)]
pub(crate) struct Looks(Mutex<Schedule>);

#[derive(Default)]
struct Schedule {
    by_time: BTreeSet<(Timestamp, OrderId)>,
    by_order: HashMap<OrderId, Timestamp>,
}

impl Looks {
    /// Takes a placed order in, and anything else out.
    pub(crate) fn follow(&self, order: &Order, now: Timestamp, settings: &Settings) {
        let mut schedule = self.0.lock();
        if order.state != OrderState::Placed {
            schedule.remove(order.id);
        } else if !schedule.by_order.contains_key(&order.id) {
            schedule.set(order.id, next_look(order, now, settings));
        }
    }

    /// Sets the next look after one has been.
    pub(crate) fn looked(&self, order: &Order, now: Timestamp, settings: &Settings) {
        let mut schedule = self.0.lock();
        if schedule.by_order.contains_key(&order.id) {
            schedule.set(order.id, next_look(order, now, settings));
        }
    }

    /// Looks again soon: an answer has to be confirmed.
    pub(crate) fn soon(&self, order: OrderId, now: Timestamp, settings: &Settings) {
        let mut schedule = self.0.lock();
        if schedule.by_order.contains_key(&order) {
            schedule.set(order, now.after(settings.fresh_for));
        }
    }

    /// The orders whose look is due. They stay scheduled, one `fresh_for` later, until their look has been.
    pub(crate) fn take_due(&self, now: Timestamp, settings: &Settings) -> Vec<OrderId> {
        let mut schedule = self.0.lock();
        let due: Vec<OrderId> = schedule
            .by_time
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(DUE_AT_ONCE)
            .map(|(_, id)| *id)
            .collect();
        let again = now.after(settings.fresh_for.max(RETRY_AT_LEAST));
        for id in &due {
            schedule.set(*id, again);
        }
        due
    }
}

impl Schedule {
    fn set(&mut self, order: OrderId, at: Timestamp) {
        self.remove(order);
        self.by_time.insert((at, order));
        self.by_order.insert(order, at);
    }

    fn remove(&mut self, order: OrderId) {
        if let Some(at) = self.by_order.remove(&order) {
            self.by_time.remove(&(at, order));
        }
    }
}

fn next_look(order: &Order, now: Timestamp, settings: &Settings) -> Timestamp {
    let age = now.since(order.created);
    let wait = age.clamp(
        settings.fresh_for,
        settings.look_at_least_every.max(settings.fresh_for),
    );
    let spread = u64::try_from(wait.as_millis() / 10).unwrap_or(0);
    now.after(wait + Duration::from_millis(rand::rng().random_range(0..=spread)))
}

/// Bound of one sweep; the rest is due in the next one.
const DUE_AT_ONCE: usize = 1_000;

/// A look that got lost is repeated, but a short `fresh_for` must not make it a storm.
const RETRY_AT_LEAST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::order;

    #[test]
    fn looks_come_later_the_older_an_order_is() {
        let (looks, settings) = (Looks::default(), Settings::new("USD".into()));
        let order = order(1, OrderState::Placed);
        looks.follow(&order, Timestamp(0), &settings);
        assert!(looks.take_due(Timestamp(14_999), &settings).is_empty());
        assert_eq!(looks.take_due(Timestamp(16_501), &settings), [OrderId(1)]);
        looks.looked(&order, Timestamp(60_000), &settings);
        assert!(looks.take_due(Timestamp(119_999), &settings).is_empty());
        assert_eq!(looks.take_due(Timestamp(126_001), &settings), [OrderId(1)]);
    }

    #[test]
    fn ended_orders_are_not_looked_at() {
        let (looks, settings) = (Looks::default(), Settings::new("USD".into()));
        looks.follow(&order(1, OrderState::Placed), Timestamp(0), &settings);
        looks.follow(&order(2, OrderState::Closed), Timestamp(1), &settings);
        assert!(looks.take_due(Timestamp(i64::MAX), &settings).is_empty());
    }
}
