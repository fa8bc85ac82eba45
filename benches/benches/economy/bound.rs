//! What a clairvoyant would need: the fewest looks that keep every poll fresh, a hundred in each call.

use std::time::Duration;

use crate::clients::Clients;
use crate::knobs::{BATCH, END, FRESH_FOR, is_measured};
use crate::trace::{OrderNo, Trace};

/// Counts the looks while the polls go by. For each order a look at the first poll that no earlier look covers is as late as
/// possible, so no other choice needs fewer.
pub(crate) struct Bound {
    /// Until when the last look at each order is fresh; `None` before the first one.
    covered: Vec<Option<Duration>>,
    looks: Vec<u64>,
}

impl Bound {
    pub(crate) fn new(trace: &Trace) -> Self {
        Self {
            covered: vec![None; trace.panel.len()],
            looks: vec![0; trace.panels],
        }
    }

    pub(crate) fn polled(&mut self, order: OrderNo, panel: usize, now: Duration) {
        let covered = &mut self.covered[order as usize];
        if covered.is_none_or(|until| now > until) {
            *covered = Some(now + FRESH_FOR);
            self.looks[panel] += u64::from(is_measured(now));
        }
    }

    /// The calls that hold these looks.
    pub(crate) fn calls(&self) -> u64 {
        self.looks
            .iter()
            .map(|looks| looks.div_ceil(BATCH as u64))
            .sum()
    }
}

/// The bound for the polls that come if every request is answered at once.
pub(crate) fn of_prompt_answers(trace: &Trace) -> u64 {
    let (mut bound, mut clients) = (Bound::new(trace), Clients::new(trace));
    for (customer, of) in trace.customers.iter().enumerate() {
        let mut now = of.first;
        while now < END {
            for order in clients.next_request(customer) {
                bound.polled(order, trace.panel[order as usize], now);
            }
            now = clients.next_time(customer, now);
        }
    }
    bound.calls()
}
