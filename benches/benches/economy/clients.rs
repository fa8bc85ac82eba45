//! Where each customer is in its sweep.

use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;

use crate::knobs::PAUSE;
use crate::trace::{OrderNo, Trace};

/// One row per customer.
pub(crate) struct Clients<'a> {
    trace: &'a Trace,
    rows: Vec<Row>,
}

struct Row {
    chance: StdRng,
    /// When this sweep should have begun, without its jitter.
    planned: Duration,
    /// The first order of the next request.
    next: OrderNo,
}

impl<'a> Clients<'a> {
    pub(crate) fn new(trace: &'a Trace) -> Self {
        let rows = trace.customers.iter().enumerate();
        let rows = rows.map(|(number, customer)| Row {
            chance: trace.chance(number),
            planned: customer.first,
            next: customer.orders.start,
        });
        Self {
            trace,
            rows: rows.collect(),
        }
    }

    /// The ids of the customer's next request.
    pub(crate) fn next_request(&mut self, customer: usize) -> Range<OrderNo> {
        let (of, row) = (&self.trace.customers[customer], &mut self.rows[customer]);
        let first = row.next;
        row.next = (first + of.batch).min(of.orders.end);
        first..row.next
    }

    /// When it comes, after an answer at `now`: in the same sweep soon; after the last request of a sweep at the time of the
    /// next one, or at once if the sweep has taken longer than that.
    pub(crate) fn next_time(&mut self, customer: usize, now: Duration) -> Duration {
        let (of, row) = (&self.trace.customers[customer], &mut self.rows[customer]);
        if row.next < of.orders.end {
            return now + PAUSE;
        }
        row.next = of.orders.start;
        row.planned = (row.planned + of.period).max(now);
        let begins = row.planned.as_secs_f64() + of.jitter(&mut row.chance);
        Duration::from_secs_f64(begins).max(now + PAUSE)
    }
}
