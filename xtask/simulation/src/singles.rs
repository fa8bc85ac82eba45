//! One mishap at a time, at every effect of small stories: a customer orders, looks, cancels and has something refilled; an
//! operator takes in money and decides; the panel's list is synced.

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use panelgate_tally::Tally;

use crate::mishap::{Mishap, Mishaps};
use crate::plan::Plan;
use crate::trace::Trace;
use crate::world::World;
use crate::{Outcome, in_a_world, story};

/// What happens at each boundary in turn.
const MISHAPS: [Mishap; 4] = [
    Mishap::CrashBefore,
    Mishap::CrashAfter,
    Mishap::Error,
    Mishap::Delay(Duration::from_secs(12)),
];

/// Stories that go through every state of an order: one in which all is well, and those in which the panel makes the first order go
/// another way.
fn stories() -> Vec<Option<FaultRule>> {
    let throttled = Fault::Throttle {
        status: 200,
        retry_after: None,
    };
    let ways = [
        throttled,
        Fault::AcceptThenTimeout,
        Fault::AcceptThenSlow(Duration::from_secs(15)),
        Fault::StatusBeforeReading(502),
        Fault::Refuse("Bad link".to_owned()),
    ];
    let first = |fault| FaultRule::once(fault).on(ActionName::Add);
    std::iter::once(None)
        .chain(ways.map(first).map(Some))
        .collect()
}

/// What happens to each request in turn, at the panel.
fn faults() -> Vec<Fault> {
    vec![
        Fault::AcceptThenTimeout,
        Fault::AcceptThenReset,
        Fault::AcceptThenHalfBody,
        Fault::AcceptThenSlow(Duration::from_secs(15)),
        Fault::Slow(Duration::from_secs(15)),
        Fault::CloseBeforeReading,
        Fault::Refuse("Not enough funds on balance".to_owned()),
        Fault::Throttle {
            status: 429,
            retry_after: None,
        },
    ]
}

/// Every single mishap at every effect, and every fault at every request. Answers what was counted; violations name the place.
#[must_use]
pub fn singles() -> Tally {
    let mut all = Tally::default();
    let mut add = |name: &str, outcome: Outcome| {
        all.count("single mishaps", 1);
        for wrong in outcome.wrongs {
            all.violation(format!("{name}: {wrong}"));
        }
        let cells = outcome
            .counted
            .counts()
            .filter(|(what, _)| what.contains('·'));
        for (what, times) in cells {
            all.count(what, times);
        }
    };
    for story in stories() {
        let name = story
            .as_ref()
            .map_or_else(|| "all well".to_owned(), |rule| format!("{:?}", rule.fault));
        let undisturbed = told(Mishaps::none(), story.clone());
        let effects = undisturbed.counted.of("boundaries");
        add(&name, undisturbed);
        for at in 0..effects {
            for mishap in MISHAPS {
                let outcome = told(Mishaps::once(at, mishap), story.clone());
                add(
                    &format!("{name}, {} at effect {at}", mishap.name()),
                    outcome,
                );
            }
        }
    }
    for fault in faults() {
        for action in ACTIONS {
            for number in 1..=MOST_REQUESTS {
                let rule = FaultRule::once(fault.clone()).on(action).from(number);
                let outcome = told(Mishaps::none(), Some(rule));
                add(&format!("{fault:?} at {action:?} {number}"), outcome);
            }
        }
    }
    all
}

fn told(mishaps: Mishaps, fault: Option<FaultRule>) -> Outcome {
    let mut plan = Plan::calm();
    plan.panels[0].faults.extend(fault);
    let told = in_a_world(None, |folder| {
        let world = World::new(plan, folder, mishaps, Trace::default());
        story::short(world)
    });
    told.unwrap_or_else(|panicked| Outcome::panicked(&panicked))
}

const ACTIONS: [ActionName; 6] = [
    ActionName::Services,
    ActionName::Add,
    ActionName::Status,
    ActionName::Refill,
    ActionName::Cancel,
    ActionName::Balance,
];

/// The story asks for hardly anything more often.
const MOST_REQUESTS: u64 = 3;
