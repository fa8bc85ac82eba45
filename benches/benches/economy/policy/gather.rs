//! Asked ids wait for company.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::waiting::Waiting;
use super::{Ask, Policy, Ready, RequestNo};
use crate::knobs::BATCH;
use crate::memory::Memory;
use crate::trace::OrderNo;

/// A call leaves when it is full, or when the first of its ids has waited for a window.
pub(crate) struct Gather {
    window: Duration,
    /// The asked ids and when they were asked.
    asked: VecDeque<(OrderNo, Duration)>,
    /// The ids of calls that have not ended; nobody may be waiting for them.
    under_way: HashSet<OrderNo>,
    waiting: Waiting,
}

impl Gather {
    pub(crate) fn new(window: Duration) -> Self {
        Self {
            window,
            asked: VecDeque::new(),
            under_way: HashSet::new(),
            waiting: Waiting::default(),
        }
    }

    pub(super) fn is_under_way(&self, order: OrderNo) -> bool {
        self.under_way.contains(&order)
    }

    /// An id goes up that nobody asked for.
    pub(super) fn goes_along(&mut self, order: OrderNo) {
        self.under_way.insert(order);
    }
}

impl Policy for Gather {
    fn ask(&mut self, ask: Ask, now: Duration) {
        let mut new = self.waiting.join(ask);
        new.retain(|order| !self.under_way.contains(order));
        self.asked.extend(new.into_iter().map(|order| (order, now)));
    }

    fn ready(&self, _now: Duration) -> Ready {
        match self.asked.front() {
            _ if self.asked.len() >= BATCH => Ready::Now,
            Some((_, since)) => Ready::At(*since + self.window),
            None => Ready::Idle,
        }
    }

    fn take(&mut self, _now: Duration, _memory: &Memory) -> Vec<OrderNo> {
        let taken = self.asked.drain(..self.asked.len().min(BATCH));
        let ids: Vec<_> = taken.map(|(order, _)| order).collect();
        self.under_way.extend(&ids);
        ids
    }

    fn finished(&mut self, ids: &[OrderNo], _now: Duration, _memory: &Memory) -> Vec<RequestNo> {
        for order in ids {
            self.under_way.remove(order);
        }
        self.waiting.finished(ids)
    }
}
