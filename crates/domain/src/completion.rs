//! At which age orders of one service end: a histogram that says when the next look at a live one is worth a slot.

use std::time::Duration;

/// How many orders ended at which age, in buckets on a logarithmic scale: four to an octave, from 15 s to 38 days.
///
/// The counts are kept in the store by the number of their bucket: other buckets need a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    counts: [u32; BUCKETS],
}

/// The first bucket holds everything below 15 s, the last one also everything beyond its upper edge.
pub const BUCKETS: usize = 72;

impl Default for Completions {
    /// Nothing has ended yet.
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
        }
    }
}

impl Completions {
    /// The bucket that an age falls into.
    #[must_use]
    pub fn bucket(age: Duration) -> usize {
        let age = millis(age);
        EDGES.partition_point(|edge| *edge <= age).min(LAST)
    }

    /// One more order ended at this age.
    pub fn add(&mut self, age: Duration) {
        self.add_counted(Self::bucket(age), 1);
    }

    /// So many more ended in this bucket; one beyond the last counts as the last.
    pub fn add_counted(&mut self, bucket: usize, orders: u32) {
        let count = &mut self.counts[bucket.min(LAST)];
        *count = count.saturating_add(orders);
    }

    /// Adds everything that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, orders) in other.counts.iter().enumerate() {
            self.add_counted(bucket, *orders);
        }
    }

    /// How many orders were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, orders| sum.saturating_add(u64::from(*orders)))
    }

    /// The age at which `share` (a numerator and a denominator; more than all means all) of those orders has ended that
    /// were still live at `age`. Within a bucket orders are taken to end evenly.
    ///
    /// `None` if fewer than [`FEWEST`] ended later than `age`: too few to know better than a plain schedule.
    #[must_use]
    pub fn next_look(&self, age: Duration, share: (u32, u32)) -> Option<Duration> {
        let from = millis(age);
        let beyond = self
            .weights_beyond(from)
            .fold(0_u128, |sum, piece| sum.saturating_add(piece.weight));
        if beyond < u128::from(FEWEST).saturating_mul(WEIGHT) {
            return None;
        }
        let (part, whole) = (u128::from(share.0), u128::from(share.1));
        let mut wanted = divided_up(beyond.saturating_mul(part), whole)?.min(beyond);
        for piece in self.weights_beyond(from) {
            if wanted <= piece.weight {
                let width = u128::from(piece.to.saturating_sub(piece.from));
                let into = divided_up(width.saturating_mul(wanted), piece.weight)?;
                let at = piece.from.saturating_add(u64::try_from(into).ok()?);
                return Some(Duration::from_millis(at).max(age));
            }
            wanted = wanted.saturating_sub(piece.weight);
        }
        None
    }

    /// The buckets that hold something beyond an age, the first one cut at it.
    fn weights_beyond(&self, from: u64) -> impl Iterator<Item = Piece> {
        let lower_edges = std::iter::once(0).chain(EDGES);
        let buckets = lower_edges.zip(EDGES).zip(self.counts);
        buckets.filter_map(move |((lower, upper), orders)| {
            let start = lower.max(from);
            let left = u128::from(upper.saturating_sub(start));
            let weight = u128::from(orders)
                .saturating_mul(WEIGHT)
                .saturating_mul(left)
                .checked_div(u128::from(upper.saturating_sub(lower)))?;
            (weight > 0).then_some(Piece {
                from: start,
                to: upper,
                weight,
            })
        })
    }
}

/// A bucket, or what is left of it.
struct Piece {
    from: u64,
    to: u64,
    /// [`WEIGHT`] for every order.
    weight: u128,
}

/// The quotient, rounded up; `None` by 0.
fn divided_up(dividend: u128, by: u128) -> Option<u128> {
    dividend.checked_add(by.checked_sub(1)?)?.checked_div(by)
}

fn millis(age: Duration) -> u64 {
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}

/// Orders that have to have ended later before the histogram has a say.
pub const FEWEST: u32 = 20;

/// What one order weighs: a part of an order must not be lost when a bucket is cut.
const WEIGHT: u128 = 1 << 20;

const LAST: usize = BUCKETS - 1;

/// The upper edges of the buckets in milliseconds: 15 s · 2^(n/4).
const EDGES: [u64; BUCKETS] = {
    let quarters = [15_000_u64, 17_838, 21_213, 25_227];
    let mut edges = [0; BUCKETS];
    let (mut n, mut octave) = (0, 1_u64);
    while n < BUCKETS {
        edges[n] = quarters[n % 4].saturating_mul(octave);
        n += 1;
        if n % 4 == 0 {
            octave = octave.saturating_mul(2);
        }
    }
    edges
};

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn ages_fall_into_quarters_of_octaves() {
        for (millis, bucket) in [
            (0, 0),
            (14_999, 0),
            (15_000, 1),
            (17_837, 1),
            (17_838, 2),
            (29_999, 4),
            (30_000, 5),
            (60_000, 9),
            (120_000, 13),
            (30 * 24 * 3_600_000, 70),
            (u64::MAX, 71),
        ] {
            let age = Duration::from_millis(millis);
            assert_eq!(Completions::bucket(age), bucket, "{millis}");
        }
        assert_eq!(Completions::bucket(Duration::MAX), LAST);
        assert!(EDGES.is_sorted_by(|lower, upper| lower < upper));
    }

    #[test]
    fn counts_add_up_and_never_wrap() {
        let mut some = Completions::default();
        some.add(seconds(1));
        some.add_counted(3, u32::MAX);
        some.add_counted(BUCKETS + 7, 5);
        assert_eq!(some.count(), u64::from(u32::MAX) + 6);
        let mut all = some.clone();
        all.merge(&some);
        assert_eq!(all.count(), u64::from(u32::MAX) + 12);
        let mut again = Completions::default();
        again.merge(&some);
        assert_eq!(again, some);
    }

    /// 100 orders end between 30 s and 35.676 s, 300 between 60 s and 71.352 s.
    fn two_humps() -> Completions {
        let mut completions = Completions::default();
        completions.add_counted(5, 100);
        completions.add_counted(9, 300);
        completions
    }

    #[track_caller]
    fn check(completions: &Completions, age: u64, share: (u32, u32), expected: Option<u64>) {
        let look = completions.next_look(Duration::from_millis(age), share);
        assert_eq!(look.map(millis), expected, "{share:?} beyond {age}");
    }

    #[test]
    fn a_share_of_those_still_live_has_ended() {
        let humps = two_humps();
        for (age, share, expected) in [
            (0, (1, 8), 32_838),
            (0, (1, 4), 35_676),
            (0, (1, 2), 63_784),
            (0, (1, 1), 71_352),
            // Half of the first hump is over: 350 are left.
            (32_838, (1, 7), 35_676),
            (40_000, (1, 2), 65_676),
            (65_676, (1, 2), 68_514),
            (65_676, (0, 1), 65_676),
            (65_676, (5, 1), 71_352),
        ] {
            check(&humps, age, share, Some(expected));
        }
    }

    #[test]
    fn too_few_say_nothing() {
        let mut few = Completions::default();
        few.add_counted(9, FEWEST - 1);
        check(&few, 0, (1, 2), None);
        few.add(seconds(65));
        check(&few, 0, (1, 1), Some(71_352));
        check(&few, 60_001, (1, 2), None);
        check(&two_humps(), 71_352, (1, 2), None);
        check(&two_humps(), 0, (1, 0), None);
    }

    #[test]
    fn a_look_is_never_in_the_past() {
        let mut completions = Completions::default();
        for bucket in 0..BUCKETS {
            completions.add_counted(bucket, 40_000);
        }
        for age in (0..3_000_000).step_by(9_973) {
            let age = Duration::from_micros(age * 1_000_001);
            let look = completions.next_look(age, (1, 3));
            assert!(look.is_some_and(|look| look >= age), "{age:?} {look:?}");
        }
        let oldest = completions.next_look(seconds(33 * 24 * 3_600), (1, 2));
        assert!(oldest.is_some_and(|look| look > seconds(33 * 24 * 3_600)));
    }
}
