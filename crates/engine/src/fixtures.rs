//! Orders for tests.

use panelgate_domain::family::{Origin, Share};
use panelgate_domain::ids::{CustomerId, MAX_ID, OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_domain::time::Timestamp;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Order 1, at panel alpha as 77, with everything else as simple as its state allows.
pub(crate) fn order(version: i64, state: OrderState) -> Order {
    Order {
        id: OrderId(1),
        version,
        customer: CustomerId(1),
        service: ServiceId(1),
        service_type: ServiceType::Default,
        state,
        ended: (state == OrderState::Closed).then_some(Final::Completed),
        price: Money::from_micros(1),
        rate: Rate::default(),
        quantity: Quantity {
            per_run: 1,
            runs: 1,
        },
        revision: 1,
        panel: Some("alpha".into()),
        upstream_id: Some("77".into()),
        fact: Some(Fact::accepted(Timestamp(1))),
        doubt: None,
        taken: None,
        refill: false,
        cancel: false,
        cancel_wish: CancelWish::None,
        flag: None,
        share: None,
        origin: None,
        created: Timestamp(0),
        closed: None,
    }
}

prop_compose! {
    fn any_fact()(
        word in select(StatusWord::ALL),
        (charge, start_count, remains, runs) in any::<(Option<i64>, Option<i64>, Option<i64>, Option<u64>)>(),
        at in any::<i64>(),
    ) -> Fact {
        Fact { word, charge: charge.map(Money::from_micros), start_count, remains, runs, at: Timestamp(at) }
    }
}

prop_compose! {
    /// Any order at all, likely or not.
    pub(crate) fn any_order()(
        (id, version, customer, service) in (1..=MAX_ID, any::<i64>(), any::<i64>(), any::<i64>()),
        (service_type, state) in (select(ServiceType::ALL.to_vec()), select(OrderState::ALL)),
        (ended, cancel_wish) in (option::of(select(Final::ALL)), select(CancelWish::ALL)),
        (price, taken) in any::<(i64, Option<i64>)>(),
        (per_run, runs, revision) in any::<(u64, u64, u64)>(),
        rate in "[1-9][0-9]{0,8}\\.[0-9]{2,12}",
        (panel, upstream_id) in (option::of("[a-z]{1,8}"), option::of("[0-9]{1,12}|.{0,40}")),
        (fact, flag) in (option::of(any_fact()), option::of(".{0,40}")),
        (doubt, closed, created) in any::<(Option<i64>, Option<i64>, i64)>(),
        (refill, cancel, is_sized) in any::<(bool, bool, bool)>(),
        (share, parent) in (option::of(select(Share::ALL)), option::of(1..=MAX_ID)),
    ) -> Order {
        Order {
            id: OrderId(id),
            version,
            customer: CustomerId(customer),
            service: ServiceId(service),
            service_type,
            state,
            ended,
            price: Money::from_micros(price),
            rate: Rate::parse(&rate).expect("a rate"),
            quantity: Quantity { per_run, runs },
            revision,
            panel: panel.map(PanelName::new),
            upstream_id: upstream_id.map(UpstreamId::new),
            fact,
            doubt: doubt.map(Timestamp),
            taken: taken.map(Money::from_micros),
            refill,
            cancel,
            cancel_wish,
            flag,
            share,
            origin: parent.map(|parent| Origin { parent: OrderId(parent), is_sized }),
            created: Timestamp(created),
            closed: closed.map(Timestamp),
        }
    }
}
