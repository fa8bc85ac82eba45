//! In what order asked ids are looked at: a lane for each customer, and customers take turns.
//!
//! An id that several customers ask for has a place in each one's lane; [`Lanes::leave`] gives all of them up.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use panelgate_domain::ids::CustomerId;
use tokio::time::Instant;

use super::ids::Slot;

/// Ids in their lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: HashMap<CustomerId, BTreeMap<u64, Slot>>,
    /// Customers in the order of their turns; a few may have nothing left to ask.
    turns: VecDeque<CustomerId>,
    /// The same customers: nobody has two turns.
    has_turn: HashSet<CustomerId>,
    /// Since when ids wait: one entry each, by its first place.
    asked: BTreeMap<u64, Instant>,
    last: u64,
}

/// The places of one id, numbered in the order they were taken.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<(CustomerId, u64)>);

impl Lanes {
    /// Puts an id at the end of a customer's lane, unless it has a place there.
    pub(super) fn join(
        &mut self,
        customer: CustomerId,
        slot: Slot,
        places: &mut Places,
        now: Instant,
    ) {
        if places.0.iter().any(|(lane, _)| *lane == customer) {
            return;
        }
        self.last += 1;
        let number = self.last;
        if places.0.is_empty() {
            self.asked.insert(number, now);
        }
        places.0.push((customer, number));
        let lane = self.lanes.entry(customer).or_default();
        lane.insert(number, slot);
        self.give_turn(customer);
    }

    /// Gives up all places of an id.
    pub(super) fn leave(&mut self, places: &mut Places) {
        let places = std::mem::take(&mut places.0);
        if let Some((_, first)) = places.first() {
            self.asked.remove(first);
        }
        for (customer, number) in places {
            if let Some(lane) = self.lanes.get_mut(&customer) {
                lane.remove(&number);
                if lane.is_empty() {
                    self.lanes.remove(&customer);
                }
            }
        }
    }

    /// The next id in turn. It keeps its places.
    pub(super) fn next_asked(&mut self) -> Option<Slot> {
        while let Some(customer) = self.turns.pop_front() {
            self.has_turn.remove(&customer);
            let lane = self.lanes.get(&customer);
            if let Some((_, slot)) = lane.and_then(BTreeMap::first_key_value) {
                let slot = *slot;
                self.give_turn(customer);
                return Some(slot);
            }
        }
        None
    }

    /// How many ids have a place.
    pub(super) fn queued(&self) -> usize {
        self.asked.len()
    }

    /// Since when the one that waits longest waits.
    pub(super) fn asked_since(&self) -> Option<Instant> {
        self.asked.values().next().copied()
    }

    fn give_turn(&mut self, customer: CustomerId) {
        if self.has_turn.insert(customer) {
            self.turns.push_back(customer);
        }
    }
}

#[cfg(test)]
impl Lanes {
    /// Nobody asks, whoever has a turn.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.asked.is_empty()
    }
}
