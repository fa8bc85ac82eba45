//! Who owns a key: the store's answer, remembered until another process writes to the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use hashbrown::DefaultHashBuilder;
use moka::sync::Cache;
use panelgate_domain::customer::Customer;
use panelgate_store::{Store, StoreError};

/// Owners of keys, by the SHA-256 of the key. Unknown keys are remembered too, so that guessing does not reach the store.
pub(crate) struct Keys {
    /// As many as there are keys at most.
    owners: DashMap<[u8; 32], Arc<Customer>, DefaultHashBuilder>,
    nobodys: Cache<[u8; 32], ()>,
    foreign_commits: AtomicU64,
    /// How often everything was forgotten.
    forgotten: AtomicU64,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            owners: DashMap::default(),
            nobodys: Cache::new(REMEMBERED),
            foreign_commits: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
        }
    }

    /// The customer with this key, if it may be used.
    pub(crate) async fn owner(
        &self,
        store: &dyn Store,
        hash: [u8; 32],
    ) -> Result<Option<Arc<Customer>>, StoreError> {
        if let Some(owner) = self.owners.get(&hash) {
            return Ok(Some(Arc::clone(&owner)));
        }
        if self.nobodys.contains_key(&hash) {
            return Ok(None);
        }
        let before = self.forgotten.load(Ordering::SeqCst);
        let owner = store
            .key_owner(hash)
            .await?
            .filter(|customer| !customer.disabled)
            .map(Arc::new);
        match &owner {
            Some(owner) => _ = self.owners.insert(hash, Arc::clone(owner)),
            None => self.nobodys.insert(hash, ()),
        }
        // A key that was revoked while we were reading must not be remembered as good, nor one that was issued as nobody's.
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.owners.remove(&hash);
            self.nobodys.invalidate(&hash);
        }
        Ok(owner)
    }

    /// Another process wrote since the last time: keys may be revoked, customers changed.
    pub(crate) fn see_foreign_commits(&self, commits: u64) {
        if self.foreign_commits.swap(commits, Ordering::Relaxed) != commits {
            self.forget();
        }
    }

    /// Every owner is asked for again.
    pub(crate) fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.owners.clear();
        self.nobodys.invalidate_all();
    }
}

/// Bound of the memory for keys that are nobody's.
const REMEMBERED: u64 = 100_000;
