//! The knobs of `economy`, of a smaller trace and twenty times faster.

use std::time::Duration;

/// Who polls.
pub(crate) const CUSTOMERS: u32 = 100;
/// What they poll, all together.
pub(crate) const ORDERS: u32 = 5_000;
/// Seconds between two sweeps of a customer, at least and at most.
pub(crate) const PERIOD: (f64, f64) = (1.5, 15.0);
/// Most ids of a call.
pub(crate) const BATCH: usize = 100;
/// A fact is fresh so long.
pub(crate) const FRESH_FOR: Duration = Duration::from_secs(3);
/// How long a panel takes to begin its answer.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(10);
/// A request at the gateway waits no longer, and is answered with the last facts.
pub(crate) const WAIT: Duration = Duration::from_millis(75);
/// How long asked ids wait for company at the gateway.
pub(crate) const GATHER: Duration = Duration::from_micros(1_250);
/// From an answer to the customer's next request of the same sweep.
pub(crate) const PAUSE: Duration = Duration::from_micros(2_500);
/// Longest time between two looks of the gateway at an order that nobody polls.
pub(crate) const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(180);
/// Most calls per second and panel that the gateway may make, all kinds together. The panels enforce none, so that the
/// proxies are not refused.
pub(crate) const LIMIT: u32 = 100;
/// Who has the whole answer so soon after sending did not wait for a panel.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(5);

/// How long a run is. Nothing counts during the warm-up; polls go on a little after the end, so that the last looks have their
/// chance to be useful.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    warm_up: Duration,
    pub(crate) measured: Duration,
}

impl Span {
    /// Every customer has swept once.
    pub(crate) const SHORT: Self = Self::of(15, 20);
    /// Every customer has swept twice: from then on its polls are predicted.
    pub(crate) const LONG: Self = Self::of(30, 40);

    const fn of(warm_up: u64, measured: u64) -> Self {
        Self {
            warm_up: Duration::from_secs(warm_up),
            measured: Duration::from_secs(measured),
        }
    }

    pub(crate) fn counts(self, at: Duration) -> bool {
        (self.warm_up..self.warm_up + self.measured).contains(&at)
    }

    pub(crate) fn end(self) -> Duration {
        self.warm_up + self.measured + FRESH_FOR + FRESH_FOR / 2
    }
}
