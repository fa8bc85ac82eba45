//! What is the same in every run.

use std::time::Duration;

/// Who polls.
pub(crate) const CUSTOMERS: u32 = 300;
/// What they poll, all together.
pub(crate) const ORDERS: u32 = 30_000;
/// Seconds between two sweeps of a customer, at least and at most.
pub(crate) const PERIOD: (f64, f64) = (30.0, 300.0);
/// Most ids of a call.
pub(crate) const BATCH: usize = 100;
/// A fact is fresh so long.
pub(crate) const FRESH_FOR: Duration = Duration::from_secs(60);
/// From a call's leaving to its answer.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(200);
/// A request waits no longer, and is answered with the last facts.
pub(crate) const WAIT: Duration = Duration::from_millis(1500);
/// A customer of a gateway without memory waits no longer, and has an error.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// From an answer to the customer's next request of the same sweep.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);
/// Nothing counts before.
const WARM_UP: Duration = Duration::from_secs(10 * 60);
/// Nothing counts from here on.
const MEASURED_UNTIL: Duration = Duration::from_secs(70 * 60);
/// Polls go on so long, so that the last looks have their chance to be useful.
pub(crate) const END: Duration = Duration::from_secs(71 * 60 + 30);

pub(crate) fn is_measured(now: Duration) -> bool {
    (WARM_UP..MEASURED_UNTIL).contains(&now)
}
