//! Logs: text on a terminal, JSON lines on a pipe; always to stderr, because stdout is for data.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::environment;

/// Starts logging. `PANELGATE_LOG` chooses what (as `tracing` does: `debug`, `panelgate_upstream=trace`), `fallback`
/// otherwise.
pub(crate) fn start(fallback: &str) {
    let wanted = environment::variable("PANELGATE_LOG");
    let filter = EnvFilter::builder().parse_lossy(wanted.as_deref().unwrap_or(fallback));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    if io::stderr().is_terminal() {
        subscriber.init();
    } else {
        subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .init();
    }
}
