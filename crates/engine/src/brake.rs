//! The brake for mass cancels: a panel that suddenly says that a good part of its orders is canceled is asked again before
//! anything is paid back.
//!
//! Source: `money.md`, "Facts from a panel": more than 20 % and more than 20 of a panel's looked-at orders within 10 min.

use std::collections::{HashMap, HashSet};
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

/// What a panel said in the current window and in the one before it: together they cover at least [`WINDOW`].
#[derive(Debug, Default)]
struct Brake {
    now: Window,
    before: Window,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Timestamp>,
    looked: HashSet<OrderId>,
    canceled: HashSet<OrderId>,
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
        brake.move_on(now);
        brake.now.looked.extend(&seen.orders);
        brake.now.canceled.extend(&seen.canceled);
        !seen.canceled.is_empty() && brake.is_on()
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
    fn move_on(&mut self, now: Timestamp) {
        let age = self.now.began.map_or(WINDOW, |began| now.since(began));
        if age >= WINDOW {
            let fresh = Window {
                began: Some(now),
                ..Window::default()
            };
            let ended = std::mem::replace(&mut self.now, fresh);
            self.before = if age < WINDOW * 2 {
                ended
            } else {
                Window::default()
            };
        }
    }

    fn is_on(&self) -> bool {
        let canceled = self.now.canceled.union(&self.before.canceled).count();
        let looked = self.now.looked.union(&self.before.looked).count();
        canceled > MOST_CANCELED && canceled * SHARE > looked
    }
}

/// How long a second look has to wait.
pub(crate) const SECOND_LOOK_AFTER: Duration = Duration::from_secs(600);

const WINDOW: Duration = Duration::from_secs(600);
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
