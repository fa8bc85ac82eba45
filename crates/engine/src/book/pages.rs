//! Open orders by id. Pages exist where orders are open; they are spread over shards, each behind a lock of its own.
//!
//! Ids ascend for ever while open orders are few, so there is no array from 0 on: a shard finds its pages by hash. The worst
//! case is one open order a page: it costs its record and about 100 bytes of page. No lock here is held over an await, and none
//! of two shards at once.

use hashbrown::HashTable;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::packed::Packed;
use super::page::Page;

/// All open orders.
#[derive(Debug)]
pub(super) struct Pages(Box<[RwLock<Shard>]>);

/// Every 256th page.
#[derive(Debug, Default)]
pub(super) struct Shard(HashTable<Page>);

impl Pages {
    pub(super) fn new() -> Self {
        Self((0..SHARDS).map(|_| RwLock::default()).collect())
    }

    pub(super) fn read(&self, id: u32) -> RwLockReadGuard<'_, Shard> {
        self.0[shard_of(id)].read()
    }

    pub(super) fn write(&self, id: u32) -> RwLockWriteGuard<'_, Shard> {
        self.0[shard_of(id)].write()
    }

    /// Shows the record of each id, in the order given, beside what came with the id; neighbours share a lock.
    pub(super) fn show<T>(
        &self,
        ids: impl Iterator<Item = (T, u32)>,
        mut look: impl FnMut(T, u32, Option<&Packed>),
    ) {
        let mut held: Option<(usize, RwLockReadGuard<'_, Shard>)> = None;
        for (with, id) in ids {
            let number = shard_of(id);
            let shard = match held.take() {
                Some((same, shard)) if same == number => shard,
                other => {
                    // Let go first: two locks at once could wait for each other.
                    drop(other);
                    self.0[number].read()
                }
            };
            look(with, id, shard.record(id));
            held = Some((number, shard));
        }
    }

    /// Shows all records, one shard after the other: what changes meanwhile is seen or not.
    pub(super) fn show_all(&self, mut look: impl FnMut(&Packed)) {
        for shard in &self.0 {
            let shard = shard.read();
            let records = shard.0.iter().flat_map(Page::records);
            records.for_each(&mut look);
        }
    }
}

impl Shard {
    pub(super) fn record(&self, id: u32) -> Option<&Packed> {
        let number = Page::number_of(id);
        self.0
            .find(hash(number), |page| page.number == number)?
            .record(id)
    }

    pub(super) fn record_mut(&mut self, id: u32) -> Option<&mut Packed> {
        let number = Page::number_of(id);
        self.0
            .find_mut(hash(number), |page| page.number == number)?
            .record_mut(id)
    }

    /// Keeps a record in the place of whatever was there.
    pub(super) fn insert(&mut self, id: u32, record: Packed) {
        let number = Page::number_of(id);
        self.0
            .entry(hash(number), |page| page.number == number, hash_of)
            .or_insert_with(|| Page::new(number))
            .into_mut()
            .insert(id, record);
    }

    /// Takes a record out, and its page if it was the last one there.
    pub(super) fn remove(&mut self, id: u32) -> Option<Packed> {
        let number = Page::number_of(id);
        let mut entry = self
            .0
            .find_entry(hash(number), |page| page.number == number)
            .ok()?;
        let record = entry.get_mut().remove(id);
        if entry.get().is_empty() {
            entry.remove();
            if self.0.len() * 4 <= self.0.capacity() {
                self.0.shrink_to_fit(hash_of);
            }
        }
        record
    }
}

const fn shard_of(id: u32) -> usize {
    Page::number_of(id) as usize % SHARDS
}

fn hash_of(page: &Page) -> u64 {
    hash(page.number)
}

/// Our own ids need no secret; the multiplication spreads them over all bits.
fn hash(page: u32) -> u64 {
    u64::from(page)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(32)
}

/// Enough that a scan of a million orders holds each lock for some hundred microseconds.
const SHARDS: usize = 256;

#[cfg(test)]
mod tests {
    use panelgate_domain::order::OrderState;

    use super::super::panels::Panels;
    use super::*;
    use crate::fixtures::order;

    fn record(version: i64) -> Packed {
        Packed::new(&order(version, OrderState::Placed), &Panels::default())
    }

    #[test]
    fn records_far_apart_are_found_and_their_pages_go_with_them() {
        let pages = Pages::new();
        let ids = [1, 63, 64, 1_000_000, i32::MAX.unsigned_abs()];
        for id in ids {
            pages.write(id).insert(id, record(i64::from(id)));
        }
        let mut seen = Vec::new();
        let asked = ids.into_iter().chain([2]).map(|id| ((), id));
        pages.show(asked, |(), _, record| {
            seen.push(record.map(|record| record.version));
        });
        let expected = ids.map(|id| Some(i64::from(id))).into_iter().chain([None]);
        assert_eq!(seen, expected.collect::<Vec<_>>());
        for id in ids {
            assert!(pages.write(id).remove(id).is_some());
            assert!(pages.write(id).remove(id).is_none());
        }
        assert!(pages.0.iter().all(|shard| shard.read().0.is_empty()));
        assert!(pages.0.iter().all(|shard| shard.read().0.capacity() == 0));
    }
}
