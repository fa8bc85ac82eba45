//! Something takes its time, and whoever sits at a terminal wants to know that it still goes on.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Does it, and says on stderr what is going on, if that is a terminal, from the first second on. No trace of that stays.
pub(crate) async fn busy<T>(what: &'static str, work: impl Future<Output = T>) -> T {
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
    let done = work.await;
    bar.finish_and_clear();
    done
}

/// The first tick, which is the first that is seen, comes after this, too.
const ONCE_IN: Duration = Duration::from_secs(1);
