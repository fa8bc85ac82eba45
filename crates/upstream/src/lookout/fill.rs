//! Which ids a call takes.

use tokio::time::Instant;

use super::ids::{Slot, Stage};
use super::suspects::Purpose;
use super::{Kind, Lookout, Outlooks, Slots};

/// A call that is being filled.
struct Filling {
    slots: Vec<Slot>,
    room: usize,
}

impl<W> Lookout<W> {
    /// The ids of the next call and what it is for.
    pub(super) fn choose(
        &mut self,
        now: Instant,
        outlooks: Outlooks<'_>,
    ) -> Option<(Vec<Slot>, Slots, Purpose)> {
        if let Some((slots, purpose)) = self.choose_special(now) {
            let used = Slots {
                due: slots.len(),
                ..Slots::default()
            };
            return Some((slots, used, purpose));
        }
        let (slots, used) = self.fill(now, outlooks);
        if slots.is_empty() {
            return None;
        }
        self.ordinary_rounds += 1;
        self.last_round = Some(now);
        Some((slots, used, Purpose::Ordinary))
    }

    /// A test, or an id that goes alone; never two in a row while others wait for a call that is theirs. On a panel that takes
    /// one call at a time, suspects that nobody can judge would be tested for ever otherwise.
    fn choose_special(&mut self, now: Instant) -> Option<(Vec<Slot>, Purpose)> {
        if self.was_special && self.ordinary_at(now).is_some_and(|at| at <= now) {
            return None;
        }
        if let Some(test) = self.choose_test(now) {
            return Some(test);
        }
        let slot = self.choose_alone(now)?;
        let convicted = self.ids.at(slot).convicted;
        Some((vec![slot], Purpose::Alone { convicted }))
    }

    fn choose_test(&mut self, now: Instant) -> Option<(Vec<Slot>, Purpose)> {
        if self.suspects.wants_a_control(now)
            && let Some(control) = self.good_id()
        {
            self.controls += 1;
            self.suspects.begin_control();
            return Some((vec![control], Purpose::Control));
        }
        self.suspects.begin_test(now, self.batch())
    }

    /// A live id whose last look showed something, another one each time. One is enough to see whether the panel works; the more
    /// there are, the more likely one of them spoils calls by now, and then the panel would take the blame.
    fn good_id(&self) -> Option<Slot> {
        let mut next = self.agenda.first(Kind::Live);
        let seen = std::iter::from_fn(|| {
            let (at, slot) = next?;
            next = self.agenda.after(Kind::Live, (at, slot));
            Some(slot)
        });
        let seen = seen.take(self.knobs.batch.max(1) * MOST_PASSED_OVER);
        let good: Vec<Slot> = seen.filter(|slot| self.ids.at(*slot).good).collect();
        let turn = usize::try_from(self.controls).unwrap_or(0);
        good.get(turn % good.len().max(1)).copied()
    }

    fn choose_alone(&mut self, now: Instant) -> Option<Slot> {
        if self.alone_at()? > now {
            return None;
        }
        let (_, slot) = self.agenda.first(Kind::Alone)?;
        self.last_alone = Some(now);
        Some(slot)
    }

    fn fill(&mut self, now: Instant, outlooks: Outlooks<'_>) -> (Vec<Slot>, Slots) {
        let batch = self.batch();
        let mut call = Filling {
            slots: Vec::with_capacity(batch),
            room: batch,
        };
        let kept = self.kept_for_due(batch);
        let kept = self.agenda.count_due(now, kept);
        let mut used = Slots {
            asked: self.take_asked(&mut call, kept),
            due: self.take_due(&mut call, Kind::Live, now),
            ..Slots::default()
        };
        // Places were kept for due ids that somebody asked for as well.
        used.asked += self.take_asked(&mut call, 0);
        used.recheck = self.take_due(&mut call, Kind::Ended, now);
        used.ahead = self.take_missed(&mut call, now, outlooks);
        used.ahead += self.take_upcoming(&mut call, now, outlooks);
        used.empty = call.room;
        (call.slots, used)
    }

    /// One place in [`DUE_PART`], over calls of any size. Only calls that have such places are counted: others could fall into
    /// step with these, and take every one of them where a call has few places.
    fn kept_for_due(&self, batch: usize) -> usize {
        let n = usize::try_from(self.ordinary_rounds % DUE_PART as u64).unwrap_or(0);
        (n + 1) * batch / DUE_PART - n * batch / DUE_PART
    }

    /// Takes what customers wait for, and leaves `kept` places.
    fn take_asked(&mut self, call: &mut Filling, kept: usize) -> usize {
        let before = call.slots.len();
        while call.room > kept
            && let Some(slot) = self.waiters.next()
        {
            self.put(call, slot);
        }
        call.slots.len() - before
    }

    fn take_due(&mut self, call: &mut Filling, kind: Kind, now: Instant) -> usize {
        let before = call.slots.len();
        while call.room > 0
            && let Some((at, slot)) = self.agenda.first(kind)
            && at <= now
        {
            self.put(call, slot);
        }
        call.slots.len() - before
    }

    /// Takes what customers are expected to ask for, soonest first. Polls since the last look may have changed that.
    fn take_missed(&mut self, call: &mut Filling, now: Instant, outlooks: Outlooks<'_>) -> usize {
        let before = call.slots.len();
        let mut looked_into = 0;
        while call.room > 0
            && looked_into < self.knobs.batch.max(1) * MOST_PASSED_OVER
            && let Some((at, slot)) = self.agenda.first_missed()
            && at <= now + self.knobs.fresh_for * 2 / 3
        {
            looked_into += 1;
            let outlook = outlooks(&self.ids.at(slot).id);
            let next = outlook.and_then(|outlook| outlook.next_miss);
            if next.is_some_and(|next| next <= at + self.knobs.fresh_for / SAME_POLL) {
                self.put(call, slot);
            } else {
                self.replan(slot, outlooks);
                self.drop_unwanted(slot);
            }
        }
        call.slots.len() - before
    }

    /// Takes the live ids that are due next, if their facts are not as good as new.
    fn take_upcoming(&mut self, call: &mut Filling, now: Instant, outlooks: Outlooks<'_>) -> usize {
        let before = call.slots.len();
        let mut next = self.agenda.first(Kind::Live);
        let mut passed_over = 0;
        while call.room > 0
            && passed_over < self.knobs.batch.max(1) * MOST_PASSED_OVER
            && let Some((at, slot)) = next
        {
            next = self.agenda.after(Kind::Live, (at, slot));
            let entry = self.ids.at(slot);
            // A place that is free is no reason to disturb an id that shows nothing.
            let rests = entry.rests_until.is_some_and(|until| now < until);
            let outlook = outlooks(&entry.id).filter(|_| !rests);
            if outlook.is_some_and(|outlook| outlook.fresh_until <= now) {
                self.put(call, slot);
            } else {
                passed_over += 1;
            }
        }
        call.slots.len() - before
    }

    fn put(&mut self, call: &mut Filling, slot: Slot) {
        debug_assert_eq!(
            self.ids.at(slot).stage,
            Stage::Free,
            "only free ids are planned or asked for"
        );
        self.leave(slot);
        call.slots.push(slot);
        call.room -= 1;
    }
}

/// One place in so many is kept for due ids, so that polling customers cannot starve settling.
const DUE_PART: usize = 5;
/// Ids that are looked into and passed over while a call is filled, for each place of it.
const MOST_PASSED_OVER: usize = 4;
/// Two predictions of the same poll differ by less than this part of `fresh_for`.
const SAME_POLL: u32 = 4;
