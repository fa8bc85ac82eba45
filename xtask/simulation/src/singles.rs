//! One mishap at a time, at every effect of small stories: a customer orders, looks, cancels and has something refilled; an
//! operator takes in money and decides; the panel's list is synced.

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use panelgate_tally::Tally;

use crate::cells::{MISHAPS, panel_faults};
use crate::mishap::{At, Mishap, Mishaps};
use crate::plan::Plan;
use crate::trace::Trace;
use crate::world::World;
use crate::{Outcome, aside, in_a_world, story};

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

/// A story, and what goes wrong in it.
struct Single {
    name: String,
    plan: Plan,
    mishap: Option<(At, Mishap)>,
}

/// Every single mishap at every effect, and every fault at every request. Answers what was counted; violations name the place.
#[must_use]
pub fn singles() -> Tally {
    let mut all = Vec::new();
    for story in stories() {
        let plan = with(story.clone());
        let name = story.map_or_else(|| "all well".to_owned(), |rule| format!("{:?}", rule.fault));
        let undisturbed = Single::new(name.clone(), &plan, None).told();
        for at in 0..undisturbed.counted.of("boundaries") {
            let at = At::Number(at);
            all.extend(MISHAPS.map(|mishap| Single::new(name.clone(), &plan, Some((at, mishap)))));
        }
    }
    let regretted = Plan {
        regrets: true,
        ..Plan::calm()
    };
    for place in LATER {
        let (name, at) = ("second thoughts".to_owned(), At::First(place));
        all.extend(MISHAPS.map(|mishap| Single::new(name.clone(), &regretted, Some((at, mishap)))));
    }
    for (fault, actions) in panel_faults() {
        for action in actions {
            for number in 1..=MOST_REQUESTS {
                let rule = FaultRule::once(fault.clone()).on(*action).from(number);
                let name = format!("{fault:?} at {action:?} {number}");
                all.push(Single::new(name, &with(Some(rule)), None));
            }
        }
    }
    aside::all(all.len() as u64, |number| {
        let number = usize::try_from(number).expect("one of them");
        all[number].counted()
    })
}

impl Single {
    fn new(name: String, plan: &Plan, mishap: Option<(At, Mishap)>) -> Self {
        Self {
            name,
            plan: plan.clone(),
            mishap,
        }
    }

    fn told(&self) -> Outcome {
        let mishaps = match self.mishap {
            Some((at, mishap)) => Mishaps::once(at, mishap),
            None => Mishaps::none(),
        };
        let told = in_a_world(None, |folder| {
            let world = World::new(self.plan.clone(), folder, mishaps, Trace::default());
            story::short(world)
        });
        told.unwrap_or_else(|panicked| Outcome::panicked(&panicked))
    }

    /// Only what has a place, so that what is counted are mishaps and not worlds.
    fn counted(&self) -> Tally {
        let outcome = self.told();
        let mut counted = Tally::default();
        counted.count("single mishaps", 1);
        for wrong in outcome.wrongs {
            let Self { name, mishap, .. } = self;
            counted.violation(match mishap {
                Some((at, mishap)) => format!("{name}, {} at {at:?}: {wrong}", mishap.name()),
                None => format!("{name}: {wrong}"),
            });
        }
        let cells = outcome.counted.counts();
        for (what, times) in cells.filter(|(what, _)| what.contains('·')) {
            counted.count(what, times);
        }
        counted
    }
}

/// A calm world in which the panel does this.
fn with(fault: Option<FaultRule>) -> Plan {
    let mut plan = Plan::calm();
    plan.panels[0].faults.extend(fault);
    plan
}

/// The story asks for hardly anything more often.
const MOST_REQUESTS: u64 = 3;

/// What happens only when a panel changes its mind.
const LATER: [&str; 2] = ["settle_later", "confirm_ends"];
