//! What a lookout should do, by linear scans: nothing here is sorted, indexed or shared with it.

use std::collections::BTreeSet;

use super::*;

/// What the model knows of the id of the same number.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) at: Place,
    pub(super) followed: bool,
    /// Its last look showed a report.
    pub(super) shown: bool,
    pub(super) errors: u8,
    pub(super) convicted: bool,
    pub(super) rests_until: Option<Instant>,
    pub(super) plan: Option<Plan>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    Free,
    Call(u64),
    Suspect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) due: Instant,
    pub(super) kind: Kind,
    pub(super) missed: Option<Instant>,
}

/// An id that customers want a call for, and the bound on its wait.
#[derive(Debug)]
struct Asked {
    id: usize,
    since: Instant,
    /// Places before it in the lane it was first asked in, itself included.
    rank: usize,
    /// Most customers that had a turn while it waited.
    customers: usize,
    /// Places for asked ids in ordinary calls that left since.
    served: usize,
}

#[derive(Debug)]
struct Waiter {
    number: u32,
    left: BTreeSet<usize>,
}

#[derive(Debug)]
pub(super) struct Naive {
    pub(super) knobs: Knobs,
    pub(super) singular: bool,
    pub(super) ids: Vec<Option<Known>>,
    /// (customer, id) in the order they were asked.
    lanes: Vec<(i64, usize)>,
    turns: Vec<i64>,
    asked: Vec<Asked>,
    waiters: Vec<Waiter>,
    pub(super) ordinary: usize,
    pub(super) last_ordinary: Option<Instant>,
    pub(super) last_alone: Option<Instant>,
}

impl Naive {
    pub(super) fn new(knobs: Knobs, ids: usize) -> Self {
        Self {
            knobs,
            singular: false,
            ids: vec![None; ids],
            lanes: Vec::new(),
            turns: Vec::new(),
            asked: Vec::new(),
            waiters: Vec::new(),
            ordinary: 0,
            last_ordinary: None,
            last_alone: None,
        }
    }

    pub(super) fn batch(&self) -> usize {
        if self.singular {
            1
        } else {
            self.knobs.batch.max(1)
        }
    }

    pub(super) fn known(&mut self, id: usize) -> &mut Known {
        self.ids[id].as_mut().expect("the model knows it")
    }

    pub(super) fn place(&self, id: usize) -> Option<Place> {
        self.ids[id].as_ref().map(|known| known.at)
    }

    // --- asking ---

    /// True if there is nothing to wait for.
    pub(super) fn ask(&mut self, customer: i64, ids: &[usize], number: u32, now: Instant) -> bool {
        let mut left = BTreeSet::new();
        for id in ids {
            let known = self.ids[*id].get_or_insert_default();
            let alone = known.plan.is_some_and(|plan| plan.kind == Kind::Alone);
            let rests =
                known.convicted || alone || known.rests_until.is_some_and(|until| until > now);
            match known.at {
                Place::Call(_) => _ = left.insert(*id),
                Place::Free if !rests => {
                    left.insert(*id);
                    self.join(customer, *id, now);
                }
                Place::Free | Place::Suspect => {}
            }
        }
        let nothing = left.is_empty();
        if !nothing {
            self.waiters.push(Waiter { number, left });
        }
        self.purge();
        nothing
    }

    fn join(&mut self, customer: i64, id: usize, now: Instant) {
        if self.lanes.contains(&(customer, id)) {
            return;
        }
        self.lanes.push((customer, id));
        if !self.turns.contains(&customer) {
            self.turns.push(customer);
        }
        let customers = self.turns.len();
        for asked in &mut self.asked {
            asked.customers = asked.customers.max(customers);
        }
        if self.asked.iter().all(|asked| asked.id != id) {
            let rank = self
                .lanes
                .iter()
                .filter(|(lane, _)| *lane == customer)
                .count();
            self.asked.push(Asked {
                id,
                since: now,
                rank,
                customers,
                served: 0,
            });
        }
    }

    pub(super) fn is_asked(&self, id: usize) -> bool {
        self.waiters.iter().any(|waiter| waiter.left.contains(&id))
    }

    pub(super) fn queued(&self) -> usize {
        self.asked.len()
    }

    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.asked.iter().map(|asked| asked.since).min()
    }

    pub(super) fn nobody_waits(&self) -> bool {
        self.waiters.is_empty() && self.asked.is_empty() && self.lanes.is_empty()
    }

    // --- leaving ---

    /// The next `most` asked ids, customers in turn. They are in the call from here on.
    pub(super) fn serve(&mut self, most: usize, number: u64) -> Vec<usize> {
        let mut served = Vec::new();
        while served.len() < most && !self.turns.is_empty() {
            let customer = self.turns.remove(0);
            if let Some((_, id)) = self.lanes.iter().find(|(lane, _)| *lane == customer) {
                let id = *id;
                self.turns.push(customer);
                self.leave(id, number);
                served.push(id);
            }
        }
        served
    }

    pub(super) fn leave(&mut self, id: usize, number: u64) {
        self.lanes.retain(|(_, asked)| *asked != id);
        self.asked.retain(|asked| asked.id != id);
        let known = self.known(id);
        known.at = Place::Call(number);
        known.plan = None;
    }

    /// Places for asked ids have left; what is still here may not have waited longer than its bound.
    pub(super) fn count_served(&mut self, places: usize) {
        for asked in &mut self.asked {
            asked.served += places;
            let bound = asked.rank * asked.customers;
            assert!(
                asked.served < bound,
                "{asked:?} waits for more than {bound} places"
            );
        }
    }

    /// The times at which free ids of a kind are wanted.
    pub(super) fn due(&self, kind: Kind) -> Vec<Instant> {
        let plans = self.ids.iter().flatten().filter_map(|known| known.plan);
        let mut due: Vec<_> = plans
            .filter(|plan| plan.kind == kind)
            .map(|plan| plan.due)
            .collect();
        due.sort();
        due
    }

    pub(super) fn count_due(&self, kind: Kind, now: Instant) -> usize {
        self.due(kind).iter().filter(|due| **due <= now).count()
    }

    /// When an ordinary call is wanted.
    pub(super) fn wants_ordinary(&self, now: Instant) -> Option<Instant> {
        if self.queued() >= self.batch() {
            return Some(now);
        }
        let asked = self.waits_since().map(|since| since + self.knobs.gather);
        let paced = self.last_ordinary.map(|last| last + self.knobs.due_every);
        let full = self.count_due(Kind::Live, now) >= self.batch();
        let patience = if full {
            Duration::ZERO
        } else {
            self.knobs.gather * 10
        };
        let live = self
            .due(Kind::Live)
            .first()
            .map(|due| *due + patience)
            .max_some(paced);
        let ended = self
            .due(Kind::Ended)
            .first()
            .map(|due| *due + Duration::from_secs(300));
        [asked, live, ended.max_some(paced)]
            .into_iter()
            .flatten()
            .min()
    }

    /// When a call of an id that goes alone is wanted.
    pub(super) fn wants_alone(&self) -> Option<Instant> {
        let paced = self.last_alone.map(|last| last + self.knobs.due_every);
        self.due(Kind::Alone).first().copied().max_some(paced)
    }

    // --- coming home ---

    /// Who waited for nothing but the ids of this call.
    pub(super) fn tell(&mut self, ids: &[usize]) -> Vec<u32> {
        for waiter in &mut self.waiters {
            waiter.left.retain(|id| !ids.contains(id));
        }
        let told = self.waiters.iter().filter(|waiter| waiter.left.is_empty());
        let mut told: Vec<_> = told.map(|waiter| waiter.number).collect();
        told.sort_unstable();
        self.waiters.retain(|waiter| !waiter.left.is_empty());
        told
    }

    pub(super) fn heard(&mut self, id: usize, showed: bool, now: Instant) {
        let known = self.known(id);
        known.shown = showed;
        if showed {
            (known.errors, known.convicted, known.rests_until) = (0, false, None);
        } else {
            self.rest(id, now);
        }
    }

    pub(super) fn rest(&mut self, id: usize, now: Instant) {
        let (fresh, longest) = (self.knobs.fresh_for, self.knobs.longest_rest);
        let known = self.known(id);
        let mut rest = fresh;
        for _ in 0..known.errors.min(16) {
            rest *= 2;
        }
        known.rests_until = Some(now + rest.min(longest.max(fresh)));
        known.errors = known.errors.saturating_add(1);
    }

    /// A free id that is followed is wanted when its outlook says so.
    pub(super) fn replan(&mut self, id: usize, outlook: Option<Outlook>) {
        let known = self.known(id);
        if !known.followed || known.at != Place::Free {
            return;
        }
        known.followed = outlook.is_some();
        known.plan = outlook.map(|outlook| {
            let kind = if known.convicted {
                Kind::Alone
            } else {
                outlook.kind
            };
            let may_be_missed = kind == Kind::Live && known.rests_until.is_none();
            Plan {
                due: known
                    .rests_until
                    .map_or(outlook.due, |rest| rest.max(outlook.due)),
                kind,
                missed: outlook.next_miss.filter(|_| may_be_missed),
            }
        });
    }

    /// Forgets what nobody wants.
    pub(super) fn purge(&mut self) {
        for id in 0..self.ids.len() {
            let unwanted = self.ids[id]
                .as_ref()
                .is_some_and(|known| !known.followed && known.at == Place::Free);
            if unwanted && !self.is_asked(id) {
                self.ids[id] = None;
            }
        }
    }
}

trait MaxSome {
    fn max_some(self, other: Self) -> Self;
}

impl MaxSome for Option<Instant> {
    /// The later of both; none if it is none itself.
    fn max_some(self, other: Self) -> Self {
        self.map(|at| other.map_or(at, |other| at.max(other)))
    }
}
