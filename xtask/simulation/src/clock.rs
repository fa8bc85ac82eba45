//! Wall time of a simulated world: it passes as the runtime's paused clock does.

use panelgate_domain::time::Timestamp;
use panelgate_engine::Clock;
use tokio::time::Instant;

/// Begins at [`BEGIN`] when it is made.
#[derive(Debug)]
pub(crate) struct WallClock {
    began: Instant,
}

/// 2026-09-21, at some time of the day.
const BEGIN: Timestamp = Timestamp(1_790_000_000_000);

impl WallClock {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
        }
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        BEGIN.after(self.began.elapsed())
    }
}
