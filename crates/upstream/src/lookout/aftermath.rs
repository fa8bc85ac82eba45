//! What follows from the end of a call: for its ids, for suspects, and for those whose outlook has changed.

use panelgate_domain::ids::UpstreamId;
use tokio::time::Instant;

use super::agenda::Plan;
use super::ids::{Entry, Slot, Stage};
use super::suspects::Verdict;
use super::{Ended, Finished, Lookout, Outlooks};

impl<W> Lookout<W> {
    pub(super) fn heard(&mut self, slots: &[Slot], without: &[UpstreamId], now: Instant) {
        self.plural |= slots.len() > 1 && without.len() < slots.len();
        for slot in slots {
            let entry = self.ids.at_mut(*slot);
            entry.good = !without.contains(&entry.id);
            if entry.good {
                entry.errors = 0;
                entry.convicted = false;
                entry.rests_until = None;
            } else {
                self.rest(*slot, now);
            }
        }
    }

    /// An id showed nothing: the more often, the longer it rests.
    pub(super) fn rest(&mut self, slot: Slot, now: Instant) {
        let entry = self.ids.at_mut(slot);
        let doubled = self.knobs.fresh_for * (1 << entry.errors.min(MOST_DOUBLINGS));
        entry.errors = entry.errors.saturating_add(1);
        entry.rests_until =
            Some(now + doubled.min(self.knobs.longest_rest.max(self.knobs.fresh_for)));
    }

    /// A call of several ids did not work, and none such ever did.
    pub(super) fn may_be_singular(&self, ended: &Ended, slots: &[Slot]) -> bool {
        let nothing = match ended {
            Ended::Spoiled { refused } => *refused,
            Ended::Answered(without) => without.len() == slots.len(),
            Ended::Failed => false,
        };
        nothing && slots.len() > 1 && !self.plural
    }

    pub(super) fn carry_out(
        &mut self,
        verdict: Verdict,
        mut slots: Vec<Slot>,
        now: Instant,
        outlooks: Outlooks<'_>,
        finished: &mut Finished<W>,
    ) {
        let Verdict {
            freed,
            convicted,
            singular,
        } = verdict;
        slots.extend(freed);
        if singular {
            self.singular = true;
            finished.is_singular = true;
        }
        for slot in convicted {
            self.ids.at_mut(slot).convicted = true;
            self.rest(slot, now);
            finished.convicted.push(self.ids.at(slot).id.clone());
            slots.push(slot);
        }
        // One that was tested and is freed or convicted is in here twice, and the first time may forget it.
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            let suspect = self.suspects.contains(slot);
            let entry = self.ids.at_mut(slot);
            entry.stage = if suspect { Stage::Suspect } else { Stage::Free };
            entry.good &= !suspect;
            self.replan(slot, outlooks);
            self.drop_unwanted(slot);
        }
    }

    pub(super) fn replan(&mut self, slot: Slot, outlooks: Outlooks<'_>) {
        let entry = self.ids.at_mut(slot);
        if !entry.followed || entry.stage != Stage::Free {
            return;
        }
        let outlook = outlooks(&entry.id);
        entry.followed = outlook.is_some();
        let plan = outlook.map_or_else(Plan::default, |outlook| {
            Plan::new(outlook, entry.convicted, entry.rests_until)
        });
        self.agenda.set(slot, &mut entry.plan, plan);
    }

    /// An id is in a call from here on, and nowhere else.
    pub(super) fn leave(&mut self, slot: Slot) {
        self.unplan(slot);
        self.waiters.taken(slot);
        self.ids.at_mut(slot).stage = Stage::UnderWay;
    }

    pub(super) fn unplan(&mut self, slot: Slot) {
        let entry = self.ids.at_mut(slot);
        self.agenda.set(slot, &mut entry.plan, Plan::default());
    }

    /// Forgets an id that is neither followed nor asked for.
    pub(super) fn drop_unwanted(&mut self, slot: Slot) {
        let Entry {
            followed, stage, ..
        } = self.ids.at(slot);
        if !followed && *stage == Stage::Free && !self.waiters.is_asked(slot) {
            self.unplan(slot);
            self.ids.drop(slot);
        }
    }
}

/// A rest is doubled at most so often before its bound is looked at.
const MOST_DOUBLINGS: u8 = 16;
