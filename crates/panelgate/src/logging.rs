//! Logs: text on a terminal, JSON lines on a pipe; always to stderr, because stdout is for data.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload;

use crate::environment;

/// Starts logging. `PANELGATE_LOG` chooses what (as `tracing` does: `debug`, `panelgate_upstream=trace`), `fallback`
/// otherwise.
pub(crate) fn start(fallback: &str) {
    let wanted = environment::variable("PANELGATE_LOG");
    let filter = EnvFilter::builder().parse_lossy(wanted.as_deref().unwrap_or(fallback));
    let subscriber = tracing_subscriber::fmt().with_writer(io::stderr);
    if io::stderr().is_terminal() {
        let subscriber = subscriber.with_env_filter(filter).with_filter_reloading();
        let filter = subscriber.reload_handle();
        change_with(move |levels| filter.reload(levels));
        subscriber.init();
    } else {
        let subscriber = subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_env_filter(filter)
            .with_filter_reloading();
        let filter = subscriber.reload_handle();
        change_with(move |levels| filter.reload(levels));
        subscriber.init();
    }
}

/// Logs more, or less, from now on.
///
/// # Errors
/// These are no levels, for people.
pub(crate) fn change(levels: &str) -> Result<(), String> {
    let filter = read(levels)?;
    let change = CHANGE.get().ok_or("nothing is logged")?;
    change(filter).map_err(|error| error.to_string())?;
    tracing::info!(levels, "the log level was changed");
    Ok(())
}

/// Stricter than the environment is read: a misspelt level would be taken for a part that nothing belongs to.
fn read(levels: &str) -> Result<EnvFilter, String> {
    for part in levels.split(',') {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        // Nothing would be taken for `error`.
        if level.is_empty() || level.parse::<LevelFilter>().is_err() {
            return Err(format!(
                "`{level}` is not a level: error, warn, info, debug, trace or off"
            ));
        }
    }
    EnvFilter::builder()
        .parse(levels)
        .map_err(|error| error.to_string())
}

type Change = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

fn change_with(change: impl Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync + 'static) {
    // Logging starts once; the first one stays.
    _ = CHANGE.set(Box::new(change));
}

/// A process has one log.
static CHANGE: OnceLock<Change> = OnceLock::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_none() {
        for levels in ["debug", "info,panelgate_edge=debug", "off"] {
            assert!(read(levels).is_ok(), "{levels}");
        }
        for levels in ["debgu", "", "info,panelgate_edge", "panelgate_edge=loud"] {
            assert!(read(levels).is_err(), "{levels}");
        }
    }
}
