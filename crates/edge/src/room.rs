//! Who has room: so many connections in all, and so much of it for one address, directly or behind a proxy.

use std::net::IpAddr;
use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::guesses::neighbours;

/// What is taken, and what there is.
pub(crate) struct Room {
    all: Arc<Semaphore>,
    per_address: usize,
    addresses: DashMap<IpAddr, usize>,
}

/// One of what an address may have at a time; given back when dropped.
pub(crate) struct Share {
    room: Arc<Room>,
    address: IpAddr,
}

impl Room {
    pub(crate) fn new(all: usize, per_address: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            per_address,
            addresses: DashMap::new(),
        }
    }

    /// Room for one connection; given back when dropped.
    pub(crate) fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// One more for an address and those beside it.
    pub(crate) fn share(self: &Arc<Self>, address: IpAddr) -> Option<Share> {
        let address = neighbours(address);
        let mut count = self.addresses.entry(address).or_insert(0);
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Share {
            room: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room
            .addresses
            .remove_if_mut(&self.address, |_, count| {
                *count -= 1;
                *count == 0
            });
    }
}
