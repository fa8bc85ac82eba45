//! The brake for mass cancels: a panel that suddenly says that a good part of its orders is canceled is asked again before
//! anything is paid back.
//!
//! Source: `money.md`, "Facts from a panel": more than 20 % and more than 20 of a panel's looked-at orders within 10 min.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;

/// The brakes of all panels. Lost at a restart; what was held back is in the store.
#[derive(Debug, Default)]
pub(crate) struct Brakes(Mutex<HashMap<PanelName, Brake>>);

/// Orders of one call.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// All that were reported on.
    pub(crate) orders: Vec<OrderId>,
    /// Those of them that turned Canceled.
    pub(crate) canceled: Vec<OrderId>,
}

/// What a panel said within [`WINDOW`] and a little longer: when each order was looked at last, and when it turned Canceled.
#[derive(Debug, Default)]
struct Brake {
    looked: HashMap<OrderId, Timestamp>,
    canceled: HashMap<OrderId, Timestamp>,
    swept: Option<Timestamp>,
}

impl Brakes {
    /// Orders of a panel were looked at, and some of them were heard to be canceled. True: nothing is paid back for these
    /// until a second look.
    pub(crate) fn hold(&self, panel: &PanelName, seen: &Looked, now: Timestamp) -> bool {
        let mut brakes = self.0.lock();
        if !brakes.contains_key(panel) {
            brakes.insert(panel.clone(), Brake::default());
        }
        let brake = brakes.get_mut(panel).expect("it was inserted");
        brake.sweep(now);
        let at_now = |id: &OrderId| (*id, now);
        brake.looked.extend(seen.orders.iter().map(at_now));
        brake.canceled.extend(seen.canceled.iter().map(at_now));
        !seen.canceled.is_empty() && brake.is_on(now)
    }
}

impl Looked {
    pub(crate) fn add(&mut self, order: OrderId, turns_canceled: bool) {
        self.orders.push(order);
        if turns_canceled {
            self.canceled.push(order);
        }
    }
}

impl Brake {
    /// Forgets what is too old to count, so that this is bounded by the orders that a panel's calls can ask for in the time.
    fn sweep(&mut self, now: Timestamp) {
        if self.swept.is_none_or(|last| now.since(last) >= SWEEP_EVERY) {
            self.swept = Some(now);
            self.looked.retain(|_, at| counts(*at, now));
            self.canceled.retain(|_, at| counts(*at, now));
        }
    }

    fn is_on(&self, now: Timestamp) -> bool {
        let count = |orders: &HashMap<OrderId, Timestamp>| {
            orders.values().filter(|at| counts(**at, now)).count()
        };
        let canceled = count(&self.canceled);
        canceled > MOST_CANCELED && canceled * SHARE > count(&self.looked)
    }
}

fn counts(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) <= WINDOW
}

/// How long a second look has to wait.
pub(crate) const SECOND_LOOK_AFTER: Duration = Duration::from_secs(600);

const WINDOW: Duration = Duration::from_secs(600);
/// What does not count any more is kept this much longer.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// So many cancels are nothing special.
const MOST_CANCELED: usize = 20;
/// More than one in so many is.
const SHARE: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(ids: &[OrderId], canceled: usize) -> Looked {
        Looked {
            orders: ids.to_vec(),
            canceled: ids[..canceled].to_vec(),
        }
    }

    /// Batches of (looked at, canceled among them), a minute apart, each of other orders; which of them are held back.
    fn held(batches: &[(i64, i64)], minutes: i64) -> Vec<bool> {
        let brakes = Brakes::default();
        let mut next = 1;
        let mut now = Timestamp(1_000_000);
        batches
            .iter()
            .map(|(orders, canceled)| {
                let ids: Vec<OrderId> = (next..next + orders).map(OrderId).collect();
                next += orders;
                now = Timestamp(now.0 + minutes * 60_000);
                let gone = usize::try_from(*canceled).expect("small");
                brakes.hold(&"alpha".into(), &looked(&ids, gone), now)
            })
            .collect()
    }

    #[test]
    fn many_and_a_good_part_is_too_much() {
        assert_eq!(held(&[(100, 20)], 1), [false]);
        assert_eq!(held(&[(100, 21)], 1), [true]);
        assert_eq!(held(&[(300, 30)], 1), [false]);
        assert_eq!(held(&[(300, 61)], 1), [true]);
    }

    #[test]
    fn cancels_add_up_over_the_window_and_no_longer() {
        assert_eq!(held(&[(30, 15), (30, 15)], 1), [false, true]);
        assert_eq!(held(&[(30, 15), (30, 15)], 25), [false, false]);
    }

    /// Those that lived were looked at longer ago than the window, though not by much.
    #[test]
    fn what_lived_before_the_window_does_not_dilute_what_is_canceled_in_it() {
        assert_eq!(held(&[(200, 0), (1, 0), (50, 50)], 6), [false, false, true]);
    }

    #[test]
    fn what_is_too_old_to_count_is_forgotten() {
        let brakes = Brakes::default();
        for hour in 0..100 {
            let ids: Vec<OrderId> = (hour * 10..hour * 10 + 10).map(OrderId).collect();
            let now = Timestamp(hour * 3_600_000);
            brakes.hold(&"alpha".into(), &looked(&ids, 10), now);
        }
        let brakes = brakes.0.lock();
        assert_eq!(brakes[&"alpha".into()].looked.len(), 10);
        assert_eq!(brakes[&"alpha".into()].canceled.len(), 10);
    }

    #[test]
    fn looking_at_the_same_orders_again_does_not_dilute_them() {
        let brakes = Brakes::default();
        let ids: Vec<OrderId> = (1..=100).map(OrderId).collect();
        for _ in 0..50 {
            assert!(!brakes.hold(&"alpha".into(), &looked(&ids, 0), Timestamp(1)));
        }
        assert!(brakes.hold(&"alpha".into(), &looked(&ids, 30), Timestamp(2)));
    }

    #[test]
    fn panels_have_their_own_brakes() {
        let brakes = Brakes::default();
        let ids: Vec<OrderId> = (1..=100).map(OrderId).collect();
        assert!(brakes.hold(&"alpha".into(), &looked(&ids, 100), Timestamp(1)));
        assert!(!brakes.hold(&"beta".into(), &looked(&ids, 5), Timestamp(1)));
    }
}
