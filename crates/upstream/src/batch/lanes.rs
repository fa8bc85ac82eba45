//! In what order waiting ids are looked at: a lane for each customer, one for due orders, one for finished ones.
//!
//! An id may have places in several lanes; [`Lanes::leave`] gives all of them up. Pure, like everything that decides here.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use panelgate_domain::ids::{CustomerId, UpstreamId};
use tokio::time::Instant;

use super::Interest;

/// Ids in their lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: HashMap<Interest, Lane>,
    /// Customers in the order of their turns; a few may have nothing left to ask.
    turns: VecDeque<CustomerId>,
    /// The same customers: nobody has two turns.
    has_turn: HashSet<CustomerId>,
    /// Since when customers wait: one entry for each id that any of them waits for.
    asked: BTreeMap<u64, Instant>,
    last: u64,
}

/// The places of one id, numbered in the order they were taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: Vec<(Interest, u64)>,
    asked: Option<u64>,
}

type Lane = BTreeMap<u64, (UpstreamId, Instant)>;

impl Lanes {
    /// Puts an id at the end of a lane, unless it has a place there.
    pub(super) fn join(
        &mut self,
        interest: Interest,
        id: &UpstreamId,
        places: &mut Places,
        now: Instant,
    ) {
        if places.taken.iter().any(|(lane, _)| *lane == interest) {
            return;
        }
        self.last += 1;
        let number = self.last;
        places.taken.push((interest, number));
        self.lanes
            .entry(interest)
            .or_default()
            .insert(number, (id.clone(), now));
        if let Interest::Customer(customer) = interest {
            self.give_turn(customer);
            if places.asked.is_none() {
                places.asked = Some(number);
                self.asked.insert(number, now);
            }
        }
    }

    /// Gives up all places of an id.
    pub(super) fn leave(&mut self, places: &mut Places) {
        let Places { taken, asked } = std::mem::take(places);
        if let Some(number) = asked {
            self.asked.remove(&number);
        }
        for (interest, number) in taken {
            if let Some(lane) = self.lanes.get_mut(&interest) {
                lane.remove(&number);
                if lane.is_empty() {
                    self.lanes.remove(&interest);
                }
            }
        }
    }

    /// The next id that a customer waits for; customers take turns. The id keeps its places.
    pub(super) fn next_asked(&mut self) -> Option<UpstreamId> {
        while let Some(customer) = self.turns.pop_front() {
            self.has_turn.remove(&customer);
            if let Some(id) = self.first(Interest::Customer(customer)) {
                self.give_turn(customer);
                return Some(id);
            }
        }
        None
    }

    /// The first id of a lane. It keeps its places.
    pub(super) fn first(&self, interest: Interest) -> Option<UpstreamId> {
        let (_, (id, _)) = self.lanes.get(&interest)?.first_key_value()?;
        Some(id.clone())
    }

    /// How many ids a lane holds.
    pub(super) fn len(&self, interest: Interest) -> usize {
        self.lanes.get(&interest).map_or(0, BTreeMap::len)
    }

    /// Since when a customer waits, the longest waiting of all.
    pub(super) fn asked_since(&self) -> Option<Instant> {
        self.asked.values().next().copied()
    }

    /// Since when the first id of a lane waits there.
    pub(super) fn waiting_since(&self, interest: Interest) -> Option<Instant> {
        let (_, (_, since)) = self.lanes.get(&interest)?.first_key_value()?;
        Some(*since)
    }

    /// Nobody waits for anything.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.asked.is_empty()
    }

    fn give_turn(&mut self, customer: CustomerId) {
        if self.has_turn.insert(customer) {
            self.turns.push_back(customer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(number: i64) -> Interest {
        Interest::Customer(CustomerId(number))
    }

    /// Takes all that customers wait for, in order.
    fn take_all(lanes: &mut Lanes, places: &mut HashMap<UpstreamId, Places>) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(id) = lanes.next_asked() {
            lanes.leave(places.get_mut(&id).expect("it has places"));
            taken.push(id.to_string());
        }
        taken
    }

    #[test]
    fn customers_take_turns_and_nobody_has_two() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let mut places: HashMap<UpstreamId, Places> = HashMap::new();
        for (who, id) in [
            (1, "a"),
            (1, "b"),
            (1, "c"),
            (2, "b"),
            (3, "d"),
            (3, "a"),
            (2, "e"),
        ] {
            let id = UpstreamId::from(id);
            lanes.join(
                customer(who),
                &id,
                places.entry(id.clone()).or_default(),
                now,
            );
        }
        assert_eq!(take_all(&mut lanes, &mut places), ["a", "b", "d", "c", "e"]);
        assert!(lanes.is_empty() && lanes.has_turn.is_empty());
    }

    #[test]
    fn waiting_begins_with_the_first_who_asks() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let later = now + std::time::Duration::from_secs(1);
        let (mut a, mut b) = (Places::default(), Places::default());
        lanes.join(Interest::Due, &"a".into(), &mut a, now);
        assert_eq!(lanes.asked_since(), None);
        lanes.join(customer(1), &"a".into(), &mut a, later);
        lanes.join(customer(2), &"b".into(), &mut b, later);
        lanes.join(customer(1), &"a".into(), &mut a, later);
        assert_eq!(
            (lanes.asked_since(), lanes.waiting_since(Interest::Due)),
            (Some(later), Some(now))
        );
        assert_eq!(lanes.len(customer(1)), 1);
        lanes.leave(&mut a);
        lanes.leave(&mut b);
        assert!(lanes.is_empty());
    }
}
