//! A panel that goes on with the books of one that was killed.

use std::time::Duration;

use panelgate_domain::action::Add;

use super::Panel;
use crate::books::file::AcceptedOrder;

impl Panel {
    /// Takes over what another panel had accepted, in the order of its books, each with its age on this panel's clock: it is the
    /// same order, and as far as it would be by now. Wishes to cancel it, its refills and what it was told to say are forgotten.
    ///
    /// If one of them cannot be had again (its service is gone, or it belongs to a family), none is; but their ids are never given
    /// out again.
    pub(crate) fn take_over(&mut self, orders: &[(AcceptedOrder, Duration)]) {
        let balance = self.books.balance;
        for (order, age) in orders {
            if self.recall(order, *age).is_none() {
                self.books.balance = balance;
                self.books.orders.clear();
                self.endings.clear();
                self.spawns.clear();
                let last = orders.iter().map(|(order, _)| order.id).max();
                self.first_order = last.map_or(self.first_order, |last| last.saturating_add(1));
                return;
            }
        }
    }

    fn recall(&mut self, order: &AcceptedOrder, age: Duration) -> Option<()> {
        if order.id != self.next_id() || order.parent.is_some() {
            return None;
        }
        let add = Add {
            service: Some(order.service.clone()),
            fields: order.fields.clone(),
            idempotency_key: None,
        };
        let mut drafted = self.draft(&add, order.request).ok()?;
        if drafted.family.is_some() {
            return None;
        }
        drafted.starts = drafted.starts.saturating_sub(age);
        drafted.ends = drafted.ends.saturating_sub(age);
        let place = self.books.orders.len();
        let rest = self.books.balance.checked_sub(drafted.charge);
        self.books.balance = rest.unwrap_or(self.books.balance);
        self.books.orders.push(drafted);
        self.schedule(place);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use panelgate_domain::ids::OfferId;
    use panelgate_domain::money::Money;

    use super::*;
    use crate::SimSettings;

    fn panel() -> Panel {
        let settings = SimSettings::default();
        let catalogue = settings.catalogue.load(&settings.currency, settings.seed);
        Panel::new(&settings, catalogue.expect("made up"))
    }

    /// What a panel had accepted, as its books say it.
    fn accepted(panel: &Panel, service: &str, id: i64) -> AcceptedOrder {
        let offer = &panel.catalogue.offer("1").expect("the first one").0;
        let units = offer.min.to_string();
        let fields = [
            (
                panelgate_domain::field::Field::Link,
                "https://example.com".to_owned(),
            ),
            (panelgate_domain::field::Field::Quantity, units),
        ];
        AcceptedOrder {
            id,
            request: 1,
            at: panelgate_domain::time::Timestamp(0),
            service: service.to_owned(),
            link: "https://example.com".to_owned(),
            quantity: 1,
            fields: fields.into(),
            charge: "1".to_owned(),
            parent: None,
        }
    }

    #[test]
    fn a_panel_goes_on_with_the_orders_of_one_that_was_killed() {
        let mut next = panel();
        let before = next.books.balance;
        let past = [
            (accepted(&next, "1", 1), crate::order::LONGEST_LIFE),
            (accepted(&next, "1", 2), Duration::ZERO),
        ];
        next.take_over(&past);
        let [old, new] = &next.books.orders[..] else {
            panic!("{:?}", next.books.orders)
        };
        assert_eq!((old.id, new.id, next.next_id()), (1, 2, 3));
        assert_eq!(old.service, OfferId::from("1"));
        assert!(!old.is_live(next.books.now) && new.is_live(next.books.now));
        assert!(next.books.balance < before && old.charge > Money::ZERO);
    }

    #[test]
    fn ids_are_never_given_again_even_if_their_orders_cannot_be_had() {
        let mut next = panel();
        let before = next.books.balance;
        let past = [
            (accepted(&next, "1", 1), Duration::ZERO),
            (accepted(&next, "no service", 2), Duration::ZERO),
        ];
        next.take_over(&past);
        assert_eq!((next.books.orders.len(), next.next_id()), (0, 3));
        assert_eq!(next.books.balance, before);
    }
}
