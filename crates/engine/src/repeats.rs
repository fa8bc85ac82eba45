//! Repeats of an `add` whose answer nobody heard. Clients that hear nothing send the same again, some of them blindly: they get
//! the order that they have. Two that are open side by side are two orders, and so are two of which the first was answered.
//!
//! Source: `money.md`, "Repeats"; decision 0013.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use dashmap::DashMap;
use panelgate_domain::ids::{CustomerId, OrderId, ServiceId};
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::core::Core;

/// What was asked for, whoever asks: a hash of customer, service and all fields, with keys of this process.
pub(crate) type Same = [u64; 2];

/// What became of an `add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is being opened.
    Opening,
    /// This order.
    Opened(OrderId),
    /// No order, or one that was refused: the same again is a new attempt.
    Nothing,
}

/// Every `add` whose answer is on its way or was lost lately.
pub(crate) struct Repeats {
    hashes: [RandomState; 2],
    adds: DashMap<Same, Vec<Attempt>>,
    /// Lost ones, oldest first.
    lost: Mutex<VecDeque<(Timestamp, Same, u64)>>,
    tickets: AtomicU64,
}

/// Whoever waits for an answer.
pub trait Asker: Send + Sync {
    /// It has given up: nobody is there to hear an answer.
    fn is_gone(&self) -> bool;
}

struct Attempt {
    ticket: u64,
    outcome: watch::Receiver<Outcome>,
    /// Whoever may hear its answer, if that can be seen.
    asker: Option<Weak<dyn Asker>>,
    /// Since when nobody will hear its answer; `None` while somebody may.
    lost: Option<Timestamp>,
}

/// The answer to an `add` on its way to its customer. Dropped without having been [`heard`](Self::heard), it is lost: the same
/// `add` within the next 120 s gets the same order.
pub struct Hearing {
    core: Arc<Core>,
    same: Same,
    ticket: u64,
}

impl Hearing {
    /// It was handed to the customer's connection.
    pub fn heard(self) {
        self.core.repeats.forget(self.same, self.ticket);
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let now = self.core.now();
        if self.core.repeats.lose(self.same, self.ticket, now) {
            self.core.metrics.unheard("lost");
        }
    }
}

impl fmt::Debug for Hearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hearing")
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}

impl Repeats {
    pub(crate) fn new() -> Self {
        Self {
            hashes: [RandomState::new(), RandomState::new()],
            adds: DashMap::new(),
            lost: Mutex::default(),
            tickets: AtomicU64::new(1),
        }
    }

    pub(crate) fn same(&self, customer: CustomerId, service: ServiceId, spec: &OrderSpec) -> Same {
        let asked = (customer, service, spec);
        self.hashes.each_ref().map(|hash| hash.hash_one(asked))
    }

    /// An `add` begins. What becomes of it has to be told.
    pub(crate) fn begin(
        core: &Arc<Core>,
        same: Same,
        asker: Option<Weak<dyn Asker>>,
    ) -> (Hearing, watch::Sender<Outcome>) {
        let (tell, outcome) = watch::channel(Outcome::Opening);
        let ticket = core.repeats.insert(same, outcome, asker);
        let hearing = Hearing {
            core: Arc::clone(core),
            same,
            ticket,
        };
        (hearing, tell)
    }

    /// The same `add` whose answer was lost lately, or will be because its asker has gone, if there is one, and from now on the
    /// right to answer it.
    pub(crate) fn take_up(
        core: &Arc<Core>,
        same: Same,
        asker: Option<Weak<dyn Asker>>,
    ) -> Option<(Hearing, watch::Receiver<Outcome>)> {
        let since = core.now().before(LOST_FOR);
        let mut attempts = core.repeats.adds.get_mut(&same)?;
        let mut attempts = attempts.iter_mut();
        let attempt = attempts.find(|attempt| attempt.is_unheard(since))?;
        if attempt.lost.take().is_none() {
            core.metrics.unheard("lost");
        }
        // What becomes of the answer before says nothing any more.
        attempt.ticket = core.repeats.ticket();
        attempt.asker = asker;
        let hearing = Hearing {
            core: Arc::clone(core),
            same,
            ticket: attempt.ticket,
        };
        Some((hearing, attempt.outcome.clone()))
    }

    /// Before a start nobody knows who heard what.
    pub(crate) fn load(&self, same: Same, order: OrderId, lost: Timestamp) {
        let (_, outcome) = watch::channel(Outcome::Opened(order));
        let ticket = self.insert(same, outcome, None);
        self.lose(same, ticket, lost);
    }

    /// The orders whose answers are lost, oldest first. It is asked at the end, so those that are still on their way are, too.
    pub(crate) fn lost_lately(&self, now: Timestamp) -> Vec<(OrderId, Timestamp)> {
        let since = now.before(LOST_FOR);
        let mut lost = Vec::new();
        for attempts in &self.adds {
            for attempt in attempts.value() {
                let at = attempt.lost.unwrap_or(now);
                if let (true, Outcome::Opened(order)) = (at >= since, *attempt.outcome.borrow()) {
                    lost.push((order, at));
                }
            }
        }
        lost.sort_unstable_by_key(|(_, at)| *at);
        lost
    }

    fn insert(
        &self,
        same: Same,
        outcome: watch::Receiver<Outcome>,
        asker: Option<Weak<dyn Asker>>,
    ) -> u64 {
        let ticket = self.ticket();
        self.adds.entry(same).or_default().push(Attempt {
            ticket,
            outcome,
            asker,
            lost: None,
        });
        ticket
    }

    fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    fn forget(&self, same: Same, ticket: u64) {
        self.adds.remove_if_mut(&same, |_, attempts| {
            attempts.retain(|attempt| attempt.ticket != ticket);
            attempts.is_empty()
        });
    }

    /// Does nothing for what was heard, and answers whether it did something.
    fn lose(&self, same: Same, ticket: u64, now: Timestamp) -> bool {
        let marked = self.adds.get_mut(&same).is_some_and(|mut attempts| {
            let mut attempts = attempts.iter_mut();
            let attempt = attempts.find(|attempt| attempt.ticket == ticket);
            attempt
                .map(|attempt| (attempt.lost, attempt.asker) = (Some(now), None))
                .is_some()
        });
        if !marked {
            return false;
        }
        let over = {
            let mut lost = self.lost.lock();
            lost.push_back((now, same, ticket));
            let since = now.before(LOST_FOR);
            let old = lost.partition_point(|(at, ..)| *at < since);
            let old = old.max(lost.len().saturating_sub(MOST));
            lost.drain(..old).collect::<Vec<_>>()
        };
        for (at, same, ticket) in over {
            self.forget_if_lost_at(same, ticket, at);
        }
        true
    }

    /// It may have been taken up since, and lost once more.
    fn forget_if_lost_at(&self, same: Same, ticket: u64, at: Timestamp) {
        self.adds.remove_if_mut(&same, |_, attempts| {
            attempts.retain(|attempt| attempt.ticket != ticket || attempt.lost != Some(at));
            attempts.is_empty()
        });
    }
}

impl Attempt {
    /// It became an order, or may yet, and nobody heard or will hear of it.
    fn is_unheard(&self, since: Timestamp) -> bool {
        let is_lost = match (self.lost, &self.asker) {
            (Some(lost), _) => lost >= since,
            (None, Some(asker)) => asker.upgrade().is_none_or(|asker| asker.is_gone()),
            (None, None) => false,
        };
        is_lost && *self.outcome.borrow() != Outcome::Nothing
    }
}

/// How long a lost answer is waited for.
pub(crate) const LOST_FOR: Duration = Duration::from_secs(120);
/// Most lost answers that are remembered; the oldest go.
pub(crate) const MOST: usize = 100_000;

#[cfg(test)]
mod tests;
