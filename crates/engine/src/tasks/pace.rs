//! How often a panel's list is looked at: the more often it changes, the sooner again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use panelgate_domain::ids::PanelName;
use panelgate_domain::time::Timestamp;

/// The pause between two syncs of one panel.
#[derive(Debug)]
pub(super) struct Pace {
    pause: Duration,
    shortest: Duration,
    longest: Duration,
}

impl Pace {
    pub(super) fn new(shortest: Duration, longest: Duration) -> Self {
        Self {
            pause: FIRST.clamp(shortest, longest.max(shortest)),
            shortest,
            longest: longest.max(shortest),
        }
    }

    /// The pause after a sync: half of the last one after a change, half as much again after none.
    pub(super) fn after(&mut self, changed: bool) -> Duration {
        let pause = if changed {
            self.pause / 2
        } else {
            self.pause + self.pause / 2
        };
        self.pause = pause.clamp(self.shortest, self.longest);
        self.pause
    }
}

/// A little more or less, so that panels and gateways that started together do not stay together: what exactly follows from
/// the moment and the panel, and the same moment gives the same again.
pub(super) fn jittered(pause: Duration, panel: &PanelName, now: Timestamp) -> Duration {
    let mut hasher = DefaultHasher::new();
    (panel, now.0).hash(&mut hasher);
    let percent = 90 + u32::try_from(hasher.finish() % 21).expect("less than 21");
    pause * percent / 100
}

const FIRST: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_list_that_changes_is_looked_at_more_often_within_bounds() {
        let mut pace = Pace::new(10 * MINUTE, 360 * MINUTE);
        let mut minutes = |changed: bool| -> Vec<u64> {
            (0..6).map(|_| pace.after(changed).as_secs() / 60).collect()
        };
        assert_eq!(minutes(true), [30, 15, 10, 10, 10, 10]);
        assert_eq!(minutes(false), [15, 22, 33, 50, 75, 113]);
        assert_eq!(minutes(false), [170, 256, 360, 360, 360, 360]);
    }

    #[test]
    fn jitter_is_a_tenth() {
        let pauses: BTreeSet<Duration> = (0..500)
            .map(|now| jittered(100 * MINUTE, &"alpha".into(), Timestamp(now)))
            .collect();
        assert_eq!(pauses.len(), 21, "every percent comes up");
        assert_eq!(pauses.first(), Some(&(90 * MINUTE)));
        assert_eq!(pauses.last(), Some(&(110 * MINUTE)));
    }
}
