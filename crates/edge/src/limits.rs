//! How often a key may ask: one limiter for what moves money, one for everything else.

use std::num::NonZeroU32;

use dashmap::DashMap;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use hashbrown::DefaultHashBuilder;
use panelgate_domain::action::Action;

/// The limiters of all keys that asked lately.
pub(crate) struct Limits {
    money: Quota,
    reads: Quota,
    keys: DashMap<[u8; 32], KeyLimits, DefaultHashBuilder>,
}

struct KeyLimits {
    money: DefaultDirectRateLimiter,
    reads: DefaultDirectRateLimiter,
}

impl Limits {
    pub(crate) fn new(money: NonZeroU32, reads: NonZeroU32) -> Self {
        Self {
            money: Quota::per_second(money),
            reads: Quota::per_second(reads),
            keys: DashMap::default(),
        }
    }

    /// Whether the key with this hash may do this now; counts it if so.
    pub(crate) fn allow(&self, key: [u8; 32], action: &Action) -> bool {
        if let Some(limits) = self.keys.get(&key) {
            return limits.allow(action);
        }
        if self.keys.len() >= REMEMBERED {
            // Everybody begins anew.
            self.keys.clear();
        }
        let new = || KeyLimits {
            money: RateLimiter::direct(self.money),
            reads: RateLimiter::direct(self.reads),
        };
        self.keys.entry(key).or_insert_with(new).allow(action)
    }
}

impl KeyLimits {
    fn allow(&self, action: &Action) -> bool {
        let limiter = match action {
            Action::Add(_) | Action::Refill(_) | Action::Cancel(_) => &self.money,
            _ => &self.reads,
        };
        limiter.check().is_ok()
    }
}

/// Bound of the memory. Only keys that exist get here, so nobody can push others out by guessing.
const REMEMBERED: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_limits() {
        let two = NonZeroU32::new(2).expect("not 0");
        let limits = Limits::new(two, two);
        let add = Action::Add(panelgate_domain::action::Add::default());
        assert!(limits.allow([1; 32], &add) && limits.allow([1; 32], &add));
        assert!(!limits.allow([1; 32], &add));
        assert!(limits.allow([1; 32], &Action::Balance));
        assert!(limits.allow([2; 32], &add));
    }
}
