//! A circuit breaker: after some failures in a row nothing is tried any more but a probe now and then.
//!
//! Pure, and knows no panel words: whoever drives it says what a failure is, and what time it is.
//!
//! ```text
//! closed ──FAILURES in a row──► open ──back-off is over, probe begins──► probing ──failed──► open, twice the back-off
//!    ▲                                                                      │
//!    └───────────────────────────── any success ────────────────────────────┘
//! ```

use std::time::Duration;

use tokio::time::Instant;

/// The state of one circuit.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    phase: Phase,
    back_off: Duration,
    longest_back_off: Duration,
}

/// What may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Everything.
    All,
    /// One call, to see whether the other side is back: [`Breaker::begin_probe`].
    Probe,
    /// Nothing before then.
    NothingBefore(Instant),
    /// Nothing until the probe has ended.
    NothingDuringProbe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed { failures: u32 },
    Open { until: Instant },
    Probing,
}

/// So many failures in a row open the circuit.
const FAILURES: u32 = 5;

impl Breaker {
    /// A closed circuit. Its back-offs begin with a tenth of the longest.
    pub(crate) fn new(longest_back_off: Duration) -> Self {
        Self {
            phase: Phase::Closed { failures: 0 },
            back_off: longest_back_off / 10,
            longest_back_off,
        }
    }

    /// Another longest back-off from now on.
    pub(crate) fn set_longest_back_off(&mut self, longest: Duration) {
        self.longest_back_off = longest;
        self.back_off = self.back_off.min(longest);
    }

    /// What may pass now.
    pub(crate) fn pass(&self, now: Instant) -> Pass {
        match self.phase {
            Phase::Closed { .. } => Pass::All,
            Phase::Open { until } if now < until => Pass::NothingBefore(until),
            Phase::Open { .. } => Pass::Probe,
            Phase::Probing => Pass::NothingDuringProbe,
        }
    }

    /// The probe leaves. Call it only when [`Pass::Probe`] was the answer.
    pub(crate) fn begin_probe(&mut self) {
        debug_assert!(
            matches!(self.phase, Phase::Open { .. }),
            "a probe of a circuit that is not open"
        );
        self.phase = Phase::Probing;
    }

    /// The probe ended without a result: another may begin at once.
    pub(crate) fn abandon_probe(&mut self, now: Instant) {
        if self.phase == Phase::Probing {
            self.phase = Phase::Open { until: now };
        }
    }

    /// A call went well, whichever it was.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::new(self.longest_back_off);
    }

    /// A call failed. Calls that left before the circuit opened change nothing by failing after it.
    pub(crate) fn failed(&mut self, now: Instant) {
        match self.phase {
            Phase::Closed { failures } if failures + 1 < FAILURES => {
                self.phase = Phase::Closed {
                    failures: failures + 1,
                };
            }
            Phase::Closed { .. } => self.open(now),
            Phase::Open { .. } => {}
            Phase::Probing => {
                self.back_off = (self.back_off * 2).min(self.longest_back_off);
                self.open(now);
            }
        }
    }

    fn open(&mut self, now: Instant) {
        self.phase = Phase::Open {
            until: now + self.back_off,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LONGEST: Duration = Duration::from_secs(10);

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Succeeded,
        Failed,
        ProbeIfAllowed,
        Abandoned,
        Passed(u64),
    }

    /// Recomputes everything from the whole history, slowly: what counts is what happened since the last success.
    #[derive(Default)]
    struct Model {
        history: Vec<(u64, Event)>,
    }

    impl Model {
        fn pass(&self, now: u64) -> (&'static str, u64) {
            let since = self
                .history
                .iter()
                .rposition(|(_, event)| matches!(event, Event::Succeeded));
            let since = &self.history[since.map_or(0, |at| at + 1)..];
            let (mut failures, mut failed_probes) = (0, 0);
            let (mut probing, mut until) = (false, None);
            for (at, event) in since {
                match event {
                    Event::Failed if until.is_none() => {
                        failures += 1;
                        if failures == 5 {
                            until = Some(at + 1_000);
                        }
                    }
                    Event::Failed if probing => {
                        probing = false;
                        failed_probes += 1;
                        until = Some(
                            at + [1_000, 2_000, 4_000, 8_000]
                                .get(failed_probes)
                                .unwrap_or(&10_000),
                        );
                    }
                    Event::ProbeIfAllowed if until.is_some_and(|until| *at >= until) => {
                        probing = true
                    }
                    Event::Abandoned if probing => {
                        probing = false;
                        until = Some(*at);
                    }
                    _ => {}
                }
            }
            match until {
                None => ("all", 0),
                Some(_) if probing => ("nothing", 0),
                Some(until) if now < until => ("wait", until),
                Some(_) => ("probe", 0),
            }
        }
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            1 => Just(Event::Succeeded),
            8 => Just(Event::Failed),
            4 => Just(Event::ProbeIfAllowed),
            1 => Just(Event::Abandoned),
            4 => (0_u64..6_000).prop_map(Event::Passed),
        ];
        proptest::collection::vec(event, 0..120)
    }

    proptest! {
        #[test]
        fn it_does_what_its_history_says(events in events()) {
            let start = Instant::now();
            let (mut breaker, mut model, mut now) = (Breaker::new(LONGEST), Model::default(), 0);
            for event in events {
                let at = start + Duration::from_millis(now);
                match event {
                    Event::Succeeded => breaker.succeeded(),
                    Event::Failed => breaker.failed(at),
                    Event::ProbeIfAllowed if breaker.pass(at) == Pass::Probe => breaker.begin_probe(),
                    Event::ProbeIfAllowed => {}
                    Event::Abandoned => breaker.abandon_probe(at),
                    Event::Passed(millis) => now += millis,
                }
                model.history.push((now, event));
                let said = match breaker.pass(start + Duration::from_millis(now)) {
                    Pass::All => ("all", 0),
                    Pass::Probe => ("probe", 0),
                    Pass::NothingDuringProbe => ("nothing", 0),
                    Pass::NothingBefore(until) => ("wait", u64::try_from((until - start).as_millis()).expect("short")),
                };
                prop_assert_eq!(said, model.pass(now));
            }
        }
    }
}
