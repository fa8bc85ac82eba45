//! Orders, as the engine makes them.

use panelgate_domain::field::Field;
use panelgate_domain::ids::{CustomerId, OrderId, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Fields, Limits, OrderSpec, Quantity, Subscribing};
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::model::{
    Answer, Booking, NewCustomer, NewKey, NewOrder, NewPlacement, Opened,
};
use sha2::{Digest as _, Sha256};

/// An order of 100 units for 1.20, the n-th of its kind.
#[must_use]
pub fn order(customer: CustomerId, n: usize) -> NewOrder {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000_000,
        dripfeed: false,
        subscribing: Subscribing::default(),
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
        options: panelgate_domain::customer::Options::default(),
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
        rate: Rate::default(),
        share: None,
        currency: "USD".into(),
        at: Timestamp(1),
    }
}

/// Opens the n-th order and places it at panel `alpha` under the same number: two transactions.
///
/// # Panics
/// The store refuses.
pub async fn hold_and_place(store: &dyn Store, customer: CustomerId, n: usize) {
    let opened = store
        .open_order(order(customer, n), Some(placement()))
        .await
        .expect("opened");
    let Opened::New(_, Some(placement)) = opened else {
        panic!("a new order with its placement")
    };
    let answer = Answer {
        outcome: "accepted".into(),
        raw: format!("{{\"order\":{n}}}"),
        at: Timestamp(2),
    };
    let id = UpstreamId::new(n.to_string());
    store
        .confirm_placement(placement, id, answer)
        .await
        .expect("confirmed");
}

/// A customer with enough for all of them, in a new store.
///
/// # Panics
/// The store refuses.
pub async fn funded(store: &dyn Store) -> CustomerId {
    store.fix_currency(&"USD".into()).await.expect("fixed");
    rich(store, "ann").await
}

/// A customer of this name, with enough for all orders.
///
/// # Panics
/// The store refuses.
pub async fn rich(store: &dyn Store, name: &str) -> CustomerId {
    let new = NewCustomer {
        name: name.to_owned(),
        group: None,
        credit_limit: Money::ZERO,
        at: Timestamp(0),
    };
    let customer = store.add_customer(new).await.expect("added").id;
    let booking = Booking {
        customer,
        amount: Money::from_micros(1_000_000_000_000),
        reference: format!("first of {name}"),
        note: None,
        actor: "bench".into(),
        at: Timestamp(0),
    };
    store.top_up(booking).await.expect("booked");
    customer
}

/// Gives a customer this key.
///
/// # Panics
/// The store refuses, or the key has less than eight characters.
pub async fn issue_key(store: &dyn Store, customer: CustomerId, key: &str) {
    let new = NewKey {
        customer,
        prefix: key[..8].to_owned(),
        hash: Sha256::digest(key.as_bytes()).into(),
        label: None,
        at: Timestamp(0),
    };
    store.issue_key(new).await.expect("issued");
}

/// A placed order with a fact, as most open orders are; the n-th.
///
/// # Panics
/// Never.
#[must_use]
pub fn placed(n: u32) -> Order {
    let id = i64::from(n);
    Order {
        id: OrderId(id),
        version: 4,
        customer: CustomerId(1),
        service: ServiceId(1_000 + id % 500),
        service_type: ServiceType::Default,
        state: OrderState::Placed,
        ended: None,
        price: Money::from_micros(1_200_000 + id),
        rate: Rate::parse("12").expect("a rate"),
        quantity: Quantity {
            per_run: 1_000,
            runs: 1,
        },
        revision: 1,
        panel: Some("alpha".into()),
        upstream_id: Some(UpstreamId::new((84_000_000 + id).to_string())),
        fact: Some(Fact {
            word: StatusWord::InProgress,
            charge: Some(Money::from_micros(1_000_000)),
            start_count: Some(10_000 + id),
            remains: Some(id % 1_000),
            runs: None,
            at: Timestamp(NOW),
        }),
        doubt: None,
        taken: None,
        refill: true,
        cancel: true,
        cancel_wish: CancelWish::None,
        flag: None,
        share: None,
        origin: None,
        created: Timestamp(NOW - 60_000),
        closed: None,
    }
}

/// The moment of the facts of [`placed`] orders.
pub const NOW: i64 = 1_700_000_000_000;
