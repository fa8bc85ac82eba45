//! The book: what the engine remembers of orders. The store is the truth; this may be lost at any instant.
//!
//! Live orders stay as long as they live; ended ones are kept while there is room. Of two copies of an order the one with
//! the greater version is kept, so it does not matter in which order commits are told to the book.

use std::collections::BTreeMap;
use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;

/// Orders in memory.
pub(crate) struct Book {
    live: DashMap<OrderId, Arc<Order>>,
    ended: Cache<OrderId, Arc<Order>>,
    /// Placed orders by what their panel calls them.
    placed: DashMap<(PanelName, UpstreamId), OrderId>,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            live: DashMap::new(),
            // The last ones in stay: what was closed a moment ago must be known to be closed.
            ended: Cache::builder()
                .max_capacity(ENDED_ORDERS)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            placed: DashMap::new(),
        }
    }

    /// Keeps an order, unless a newer copy is known. Answers the copy that is kept.
    pub(crate) fn put(&self, order: Order) -> Arc<Order> {
        let id = order.id;
        // The entry's lock is held until the copy is where it belongs, so two versions cannot overtake each other.
        let entry = self.live.entry(id);
        if let Some(ended) = self.ended.get(&id) {
            if ended.version >= order.version {
                return ended;
            }
        } else if let Entry::Occupied(known) = &entry
            && known.get().version >= order.version
        {
            return Arc::clone(known.get());
        }
        self.index(&order);
        let order = Arc::new(order);
        if order.state == OrderState::Closed {
            self.ended.insert(id, Arc::clone(&order));
            if let Entry::Occupied(known) = entry {
                known.remove();
            }
        } else {
            entry.insert(Arc::clone(&order));
        }
        order
    }

    pub(crate) fn get(&self, id: OrderId) -> Option<Arc<Order>> {
        self.live
            .get(&id)
            .map(|order| Arc::clone(&order))
            .or_else(|| self.ended.get(&id))
    }

    /// The placed order that a panel calls so.
    pub(crate) fn placed_as(
        &self,
        panel: &PanelName,
        upstream_id: &UpstreamId,
    ) -> Option<Arc<Order>> {
        let id = *self.placed.get(&(panel.clone(), upstream_id.clone()))?;
        self.live.get(&id).map(|order| Arc::clone(&order))
    }

    /// A look that told nothing new: only the time of the fact moves, which is not worth a transaction.
    pub(crate) fn seen_again(&self, id: OrderId, fact: Fact) {
        if let Some(mut order) = self.live.get_mut(&id)
            && order
                .fact
                .is_some_and(|known| known.says_the_same(&fact) && known.at < fact.at)
        {
            Arc::make_mut(&mut order).fact = Some(fact);
        }
    }

    /// Placed orders whose wish to cancel has not reached their panel.
    pub(crate) fn unsent_wishes(&self) -> Vec<Arc<Order>> {
        let waits = |order: &Order| {
            order.state == OrderState::Placed && order.cancel_wish == CancelWish::Asked
        };
        self.live
            .iter()
            .filter(|order| waits(order))
            .map(|order| Arc::clone(&order))
            .collect()
    }

    /// When the oldest fact of each panel's placed orders was learned.
    pub(crate) fn oldest_facts(&self) -> BTreeMap<PanelName, Timestamp> {
        let mut oldest = BTreeMap::new();
        for order in &self.live {
            if let (Some(panel), Some(fact)) = (&order.panel, order.fact) {
                let at = oldest.entry(panel.clone()).or_insert(fact.at);
                *at = fact.at.min(*at);
            }
        }
        oldest
    }

    fn index(&self, order: &Order) {
        if let (Some(panel), Some(upstream_id)) = (&order.panel, &order.upstream_id) {
            let key = (panel.clone(), upstream_id.clone());
            match order.state {
                OrderState::Placed => _ = self.placed.insert(key, order.id),
                _ => _ = self.placed.remove(&key),
            }
        }
    }
}

/// Bound of the memory for ended orders: about 60 MB.
const ENDED_ORDERS: u64 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::order;

    #[test]
    fn an_old_copy_never_replaces_a_newer_one() {
        let book = Book::new();
        book.put(order(3, OrderState::Closed));
        assert_eq!(book.put(order(2, OrderState::Placed)).version, 3);
        assert_eq!(
            book.get(OrderId(1)).expect("kept").state,
            OrderState::Closed
        );
        assert_eq!(book.live.len(), 0);
    }

    #[test]
    fn placed_orders_are_found_by_their_upstream_id_until_they_end() {
        let book = Book::new();
        book.put(order(2, OrderState::Placed));
        assert!(book.placed_as(&"alpha".into(), &"77".into()).is_some());
        assert!(book.placed_as(&"beta".into(), &"77".into()).is_none());
        book.put(order(3, OrderState::Closed));
        assert!(book.placed_as(&"alpha".into(), &"77".into()).is_none());
    }

    #[test]
    fn seeing_the_same_again_makes_a_fact_younger() {
        let book = Book::new();
        book.put(order(2, OrderState::Placed));
        book.seen_again(OrderId(1), Fact::accepted(Timestamp(9)));
        assert_eq!(
            book.get(OrderId(1)).and_then(|o| o.fact).map(|f| f.at),
            Some(Timestamp(9))
        );
    }
}
