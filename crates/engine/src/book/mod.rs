//! The book: what the engine remembers of orders. The store is the truth; this may be lost at any instant.
//!
//! Open orders are packed into an array by our own ids (`packed`, `page`, `pages`) and stay as long as they live; ended ones
//! are kept while there is room (`ended`). Of two copies of an order the one with the greater version is kept, so it does not
//! matter in which order commits are told to the book. Facts are the exception: a look puts them here first, and the store
//! gets them in batches (`learn`).
//!
//! Locks are taken in one order: the shard of an order, then one of the index, the queue of facts, the wishes. Whoever comes
//! from there lets go before looking at an order. None is held over an await.
//!
//! What it costs per open order, all indexes included, is measured by the bench `book`.

use std::collections::{BTreeMap, BTreeSet};

use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;

mod dirty;
mod ended;
mod fact;
mod index;
mod learn;
mod name;
mod packed;
mod page;
mod pages;
mod panels;
mod poll;
mod polls;

pub use learn::Kept;
pub use poll::{Glance, Poll, Seen};

use dirty::Dirty;
use ended::Ended;
use index::Index;
use packed::Packed;
use pages::{Pages, Shard};
use panels::Panels;

/// Orders in memory.
#[derive(Debug)]
pub struct Book {
    pages: Pages,
    panels: Panels,
    placed: Index,
    dirty: Dirty,
    /// Placed orders whose wish to cancel has not reached their panel.
    wishes: Mutex<BTreeSet<u32>>,
    ended: Ended,
}

/// A panel's placed orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedOrders {
    /// How many.
    pub orders: u64,
    /// When the oldest of their facts was learned; `None` if none has a fact.
    pub oldest: Option<Timestamp>,
}

impl Book {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pages: Pages::new(),
            panels: Panels::default(),
            placed: Index::new(),
            dirty: Dirty::default(),
            wishes: Mutex::default(),
            ended: Ended::new(),
        }
    }

    /// Keeps an order, unless a newer copy is known. Answers the copy that is kept.
    ///
    /// A placed order whose fact here is newer than the copy's keeps it, with its doubt and flag.
    ///
    /// # Panics
    /// The order's id is not one of ours: the store gives ids below 2³¹.
    pub fn put(&self, mut order: Order) -> Order {
        let id = number(order.id).expect("the store gives ids below 2³¹");
        // Held until the copy is where it belongs, so two versions cannot overtake each other.
        let shard = &mut *self.pages.write(id);
        match shard.record(id) {
            Some(known) if known.version >= order.version => return known.order(id, &self.panels),
            Some(known) => self.merge(id, known, &mut order),
            None => {
                if let Some(ended) = self.ended.get(order.id)
                    && ended.version >= order.version
                {
                    return Order::clone(&ended);
                }
            }
        }
        if order.state == OrderState::Closed {
            self.ended.insert(order.clone());
            self.end(shard, id);
        } else {
            self.replace(shard, id, &order);
        }
        order
    }

    /// The order, if it is in memory.
    pub fn get(&self, id: OrderId) -> Option<Order> {
        let open = number(id).and_then(|number| {
            let shard = self.pages.read(number);
            Some(shard.record(number)?.order(number, &self.panels))
        });
        // An order is among the ended ones before it leaves the open ones.
        open.or_else(|| self.ended.get(id).map(|order| Order::clone(&order)))
    }

    /// The placed order that a panel calls so.
    pub fn placed_as(&self, panel: &PanelName, upstream_id: &UpstreamId) -> Option<Order> {
        let key = (self.panels.known(panel)?, upstream_id.as_str());
        self.placed.candidates(key).into_iter().find_map(|id| {
            let shard = self.pages.read(id);
            let record = shard.record(id)?;
            (record.placed_as() == Some(key)).then(|| record.order(id, &self.panels))
        })
    }

    /// Placed orders whose wish to cancel has not reached their panel.
    pub fn unsent_wishes(&self) -> Vec<Order> {
        let wishes: Vec<u32> = self.wishes.lock().iter().copied().collect();
        let order = |id: u32| {
            let shard = self.pages.read(id);
            let record = shard.record(id)?;
            record
                .has_unsent_wish()
                .then(|| record.order(id, &self.panels))
        };
        wishes.into_iter().filter_map(order).collect()
    }

    /// How many placed orders each panel has, and when the oldest of their facts was learned. A walk over all of them, with
    /// one short lock after the other.
    pub fn oldest_facts(&self) -> BTreeMap<PanelName, PlacedOrders> {
        let mut panels = BTreeMap::new();
        self.pages.show_all(|record| {
            if let Some((panel, _)) = record.placed_as() {
                let placed = panels.entry(panel).or_insert(PlacedOrders {
                    orders: 0,
                    oldest: None,
                });
                placed.orders += 1;
                let at = record.fact().map(|fact| fact.at);
                placed.oldest = [placed.oldest, at].into_iter().flatten().min();
            }
        });
        panels
            .into_iter()
            .map(|(panel, placed)| (self.panels.name(panel), placed))
            .collect()
    }

    fn replace(&self, shard: &mut Shard, id: u32, order: &Order) {
        let mut record = Packed::new(order, &self.panels);
        let known = shard.record(id);
        if let Some(known) = known {
            record.take_polls_of(known);
        }
        let (before, after) = (known.and_then(Packed::placed_as), record.placed_as());
        if before != after {
            before.inspect(|key| self.placed.remove(*key, id));
            after.inspect(|key| self.placed.insert(*key, id));
        }
        if known.is_some_and(Packed::has_unsent_wish) != record.has_unsent_wish() {
            self.set_wish(id, record.has_unsent_wish());
        }
        shard.insert(id, record);
    }

    /// Nothing is left of an order that has ended but among the ended ones.
    fn end(&self, shard: &mut Shard, id: u32) {
        self.dirty.clear(id);
        let Some(record) = shard.remove(id) else {
            return;
        };
        record
            .placed_as()
            .inspect(|key| self.placed.remove(*key, id));
        if record.has_unsent_wish() {
            self.set_wish(id, false);
        }
    }

    fn set_wish(&self, id: u32, is_unsent: bool) {
        let mut wishes = self.wishes.lock();
        if is_unsent {
            wishes.insert(id);
        } else {
            wishes.remove(&id);
        }
    }
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

/// The place of an id; `None` for a number that is no order of ours, because somebody else wrote it.
fn number(id: OrderId) -> Option<u32> {
    u32::try_from(id.0).ok()
}

#[cfg(test)]
mod tests {
    use panelgate_domain::order::CancelWish;
    use panelgate_domain::status::Fact;

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
        assert_eq!(
            book.pages.read(1).record(1).map(|known| known.version),
            None
        );
    }

    #[test]
    fn of_two_open_copies_the_newer_one_is_answered() {
        let book = Book::new();
        let placed = order(3, OrderState::Placed);
        book.put(placed.clone());
        assert_eq!(book.put(order(2, OrderState::Sending)), placed);
        assert_eq!(book.get(OrderId(1)), Some(placed));
    }

    #[test]
    fn placed_orders_are_found_by_their_upstream_id_until_they_end() {
        let book = Book::new();
        book.put(order(1, OrderState::Sending));
        assert!(book.placed_as(&"alpha".into(), &"77".into()).is_none());
        book.put(order(2, OrderState::Placed));
        assert!(book.placed_as(&"alpha".into(), &"77".into()).is_some());
        assert!(book.placed_as(&"beta".into(), &"77".into()).is_none());
        book.put(order(3, OrderState::Closed));
        assert!(book.placed_as(&"alpha".into(), &"77".into()).is_none());
    }

    #[test]
    fn numbers_that_are_no_ids_are_no_orders() {
        let book = Book::new();
        for number in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(book.get(OrderId(number)), None);
        }
    }

    #[test]
    fn a_wish_waits_until_it_is_sent_or_the_order_ends() {
        let book = Book::new();
        let wished = |version, state, cancel_wish| {
            book.put(Order {
                cancel_wish,
                ..order(version, state)
            });
            book.unsent_wishes().len()
        };
        assert_eq!(wished(1, OrderState::Sending, CancelWish::Asked), 0);
        assert_eq!(wished(2, OrderState::Placed, CancelWish::Asked), 1);
        assert_eq!(wished(3, OrderState::Placed, CancelWish::Sent), 0);
        assert_eq!(wished(4, OrderState::Placed, CancelWish::Asked), 1);
        assert_eq!(wished(5, OrderState::Closed, CancelWish::Asked), 0);
        assert!(book.wishes.lock().is_empty());
    }

    #[test]
    fn placed_orders_are_counted_by_panel() {
        let book = Book::new();
        for (id, at) in [(1, 30), (2, 20), (3, 40)] {
            book.put(Order {
                id: OrderId(id),
                fact: Some(Fact::accepted(Timestamp(at))),
                ..order(1, OrderState::Placed)
            });
        }
        book.put(Order {
            id: OrderId(4),
            ..order(1, OrderState::Sending)
        });
        let expected = PlacedOrders {
            orders: 3,
            oldest: Some(Timestamp(20)),
        };
        assert_eq!(
            book.oldest_facts(),
            BTreeMap::from([("alpha".into(), expected)])
        );
    }
}
