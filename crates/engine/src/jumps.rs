//! Whether the machine's clock goes as time does. Ages, days and the order of events are told by it; a clock that was set makes
//! them wrong, and one that stood still was a machine that did.

use std::time::Duration;

use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;
use tokio::time::Instant;

/// What both clocks said at the last look.
#[derive(Debug)]
pub(crate) struct Jumps(Mutex<(Timestamp, Instant)>);

/// How wall time went another way than time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    /// So far ahead: it was set, or the machine slept.
    Forward(Duration),
    /// So far behind: it was set.
    Back(Duration),
}

impl Jumps {
    pub(crate) fn new(wall: Timestamp, tick: Instant) -> Self {
        Self(Mutex::new((wall, tick)))
    }

    /// Whether the clock has jumped since the last look.
    pub(crate) fn look(&self, wall: Timestamp, tick: Instant) -> Option<Jump> {
        let (last_wall, last_tick) = std::mem::replace(&mut *self.0.lock(), (wall, tick));
        let expected = last_wall.after(tick.saturating_duration_since(last_tick));
        let (ahead, behind) = (wall.since(expected), expected.since(wall));
        if ahead > TOLERATED {
            Some(Jump::Forward(ahead))
        } else {
            (behind > TOLERATED).then_some(Jump::Back(behind))
        }
    }
}

impl Jump {
    /// Both labels.
    pub(crate) const DIRECTIONS: [&str; 2] = ["forward", "back"];

    /// The label.
    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::Forward(_) => "forward",
            Self::Back(_) => "back",
        }
    }

    /// How far.
    pub(crate) const fn size(self) -> Duration {
        match self {
            Self::Forward(size) | Self::Back(size) => size,
        }
    }
}

/// Clocks are slewed by less than a thousandth, and a task may rest for a moment between its two looks.
const TOLERATED: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_was_set_jumps() {
        let start = Instant::now();
        let jumps = Jumps::new(Timestamp(1_000_000), start);
        let look = |wall: i64, seconds: u64| {
            jumps.look(Timestamp(wall), start + Duration::from_secs(seconds))
        };
        assert_eq!(look(1_005_000, 5), None);
        assert_eq!(look(1_010_900, 10), None, "slewed");
        let hour = Duration::from_secs(3_600);
        assert_eq!(look(4_615_900, 15), Some(Jump::Forward(hour)));
        assert_eq!(look(4_620_900, 20), None, "told once");
        assert_eq!(look(1_025_900, 25), Some(Jump::Back(hour)));
        assert_eq!(look(1_030_900, 30), None);
    }
}
