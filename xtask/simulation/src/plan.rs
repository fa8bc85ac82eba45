//! What a seed decides about its world: how large it is, and which kinds of trouble there are in it.

use std::num::NonZeroU32;
use std::time::Duration;

use panelgate_simpanel::settings::Outcomes;
use panelgate_simpanel::{ActionName, Fault, FaultRule};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::cells;
use crate::mishap::Rates;

/// Everything about a world that is decided before it begins.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) panels: Vec<PanelPlan>,
    pub(crate) customers: usize,
    /// How long there is trouble.
    pub(crate) trouble_for: Duration,
    pub(crate) rates: Rates,
    pub(crate) habits: Habits,
    /// Panels are asked what became of orders of unknown outcome, and what they show decides.
    pub(crate) searches: bool,
    /// When all have ended, panels change their minds about some.
    pub(crate) regrets: bool,
}

/// One panel.
#[derive(Clone, Debug)]
pub(crate) struct PanelPlan {
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) outcomes: Outcomes,
    /// So many times as fast as in life its orders progress.
    pub(crate) speed: f64,
    pub(crate) limit: Option<NonZeroU32>,
    /// Two panels that begin at the same number give equal ids.
    pub(crate) first_order: i64,
    /// The balance it begins with, in millionths.
    pub(crate) balance: i64,
    pub(crate) refuses_active_links: bool,
}

/// What people do in this world, besides ordering.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a swarm: each is there or not, whatever the others are"
)]
pub(crate) struct Habits {
    /// Customers hang up before they have an answer.
    pub(crate) hang_up: bool,
    /// Customers send an `add` again that nobody answered.
    pub(crate) repeat: bool,
    pub(crate) cancel: bool,
    pub(crate) refill: bool,
    /// Customers have hardly any money.
    pub(crate) poor: bool,
    /// Operators change prices, and swap the order of routes.
    pub(crate) reload: bool,
    pub(crate) pause: bool,
    /// Operators decide about unconfirmed orders while there is trouble.
    pub(crate) resolve: bool,
    /// The process is stopped in good order now and then.
    pub(crate) restart: bool,
    /// Panels change their prices.
    pub(crate) reprice: bool,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let rng = &mut StdRng::seed_from_u64(seed);
        let is_large = rng.random_bool(0.05);
        let rates = Rates {
            crashes: *[0, 0, 2, 5, 15].choose(rng).expect("some"),
            errors: *[0, 0, 0, 5, 30].choose(rng).expect("some"),
            delays: *[0, 0, 10, 50].choose(rng).expect("some"),
        };
        let mut on = || rng.random_bool(0.4);
        let habits = Habits {
            hang_up: on(),
            repeat: on(),
            cancel: on(),
            refill: on(),
            poor: on(),
            reload: on(),
            pause: on(),
            resolve: on(),
            restart: on(),
            reprice: on(),
        };
        let panels: Vec<_> = (0..rng.random_range(1..=4)).map(|_| panel(rng)).collect();
        let repeats_ids = panels.iter().any(PanelPlan::repeats_ids);
        Self {
            seed,
            panels,
            customers: rng.random_range(if is_large { 20..=50 } else { 5..=10 }),
            trouble_for: Duration::from_secs(rng.random_range(40..=120)),
            rates: if repeats_ids { Rates::default() } else { rates },
            habits,
            searches: rng.random_bool(0.5),
            regrets: rng.random_bool(0.15) && !repeats_ids,
        }
    }

    /// A small world without trouble, for one mishap at a time.
    pub(crate) fn calm() -> Self {
        let mut plan = Self::of(0);
        plan.panels.truncate(1);
        for panel in &mut plan.panels {
            panel.faults.clear();
            panel.limit = None;
            panel.balance = RICH;
        }
        plan.customers = 1;
        plan.trouble_for = Duration::from_secs(50);
        // What is ordered first has ended, and what is ordered last has not, when they are asked about.
        plan.panels[0].speed = 9.0;
        plan.panels[0].outcomes = Outcomes::default();
        plan.rates = Rates::default();
        plan.habits.restart = false;
        plan.searches = false;
        plan.regrets = false;
        plan
    }
}

impl PanelPlan {
    /// Once it gives an order the id of the one before. Where that one's own id is not known yet, nobody can see which of the two
    /// is the lie: nothing else is wrong in such a world, and one order is placed at a time.
    pub(crate) fn repeats_ids(&self) -> bool {
        let repeats = |rule: &FaultRule| rule.fault == Fault::DuplicateOrderId;
        self.faults.iter().any(repeats)
    }
}

fn panel(rng: &mut StdRng) -> PanelPlan {
    let mut faults = Vec::new();
    for (action, fault) in troubles(rng) {
        if rng.random_bool(0.12) {
            let often = *[0.02, 0.1, 0.4].choose(rng).expect("some");
            let rule = FaultRule::always(fault).sometimes(often);
            faults.push(match action {
                Some(action) => rule.on(action),
                None => rule,
            });
        }
    }
    if rng.random_bool(0.03) {
        let struck = rng.random_range(2..20);
        let lie = FaultRule::once(Fault::DuplicateOrderId).on(ActionName::Add);
        faults = vec![lie.from(struck)];
    } else if rng.random_bool(0.2) {
        let begins = Duration::from_secs(rng.random_range(0..2_000));
        let down = FaultRule::always(Fault::CloseBeforeReading);
        faults.push(down.between(begins, begins + Duration::from_secs(600)));
    }
    PanelPlan {
        faults,
        outcomes: Outcomes {
            completed: 6,
            partial: rng.random_range(0..4),
            canceled: rng.random_range(0..3),
        },
        speed: *[1.0, 10.0, 30.0].choose(rng).expect("some"),
        limit: rng
            .random_bool(0.2)
            .then(|| NonZeroU32::new(rng.random_range(2..20)).expect("not 0")),
        first_order: if rng.random_bool(0.5) {
            1
        } else {
            rng.random_range(1..1_000_000)
        },
        balance: if rng.random_bool(0.15) { 300_000 } else { RICH },
        refuses_active_links: rng.random_bool(0.3),
    }
}

/// What can go wrong with a request at a panel; `protocol.md` has seen all of it.
fn troubles(rng: &mut StdRng) -> Vec<(Option<ActionName>, Fault)> {
    use ActionName::{Add, Balance, Cancel, Refill, Services, Status};
    let secs = |rng: &mut StdRng, range| Duration::from_secs(rng.random_range(range));
    let lost = cells::lost(secs(rng, 1..40), secs(rng, 1..40));
    let mut all: Vec<_> = lost
        .into_iter()
        .map(|fault| {
            (
                *[Some(Add), Some(Add), None].choose(rng).expect("some"),
                fault,
            )
        })
        .collect();
    let refuses = |text: &str| Fault::Refuse(text.to_owned());
    all.extend([
        (Some(Add), refuses("Not enough funds on balance")),
        (Some(Add), refuses("Incorrect service ID")),
        (Some(Add), refuses("Bad link")),
        (Some(Add), refuses("Something went wrong")),
        (Some(Add), Fault::OrderIdZero),
        (Some(Add), Fault::ErrorAndId),
        (
            None,
            Fault::Throttle {
                status: 429,
                retry_after: Some(secs(rng, 1..20)),
            },
        ),
        (
            Some(Add),
            Fault::Throttle {
                status: 200,
                retry_after: None,
            },
        ),
        (None, Fault::ByteOrderMark),
        (None, Fault::PhpNotice),
        (None, Fault::OtherCase),
        (None, Fault::NumbersAsStrings),
        (None, Fault::Gzip),
        (Some(Status), Fault::WrongIds),
        (Some(Status), Fault::OmitIds),
        (Some(Status), Fault::BareStringErrors),
        (Some(Status), Fault::ListInsteadOfMap),
        (Some(Status), Fault::EmptyList),
        (Some(Status), Fault::StringsAsNumbers),
        (Some(Status), Fault::NoCharge),
        (Some(Cancel), Fault::AcceptThenClose),
        (Some(Refill), Fault::AcceptThenClose),
        (Some(Services), Fault::EmptyList),
        (Some(Balance), Fault::AcceptThenHtml),
    ]);
    all
}

/// More than anybody can order for.
pub(crate) const RICH: i64 = 1_000_000_000_000;
