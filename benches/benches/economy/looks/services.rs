//! When the orders of five made-up services end.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;

/// A service, by how its orders end.
#[derive(Clone, Copy)]
pub(super) struct Service {
    pub(super) name: &'static str,
    ends: Ends,
}

#[derive(Clone, Copy)]
enum Ends {
    /// Lognormal: the median in seconds and the spread of its logarithm.
    Around(f64, f64),
    /// Two of these; the share of the first one.
    Either(f64, (f64, f64), (f64, f64)),
    /// Pareto: the earliest end in seconds, and how fast the tail thins out.
    Tail(f64, f64),
}

pub(super) const SERVICES: [Service; 5] = [
    Service::new("10 min, lognormal", Ends::Around(600.0, 0.6)),
    Service::new("2 h, wide lognormal", Ends::Around(7200.0, 1.2)),
    Service::new("45 min, punctual", Ends::Around(2700.0, 0.1)),
    Service::new(
        "3 min or 6 h",
        Ends::Either(0.6, (180.0, 0.3), (21_600.0, 0.3)),
    ),
    Service::new("1 min, heavy tail", Ends::Tail(60.0, 0.8)),
];

impl Service {
    const fn new(name: &'static str, ends: Ends) -> Self {
        Self { name, ends }
    }

    /// The age at which one more order ends.
    pub(super) fn draw(&self, rng: &mut StdRng) -> Duration {
        let age = match self.ends {
            Ends::Around(median, spread) => lognormal(rng, median, spread),
            Ends::Either(share, first, second) => {
                let (median, spread) = if rng.random_bool(share) {
                    first
                } else {
                    second
                };
                lognormal(rng, median, spread)
            }
            Ends::Tail(earliest, thinning) => {
                earliest / (1.0 - rng.random::<f64>()).powf(1.0 / thinning)
            }
        };
        Duration::from_secs_f64(age.min(LONGEST))
    }
}

fn lognormal(rng: &mut StdRng, median: f64, spread: f64) -> f64 {
    // Box and Muller; the logarithm needs a number above 0.
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let normal = radius * (TAU * rng.random::<f64>()).cos();
    median * (spread * normal).exp()
}

/// Seconds of a week: by then every order has ended.
const LONGEST: f64 = 7.0 * 24.0 * 3600.0;
