//! When a customer polled an order, and how long after the poll before: one word beside each order, written by readers.
//!
//! ```text
//! 63        28 27       1  0
//! last poll    interval    strayed
//! ```
//! Both in milliseconds, the last poll since the order was created and plus one, so that zero means never. A sweep that comes
//! later than four intervals is a pause, not another habit: the interval stays until the next one is as long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use panelgate_domain::time::Timestamp;

/// The polls of one order.
#[derive(Debug, Default)]
pub(super) struct Polls(AtomicU64);

/// The same, unpacked.
#[derive(Clone, Copy, Debug, Default)]
struct Habit {
    last: Option<u64>,
    interval: u64,
    strayed: bool,
}

impl Polls {
    /// The customer polled. Readers call this side by side.
    pub(super) fn note(&self, created: Timestamp, now: Timestamp) {
        let at = since(created, now);
        // A load and a store are enough: of two polls at the same moment one is remembered, whichever it is, and nothing hangs
        // on the order of this and anything else.
        let habit = Habit::read(self.0.load(Ordering::Relaxed));
        if let Some(habit) = habit.polled(at) {
            self.0.store(habit.word(), Ordering::Relaxed);
        }
    }

    /// When the first poll after `after` that continues the customer's habit is expected: a little early, because a sweep
    /// that waited for panels takes longer than the next one, and a look that comes after the poll is worth nothing.
    pub(super) fn next(&self, created: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let habit = Habit::read(self.0.load(Ordering::Relaxed));
        let next = habit.next(since(created, after))? - habit.interval / EARLY;
        Some(created.after(Duration::from_millis(next)).max(after))
    }
}

impl Clone for Polls {
    fn clone(&self) -> Self {
        Self(self.0.load(Ordering::Relaxed).into())
    }
}

impl Habit {
    const fn read(word: u64) -> Self {
        Self {
            last: (word >> LAST_AT).checked_sub(1),
            interval: (word >> INTERVAL_AT) & LONGEST_INTERVAL,
            strayed: word & 1 == 1,
        }
    }

    fn word(self) -> u64 {
        let last = self.last.map_or(0, |last| (last + 1).min(LATEST_POLL));
        (last << LAST_AT) | (self.interval << INTERVAL_AT) | u64::from(self.strayed)
    }

    /// The last poll and the fewest intervals that come after a moment.
    fn next(self, after: u64) -> Option<u64> {
        let last = self.last?;
        let intervals = after.saturating_sub(last).checked_div(self.interval)? + 1;
        Some(last + intervals * self.interval)
    }

    /// After a poll; `None` if it is the same poll once more.
    fn polled(self, at: u64) -> Option<Self> {
        let last = Some(at);
        let Some(before) = self.last else {
            return Some(Self { last, ..self });
        };
        if at.abs_diff(before) < SAME_POLL {
            return None;
        }
        // A clock that was set back starts anew, with the interval it knew.
        let gap = at.checked_sub(before).unwrap_or(self.interval);
        let is_pause = self.interval > 0 && gap > PAUSE * self.interval && !self.strayed;
        let seldom = gap > LONGEST_INTERVAL;
        Some(Self {
            last,
            interval: match (is_pause, seldom) {
                (true, _) => self.interval,
                (false, true) => 0,
                (false, false) => gap,
            },
            strayed: is_pause,
        })
    }
}

fn since(created: Timestamp, at: Timestamp) -> u64 {
    let millis = at.since(created).as_millis();
    // Two years after its creation an order's polls are no longer told apart, and so no longer predicted.
    u64::try_from(millis).map_or(LATEST_POLL - 1, |millis| millis.min(LATEST_POLL - 1))
}

const INTERVAL_AT: u32 = 1;
const LAST_AT: u32 = 28;

/// 36 bits of milliseconds: more than two years.
const LATEST_POLL: u64 = u64::MAX >> LAST_AT;

/// 27 bits of milliseconds: 37 hours. Who comes less often is not predicted.
const LONGEST_INTERVAL: u64 = (1 << (LAST_AT - INTERVAL_AT)) - 1;

/// A poll comes early by at most this part of its interval. By the bench `economy`: later costs misses, earlier looks.
const EARLY: u64 = 25;

/// A request that names an id twice, or a client that tries again at once, is no habit.
const SAME_POLL: u64 = 1_000;

/// A gap of more than so many intervals does not end a habit at once.
const PAUSE: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls at these seconds; answers when the next one after the given second is expected.
    #[track_caller]
    fn check(polled: &[u64], after: i64, next: Option<i64>) {
        let created = Timestamp(1_700_000_000_000);
        let polls = Polls::default();
        for second in polled {
            polls.note(created, created.after(Duration::from_secs(*second)));
        }
        let after = Timestamp(created.0 + after * 1_000);
        let expected = next.map(|second| u64::try_from(second * 1_000).expect("not negative"));
        let habit = Habit::read(polls.0.load(Ordering::Relaxed));
        assert_eq!(habit.next(since(created, after)), expected);
    }

    #[test]
    fn the_next_poll_continues_the_last_interval() {
        check(&[10, 70], 70, Some(130));
        check(&[10, 70], 129, Some(130));
        check(&[10, 70], 130, Some(190));
        check(&[10, 70], 1_000, Some(1_030));
        check(&[10, 70, 100], 100, Some(130));
        check(&[10, 70], 0, Some(130));
    }

    #[test]
    fn a_poll_is_expected_a_little_early_but_never_in_the_past() {
        let (created, polls) = (Timestamp(0), Polls::default());
        polls.note(created, Timestamp(0));
        polls.note(created, Timestamp(100_000));
        let next = |after| polls.next(created, Timestamp(after));
        assert_eq!(next(100_000), Some(Timestamp(196_000)));
        assert_eq!(next(199_000), Some(Timestamp(199_000)));
    }

    #[test]
    fn one_poll_is_no_habit() {
        check(&[], 100, None);
        check(&[10], 100, None);
        check(&[10, 10], 100, None);
    }

    #[test]
    fn one_pause_does_not_end_a_habit_but_a_second_one_does() {
        check(&[0, 60, 1_060], 1_060, Some(1_120));
        check(&[0, 60, 1_060, 1_120], 1_120, Some(1_180));
        check(&[0, 60, 1_060, 2_060], 2_060, Some(3_060));
        check(&[0, 60, 1_060, 1_120, 2_120], 2_120, Some(2_180));
    }

    #[test]
    fn who_comes_less_often_than_once_in_37_hours_is_not_predicted() {
        check(&[0, 24 * 3_600], 24 * 3_600, Some(48 * 3_600));
        check(&[0, 48 * 3_600], 48 * 3_600, None);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_the_interval() {
        check(&[100, 160, 20], 20, Some(80));
    }
}
