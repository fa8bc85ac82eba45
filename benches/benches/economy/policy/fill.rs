//! Gathering, and the free room of each call filled with ids that nobody has asked for yet.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::gather::Gather;
use super::{Ask, Policy, Ready, RequestNo};
use crate::knobs::BATCH;
use crate::memory::Memory;
use crate::trace::OrderNo;

/// What the free room is for.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// The ids whose facts expire soonest, or expired longest ago.
    Expiry,
    /// The ids whose next poll that misses is predicted soonest, if it is predicted within [`REACH`].
    NextMiss,
}

/// Gathers, and fills.
pub(crate) struct Fill {
    gather: Gather,
    by: By,
    /// A call leaves without being asked for when a miss is predicted so soon; never if `None`.
    ahead: Option<Duration>,
    /// The ids that are not under way, most urgent first.
    order: BTreeSet<(Duration, OrderNo)>,
    /// Where each of them is in there.
    urgency: HashMap<OrderNo, Duration>,
}

impl Fill {
    pub(crate) fn new(window: Duration, by: By, ahead: Option<Duration>) -> Self {
        Self {
            gather: Gather::new(window),
            by,
            ahead,
            order: BTreeSet::new(),
            urgency: HashMap::new(),
        }
    }

    fn place(&mut self, order: OrderNo, memory: &Memory) {
        self.displace(order);
        let urgency = match self.by {
            By::Expiry => Some(memory.fresh_until(order)),
            By::NextMiss => memory.next_miss(order),
        };
        if let Some(urgency) = urgency {
            self.order.insert((urgency, order));
            self.urgency.insert(order, urgency);
        }
    }

    fn displace(&mut self, order: OrderNo) {
        if let Some(urgency) = self.urgency.remove(&order) {
            self.order.remove(&(urgency, order));
        }
    }

    /// Until when an id may be urgent for a look at this moment to be of use.
    fn horizon(&self, now: Duration) -> Duration {
        match self.by {
            By::Expiry => Duration::MAX,
            By::NextMiss => now + REACH,
        }
    }
}

impl Policy for Fill {
    fn polled(&mut self, order: OrderNo, memory: &Memory) {
        // An id under way is placed when its call has ended.
        if !self.gather.is_under_way(order) {
            self.place(order, memory);
        }
    }

    fn ask(&mut self, ask: Ask, now: Duration) {
        self.gather.ask(ask, now);
    }

    fn ready(&self, now: Duration) -> Ready {
        let ahead = self.ahead.and_then(|ahead| {
            let (urgency, _) = self.order.first()?;
            Some(urgency.saturating_sub(ahead))
        });
        match (self.gather.ready(now), ahead) {
            (Ready::At(asked), Some(due)) => Ready::At(asked.min(due)),
            (Ready::Idle, Some(due)) => Ready::At(due),
            (asked, _) => asked,
        }
    }

    fn take(&mut self, now: Duration, memory: &Memory) -> Vec<OrderNo> {
        let mut ids = self.gather.take(now, memory);
        for order in &ids {
            self.displace(*order);
        }
        let horizon = self.horizon(now);
        while ids.len() < BATCH
            && let Some((urgency, order)) = self.order.first().copied()
            && urgency <= horizon
        {
            self.displace(order);
            self.gather.goes_along(order);
            ids.push(order);
        }
        ids
    }

    fn finished(&mut self, ids: &[OrderNo], now: Duration, memory: &Memory) -> Vec<RequestNo> {
        let told = self.gather.finished(ids, now, memory);
        for order in ids {
            self.place(*order, memory);
        }
        told
    }
}

/// Two thirds of the time that a fact is fresh: a look so early that it would be only just fresh when the poll is predicted is
/// wasted whenever the poll comes a little later, and looks that come back too late cost more than free room that stays empty.
const REACH: Duration = Duration::from_secs(40);
