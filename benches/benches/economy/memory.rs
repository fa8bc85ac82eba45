//! What a gateway remembers of each order: when it learned its last fact, and when it was polled.

use std::time::Duration;

use crate::knobs::FRESH_FOR;
use crate::trace::OrderNo;

/// One row per order. Acceptance, at time 0, counts as the first fact.
pub(crate) struct Memory {
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Default)]
struct Row {
    learned: Duration,
    polled: Option<Duration>,
    /// Between the last two polls.
    interval: Option<Duration>,
}

impl Memory {
    pub(crate) fn new(orders: usize) -> Self {
        Self {
            rows: vec![Row::default(); orders],
        }
    }

    pub(crate) fn polled(&mut self, order: OrderNo, now: Duration) {
        let row = &mut self.rows[order as usize];
        row.interval = row.polled.map(|before| now.saturating_sub(before));
        row.polled = Some(now);
    }

    pub(crate) fn learned(&mut self, order: OrderNo, now: Duration) {
        self.rows[order as usize].learned = now;
    }

    pub(crate) fn age(&self, order: OrderNo, now: Duration) -> Duration {
        now.saturating_sub(self.rows[order as usize].learned)
    }

    pub(crate) fn is_fresh(&self, order: OrderNo, now: Duration) -> bool {
        self.age(order, now) <= FRESH_FOR
    }

    pub(crate) fn fresh_until(&self, order: OrderNo) -> Duration {
        self.rows[order as usize].learned + FRESH_FOR
    }

    /// The first of the predicted polls that the present fact is too old for.
    pub(crate) fn next_miss(&self, order: OrderNo) -> Option<Duration> {
        self.next_poll(order, self.fresh_until(order))
    }

    /// The same as the engine's book has it: a little early.
    pub(crate) fn early_poll(&self, order: OrderNo, after: Duration) -> Option<Duration> {
        let early = self.rows[order as usize].interval? / EARLY;
        Some(self.next_poll(order, after)? - early)
    }

    /// The first of the predicted polls (the last one + multiples of the last interval) after a moment.
    pub(crate) fn next_poll(&self, order: OrderNo, after: Duration) -> Option<Duration> {
        let row = self.rows[order as usize];
        let (last, interval) = (row.polled?, row.interval?);
        let covered = after.saturating_sub(last);
        let passed = covered.as_micros() / interval.as_micros().max(1);
        let polls = u32::try_from(passed + 1).unwrap_or(u32::MAX);
        Some(last + interval.saturating_mul(polls))
    }
}

/// A sweep that waited for panels takes longer than the next one, which then comes early by a part of the interval.
const EARLY: u32 = 25;
