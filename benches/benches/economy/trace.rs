//! Who polls what, and when: customers that sweep all of their orders over and over.

use std::ops::Range;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::knobs::{CUSTOMERS, ORDERS, PERIOD};

/// An order, counted from 0 over all customers.
pub(crate) type OrderNo = u32;

/// The customers and where their orders lie.
pub(crate) struct Trace {
    pub(crate) seed: u64,
    pub(crate) customers: Vec<Customer>,
    /// The panel of each order.
    pub(crate) panel: Vec<usize>,
    pub(crate) panels: usize,
}

/// One who polls.
pub(crate) struct Customer {
    pub(crate) orders: Range<OrderNo>,
    /// From the beginning of one sweep to that of the next.
    pub(crate) period: Duration,
    /// Ids of one request.
    pub(crate) batch: u32,
    /// When the first sweep begins.
    pub(crate) first: Duration,
}

impl Trace {
    /// Sizes follow Zipf's law with exponent 1; periods and batches are spread log-uniformly, each value of an even grid once,
    /// so that only which customer has which depends on the seed; orders are spread evenly over the panels.
    pub(crate) fn draw(seed: u64, panels: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let periods = spread(&mut rng, PERIOD.0, PERIOD.1);
        let batches = spread(&mut rng, 1.0, 100.0);
        let mut next = 0;
        let customers = sizes()
            .into_iter()
            .zip(periods.into_iter().zip(batches))
            .map(|(size, (period, batch))| {
                let orders = next..next + size;
                next = orders.end;
                Customer {
                    orders,
                    period: Duration::from_secs_f64(period),
                    batch: whole(batch),
                    first: Duration::from_secs_f64(rng.random_range(0.0..period)),
                }
            });
        Self {
            seed,
            customers: customers.collect(),
            panel: (0..ORDERS).map(|_| rng.random_range(0..panels)).collect(),
            panels,
        }
    }

    /// The chance of one customer: the n-th sweep is shifted by the same jitter whatever the policy does.
    pub(crate) fn chance(&self, customer: usize) -> StdRng {
        StdRng::seed_from_u64(self.seed.rotate_left(32) ^ customer as u64)
    }
}

impl Customer {
    /// How far a sweep begins from where it should.
    pub(crate) fn jitter(&self, rng: &mut StdRng) -> f64 {
        self.period.as_secs_f64() * rng.random_range(-JITTER..=JITTER)
    }
}

/// Orders of each customer, the largest first; all together [`ORDERS`].
fn sizes() -> Vec<u32> {
    let weights: f64 = (1..=CUSTOMERS).map(|rank| 1.0 / f64::from(rank)).sum();
    let mut sizes: Vec<u32> = (1..=CUSTOMERS)
        .map(|rank| whole(f64::from(ORDERS) / weights / f64::from(rank)).max(FEWEST))
        .collect();
    let others: u32 = sizes.iter().skip(1).sum();
    sizes[0] = ORDERS - others;
    sizes
}

/// One value for each customer, evenly from `low` to `high` on a logarithmic scale, in random order.
fn spread(rng: &mut StdRng, low: f64, high: f64) -> Vec<f64> {
    let place = |number| (f64::from(number) + 0.5) / f64::from(CUSTOMERS);
    let mut values: Vec<f64> = (0..CUSTOMERS)
        .map(|number| low * (high / low).powf(place(number)))
        .collect();
    values.shuffle(rng);
    values
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small positive figures of a model"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// Fewest orders of a customer.
const FEWEST: u32 = 5;
/// Part of its period by which a sweep begins too early or too late at most.
const JITTER: f64 = 0.02;
