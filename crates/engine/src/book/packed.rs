//! One open order in a record of fixed size, without pointers but for what is rare.

use panelgate_domain::family::{Origin, Share};
use panelgate_domain::ids::{CustomerId, OrderId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final};
use panelgate_domain::time::Timestamp;

use super::fact::PackedFact;
use super::name::Name;
use super::panels::{PanelNumber, Panels};
use super::polls::Polls;

/// An open order. Its id is where it is kept.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) version: i64,
    pub(super) customer: CustomerId,
    service: ServiceId,
    price: Money,
    rate: Rate,
    quantity: Quantity,
    revision: u64,
    created: Timestamp,
    name: Name,
    fact: Option<PackedFact>,
    polls: Polls,
    rare: Option<Box<Rare>>,
    panel: Option<PanelNumber>,
    service_type: ServiceType,
    pub(super) state: OrderState,
    cancel_wish: CancelWish,
    refill: bool,
    cancel: bool,
}

/// What few open orders have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    flag: Option<String>,
    doubt: Option<Timestamp>,
    ended: Option<Final>,
    taken: Option<Money>,
    closed: Option<Timestamp>,
    share: Option<Share>,
    origin: Option<Origin>,
}

impl Packed {
    /// Packs an order; `panels` learns the name of its panel.
    pub(super) fn new(order: &Order, panels: &Panels) -> Self {
        let rare = Rare {
            flag: order.flag.clone(),
            doubt: order.doubt,
            ended: order.ended,
            taken: order.taken,
            closed: order.closed,
            share: order.share,
            origin: order.origin,
        };
        Self {
            version: order.version,
            customer: order.customer,
            service: order.service,
            price: order.price,
            rate: order.rate,
            quantity: order.quantity,
            revision: order.revision,
            created: order.created,
            name: Name::new(order.upstream_id.as_ref()),
            fact: order.fact.map(PackedFact::new),
            polls: Polls::default(),
            rare: boxed(rare),
            panel: order.panel.as_ref().map(|panel| panels.number(panel)),
            service_type: order.service_type,
            state: order.state,
            cancel_wish: order.cancel_wish,
            refill: order.refill,
            cancel: order.cancel,
        }
    }

    /// The whole order.
    pub(super) fn order(&self, id: u32, panels: &Panels) -> Order {
        Order {
            panel: self.panel.map(|panel| panels.name(panel)),
            upstream_id: self.name.upstream_id(),
            flag: self.flag().map(str::to_owned),
            ..self.outline(id)
        }
    }

    /// The order without its texts (panel, upstream id, flag): all that a customer sees, and nothing to allocate.
    pub(super) fn outline(&self, id: u32) -> Order {
        let rare = self.rare.as_deref();
        Order {
            id: OrderId(i64::from(id)),
            version: self.version,
            customer: self.customer,
            service: self.service,
            service_type: self.service_type,
            state: self.state,
            ended: rare.and_then(|rare| rare.ended),
            price: self.price,
            rate: self.rate,
            quantity: self.quantity,
            revision: self.revision,
            panel: None,
            upstream_id: None,
            fact: self.fact(),
            doubt: self.doubt(),
            taken: rare.and_then(|rare| rare.taken),
            refill: self.refill,
            cancel: self.cancel,
            cancel_wish: self.cancel_wish,
            flag: None,
            share: rare.and_then(|rare| rare.share),
            origin: rare.and_then(|rare| rare.origin),
            created: self.created,
            closed: rare.and_then(|rare| rare.closed),
        }
    }

    pub(super) fn fact(&self) -> Option<Fact> {
        self.fact.map(PackedFact::fact)
    }

    pub(super) fn doubt(&self) -> Option<Timestamp> {
        self.rare.as_ref()?.doubt
    }

    pub(super) fn flag(&self) -> Option<&str> {
        self.rare.as_ref()?.flag.as_deref()
    }

    /// Replaces what is known of it at its panel.
    pub(super) fn learn(&mut self, fact: Fact, doubt: Option<Timestamp>) {
        self.fact = Some(PackedFact::new(fact));
        if self.doubt() != doubt {
            self.change_rare(|rare| rare.doubt = doubt);
        }
    }

    /// Puts it on the operator's list.
    pub(super) fn set_flag(&mut self, flag: String) {
        self.change_rare(|rare| rare.flag = Some(flag));
    }

    /// Where it is placed, and as what.
    pub(super) fn placed_as(&self) -> Option<(PanelNumber, &str)> {
        if self.state != OrderState::Placed {
            return None;
        }
        self.panel.zip(self.name.as_str())
    }

    /// Its customer wants it canceled, and its panel does not know yet.
    pub(super) fn has_unsent_wish(&self) -> bool {
        self.state == OrderState::Placed && self.cancel_wish == CancelWish::Asked
    }

    /// Takes over when customers polled an older copy.
    pub(super) fn take_polls_of(&mut self, older: &Self) {
        self.polls = older.polls.clone();
    }

    pub(super) fn note_poll(&self, now: Timestamp) {
        self.polls.note(self.created, now);
    }

    pub(super) fn next_poll(&self, after: Timestamp) -> Option<Timestamp> {
        self.polls.next(self.created, after)
    }

    fn change_rare(&mut self, change: impl FnOnce(&mut Rare)) {
        let mut rare = self.rare.take().map_or_else(Rare::default, |rare| *rare);
        change(&mut rare);
        self.rare = boxed(rare);
    }
}

fn boxed(rare: Rare) -> Option<Box<Rare>> {
    (rare != Rare::default()).then(|| Box::new(rare))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::any_order;

    proptest! {
        #[test]
        fn an_order_comes_back_as_it_was(order in any_order()) {
            let panels = Panels::default();
            let id = u32::try_from(order.id.0).expect("an order's id");
            let packed = Packed::new(&order, &panels);
            prop_assert_eq!(packed.order(id, &panels), order);
        }

        #[test]
        fn the_outline_shows_the_customer_the_same(order in any_order()) {
            let id = u32::try_from(order.id.0).expect("an order's id");
            let packed = Packed::new(&order, &Panels::default());
            let currency = "USD".into();
            prop_assert_eq!(packed.outline(id).view(&currency), order.view(&currency));
        }

        #[test]
        fn what_is_learned_replaces_fact_and_doubt_alone(order in any_order(), other in any_order()) {
            let panels = Panels::default();
            let id = u32::try_from(order.id.0).expect("an order's id");
            let mut packed = Packed::new(&order, &panels);
            if let Some(fact) = other.fact {
                packed.learn(fact, other.doubt);
                let expected = Order { fact: Some(fact), doubt: other.doubt, ..order };
                prop_assert_eq!(packed.order(id, &panels), expected);
            }
        }
    }

    #[test]
    fn a_record_is_small() {
        assert_eq!(size_of::<Packed>(), 176);
    }
}
