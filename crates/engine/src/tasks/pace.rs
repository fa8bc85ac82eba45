//! How often a panel's list is looked at: the more often it changes, the sooner again.

use std::time::Duration;

use rand::Rng;

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

/// A little more or less, so that panels and gateways that started together do not stay together.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause * rand::rng().random_range(90..=110) / 100
}

const FIRST: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
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
        for _ in 0..100 {
            let pause = jittered(100 * MINUTE);
            assert!((90 * MINUTE..=110 * MINUTE).contains(&pause), "{pause:?}");
        }
    }
}
