//! What becomes of an order that nobody decides about.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::order::Fate;
use crate::settings::Outcomes;

/// How long a life is and how it ends, as drawn for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) pending: Duration,
    pub(crate) working: Duration,
    pub(crate) fate: Fate,
    pub(crate) start_count: i64,
}

/// No order that nobody touches lives longer than this, except those with `slow` in their link.
pub const LONGEST_LIFE: Duration = Duration::from_secs(LONGEST_PENDING + LONGEST_WORK);

impl Life {
    /// The life of an order: the same for the same seed, id, link and quantity. The posts of a subscription have a user name in
    /// place of a link.
    ///
    /// A link that contains `partial` ends Partial with 30 % remaining, one with `cancel` ends Canceled, and one with `slow`
    /// stays Pending for a day first. All other fates are drawn from `outcomes`.
    pub(crate) fn draw(seed: u64, id: i64, link: &str, quantity: u64, outcomes: Outcomes) -> Self {
        let mut rng = StdRng::seed_from_u64(seed.rotate_left(32) ^ id.unsigned_abs());
        let pending = Duration::from_secs(rng.random_range(SHORTEST_PENDING..=LONGEST_PENDING));
        let working = Duration::from_secs(rng.random_range(SHORTEST_WORK..=LONGEST_WORK));
        let start_count = rng.random_range(0..100_000);
        let drawn = outcomes.draw(&mut rng, quantity);
        let fate = if link.contains("partial") {
            Fate::Partial {
                remains: (quantity.saturating_mul(3) / 10).max(1),
            }
        } else if link.contains("cancel") {
            Fate::Canceled
        } else {
            drawn
        };
        let pending = if link.contains("slow") {
            SLOW_PENDING
        } else {
            pending
        };
        Self {
            pending,
            working,
            fate,
            start_count,
        }
    }
}

const SHORTEST_PENDING: u64 = 5;
const LONGEST_PENDING: u64 = 15;
const SHORTEST_WORK: u64 = 30;
const LONGEST_WORK: u64 = 90;
const SLOW_PENDING: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_repeat_and_links_choose() {
        let draw = |seed, link: &str| Life::draw(seed, 7, link, 1000, Outcomes::default());
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_eq!(draw(1, "a").fate, Fate::Completed);
        assert_eq!(draw(1, "is-partial").fate, Fate::Partial { remains: 300 });
        assert_eq!(draw(1, "cancel-me").fate, Fate::Canceled);
        assert_eq!(draw(1, "slow").pending, SLOW_PENDING);
        let life = draw(9, "a");
        assert!(life.pending + life.working <= LONGEST_LIFE);
    }
}
