//! The way of calls that move money: `add`, `refill`, `cancel`.

use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tower_http::decompression::Decompression;

use super::Http;
use super::dial::Dial;

/// A client that opens a connection for every request and sends every request once.
///
/// A reused connection may be closed by the panel in the moment it is written to, which cannot be told from an order that
/// was taken; a fresh one cannot. There is no redirect, proxy or retry in this client; the one retry that exists is off.
pub(super) fn fresh(dial: Dial) -> Http {
    let client = legacy::Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build(dial);
    Decompression::new(client)
}
