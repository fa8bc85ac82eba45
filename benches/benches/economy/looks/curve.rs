//! At which age orders of a service end: a histogram of four buckets to an octave, from 15 s up.

use std::time::Duration;

/// How many orders ended in which bucket. The first bucket holds everything below 15 s.
pub(super) struct Curve {
    counts: [u32; BUCKETS],
}

impl Curve {
    pub(super) const fn new() -> Self {
        Self {
            counts: [0; BUCKETS],
        }
    }

    /// An order was seen to have ended at this age.
    pub(super) fn add(&mut self, age: Duration) {
        let age = age.as_secs_f64();
        let bucket = (0..BUCKETS).find(|bucket| age < upper(*bucket));
        self.counts[bucket.unwrap_or(BUCKETS - 1)] += 1;
    }

    /// The age at which a share of those orders has ended that live at `age`; within a bucket they end evenly. `None` if too
    /// few ended later to know.
    pub(super) fn next_look(&self, age: Duration, share: f64) -> Option<Duration> {
        let age = age.as_secs_f64();
        let pieces = || {
            (0..BUCKETS).filter_map(|bucket| {
                let (lower, upper) = (lower(bucket).max(age), upper(bucket));
                let part = (upper - lower) / (upper - self::lower(bucket));
                (part > 0.0).then(|| (lower, upper, part * f64::from(self.counts[bucket])))
            })
        };
        let live: f64 = pieces().map(|(_, _, orders)| orders).sum();
        if live < FEWEST {
            return None;
        }
        let mut wanted = live * share;
        for (lower, upper, orders) in pieces() {
            if orders > 0.0 && wanted <= orders {
                let at = lower + (upper - lower) * wanted / orders;
                return Some(Duration::from_secs_f64(at));
            }
            wanted -= orders;
        }
        None
    }
}

fn upper(bucket: usize) -> f64 {
    let quarters = u32::try_from(bucket).expect("there are few buckets");
    15.0 * (f64::from(quarters) / 4.0).exp2()
}

fn lower(bucket: usize) -> f64 {
    bucket.checked_sub(1).map_or(0.0, upper)
}

/// Up to 38 days.
const BUCKETS: usize = 72;
/// Orders that have to have ended later.
const FEWEST: f64 = 20.0;
