//! Orders that nobody polls: how soon their end is seen, and for how many looks.
//!
//! The plain schedule looks after a wait as long as the order is old, from 15 s to 1 h. A learned one looks when a share of
//! those orders of the service that live at this age will have ended, with the same bounds. It has learned from another half
//! of the orders, as the plain schedule saw them end. Every wait is up to 10 % shorter or longer.

mod services;

use std::time::Duration;

use panelgate_benches::table::print;
use panelgate_domain::completion::Completions;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::tally::Spread;
use services::SERVICES;

/// What a schedule came to.
#[derive(Default)]
struct Outcome {
    orders: u32,
    looks: u32,
    /// From the end to the look that saw it.
    delays: Spread,
}

/// An order from its acceptance to the look that saw its end.
struct Watched {
    end: Duration,
    looks: u32,
    /// The age at the last look that saw it live.
    before: Duration,
    seen: Duration,
}

/// Half of the orders of a service.
struct Half {
    ends: Vec<Duration>,
    seed: u64,
}

/// A service with what was learned of it, and the orders that were not used for it.
struct Learned {
    name: &'static str,
    curve: Completions,
    others: Half,
}

/// What counts as the age at which an order ended.
#[derive(Clone, Copy)]
enum Ended {
    /// That of the look that saw it. It is late, most of all where looks are rare.
    WhenSeen,
    /// Halfway between that look and the one before.
    Between,
}

/// The tables, for each way to learn.
pub(crate) fn looks() {
    for (how, ended) in [
        ("learned from when ends were seen", Ended::WhenSeen),
        ("learned from between the looks", Ended::Between),
    ] {
        tables(how, &learn(ended));
    }
}

fn tables(how: &str, all: &[Learned]) {
    let rows: Vec<_> = all
        .iter()
        .map(|service| {
            let plain = service.others.watch(plain);
            let one = std::slice::from_ref(service);
            let share = equal_share(one, &plain);
            row(service.name, &plain, share, &learned(one, share))
        })
        .collect();
    print(
        &format!("orders that nobody polls, {how}: a share per service, for equal looks"),
        &COLUMNS,
        &rows,
    );
    let plain_of = |service: &Learned| service.others.watch(plain);
    let total = all
        .iter()
        .map(plain_of)
        .fold(Outcome::default(), Outcome::and);
    let share = equal_share(all, &total);
    let mut rows: Vec<_> = all
        .iter()
        .map(|service| {
            let learned = learned(std::slice::from_ref(service), share);
            row(service.name, &plain_of(service), share, &learned)
        })
        .collect();
    rows.push(row("all", &total, share, &learned(all, share)));
    print(
        &format!("orders that nobody polls, {how}: one share, for equal looks in all"),
        &COLUMNS,
        &rows,
    );
}

/// Lets the plain schedule watch the first half of each service.
fn learn(ended: Ended) -> Vec<Learned> {
    let services = SERVICES.iter().zip(1_u64..);
    services
        .map(|(service, seed)| {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut half = |seed| Half {
                ends: (0..HALF).map(|_| service.draw(&mut rng)).collect(),
                seed,
            };
            let (first, others) = (half(seed), half(seed + 100));
            let mut curve = Completions::default();
            first.watch_each(plain, |watched| {
                curve.add(match ended {
                    Ended::WhenSeen => watched.seen,
                    Ended::Between => (watched.before + watched.seen) / 2,
                });
            });
            Learned {
                name: service.name,
                curve,
                others,
            }
        })
        .collect()
}

fn learned(services: &[Learned], share: f64) -> Outcome {
    let watch = |service: &Learned| {
        service.others.watch(|age| {
            service
                .curve
                .next_look(age, parts(share))
                .map_or_else(|| plain(age), |at| bounded(at.saturating_sub(age)))
        })
    };
    services
        .iter()
        .map(watch)
        .fold(Outcome::default(), Outcome::and)
}

/// A share as the gateway writes it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share lies between 0 and 1"
)]
fn parts(share: f64) -> (u32, u32) {
    ((share * 100_000.0).round() as u32, 100_000)
}

/// The share with which the learned schedule needs as many looks as the plain one: a larger share needs fewer.
fn equal_share(services: &[Learned], plain: &Outcome) -> f64 {
    let (mut low, mut high) = (0.001, 0.999);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if learned(services, middle).looks_per_order() > plain.looks_per_order() {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

fn plain(age: Duration) -> Duration {
    bounded(age)
}

fn bounded(wait: Duration) -> Duration {
    wait.clamp(SHORTEST, LONGEST)
}

impl Half {
    fn watch(&self, wait: impl Fn(Duration) -> Duration) -> Outcome {
        let mut outcome = Outcome::default();
        self.watch_each(wait, |watched| {
            outcome.orders += 1;
            outcome.looks += watched.looks;
            outcome.delays.add(watched.seen.saturating_sub(watched.end));
        });
        outcome
    }

    /// Looks at each order until it has ended.
    fn watch_each(&self, wait: impl Fn(Duration) -> Duration, mut done: impl FnMut(Watched)) {
        let mut rng = StdRng::seed_from_u64(self.seed);
        for end in &self.ends {
            let mut watched = Watched {
                end: *end,
                looks: 0,
                before: Duration::ZERO,
                seen: Duration::ZERO,
            };
            while watched.seen < *end {
                watched.before = watched.seen;
                watched.seen += wait(watched.seen).mul_f64(rng.random_range(0.9..1.1));
                watched.looks += 1;
            }
            done(watched);
        }
    }
}

impl Outcome {
    fn and(mut self, other: Self) -> Self {
        self.orders += other.orders;
        self.looks += other.looks;
        self.delays.merge(&other.delays);
        self
    }

    fn looks_per_order(&self) -> f64 {
        f64::from(self.looks) / f64::from(self.orders)
    }
}

fn row(name: &str, plain: &Outcome, share: f64, learned: &Outcome) -> Vec<String> {
    let secs = |length: Duration| format!("{:.0}", length.as_secs_f64());
    let figures = |outcome: &Outcome| {
        [
            format!("{:.2}", outcome.looks_per_order()),
            secs(outcome.delays.mean()),
            secs(outcome.delays.percentile(95)),
        ]
    };
    let mut cells = vec![name.to_owned()];
    cells.extend(figures(plain));
    cells.push(format!("{share:.3}"));
    cells.extend(figures(learned));
    cells
}

const COLUMNS: [&str; 8] = [
    "service",
    "plain: looks/order",
    "mean delay s",
    "p95 delay s",
    "learned: share",
    "looks/order",
    "mean delay s",
    "p95 delay s",
];

/// Orders of a service to learn from, and as many to measure with.
const HALF: usize = 2000;
const SHORTEST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(3600);
/// Of the range in which the share is searched.
const HALVINGS: u32 = 12;
