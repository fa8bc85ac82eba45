//! What a run is judged by: what customers saw, and what the panels' books say.

use std::collections::VecDeque;
use std::time::Duration;

use panelgate_benches::table::per_second;

use crate::knobs::{AT_ONCE, BATCH, FRESH_FOR, ROUND_TRIP, Span};
use crate::load::Polled;
use crate::panels::Call;
use crate::trace::Trace;

/// All that is known of a run.
pub(crate) struct Run<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) span: Span,
    pub(crate) polled: Vec<Polled>,
    /// The earliest first.
    pub(crate) calls: Vec<Call>,
}

/// What came of the measured time.
pub(crate) struct Figures {
    measured: Duration,
    calls: usize,
    /// What a clairvoyant would have needed for the polls of this run.
    bound: usize,
    looks: usize,
    facts: Facts,
    /// How long answers took, the shortest first.
    waits: Vec<Duration>,
    errors: usize,
    largest_call: usize,
    /// Most calls to one panel within any second.
    busiest_second: usize,
}

/// What became of the facts that panels gave.
#[derive(Default)]
struct Facts {
    /// Looks whose fact answered a poll while it was fresh.
    useful: usize,
    polled: usize,
    /// Polled ids that were answered with a fact that was no longer fresh when the poll was sent.
    stale: usize,
}

pub(crate) fn judge(run: &Run<'_>) -> Figures {
    let counted = || run.polled.iter().filter(|poll| run.span.counts(poll.sent));
    let calls = || run.calls.iter().filter(|call| run.span.counts(call.at));
    let mut waits: Vec<Duration> = counted().map(|poll| poll.answered - poll.sent).collect();
    waits.sort();
    let sizes = calls().map(|call| call.orders.len());
    let panels = 0..run.trace.panels;
    Figures {
        measured: run.span.measured,
        calls: calls().count(),
        bound: bound(run),
        looks: sizes.clone().sum(),
        facts: facts(run),
        waits,
        errors: run.polled.iter().filter(|poll| !poll.good).count(),
        largest_call: sizes.max().unwrap_or(0),
        busiest_second: panels
            .map(|panel| busiest(calls().filter(|call| call.panel == panel)))
            .max()
            .unwrap_or(0),
    }
}

/// The calls of a clairvoyant: for each order a look at the first poll that no earlier look covers, a hundred of them per call.
fn bound(run: &Run<'_>) -> usize {
    let mut polls: Vec<&Polled> = run.polled.iter().collect();
    polls.sort_by_key(|poll| poll.sent);
    let mut covered = vec![Duration::ZERO; run.trace.panel.len()];
    let mut looks = vec![0_usize; run.trace.panels];
    for poll in polls {
        for order in poll.orders.clone() {
            let until = &mut covered[order as usize];
            if poll.sent >= *until {
                *until = poll.sent + FRESH_FOR;
                let panel = run.trace.panel[order as usize];
                looks[panel] += usize::from(run.span.counts(poll.sent));
            }
        }
    }
    looks.iter().map(|looks| looks.div_ceil(BATCH)).sum()
}

/// Goes through looks and answers in the order of time. A fact is as old as the end of its look: by the books its beginning
/// and the delay.
fn facts(run: &Run<'_>) -> Facts {
    let mut polls: Vec<&Polled> = run.polled.iter().collect();
    polls.sort_by_key(|poll| poll.answered);
    let mut calls = run.calls.iter().peekable();
    // Acceptance is the first fact; a look is of no use yet if it is marked.
    let mut known = vec![(Duration::ZERO, false); run.trace.panel.len()];
    let mut facts = Facts::default();
    for poll in polls {
        while let Some(call) = calls.next_if(|call| call.at + ROUND_TRIP <= poll.answered) {
            for order in &call.orders {
                known[*order as usize] = (call.at + ROUND_TRIP, run.span.counts(call.at));
            }
        }
        for order in poll.orders.clone() {
            let (learned, unused) = &mut known[order as usize];
            let is_fresh = poll.sent <= *learned + FRESH_FOR;
            if is_fresh && std::mem::take(unused) {
                facts.useful += 1;
            }
            if run.span.counts(poll.sent) {
                facts.polled += 1;
                facts.stale += usize::from(!is_fresh);
            }
        }
    }
    facts
}

fn busiest<'a>(calls: impl Iterator<Item = &'a Call>) -> usize {
    let (mut window, mut most) = (VecDeque::new(), 0);
    for call in calls {
        while window
            .front()
            .is_some_and(|earlier| call.at - *earlier >= Duration::from_secs(1))
        {
            window.pop_front();
        }
        window.push_back(call.at);
        most = most.max(window.len());
    }
    most
}

impl Figures {
    pub(crate) const COLUMNS: [&str; 14] = [
        "requests/s",
        "calls/s",
        "bound/s",
        "x bound",
        "ids/call",
        "useful/call",
        "at once %",
        "mean ms",
        "p95 ms",
        "p99 ms",
        "stale %",
        "errors",
        "largest call",
        "busiest second",
    ];

    pub(crate) fn cells(&self) -> [String; 14] {
        let at_once = self.waits.iter().filter(|wait| **wait <= AT_ONCE).count();
        let sum: Duration = self.waits.iter().sum();
        let count = u32::try_from(self.waits.len()).unwrap_or(u32::MAX).max(1);
        let per_second = |count| format!("{:.1}", per_second(count, self.measured.as_secs_f64()));
        let percent = |part, of| format!("{:.2}", 100.0 * ratio(part, of));
        [
            per_second(self.waits.len()),
            per_second(self.calls),
            per_second(self.bound),
            format!("{:.2}", ratio(self.calls, self.bound)),
            format!("{:.1}", ratio(self.looks, self.calls)),
            format!("{:.1}", ratio(self.facts.useful, self.calls)),
            percent(at_once, self.waits.len()),
            millis(sum / count),
            millis(self.percentile(95)),
            millis(self.percentile(99)),
            percent(self.facts.stale, self.facts.polled),
            self.errors.to_string(),
            self.largest_call.to_string(),
            self.busiest_second.to_string(),
        ]
    }

    /// The time that so many per cent of the answers do not exceed.
    fn percentile(&self, percent: usize) -> Duration {
        let place = self.waits.len() * percent / 100;
        self.waits.get(place).copied().unwrap_or_default()
    }
}

fn millis(length: Duration) -> String {
    format!("{:.1}", length.as_secs_f64() * 1_000.0)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn ratio(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}
