//! Who waits for which ids, and since when. Everybody is told exactly once.

use std::collections::HashMap;

use panelgate_domain::ids::CustomerId;
use tokio::time::Instant;

use super::ids::Slot;
use super::lanes::{Lanes, Places};

/// Those who wait. `W` is how one is told.
#[derive(Debug)]
pub(super) struct Waiters<W> {
    asked: HashMap<Slot, Asked>,
    lanes: Lanes,
    waiters: HashMap<u64, Waiter<W>>,
    last: u64,
}

/// What is asked of one id.
#[derive(Debug, Default)]
struct Asked {
    places: Places,
    waiters: Vec<u64>,
}

#[derive(Debug)]
struct Waiter<W> {
    left: usize,
    told: W,
}

/// Most waiters, those who went away without a word included. Whoever finds no place waits for nothing.
pub(super) const MAX_WAITERS: usize = 50_000;

impl<W> Waiters<W> {
    pub(super) fn new() -> Self {
        Self {
            asked: HashMap::new(),
            lanes: Lanes::default(),
            waiters: HashMap::new(),
            last: 0,
        }
    }

    /// A customer waits for these ids; those that are under way already need no place in a call. Given back at once if there
    /// is nothing to wait for.
    pub(super) fn wait(
        &mut self,
        customer: CustomerId,
        ids: impl Iterator<Item = (Slot, bool)>,
        told: W,
        now: Instant,
    ) -> Option<W> {
        let can_wait = self.waiters.len() < MAX_WAITERS;
        self.last += 1;
        let (number, mut left) = (self.last, 0);
        for (slot, under_way) in ids {
            let asked = self.asked.entry(slot).or_default();
            if !under_way {
                self.lanes.join(customer, slot, &mut asked.places, now);
            }
            if can_wait && asked.waiters.last() != Some(&number) {
                asked.waiters.push(number);
                left += 1;
            }
        }
        if left == 0 {
            return Some(told);
        }
        self.waiters.insert(number, Waiter { left, told });
        None
    }

    /// The next id that somebody waits for; customers take turns. It gives up its places.
    pub(super) fn next(&mut self) -> Option<Slot> {
        let slot = self.lanes.next_asked()?;
        self.taken(slot);
        Some(slot)
    }

    /// An id is in a call now: it gives up its places, and whoever waits goes on waiting.
    pub(super) fn taken(&mut self, slot: Slot) {
        if let Some(asked) = self.asked.get_mut(&slot) {
            self.lanes.leave(&mut asked.places);
        }
    }

    /// The call of an id has ended. Added to `told` is who waited for nothing else.
    pub(super) fn finished(&mut self, slot: Slot, told: &mut Vec<W>) {
        let Some(mut asked) = self.asked.remove(&slot) else {
            return;
        };
        self.lanes.leave(&mut asked.places);
        for number in asked.waiters {
            let Some(waiter) = self.waiters.get_mut(&number) else {
                continue;
            };
            waiter.left -= 1;
            if waiter.left == 0 {
                told.extend(self.waiters.remove(&number).map(|waiter| waiter.told));
            }
        }
    }

    /// Somebody waits for this id.
    pub(super) fn is_asked(&self, slot: Slot) -> bool {
        self.asked.contains_key(&slot)
    }

    /// How many ids want a place in a call.
    pub(super) fn queued(&self) -> usize {
        self.lanes.queued()
    }

    /// Since when the one who waits longest waits for a place.
    pub(super) fn since(&self) -> Option<Instant> {
        self.lanes.asked_since()
    }
}

#[cfg(test)]
impl<W> Waiters<W> {
    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.waiters.is_empty() && self.lanes.is_empty()
    }
}
