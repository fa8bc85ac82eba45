//! An order for tests.

use panelgate_domain::ids::{CustomerId, OrderId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final};
use panelgate_domain::time::Timestamp;

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
        created: Timestamp(0),
        closed: None,
    }
}
