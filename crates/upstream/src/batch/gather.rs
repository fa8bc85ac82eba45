//! Which ids the next `status` call asks for, and who is told when it has ended. Pure: no locks, no clock, no calls.
//!
//! An id is here from the moment somebody wants to know about it until its call has ended, at most once, however many want
//! it. Taking it for a call empties all of its places in the [`Lanes`].

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::UpstreamId;
use tokio::time::Instant;

use super::lanes::{Lanes, Places};
use super::{Interest, Slots};

/// The ids that wait or are under way, and who waits for them. `W` is how one is told.
#[derive(Debug)]
pub(super) struct Gather<W> {
    ids: HashMap<UpstreamId, Entry>,
    lanes: Lanes,
    /// How many of the ids are not under way.
    queued: usize,
    waiters: HashMap<u64, Waiter<W>>,
    last_waiter: u64,
}

#[derive(Debug, Default)]
struct Entry {
    under_way: bool,
    places: Places,
    waiters: Vec<u64>,
}

/// One who waits for several ids.
#[derive(Debug)]
struct Waiter<W> {
    left: usize,
    told: W,
}

/// What the next call depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knobs {
    /// Most ids per call.
    pub(super) batch: usize,
    /// How long an asked id waits for company.
    pub(super) gather: Duration,
}

/// When the next call should leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// As soon as the panel's limits allow.
    Now,
    /// Then.
    At(Instant),
    /// Nobody wants anything.
    Idle,
}

/// Most ids that wait or are under way. What finds no place is not looked at, and nobody waits for it.
pub(super) const MAX_IDS: usize = 50_000;
/// Most waiters, those who went away without a word included.
pub(super) const MAX_WAITERS: usize = 50_000;
/// One slot in so many is kept for due ids, so that polling customers cannot starve settling.
const DUE_PART: usize = 5;
/// Nobody waits for due ids, so they may wait this much longer for company.
const DUE_PATIENCE: u32 = 10;

impl<W> Gather<W> {
    /// Nobody wants anything.
    pub(super) fn new() -> Self {
        Self {
            ids: HashMap::new(),
            lanes: Lanes::default(),
            queued: 0,
            waiters: HashMap::new(),
            last_waiter: 0,
        }
    }

    /// Somebody wants to know about ids. `told` comes back at once if there is nothing to wait for.
    pub(super) fn ask(
        &mut self,
        interest: Interest,
        ids: Vec<UpstreamId>,
        told: W,
        now: Instant,
    ) -> Option<W> {
        let can_wait = self.waiters.len() < MAX_WAITERS;
        self.last_waiter += 1;
        let number = self.last_waiter;
        let mut left = 0;
        for id in ids {
            if !self.ids.contains_key(&id) {
                if self.ids.len() >= MAX_IDS {
                    continue;
                }
                self.queued += 1;
            }
            let entry = self.ids.entry(id.clone()).or_default();
            if !entry.under_way {
                self.lanes.join(interest, &id, &mut entry.places, now);
            }
            if can_wait && entry.waiters.last() != Some(&number) {
                entry.waiters.push(number);
                left += 1;
            }
        }
        if left == 0 {
            return Some(told);
        }
        self.waiters.insert(number, Waiter { left, told });
        None
    }

    /// When the next call should leave.
    pub(super) fn ready(&self, knobs: Knobs) -> Ready {
        if self.queued >= knobs.batch {
            return Ready::Now;
        }
        let asked = self.lanes.asked_since().map(|since| since + knobs.gather);
        let due = [Interest::Due, Interest::Recheck]
            .into_iter()
            .filter_map(|lane| Some(self.lanes.waiting_since(lane)? + knobs.gather * DUE_PATIENCE));
        asked
            .into_iter()
            .chain(due)
            .min()
            .map_or(Ready::Idle, Ready::At)
    }

    /// The ids of one call, which are under way from now on; empty if none waits.
    pub(super) fn take(&mut self, batch: usize) -> (Vec<UpstreamId>, Slots) {
        let kept = self.lanes.len(Interest::Due).min(batch / DUE_PART);
        let mut ids = Vec::with_capacity(batch.min(self.queued));
        let mut slots = Slots {
            asked: self.take_up_to(batch - kept, &mut ids, Lanes::next_asked),
            due: self.take_up_to(batch, &mut ids, |lanes| lanes.first(Interest::Due)),
            recheck: self.take_up_to(batch, &mut ids, |lanes| lanes.first(Interest::Recheck)),
            empty: 0,
        };
        // Slots were kept for due ids that customers asked for as well.
        slots.asked += self.take_up_to(batch, &mut ids, Lanes::next_asked);
        slots.empty = batch - ids.len();
        (ids, slots)
    }

    /// The call of these ids has ended, however it did. Returned is who waited for the last of its ids, now and only now.
    pub(super) fn finished(&mut self, ids: &[UpstreamId]) -> Vec<W> {
        let mut done = Vec::new();
        for entry in ids.iter().filter_map(|id| self.ids.remove(id)) {
            for number in entry.waiters {
                let Some(waiter) = self.waiters.get_mut(&number) else {
                    continue;
                };
                waiter.left -= 1;
                if waiter.left == 0 {
                    done.extend(self.waiters.remove(&number).map(|waiter| waiter.told));
                }
            }
        }
        done
    }

    /// How many ids wait, those under way not counted.
    pub(super) const fn queued(&self) -> usize {
        self.queued
    }

    /// Takes what `next` names until `ids` holds `up_to`, and says how many it took.
    fn take_up_to(
        &mut self,
        up_to: usize,
        ids: &mut Vec<UpstreamId>,
        next: impl Fn(&mut Lanes) -> Option<UpstreamId>,
    ) -> usize {
        let before = ids.len();
        while ids.len() < up_to
            && let Some(id) = next(&mut self.lanes)
        {
            let entry = self
                .ids
                .get_mut(&id)
                .expect("what has a place has an entry");
            entry.under_way = true;
            self.lanes.leave(&mut entry.places);
            self.queued -= 1;
            ids.push(id);
        }
        ids.len() - before
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use panelgate_domain::ids::CustomerId;

    use super::*;

    const KNOBS: Knobs = Knobs {
        batch: 10,
        gather: Duration::from_millis(25),
    };

    fn ids(names: &[&str]) -> Vec<UpstreamId> {
        names.iter().map(|name| UpstreamId::from(*name)).collect()
    }

    fn numbered(prefix: &str, count: usize) -> Vec<UpstreamId> {
        (0..count)
            .map(|number| UpstreamId::new(format!("{prefix}{number}")))
            .collect()
    }

    fn customer(number: i64) -> Interest {
        Interest::Customer(CustomerId(number))
    }

    struct Case {
        gather: Gather<&'static str>,
        now: Instant,
    }

    impl Case {
        fn new() -> Self {
            Self {
                gather: Gather::new(),
                now: Instant::now(),
            }
        }

        #[track_caller]
        fn ask(&mut self, interest: Interest, ids: Vec<UpstreamId>, waiter: &'static str) {
            assert_eq!(self.gather.ask(interest, ids, waiter, self.now), None);
        }

        fn take(&mut self, batch: usize) -> Vec<UpstreamId> {
            self.gather.take(batch).0
        }
    }

    #[test]
    fn an_id_is_asked_for_once_and_everybody_is_told_once() {
        let mut case = Case::new();
        case.ask(customer(1), ids(&["a", "b", "a"]), "first");
        case.ask(customer(2), ids(&["b"]), "second");
        case.ask(Interest::Due, ids(&["b", "c"]), "third");
        assert_eq!(case.take(10), ids(&["a", "b", "c"]));
        case.ask(customer(3), ids(&["b"]), "late");
        assert_eq!(case.take(10), ids(&[]));
        assert_eq!(case.gather.finished(&ids(&["a"])), [""; 0]);
        assert_eq!(
            case.gather.finished(&ids(&["b"])),
            ["first", "second", "late"]
        );
        assert_eq!(case.gather.finished(&ids(&["c", "b"])), ["third"]);
        assert_eq!(case.gather.ready(KNOBS), Ready::Idle);
        let gather = case.gather;
        assert!(gather.ids.is_empty() && gather.waiters.is_empty() && gather.lanes.is_empty());
    }

    #[test]
    fn customers_take_turns() {
        let mut case = Case::new();
        case.ask(customer(1), numbered("a", 5), "1");
        case.ask(customer(2), numbered("b", 1), "2");
        case.ask(customer(3), numbered("c", 5), "3");
        assert_eq!(case.take(5), ids(&["a0", "b0", "c0", "a1", "c1"]));
        assert_eq!(case.take(3), ids(&["a2", "c2", "a3"]));
    }

    #[test]
    fn asked_ids_come_first_and_due_ones_fill_up() {
        let mut case = Case::new();
        case.ask(Interest::Recheck, ids(&["r"]), "recheck");
        case.ask(Interest::Due, numbered("d", 2), "due");
        case.ask(customer(1), ids(&["a"]), "asked");
        let (taken, slots) = case.gather.take(10);
        assert_eq!(taken, ids(&["a", "d0", "d1", "r"]));
        assert_eq!(
            slots,
            Slots {
                asked: 1,
                due: 2,
                recheck: 1,
                empty: 6
            }
        );
    }

    #[test]
    fn a_fifth_of_the_slots_is_kept_for_due_ids() {
        let mut case = Case::new();
        case.ask(customer(1), numbered("a", 200), "asked");
        case.ask(Interest::Due, numbered("d", 30), "due");
        let (taken, slots) = case.gather.take(100);
        assert_eq!(taken.len(), 100);
        assert_eq!(
            slots,
            Slots {
                asked: 80,
                due: 20,
                recheck: 0,
                empty: 0
            }
        );
    }

    #[test]
    fn kept_slots_are_not_wasted_if_due_ids_were_asked_for_too() {
        let mut case = Case::new();
        case.ask(customer(1), numbered("a", 20), "asked");
        case.ask(Interest::Due, numbered("a", 2), "due");
        let (taken, slots) = case.gather.take(10);
        assert_eq!(taken, numbered("a", 10));
        assert_eq!(slots.asked, 10);
    }

    #[test]
    fn a_call_leaves_when_it_is_full_or_somebody_waited_long_enough() {
        let mut case = Case::new();
        assert_eq!(case.gather.ready(KNOBS), Ready::Idle);
        case.ask(Interest::Due, ids(&["d"]), "due");
        assert_eq!(
            case.gather.ready(KNOBS),
            Ready::At(case.now + KNOBS.gather * 10)
        );
        case.ask(customer(1), ids(&["a"]), "asked");
        assert_eq!(case.gather.ready(KNOBS), Ready::At(case.now + KNOBS.gather));
        case.ask(customer(2), numbered("b", 8), "asked");
        assert_eq!(case.gather.ready(KNOBS), Ready::Now);
    }

    #[test]
    fn nobody_waits_for_what_has_no_place() {
        let mut case = Case::new();
        assert_eq!(
            case.gather
                .ask(customer(1), Vec::new(), "nothing", case.now),
            Some("nothing")
        );
        case.ask(Interest::Due, numbered("d", MAX_IDS), "due");
        let refused = case
            .gather
            .ask(customer(1), ids(&["more"]), "full", case.now);
        assert_eq!(refused, Some("full"));
        case.ask(customer(1), ids(&["more", "d7"]), "known");
        assert_eq!(case.gather.queued(), MAX_IDS);
    }

    proptest::proptest! {
        /// Whatever is asked in whatever order: no id is under way twice, no call is too large, nobody is told twice or never.
        #[test]
        fn every_waiter_is_told_exactly_once(
            asks in proptest::collection::vec((0_i64..5, proptest::collection::vec(0_u8..30, 1..8), 0_usize..3), 1..60),
        ) {
            let now = Instant::now();
            let mut gather = Gather::new();
            let mut under_way: VecDeque<Vec<UpstreamId>> = VecDeque::new();
            let mut told = vec![0; asks.len()];
            for (number, (who, wanted, then)) in asks.iter().enumerate() {
                let interest = match who {
                    0 => Interest::Due,
                    1 => Interest::Recheck,
                    customer => Interest::Customer(CustomerId(*customer)),
                };
                let wanted = wanted.iter().map(|id| UpstreamId::new(id.to_string())).collect();
                proptest::prop_assert_eq!(gather.ask(interest, wanted, number, now), None);
                if *then > 0 {
                    let (taken, slots) = gather.take(5);
                    proptest::prop_assert!(taken.len() <= 5);
                    proptest::prop_assert_eq!(slots.counts().iter().sum::<usize>(), 5);
                    for id in &taken {
                        proptest::prop_assert!(!under_way.iter().flatten().any(|other| other == id));
                    }
                    under_way.push_back(taken);
                }
                if *then > 1 && let Some(ids) = under_way.pop_front() {
                    gather.finished(&ids).into_iter().for_each(|waiter| told[waiter] += 1);
                }
            }
            loop {
                let (taken, _) = gather.take(5);
                if taken.is_empty() && under_way.is_empty() {
                    break;
                }
                under_way.push_back(taken);
                while let Some(ids) = under_way.pop_front() {
                    gather.finished(&ids).into_iter().for_each(|waiter| told[waiter] += 1);
                }
            }
            proptest::prop_assert!(told.iter().all(|times| *times == 1), "{:?}", told);
        }
    }
}
