//! The customers' HTTP listener: it accepts, reads within limits and times, finds the customer behind the key, and writes
//! what the engine answers. It keeps no state that matters: any number of edges could stand before one engine.
//!
//! Start with [`listener`], which owns the sockets, then `handler`, which is one request in four calls.

mod auth;
mod body;
mod certificate;
mod entrance;
mod forwarded;
mod guesses;
mod handler;
mod limits;
mod line;
pub mod listener;
mod listing;
mod metrics;
mod page;
mod patience;
mod preamble;
mod proxies;
mod room;
mod settings;
mod tls;

pub use certificate::{Certificate, PairError};
pub use listener::Listener;
pub use metrics::Metrics;
pub use settings::Settings;
pub use tls::Tls;
