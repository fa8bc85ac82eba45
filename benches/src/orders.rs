//! Orders for the store, as the engine makes them.

use panelgate_domain::field::Field;
use panelgate_domain::ids::{CustomerId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Fields, Limits, OrderSpec};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::{NewOrder, NewPlacement};

/// An order of 100 units for 1.20, the n-th of its kind.
#[must_use]
pub fn order(customer: CustomerId, n: usize) -> NewOrder {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000_000,
        dripfeed: false,
    };
    let fields = Fields::from([
        (Field::Link, format!("https://example.com/p/{n}")),
        (Field::Quantity, "100".to_owned()),
    ]);
    NewOrder {
        customer,
        service: ServiceId(1001),
        service_type: ServiceType::Default,
        spec: OrderSpec::read(&limits, &fields).expect("it is within the limits"),
        quote: Quote {
            rate: Rate::parse("12").expect("a rate"),
            price: Money::from_micros(1_200_000),
            revision: 1,
        },
        refill: true,
        cancel: true,
        idempotency_key: None,
        open_max: 10_000,
        at: Timestamp(1),
    }
}

/// Its placement.
#[must_use]
pub fn placement() -> NewPlacement {
    NewPlacement {
        panel: "alpha".into(),
        offer: "1".into(),
        cost: Money::from_micros(1_000_000),
        currency: "USD".into(),
        at: Timestamp(1),
    }
}
