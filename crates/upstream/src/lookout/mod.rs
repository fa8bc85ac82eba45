//! Which ids the next `status` call asks for, when it leaves, and who is told when it has ended. Pure: no locks, no clock, no
//! calls; whoever drives it says what time it is and what a call came to.
//!
//! An id is here because a customer waits for it, because its owner follows it, or both. A call has room for many ids, and
//! the panel counts calls, so every call leaves full if it can:
//!
//! ```text
//! asked ids, customers in turn   (a fifth of the call is kept for the most overdue looks)
//! live orders whose look is due
//! ended orders whose look is due
//! live orders that a customer is expected to ask for, stale, soonest      ┐ ahead of their time
//! live orders whose look is due next                                      ┘
//! ```
//!
//! What an order's future looks like is the owner's knowledge ([`Outlook`]); it is asked for anew whenever it counts, so
//! nothing has to be pushed here when a customer polls. A call that fails as a whole is the business of `suspects`.

mod aftermath;
mod agenda;
mod fill;
mod ids;
mod lanes;
mod suspects;
mod waiters;
mod words;

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::{CustomerId, UpstreamId};
use tokio::time::Instant;

use self::agenda::Agenda;
use self::ids::{Ids, Slot, Stage};
use self::suspects::{Purpose, Suspects, Times};
use self::waiters::Waiters;
pub use self::words::{Ended, Finished, Kind, Knobs, Outlook, Outlooks, Ready, Round, Slots};

/// The ids that are watched at one panel, and who waits for them. `W` is how one is told.
#[derive(Debug)]
pub struct Lookout<W> {
    knobs: Knobs,
    ids: Ids,
    agenda: Agenda,
    waiters: Waiters<W>,
    suspects: Suspects,
    under_way: HashMap<u64, UnderWay>,
    /// The panel does not understand several ids in one call.
    singular: bool,
    /// It does: it answered such a call.
    plural: bool,
    rounds: u64,
    /// Those that took what is asked and due.
    ordinary_rounds: u64,
    /// Those that vouched for the panel, or did not.
    controls: u64,
    last_round: Option<Instant>,
    last_alone: Option<Instant>,
    /// The last call was a test, or for one id that goes alone.
    was_special: bool,
}

#[derive(Debug)]
struct UnderWay {
    slots: Vec<Slot>,
    purpose: Purpose,
    left: Instant,
}

/// Most ids. What finds no place is not looked at, and nobody waits for it.
pub const MAX_IDS: usize = 4_000_000;

impl<W> Lookout<W> {
    /// Watches nothing.
    #[must_use]
    pub fn new(knobs: Knobs) -> Self {
        Self {
            knobs,
            ids: Ids::default(),
            agenda: Agenda::default(),
            waiters: Waiters::new(),
            suspects: Suspects::default(),
            under_way: HashMap::new(),
            singular: false,
            plural: false,
            rounds: 0,
            ordinary_rounds: 0,
            controls: 0,
            last_round: None,
            last_alone: None,
            was_special: false,
        }
    }

    /// Other knobs from now on.
    pub const fn set_knobs(&mut self, knobs: Knobs) {
        self.knobs = knobs;
    }

    /// Whether the panel understands several ids in one call, as far as somebody remembers.
    pub const fn set_singular(&mut self, singular: bool) {
        self.singular = singular;
        self.plural = false;
    }

    /// Looks at an id from now on, as its outlook says; again after its outlook has changed.
    pub fn follow(&mut self, id: &UpstreamId, outlooks: Outlooks<'_>) {
        if let Some(slot) = self.ids.keep(id) {
            self.ids.at_mut(slot).followed = true;
            self.replan(slot, outlooks);
            self.drop_unwanted(slot);
        }
    }

    /// A customer wants to know about ids. `told` comes back at once if there is nothing to wait for: ids that are being
    /// tested, that are looked at alone, or that show nothing again and again, are not looked at because somebody asks.
    pub fn ask(
        &mut self,
        customer: CustomerId,
        ids: &[UpstreamId],
        told: W,
        now: Instant,
    ) -> Option<W> {
        // An id that is new here rests for no reason, so whatever is kept is wanted.
        let wanted = ids.iter().filter_map(|id| {
            let slot = self.ids.keep(id)?;
            let entry = self.ids.at(slot);
            // What is to be confirmed alone is not confirmed by a call that it shares.
            let rests = entry.convicted
                || entry.plan.is_alone()
                || entry.rests_until.is_some_and(|until| now < until);
            match entry.stage {
                Stage::UnderWay => Some((slot, true)),
                Stage::Free if !rests => Some((slot, false)),
                Stage::Free | Stage::Suspect => None,
            }
        });
        self.waiters.wait(customer, wanted, told, now)
    }

    /// When the next call should leave.
    #[must_use]
    pub fn ready(&self, now: Instant) -> Ready {
        if self.suspects.wants_a_test(now) {
            return Ready::Now;
        }
        let next = [
            self.ordinary_at(now),
            self.alone_at(),
            self.suspects.retests_at(),
        ];
        match next.into_iter().flatten().min() {
            Some(at) if at <= now => Ready::Now,
            Some(at) => Ready::At(at),
            None => Ready::Idle,
        }
    }

    /// When a call should leave that takes what is asked and due.
    fn ordinary_at(&self, now: Instant) -> Option<Instant> {
        let batch = self.batch();
        if self.waiters.queued() >= batch {
            return Some(now);
        }
        let asked = self.waiters.since().map(|since| since + self.knobs.gather);
        let paced = |at: Instant| self.paced(at, self.last_round);
        let due = self.agenda.first(Kind::Live).map(|(at, _)| {
            let full = self.agenda.count_due(now, batch) >= batch;
            let patience = if full {
                Duration::ZERO
            } else {
                self.knobs.gather * DUE_PATIENCE
            };
            paced(at + patience)
        });
        let ended = self.agenda.first(Kind::Ended);
        let ended = ended.map(|(at, _)| paced(at + RECHECK_PATIENCE));
        [asked, due, ended].into_iter().flatten().min()
    }

    /// When a call should leave for an id that goes alone.
    fn alone_at(&self) -> Option<Instant> {
        let (at, _) = self.agenda.first(Kind::Alone)?;
        Some(self.paced(at, self.last_alone))
    }

    /// Nobody waits for it: not too soon after the last of its kind.
    fn paced(&self, at: Instant, last: Option<Instant>) -> Instant {
        last.map_or(at, |last| at.max(last + self.knobs.due_every))
    }

    /// The next call; its ids are under way from now on. `None` if nobody wants anything.
    pub fn take(&mut self, now: Instant, outlooks: Outlooks<'_>) -> Option<Round> {
        let (slots, used, purpose) = self.choose(now, outlooks)?;
        self.was_special = purpose != Purpose::Ordinary;
        self.rounds += 1;
        let number = self.rounds;
        for slot in &slots {
            self.leave(*slot);
        }
        let round = Round {
            number,
            ids: slots
                .iter()
                .map(|slot| self.ids.at(*slot).id.clone())
                .collect(),
            slots: used,
            tests_ids: purpose.tests_ids(),
        };
        self.under_way.insert(
            number,
            UnderWay {
                slots,
                purpose,
                left: now,
            },
        );
        Some(round)
    }

    /// How many looks in a row showed nothing of this id, the one that just did not included.
    #[must_use]
    pub fn errors(&self, id: &UpstreamId) -> u8 {
        let known = self.ids.find(id).map(|slot| self.ids.at(slot).errors);
        known.unwrap_or(0).saturating_add(1)
    }

    /// A call has ended. Outlooks are asked for anew, so whoever owns them has to know by now what it came to.
    pub fn finished(
        &mut self,
        number: u64,
        ended: &Ended,
        now: Instant,
        outlooks: Outlooks<'_>,
    ) -> Finished<W> {
        let mut finished = Finished {
            told: Vec::new(),
            convicted: Vec::new(),
            is_singular: false,
        };
        let Some(UnderWay {
            slots,
            purpose,
            left,
        }) = self.under_way.remove(&number)
        else {
            return finished;
        };
        if let Ended::Answered(without) = ended {
            self.heard(&slots, without, now);
        }
        for slot in &slots {
            self.waiters.finished(*slot, &mut finished.told);
        }
        let may_be_singular = self.may_be_singular(ended, &slots);
        let times = Times {
            left,
            now,
            retest_at: now + self.knobs.fresh_for,
        };
        let verdict = self
            .suspects
            .judge(purpose, &slots, ended, may_be_singular, times);
        self.carry_out(verdict, slots, now, outlooks, &mut finished);
        finished
    }

    /// The panel answered something that is no `status`: it is not down.
    pub const fn heard_otherwise(&mut self, now: Instant) {
        self.suspects.heard_otherwise(now);
    }

    /// How many ids want a place in a call because somebody waits.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.waiters.queued()
    }

    /// How many ids are watched.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.ids.len()
    }

    /// Since when the one who waits longest has waited for a place.
    #[must_use]
    pub fn waits_since(&self) -> Option<Instant> {
        self.waiters.since()
    }

    /// Most ids in one call, as things are.
    #[must_use]
    pub fn batch(&self) -> usize {
        if self.singular {
            1
        } else {
            self.knobs.batch.max(1)
        }
    }
}

/// Nobody waits for due ids, so they may wait this much longer for company.
const DUE_PATIENCE: u32 = 10;
/// Nobody is in a hurry about orders that have ended: they ride along, or go by themselves after this.
const RECHECK_PATIENCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests;
