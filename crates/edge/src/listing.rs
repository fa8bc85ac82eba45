//! Price lists as ready bytes: a list of thousands of services is rendered once, not for everybody who asks.

use bytes::Bytes;
use moka::sync::Cache;
use panelgate_domain::reply::PriceList;
use panelgate_wire::reply;

/// Rendered lists, by the number of their build.
pub(crate) struct Listings(Cache<u64, Bytes>);

impl Listings {
    pub(crate) fn new() -> Self {
        let weight = |_: &u64, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self(
            Cache::builder()
                .weigher(weight)
                .max_capacity(RENDERED_BYTES)
                .build(),
        )
    }

    /// The bytes of a list. Several that ask for a new one wait for one rendering.
    pub(crate) fn bytes(&self, list: &PriceList) -> Bytes {
        self.0.get_with(list.build, || reply::price_list(list))
    }
}

/// Bound of the memory for rendered lists.
const RENDERED_BYTES: u64 = 256 * 1024 * 1024;
