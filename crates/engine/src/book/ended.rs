//! Ended orders: kept while there is room and somebody asks, because the store has them all.

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use panelgate_domain::ids::{OrderId, UpstreamId};
use panelgate_domain::order::Order;

/// The memory of ended orders.
#[derive(Debug)]
pub(super) struct Ended(Cache<OrderId, Arc<Order>>);

impl Ended {
    pub(super) fn new() -> Self {
        // The last ones in stay: what was closed a moment ago must be known to be closed.
        let cache = Cache::builder()
            .max_capacity(MOST_BYTES)
            .weigher(|_, order: &Arc<Order>| weight(order))
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(UNASKED)
            .build();
        Self(cache)
    }

    pub(super) fn insert(&self, order: Order) {
        self.0.insert(order.id, Arc::new(order));
    }

    pub(super) fn get(&self, id: OrderId) -> Option<Arc<Order>> {
        self.0.get(&id)
    }
}

fn weight(order: &Order) -> u32 {
    let texts = order.flag.as_ref().map_or(0, String::len)
        + order
            .upstream_id
            .as_ref()
            .map_or(0, |id| UpstreamId::as_str(id).len());
    u32::try_from(size_of::<Order>() + OVERHEAD + texts).unwrap_or(u32::MAX)
}

/// Bound of this memory: about 45,000 orders.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// What the cache itself needs for an entry, and the allocator for its parts.
const OVERHEAD: usize = 384;

/// An order that nobody asked for in this time is read from the store when somebody does.
const UNASKED: Duration = Duration::from_secs(60 * 60);
