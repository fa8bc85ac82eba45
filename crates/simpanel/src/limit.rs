//! The panel's own rate limit.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// Most admitted requests within any second. Those over it are not counted.
#[derive(Debug)]
pub(crate) struct Limit {
    per_second: Option<NonZeroU32>,
    /// At most `per_second` of them.
    admitted: VecDeque<Instant>,
}

impl Limit {
    pub(crate) const fn new(per_second: Option<NonZeroU32>) -> Self {
        Self {
            per_second,
            admitted: VecDeque::new(),
        }
    }

    /// Whether a request at `now` is one too many; otherwise it is admitted.
    pub(crate) fn is_exceeded(&mut self, now: Instant) -> bool {
        let Some(most) = self.per_second else {
            return false;
        };
        while self
            .admitted
            .front()
            .is_some_and(|earlier| now.duration_since(*earlier) >= Duration::from_secs(1))
        {
            self.admitted.pop_front();
        }
        let exceeded = self.admitted.len() >= most.get() as usize;
        if !exceeded {
            self.admitted.push_back(now);
        }
        exceeded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_any_second_and_only_what_it_admits() {
        let mut limit = Limit::new(NonZeroU32::new(2));
        let start = Instant::now();
        let mut at = |millis| limit.is_exceeded(start + Duration::from_millis(millis));
        assert_eq!(
            [
                at(0),
                at(900),
                at(950),
                at(999),
                at(1000),
                at(1001),
                at(1900)
            ],
            [false, false, true, true, false, true, false]
        );
    }

    #[test]
    fn without_a_limit_nothing_is_exceeded() {
        let mut limit = Limit::new(None);
        let now = Instant::now();
        assert!((0..1000).all(|_| !limit.is_exceeded(now)));
    }
}
