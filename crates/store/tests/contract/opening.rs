//! What opens an order, and what does not.

use std::time::Duration;

use panelgate_domain::ids::{CustomerId, MAX_ID, ServiceId};
use panelgate_domain::order::{CancelWish, OrderState};
use panelgate_domain::spec::Quantity;
use panelgate_store::StoreError;
use panelgate_store::model::{CustomerChange, NewOrder, Opened};

use super::world::spec;
use super::{World, at, money};

pub(crate) async fn a_hold_leaves_available(world: World) {
    let world = world.funded().await;
    let id = world.open("10").await;
    world.expect(["90", "10", "0", "0"]).await;
    let (order, new) = (world.order(id).await, world.new_order("10"));
    assert!(id.0 >= 1 && id.0 <= MAX_ID, "{id}");
    assert_eq!(
        (order.state, order.ended, order.taken),
        (OrderState::Open, None, None)
    );
    assert_eq!(
        (order.customer, order.service, order.service_type),
        (world.ann, new.service, new.service_type)
    );
    assert_eq!(
        (order.price, order.rate, order.revision),
        (new.quote.price, new.quote.rate, 3)
    );
    assert_eq!(
        order.quantity,
        Quantity {
            per_run: 100,
            runs: 1
        }
    );
    assert_eq!(
        (order.panel, order.upstream_id, order.fact),
        (None, None, None)
    );
    assert_eq!(
        (order.refill, order.cancel, order.cancel_wish),
        (true, false, CancelWish::None)
    );
    assert_eq!(
        (order.flag, order.created, order.closed),
        (None, at(1), None)
    );
}

pub(crate) async fn without_funds_nothing_happens(world: World) {
    let world = world.funded().await;
    for placement in [None, Some(world.new_placement("alpha"))] {
        let refused = world
            .store
            .open_order(world.new_order("100.000001"), placement)
            .await;
        assert!(
            matches!(refused, Err(StoreError::NotEnoughFunds)),
            "{refused:?}"
        );
    }
    let nobody = NewOrder {
        customer: CustomerId(99),
        ..world.new_order("1")
    };
    let refused = world.store.open_order(nobody, None).await;
    assert!(
        matches!(refused, Err(StoreError::NotFound { .. })),
        "{refused:?}"
    );
    assert!(
        world
            .store
            .list_orders(Default::default())
            .await
            .expect("read")
            .is_empty()
    );
    world.expect(["100", "0", "0", "0"]).await;
    world.open("100").await;
    world.expect(["0", "100", "0", "0"]).await;
}

pub(crate) async fn credit_is_money_until_it_is_used(world: World) {
    let change = CustomerChange {
        credit_limit: Some(money("25")),
        ..CustomerChange::default()
    };
    world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    world.open("10").await;
    world.open("15").await;
    let refused = world
        .store
        .open_order(world.new_order("0.000001"), None)
        .await;
    assert!(
        matches!(refused, Err(StoreError::NotEnoughFunds)),
        "{refused:?}"
    );
    // Held money has left `available`: nothing is subtracted again.
    world.expect(["-25", "25", "0", "0"]).await;
    // What was covered then stays covered, whatever the limit becomes.
    let change = CustomerChange {
        credit_limit: Some(money("1")),
        ..CustomerChange::default()
    };
    world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    world.expect(["-25", "25", "0", "0"]).await;
}

pub(crate) async fn an_order_may_begin_its_placement_at_once(world: World) {
    let world = world.funded().await;
    let (id, _) = world.sending("10").await;
    let order = world.order(id).await;
    assert_eq!(order.state, OrderState::Sending);
    assert_eq!(
        order.panel.as_ref().map(|panel| panel.as_str()),
        Some("alpha")
    );
    world.expect(["90", "10", "0", "0"]).await;
}

pub(crate) async fn only_so_many_may_wait(world: World) {
    let world = world.funded().await;
    let two = || NewOrder {
        open_max: 2,
        ..world.new_order("1")
    };
    let first = world.open("1").await;
    world
        .store
        .open_order(two(), None)
        .await
        .expect("the second");
    let third = world.store.open_order(two(), None).await;
    assert!(
        matches!(third, Err(StoreError::TooManyWaiting(2))),
        "{third:?}"
    );
    world
        .store
        .open_order(two(), Some(world.new_placement("alpha")))
        .await
        .expect("it does not wait");
    world
        .store
        .begin_placement(first, world.new_placement("alpha"))
        .await
        .expect("begun");
    world
        .store
        .open_order(two(), None)
        .await
        .expect("there is room again");
    world.expect(["96", "4", "0", "0"]).await;
}

pub(crate) async fn what_was_opened_lately_without_a_name_is_found(world: World) {
    let world = world.funded().await;
    let opened = async |seconds, key: Option<&str>| {
        let new = NewOrder {
            at: at(seconds),
            idempotency_key: key.map(str::to_owned),
            ..world.new_order("1")
        };
        let opened = world.store.open_order(new, None).await;
        let Opened::New(order, _) = opened.expect("opened") else {
            panic!("not new")
        };
        order.id
    };
    opened(9, None).await;
    let first = opened(10, None).await;
    opened(11, Some("n1")).await;
    let second = opened(12, None).await;
    let found = world.store.opened_since(at(10), 10).await.expect("read");
    let found: Vec<_> = found.iter().map(|found| found.order.id).collect();
    assert_eq!(found, [second, first]);
}

pub(crate) async fn a_name_is_one_order_for_a_day(world: World) {
    let world = world.funded().await;
    let bob = world.customer("bob").await;
    world.top_up(bob, "10", "bob's").await;
    let named = NewOrder {
        idempotency_key: Some("n1".into()),
        ..world.new_order("10")
    };
    let Opened::New(first, _) = world
        .store
        .open_order(named.clone(), None)
        .await
        .expect("opened")
    else {
        panic!("not new")
    };
    // Even if it could not be opened again, and with a fresh quote.
    let again = NewOrder {
        at: at(86_400),
        open_max: 0,
        ..named.clone()
    };
    let again = NewOrder {
        quote: world.new_order("1000").quote,
        ..again
    };
    match world
        .store
        .open_order(again, Some(world.new_placement("alpha")))
        .await
        .expect("known")
    {
        Opened::Repeat(order) => assert_eq!(order.id, first.id),
        other => panic!("{other:?}"),
    }
    let others = [
        NewOrder {
            service: ServiceId(8),
            ..named.clone()
        },
        NewOrder {
            spec: spec("https://example.com/p/1", 101),
            ..named.clone()
        },
        NewOrder {
            spec: spec("https://example.com/p/2", 100),
            ..named.clone()
        },
    ];
    for other in others {
        let opened = world.store.open_order(other, None).await.expect("answered");
        assert!(matches!(opened, Opened::OtherUnderSameKey), "{opened:?}");
    }
    let bobs = NewOrder {
        customer: bob,
        ..named.clone()
    };
    let opened = world.store.open_order(bobs, None).await.expect("opened");
    assert!(
        matches!(opened, Opened::New(..)),
        "names are each customer's own"
    );
    let tomorrow = NewOrder {
        at: named.at.after(Duration::from_secs(86_400)),
        ..named
    };
    let opened = world
        .store
        .open_order(tomorrow, None)
        .await
        .expect("opened");
    assert!(
        matches!(&opened, Opened::New(order, _) if order.id != first.id),
        "{opened:?}"
    );
    world.expect(["80", "20", "0", "0"]).await;
}

pub(crate) async fn nothing_bought_costs_nothing(world: World) {
    let (id, placement) = world.sending("0").await;
    world
        .store
        .confirm_placement(placement, "1".into(), super::said("accepted", 3))
        .await
        .expect("placed");
    let fact = super::world::fact(panelgate_domain::status::StatusWord::Completed, None, 9);
    let order = world.close(id, fact).await.expect("closed");
    assert_eq!(order.taken, Some(money("0")));
    world.expect(["0", "0", "-6", "6"]).await;
}
