//! The way of calls that only look: `status`, `refill_status`, `balance`, `services`.

use std::time::Duration;

use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_http::decompression::Decompression;

use super::Http;
use super::dial::Dial;

/// Panels behind Apache close idle connections after 5 s; ours are gone before.
const POOL_IDLE: Duration = Duration::from_secs(4);
/// Idle connections kept. What is under way is bounded by the desk's slots.
const POOL_MAX_IDLE: usize = 8;

/// A client that keeps connections for a few seconds. A request that finds its connection closed before a byte was written
/// goes out again over a fresh one: the panel sees it once, so it costs no second token.
pub(super) fn pooled(dial: Dial) -> Http {
    let client = legacy::Client::builder(TokioExecutor::new())
        // Without a timer the pool never looks at its idle connections.
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_MAX_IDLE)
        .retry_canceled_requests(true)
        .build(dial);
    Decompression::new(client)
}
