//! Sixty-four consecutive ids: a bitmap of those that are open, and their records without gaps.
//!
//! A page costs its records, not its ids. Records are moved when one goes from between (at most 11 KB); a page that has become
//! half empty gives the rest back, so that a lone old order never keeps the room of 64.

use super::packed::Packed;

/// One page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) number: u32,
    open: u64,
    records: Vec<Packed>,
}

impl Page {
    /// The page of an id.
    pub(super) const fn number_of(id: u32) -> u32 {
        id / SLOTS
    }

    pub(super) const fn new(number: u32) -> Self {
        Self {
            number,
            open: 0,
            records: Vec::new(),
        }
    }

    pub(super) fn record(&self, id: u32) -> Option<&Packed> {
        let slot = Slot::of(id);
        let record = || &self.records[slot.rank(self.open)];
        slot.is_in(self.open).then(record)
    }

    pub(super) fn record_mut(&mut self, id: u32) -> Option<&mut Packed> {
        let slot = Slot::of(id);
        if !slot.is_in(self.open) {
            return None;
        }
        Some(&mut self.records[slot.rank(self.open)])
    }

    /// Keeps a record in the place of whatever was there.
    pub(super) fn insert(&mut self, id: u32, record: Packed) {
        let slot = Slot::of(id);
        let rank = slot.rank(self.open);
        if slot.is_in(self.open) {
            self.records[rank] = record;
            return;
        }
        if self.records.len() == self.records.capacity() {
            // From one on: a page with one order costs one record.
            self.records.reserve_exact(self.records.len().max(1));
        }
        self.records.insert(rank, record);
        self.open |= slot.bit();
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<Packed> {
        let slot = Slot::of(id);
        if !slot.is_in(self.open) {
            return None;
        }
        let record = self.records.remove(slot.rank(self.open));
        self.open &= !slot.bit();
        if self.records.len() * 2 <= self.records.capacity() {
            self.records.shrink_to_fit();
        }
        Some(record)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.open == 0
    }

    pub(super) fn records(&self) -> &[Packed] {
        &self.records
    }
}

/// A place in a page.
#[derive(Clone, Copy)]
struct Slot(u32);

impl Slot {
    const fn of(id: u32) -> Self {
        Self(id % SLOTS)
    }

    const fn bit(self) -> u64 {
        1 << self.0
    }

    const fn is_in(self, open: u64) -> bool {
        open & self.bit() != 0
    }

    /// How many records are before this one.
    const fn rank(self, open: u64) -> usize {
        (open & (self.bit() - 1)).count_ones() as usize
    }
}

/// As many as the bitmap has bits.
const SLOTS: u32 = u64::BITS;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use panelgate_domain::order::OrderState;
    use proptest::prelude::*;

    use super::super::panels::Panels;
    use super::*;
    use crate::fixtures::order;

    fn record(version: i64) -> Packed {
        Packed::new(&order(version, OrderState::Placed), &Panels::default())
    }

    proptest! {
        #[test]
        fn a_page_is_a_map(steps in proptest::collection::vec((640_u32..704, any::<bool>()), 1..200)) {
            let (mut page, mut map) = (Page::new(10), BTreeMap::new());
            for (version, (id, stays)) in (1..).zip(steps) {
                if stays {
                    page.insert(id, record(version));
                    map.insert(id, version);
                } else {
                    let gone = page.remove(id).map(|record| record.version);
                    prop_assert_eq!(gone, map.remove(&id));
                }
                for id in 640..704 {
                    let known = page.record(id).map(|record| record.version);
                    prop_assert_eq!(known, map.get(&id).copied());
                }
                prop_assert_eq!(page.is_empty(), map.is_empty());
                prop_assert!(page.records.capacity() <= 2 * map.len().max(1));
            }
        }
    }

    #[test]
    fn a_lone_order_costs_one_record() {
        let mut page = Page::new(0);
        page.insert(63, record(1));
        assert_eq!(page.records.capacity(), 1);
    }
}
