//! Something takes its time, and whoever sits at a terminal wants to know that it still goes on.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shown on stderr, if that is a terminal, from the first second on. Gone without a trace when dropped.
pub(crate) struct Busy(ProgressBar);

/// Says what is going on.
pub(crate) fn busy(what: &'static str) -> Busy {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(ONCE_IN);
    Busy(bar)
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The first tick, which is the first that is seen, comes after this, too.
const ONCE_IN: Duration = Duration::from_secs(1);
