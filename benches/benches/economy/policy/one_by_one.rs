//! Every request that needs the panel is a call of its own.

use std::collections::VecDeque;
use std::time::Duration;

use super::waiting::Waiting;
use super::{Ask, Policy, Ready, RequestNo};
use crate::memory::Memory;
use crate::trace::OrderNo;

/// Calls in the order of their requests. An id that is on its way already is not asked for again.
pub(crate) struct OneByOne {
    calls: VecDeque<(RequestNo, Vec<OrderNo>)>,
    waiting: Waiting,
    remembers: bool,
}

impl OneByOne {
    /// Pass-through: what is polled goes up; the call of a customer who gave up before it left never leaves.
    pub(crate) fn forgetful() -> Self {
        Self {
            calls: VecDeque::new(),
            waiting: Waiting::default(),
            remembers: false,
        }
    }

    /// A cache: the stale ids of a request go up, and its call leaves even if nobody waits any more.
    pub(crate) fn caching() -> Self {
        Self {
            remembers: true,
            ..Self::forgetful()
        }
    }
}

impl Policy for OneByOne {
    fn remembers(&self) -> bool {
        self.remembers
    }

    fn ask(&mut self, ask: Ask, _now: Duration) {
        let request = ask.request;
        let new = self.waiting.join(ask);
        if !new.is_empty() {
            self.calls.push_back((request, new));
        }
    }

    fn gave_up(&mut self, request: RequestNo) {
        let place = self.calls.iter().position(|(of, _)| *of == request);
        if !self.remembers
            && let Some((_, ids)) = place.and_then(|place| self.calls.remove(place))
        {
            self.waiting.finished(&ids);
        }
    }

    fn ready(&self, _now: Duration) -> Ready {
        if self.calls.is_empty() {
            Ready::Idle
        } else {
            Ready::Now
        }
    }

    fn take(&mut self, _now: Duration, _memory: &Memory) -> Vec<OrderNo> {
        self.calls.pop_front().map_or_else(Vec::new, |(_, ids)| ids)
    }

    fn finished(&mut self, ids: &[OrderNo], _now: Duration, _memory: &Memory) -> Vec<RequestNo> {
        self.waiting.finished(ids)
    }
}
