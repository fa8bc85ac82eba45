//! What moves in from another panel.

use std::sync::Arc;

use panelgate_domain::ids::{OrderId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_store::model::{Home, Item, Moving, MovingCustomer, MovingKey, MovingOrder};

use super::world::spec;
use super::{World, at, decision, money};

/// Bob with 5.00, who may owe as much, and his key; these orders.
fn bob(orders: Vec<MovingOrder>) -> Moving {
    Moving {
        customers: vec![MovingCustomer {
            name: "bob".to_owned(),
            group: None,
            credit_limit: money("5"),
            balance: money("5.000001"),
        }],
        keys: vec![MovingKey {
            customer: "bob".to_owned(),
            prefix: "abcdefgh".to_owned(),
            hash: [3; 32],
            label: None,
        }],
        services: Vec::new(),
        orders,
        actor: "operator".to_owned(),
        at: at(50),
    }
}

/// Bob's, for 2.00.
fn order(id: i64, word: StatusWord) -> MovingOrder {
    MovingOrder {
        id: OrderId(id),
        customer: "bob".to_owned(),
        service: ServiceId(55),
        service_type: ServiceType::Default,
        spec: spec("https://example.com/p/2", 100),
        price: money("2"),
        fact: Fact {
            word,
            remains: Some(40),
            ..Fact::accepted(at(40))
        },
        home: None,
        refill: false,
        cancel: false,
        created: at(-9_000),
    }
}

/// The same at alpha, for 1.00 in EUR.
fn live(id: i64) -> MovingOrder {
    MovingOrder {
        home: Some(Home {
            panel: "alpha".into(),
            upstream_id: (*format!("u{id}")).into(),
            cost: money("1"),
            currency: "EUR".into(),
        }),
        ..order(id, StatusWord::InProgress)
    }
}

/// What bob has, and what is held of it.
async fn account(world: &World) -> (Money, Money) {
    let customers = world.store.customers().await.expect("read");
    let bob = customers.iter().find(|row| row.customer.name == "bob");
    let account = bob.expect("he is here").account;
    (account.available, account.held)
}

async fn verified(world: &World) {
    assert_eq!(world.store.verify().await.expect("verified"), []);
}

pub(crate) async fn what_moves_is_there_as_it_was(world: World) {
    let ended = [
        (70, StatusWord::Completed, Final::Completed, "2"),
        (71, StatusWord::Partial, Final::Partial, "2"),
        (72, StatusWord::Canceled, Final::Canceled, "0"),
    ];
    let orders = ended.iter().map(|(id, word, ..)| order(*id, *word));
    let moving = Arc::new(bob(orders.collect()));
    let planned = world.store.plan_move(Arc::clone(&moving)).await;
    let planned = planned.expect("looked");
    assert_eq!(world.store.customers().await.expect("read").len(), 1);
    let moved = world.store.move_in(moving).await.expect("moved");
    assert_eq!(moved, planned);
    assert_eq!((moved.closed.new, moved.closed.sum), (3, money("4")));
    assert_eq!(account(&world).await, (money("5.000001"), Money::ZERO));
    for (id, _, word, taken) in ended {
        let story = world.store.story(OrderId(id)).await.expect("read");
        let order = &story.order.order;
        let kept = (order.state, order.ended, order.taken);
        assert_eq!(kept, (OrderState::Closed, Some(word), Some(money(taken))));
        assert!(story.transfers.is_empty(), "it was paid for before");
    }
    let owner = world.store.key_owner([3; 32]).await.expect("read");
    assert_eq!(owner.map(|owner| owner.name), Some("bob".to_owned()));
    verified(&world).await;
}

pub(crate) async fn what_is_there_already_moves_once(world: World) {
    let moving = Arc::new(bob(vec![order(70, StatusWord::Completed), live(71)]));
    world
        .store
        .move_in(Arc::clone(&moving))
        .await
        .expect("moved");
    // Whether it has ended since makes no difference.
    world
        .close(
            OrderId(71),
            Fact {
                word: StatusWord::Completed,
                ..Fact::accepted(at(60))
            },
        )
        .await
        .expect("closed");
    let before = account(&world).await;
    let again = world.store.move_in(moving).await.expect("looked");
    assert_eq!(again.clashes, []);
    let new = [again.customers, again.keys, again.closed, again.live].map(|tally| tally.new);
    assert_eq!(new, [0; 4]);
    assert_eq!(account(&world).await, before);
    verified(&world).await;
}

pub(crate) async fn what_lives_is_held_and_ends_like_any_other(world: World) {
    world
        .store
        .move_in(Arc::new(bob(vec![live(70), live(71)])))
        .await
        .expect("moved");
    assert_eq!(account(&world).await, (money("5.000001"), money("4")));
    verified(&world).await;
    let partial = Fact {
        word: StatusWord::Partial,
        remains: Some(25),
        charge: Some(money("1.5")),
        ..Fact::accepted(at(60))
    };
    let closed = world.close(OrderId(70), partial).await.expect("closed");
    assert_eq!(closed.taken, Some(money("1.5")));
    assert_eq!(account(&world).await, (money("5.500001"), money("2")));
    verified(&world).await;
}

pub(crate) async fn a_clash_moves_nothing(world: World) {
    let world = world.funded().await;
    let here = world.placed("10", "u71").await;
    let nobodys = MovingOrder {
        customer: "eve".to_owned(),
        ..order(73, StatusWord::Completed)
    };
    let nowhere = order(74, StatusWord::Pending);
    let orders = vec![
        order(here.0, StatusWord::Completed),
        live(71),
        nobodys,
        nowhere,
        order(i64::from(i32::MAX), StatusWord::Completed),
        order(75, StatusWord::Completed),
    ];
    let mut moving = bob(orders);
    moving.customers[0].balance = money("-5.000001");
    let moved = world.store.move_in(Arc::new(moving)).await.expect("looked");
    let clashes: Vec<_> = moved
        .clashes
        .iter()
        .map(|clash| (clash.what, clash.field))
        .collect();
    // Where order 71 is, is where ours was placed: at alpha.
    assert_eq!(
        clashes,
        [
            (Item::Customer(0), "balance"),
            (Item::Order(0), "id"),
            (Item::Order(1), "upstream_id"),
            (Item::Order(2), "customer"),
            (Item::Order(3), "panel"),
            (Item::Order(4), "id"),
        ]
    );
    assert_eq!(world.store.customers().await.expect("read").len(), 1);
    let order = world.store.orders(vec![OrderId(75)]).await.expect("read");
    assert!(order.is_empty());
    verified(&world).await;
}

pub(crate) async fn new_orders_have_higher_numbers(world: World) {
    let world = world.funded().await;
    let moving = bob(vec![order(70_000, StatusWord::Completed)]);
    let moved = world.store.move_in(Arc::new(moving)).await.expect("moved");
    assert_eq!(moved.next_order, 70_001);
    assert_eq!(world.open("1").await, OrderId(70_001));
}

pub(crate) async fn what_was_paid_before_is_given_back_until_nothing_is_left(world: World) {
    let moving = bob(vec![order(70, StatusWord::Completed)]);
    world.store.move_in(Arc::new(moving)).await.expect("moved");
    let refund = |amount| {
        world
            .store
            .settle_by_hand(decision(OrderId(70)), money(amount))
    };
    assert_eq!(
        refund("1.5").await.expect("refunded").taken,
        Some(money("0.5"))
    );
    refund("0.6").await.expect_err("more than is left");
    assert_eq!(account(&world).await, (money("6.500001"), Money::ZERO));
    verified(&world).await;
}

/// Bob and two orders that had ended.
pub(crate) async fn moved_before(world: &World) {
    let orders = [(70, StatusWord::Completed), (71, StatusWord::Partial)];
    let moving = bob(orders.map(|(id, word)| order(id, word)).into());
    world.store.move_in(Arc::new(moving)).await.expect("moved");
}
