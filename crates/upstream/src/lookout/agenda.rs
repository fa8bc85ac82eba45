//! When which id is wanted though nobody waits for it.

use std::collections::BTreeSet;
use std::ops::Bound;

use tokio::time::Instant;

use super::ids::Slot;
use super::{Kind, Outlook};

/// The times of one id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) due: Option<Instant>,
    pub(super) kind: Kind,
    /// A customer will miss it then.
    pub(super) missed: Option<Instant>,
}

/// All times, soonest first.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: [Times; 3],
    missed: Times,
}

type Times = BTreeSet<(Instant, Slot)>;

impl Plan {
    /// It is looked at in calls of its own, whoever asks.
    pub(super) fn is_alone(&self) -> bool {
        self.due.is_some() && self.kind == Kind::Alone
    }

    /// What an outlook asks for, but nothing before `not_before`.
    pub(super) fn new(outlook: Outlook, convicted: bool, not_before: Option<Instant>) -> Self {
        let kind = if convicted { Kind::Alone } else { outlook.kind };
        let later = |at: Instant| not_before.map_or(at, |rest| at.max(rest));
        Self {
            due: Some(later(outlook.due)),
            kind,
            // A miss cannot be foreseen for what must not be looked at, nor for what needs a call of its own.
            missed: outlook
                .next_miss
                .filter(|_| kind == Kind::Live && not_before.is_none()),
        }
    }
}

impl Agenda {
    /// Replaces the plan of an id.
    pub(super) fn set(&mut self, slot: Slot, plan: &mut Plan, new: Plan) {
        if let Some(at) = plan.due {
            self.due[plan.kind as usize].remove(&(at, slot));
        }
        if let Some(at) = plan.missed {
            self.missed.remove(&(at, slot));
        }
        if let Some(at) = new.due {
            self.due[new.kind as usize].insert((at, slot));
        }
        if let Some(at) = new.missed {
            self.missed.insert((at, slot));
        }
        *plan = new;
    }

    /// The id of a kind that is due first.
    pub(super) fn first(&self, kind: Kind) -> Option<(Instant, Slot)> {
        self.due[kind as usize].first().copied()
    }

    /// The next id of a kind after a time and slot.
    pub(super) fn after(&self, kind: Kind, last: (Instant, Slot)) -> Option<(Instant, Slot)> {
        let rest = (Bound::Excluded(last), Bound::Unbounded);
        self.due[kind as usize].range(rest).next().copied()
    }

    /// The id that a customer will miss first.
    pub(super) fn first_missed(&self) -> Option<(Instant, Slot)> {
        self.missed.first().copied()
    }

    /// How many live ids are due, counted up to `most`.
    pub(super) fn count_due(&self, now: Instant, most: usize) -> usize {
        let due = self.due[Kind::Live as usize].iter();
        due.take(most).take_while(|(at, _)| *at <= now).count()
    }
}

#[cfg(test)]
impl Agenda {
    pub(super) fn is_empty(&self) -> bool {
        self.missed.is_empty() && self.due.iter().all(BTreeSet::is_empty)
    }
}
