//! What a customer's poll finds: each id is read once, and what the customer sees is made from the record where it lies.

use std::time::Duration;

use panelgate_domain::canary::Canary;
use panelgate_domain::ids::{Currency, CustomerId, OrderId, PanelName, UpstreamId};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::reply::StatusView;
use panelgate_domain::time::Timestamp;

use super::packed::Packed;
use super::{Book, number};

/// Who polls, and what is good enough.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// Whose orders are shown; all others are nobody's.
    pub customer: CustomerId,
    /// Ours.
    pub currency: &'a Currency,
    /// When.
    pub now: Timestamp,
    /// A fact younger than this is answered as it is.
    pub fresh_for: Duration,
}

/// What the book has under an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glance {
    /// An order of the customer who polls.
    Own(Seen),
    /// Somebody else's, which is as good as none.
    Foreign,
    /// Nothing; the store may have it.
    Nothing,
}

/// A customer's own order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the customer sees.
    pub view: StatusView,
    /// Posts that were seen, of a subscription: its customer sees those, and not what other orders show.
    pub posts: Option<u64>,
    /// Where it has to be asked for, if what is known of it is not fresh.
    pub stale: Option<(PanelName, UpstreamId)>,
}

impl Book {
    /// Looks at each of these ids once, in the order given, and remembers when its owner polled it.
    pub fn poll(
        &self,
        ids: impl Iterator<Item = OrderId>,
        poll: &Poll<'_>,
    ) -> Vec<(OrderId, Glance)> {
        let mut glances = Vec::with_capacity(ids.size_hint().1.unwrap_or(0));
        // What is no id of ours is nobody's: 0 is never given.
        let numbers = ids.map(|id| (id, number(id).unwrap_or(0)));
        self.pages.show(numbers, |asked, id, record| {
            let glance = match record {
                Some(record) => self.glance(id, record, poll),
                None => self.glance_at_ended(id, poll),
            };
            glances.push((asked, glance));
        });
        glances
    }

    /// A customer polled this order. Of polls within a second one counts.
    pub fn polled(&self, id: OrderId, now: Timestamp) {
        self.with(id, |record| record.note_poll(now));
    }

    /// When its customer will poll this order next, after `after`: the last poll and some whole number of times the interval
    /// before it. `None` before two polls, and for orders that are not open.
    pub fn next_poll(&self, id: OrderId, after: Timestamp) -> Option<Timestamp> {
        self.with(id, |record| record.next_poll(after)).flatten()
    }

    /// What its customer sees of an order in memory, now, and the posts of a subscription. No poll.
    pub fn view(&self, id: OrderId, currency: &Currency) -> Option<(StatusView, Option<u64>)> {
        let seen = |order: &Order| (order.view(currency), order.posts());
        let open = |record: &Packed| seen(&record.outline(0));
        self.with(id, open)
            .or_else(|| Some(seen(self.ended.get(id)?.as_ref())))
    }

    fn with<T>(&self, id: OrderId, look: impl FnOnce(&Packed) -> T) -> Option<T> {
        let id = number(id)?;
        self.pages.read(id).record(id).map(look)
    }

    fn glance(&self, id: u32, record: &Packed, poll: &Poll<'_>) -> Glance {
        if record.customer != poll.customer && !Canary::MissingOwnerFilter.sings() {
            return Glance::Foreign;
        }
        record.note_poll(poll.now);
        let order = record.outline(id);
        let place = || {
            let (panel, upstream_id) = record.placed_as()?;
            Some((self.panels.name(panel), upstream_id.into()))
        };
        Glance::Own(Seen {
            view: order.view(poll.currency),
            posts: order.posts(),
            stale: poll.is_stale(&order).then(place).flatten(),
        })
    }

    fn glance_at_ended(&self, id: u32, poll: &Poll<'_>) -> Glance {
        let ended = self.ended.get(OrderId(i64::from(id)));
        ended.map_or(Glance::Nothing, |order| poll.glance_at(&order))
    }
}

impl Poll<'_> {
    /// The same for an order that came from elsewhere.
    #[must_use]
    pub fn glance_at(&self, order: &Order) -> Glance {
        if order.customer != self.customer {
            return Glance::Foreign;
        }
        let place = order.panel.clone().zip(order.upstream_id.clone());
        Glance::Own(Seen {
            view: order.view(self.currency),
            posts: order.posts(),
            stale: place.filter(|_| self.is_stale(order)),
        })
    }

    fn is_stale(&self, order: &Order) -> bool {
        order.state == OrderState::Placed
            && order
                .fact
                .is_none_or(|fact| self.now.since(fact.at) >= self.fresh_for)
    }
}

#[cfg(test)]
mod tests {
    use panelgate_domain::status::Fact;

    use super::*;
    use crate::fixtures::order;

    const ALL: [OrderId; 3] = [OrderId(1), OrderId(2), OrderId(i64::MAX)];

    fn poll(customer: i64, now: i64, currency: &Currency) -> Poll<'_> {
        Poll {
            customer: CustomerId(customer),
            currency,
            now: Timestamp(now),
            fresh_for: Duration::from_millis(10),
        }
    }

    /// What a poll of the first of all ids finds.
    fn glance(book: &Book, poll: &Poll<'_>) -> Glance {
        let mut glances = book.poll(ALL[..1].iter().copied(), poll);
        let (id, glance) = glances.pop().expect("one id, one glance");
        assert_eq!(id, ALL[0]);
        glance
    }

    #[test]
    fn a_poll_finds_what_the_whole_order_would_show() {
        let (book, usd) = (Book::new(), "USD".into());
        for state in OrderState::ALL {
            let order = order(1, *state);
            let book = Book::new();
            book.put(order.clone());
            for now in [10, 11] {
                let poll = poll(1, now, &usd);
                assert_eq!(glance(&book, &poll), poll.glance_at(&order));
            }
            let seen = (order.view(&usd), order.posts());
            assert_eq!(book.view(order.id, &usd), Some(seen));
        }
        let nothing = ALL.map(|id| (id, Glance::Nothing));
        assert_eq!(book.poll(ALL.into_iter(), &poll(1, 0, &usd)), nothing);
    }

    #[test]
    fn an_order_of_somebody_else_is_nobodys_and_polls_of_it_do_not_count() {
        let (book, usd) = (Book::new(), "USD".into());
        book.put(order(1, OrderState::Placed));
        for now in [0, 60_000] {
            assert_eq!(glance(&book, &poll(2, now, &usd)), Glance::Foreign);
        }
        assert_eq!(book.next_poll(OrderId(1), Timestamp(60_000)), None);
    }

    #[test]
    fn only_what_is_not_fresh_is_asked_for() {
        let (book, usd) = (Book::new(), "USD".into());
        book.put(Order {
            fact: Some(Fact::accepted(Timestamp(100))),
            ..order(1, OrderState::Placed)
        });
        let stale = |now| match glance(&book, &poll(1, now, &usd)) {
            Glance::Own(seen) => seen.stale,
            other => panic!("{other:?}"),
        };
        assert_eq!(stale(109), None);
        assert_eq!(stale(110), Some(("alpha".into(), "77".into())));
    }

    #[test]
    fn what_is_known_of_polls_outlives_newer_copies_and_ends_with_the_order() {
        let book = Book::new();
        let next = || book.next_poll(OrderId(1), Timestamp(60_000));
        book.put(order(1, OrderState::Sending));
        book.polled(OrderId(1), Timestamp(0));
        book.put(order(2, OrderState::Placed));
        assert_eq!(next(), None);
        book.polled(OrderId(1), Timestamp(60_000));
        assert!(next().is_some_and(|at| (110_000..=120_000).contains(&at.0)));
        book.put(order(3, OrderState::Closed));
        assert_eq!(next(), None);
    }
}
