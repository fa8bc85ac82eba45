//! What a run is judged by.

use std::time::Duration;

use crate::bound::Bound;
use crate::knobs::{FRESH_FOR, is_measured};
use crate::memory::Memory;
use crate::trace::{OrderNo, Trace};

/// Counts of the measured hour.
pub(crate) struct Tally {
    pub(crate) calls: u64,
    /// Ids in these calls.
    pub(crate) looks: u64,
    /// Those of them whose facts answered a poll while they were fresh.
    pub(crate) useful: u64,
    pub(crate) requests: u64,
    /// Requests that were answered without waiting.
    pub(crate) at_once: u64,
    pub(crate) polls: u64,
    /// Polled ids whose facts were fresh when the request came.
    pub(crate) known: u64,
    pub(crate) errors: u64,
    pub(crate) waits: Spread,
    /// Of the facts in answers.
    pub(crate) ages: Spread,
    /// Polled ids that were answered with a fact that was not fresh.
    pub(crate) stale: u64,
    /// For the polls that came in this run.
    pub(crate) bound: Bound,
    /// Whether the last look at an order counts and was of no use yet.
    unused: Vec<bool>,
}

/// Lengths of time, in steps of 10 ms.
#[derive(Default)]
pub(crate) struct Spread {
    counts: Vec<u64>,
    sum: Duration,
}

impl Tally {
    pub(crate) fn new(trace: &Trace) -> Self {
        Self {
            calls: 0,
            looks: 0,
            useful: 0,
            requests: 0,
            at_once: 0,
            polls: 0,
            known: 0,
            errors: 0,
            waits: Spread::default(),
            ages: Spread::default(),
            stale: 0,
            bound: Bound::new(trace),
            unused: vec![false; trace.panel.len()],
        }
    }

    /// A request came: it polls so many ids, of which so many are not fresh.
    pub(crate) fn asked(&mut self, ids: usize, stale: usize, now: Duration) {
        if is_measured(now) {
            self.requests += 1;
            self.at_once += u64::from(stale == 0);
            self.polls += ids as u64;
            self.known += (ids - stale) as u64;
        }
    }

    /// A call that left at a moment has come back.
    pub(crate) fn looked(&mut self, ids: &[OrderNo], left: Duration) {
        let counts = is_measured(left);
        if counts {
            self.calls += 1;
            self.looks += ids.len() as u64;
        }
        for order in ids {
            self.unused[*order as usize] = counts;
        }
    }

    /// The facts of these ids go to a customer who has waited since a moment.
    pub(crate) fn answered(
        &mut self,
        ids: impl Iterator<Item = OrderNo>,
        memory: &Memory,
        since: Duration,
        now: Duration,
    ) {
        let counts = is_measured(since);
        if counts {
            self.waits.add(now.saturating_sub(since));
        }
        for order in ids {
            let age = memory.age(order, now);
            if age <= FRESH_FOR && std::mem::take(&mut self.unused[order as usize]) {
                self.useful += 1;
            }
            if counts {
                self.ages.add(age);
                self.stale += u64::from(age > FRESH_FOR);
            }
        }
    }

    /// A customer who has waited since a moment got an error.
    pub(crate) fn failed(&mut self, since: Duration, now: Duration) {
        if is_measured(since) {
            self.errors += 1;
            self.waits.add(now.saturating_sub(since));
        }
    }
}

impl Spread {
    pub(crate) fn add(&mut self, length: Duration) {
        let step = usize::try_from(length.as_millis() / 10).unwrap_or(usize::MAX);
        if step >= self.counts.len() {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
        self.sum += length;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, others) in self.counts.iter_mut().zip(&other.counts) {
            *mine += others;
        }
        self.sum += other.sum;
    }

    pub(crate) fn mean(&self) -> Duration {
        let count: u64 = self.counts.iter().sum();
        self.sum / u32::try_from(count.max(1)).unwrap_or(u32::MAX)
    }

    /// The length that so many per cent do not exceed.
    pub(crate) fn percentile(&self, percent: u64) -> Duration {
        let wanted = self.counts.iter().sum::<u64>() * percent / 100;
        let mut seen = 0;
        let step = self.counts.iter().position(|count| {
            seen += count;
            seen > wanted
        });
        Duration::from_millis(10) * u32::try_from(step.unwrap_or(0)).unwrap_or(u32::MAX)
    }
}
