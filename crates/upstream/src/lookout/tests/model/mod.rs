//! Random schedules against a naive model, checked after every event.
//!
//! What the model says about waiting, for a batch of *b* ids:
//!
//! - An asked id, the *r*-th in its customer's lane while at most *k* customers had turns, is among the next *r·k* places for
//!   asked ids. *m* ordinary calls have at least *m·b* − ⌈*m·b*/5⌉ of these.
//! - The most overdue live ids get what asked ids leave, at least ⌊*m·b*/5⌋ of the places of *m* calls: the *r*-th goes with one of
//!   the next ⌈*r* / max(1, *b*/5)⌉ calls of five ids or more, and of 5·*r* smaller ones.
//! - Between two ordinary calls, while one is wanted, goes at most one for a single id or for a test of suspects.

mod check;
mod naive;
mod run;

use proptest::prelude::*;

use self::naive::Naive;
use self::run::Run;
use super::*;

/// Ids that play.
const IDS: usize = 24;
/// Schedules for each case that proptest is asked for: 256, or `PROPTEST_CASES`.
const SCHEDULES: u32 = 8;
/// Most events of a schedule.
const EVENTS: usize = 300;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.saturating_mul(SCHEDULES),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_schedule_tells_the_lookout_from_its_model(events in prop::collection::vec(any::<u32>(), 1..EVENTS)) {
        let mut run = Run::new();
        for event in events {
            run.event(event);
            run.compare();
        }
        run.end();
    }
}

impl<W> Lookout<W> {
    /// Nothing is kept, but for turns of customers who have nothing to ask: those are as many as customers at most.
    fn is_empty(&self) -> bool {
        self.ids.len() == 0
            && self.agenda.is_empty()
            && self.waiters.is_empty()
            && self.suspects.is_empty()
            && self.under_way.is_empty()
    }
}
