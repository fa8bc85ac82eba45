//! Which orders' facts are newer in memory than in the store, oldest first.
//!
//! Each open order is in it at most once, and leaves it with its end, so it is bounded by the open orders.

use std::collections::{BTreeSet, HashMap};

use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;

/// Orders whose facts have to be written.
#[derive(Debug, Default)]
pub(super) struct Dirty(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    by_age: BTreeSet<(Timestamp, u32)>,
    since: HashMap<u32, Timestamp>,
}

impl Dirty {
    /// The order has something that was learned at `at` and is not in the store.
    pub(super) fn mark(&self, id: u32, at: Timestamp) {
        let queue = &mut *self.0.lock();
        let since = queue.since.entry(id).or_insert(at);
        if *since > at {
            queue.by_age.remove(&(*since, id));
            *since = at;
        }
        queue.by_age.insert((*since, id));
    }

    /// Nothing has to be written of it any more. Answers whether something had to be.
    pub(super) fn clear(&self, id: u32) -> bool {
        let queue = &mut *self.0.lock();
        let since = queue.since.remove(&id);
        since.is_some_and(|since| queue.by_age.remove(&(since, id)))
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        self.0.lock().since.contains_key(&id)
    }

    /// The first ones, at most so many.
    pub(super) fn oldest(&self, limit: usize) -> Vec<u32> {
        let queue = self.0.lock();
        queue.by_age.iter().take(limit).map(|(_, id)| *id).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().by_age.len()
    }

    /// Since when the first one waits.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.0.lock().by_age.first().map(|(since, _)| *since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_waits_once_from_its_oldest_news_on() {
        let dirty = Dirty::default();
        dirty.mark(1, Timestamp(30));
        dirty.mark(2, Timestamp(20));
        dirty.mark(2, Timestamp(40));
        assert_eq!(dirty.oldest(9), [2, 1]);
        dirty.mark(1, Timestamp(10));
        assert_eq!(dirty.oldest(9), [1, 2]);
        assert_eq!(dirty.oldest(1), [1]);
        assert_eq!(dirty.since(), Some(Timestamp(10)));
        assert!(dirty.clear(1) && !dirty.clear(1));
        assert_eq!((dirty.len(), dirty.contains(2)), (1, true));
    }
}
