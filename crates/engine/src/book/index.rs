//! Placed orders by what their panel calls them: eight bytes an order, a hash and our id. The record is the key: whoever looks
//! something up compares it there.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use parking_lot::RwLock;

use super::panels::PanelNumber;

/// Our ids by (panel, upstream id).
#[derive(Debug)]
pub(super) struct Index {
    /// Panels choose their ids, so where one lands must not be theirs to choose.
    secret: RandomState,
    shards: Box<[RwLock<HashTable<Entry>>]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    hash: u32,
    id: u32,
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            secret: RandomState::new(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(super) fn insert(&self, key: (PanelNumber, &str), id: u32) {
        let entry = self.entry(key, id);
        self.shard(entry)
            .write()
            .insert_unique(spread(&entry), entry, spread);
    }

    pub(super) fn remove(&self, key: (PanelNumber, &str), id: u32) {
        let entry = self.entry(key, id);
        let mut shard = self.shard(entry).write();
        if let Ok(found) = shard.find_entry(spread(&entry), |known| *known == entry) {
            found.remove();
            if shard.len() * 4 <= shard.capacity() {
                shard.shrink_to_fit(spread);
            }
        }
    }

    /// The orders that may be called so: nearly always one or none. The index is let go before they are answered, because
    /// whoever holds a record may be waiting for it.
    pub(super) fn candidates(&self, key: (PanelNumber, &str)) -> Vec<u32> {
        let wanted = self.entry(key, 0);
        let shard = self.shard(wanted).read();
        shard
            .iter_hash(spread(&wanted))
            .filter(|entry| entry.hash == wanted.hash)
            .map(|entry| entry.id)
            .collect()
    }

    fn entry(&self, key: (PanelNumber, &str), id: u32) -> Entry {
        let [.., a, b, c, d] = self.secret.hash_one(key).to_be_bytes();
        Entry {
            hash: u32::from_be_bytes([a, b, c, d]),
            id,
        }
    }

    fn shard(&self, entry: Entry) -> &RwLock<HashTable<Entry>> {
        &self.shards[entry.hash as usize % SHARDS]
    }
}

/// The table looks at the upper bits, too.
fn spread(entry: &Entry) -> u64 {
    u64::from(entry.hash)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(32)
}

/// Enough that a table that grows keeps others waiting for a moment only.
const SHARDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::panels::Panels;
    use super::*;

    #[test]
    fn every_order_is_among_the_candidates_until_it_is_removed() {
        let index = Index::new();
        let panels = Panels::default();
        let panel = panels.number(&"alpha".into());
        for id in 1..10_000_u32 {
            index.insert((panel, &id.to_string()), id);
        }
        for id in 1..10_000_u32 {
            let name = id.to_string();
            assert!(index.candidates((panel, &name)).contains(&id));
            index.remove((panel, &name), id);
            assert!(!index.candidates((panel, &name)).contains(&id));
        }
        assert!(
            index
                .shards
                .iter()
                .all(|shard| shard.read().capacity() == 0)
        );
    }
}
