//! What operators decide, and what panels say later.

use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_store::StoreError;
use panelgate_store::model::{Deposit, Learned};

use super::world::{charged, euro, fact};
use super::{World, at, decision, money};

pub(crate) async fn an_operator_finds_the_order(world: World) {
    let world = world.funded().await;
    let (id, _) = world.unconfirmed("10").await;
    let placed = world
        .store
        .resolve_placed(decision(id), "u1".into())
        .await
        .expect("placed");
    assert_eq!(
        (placed.state, placed.fact),
        (OrderState::Placed, Some(Fact::accepted(at(500))))
    );
    world.expect(["90", "10", "-6", "6"]).await;
    let twice = world.store.resolve_placed(decision(id), "u2".into()).await;
    assert!(
        matches!(twice, Err(StoreError::WrongState { .. })),
        "{twice:?}"
    );
    world
        .close(id, fact(StatusWord::Completed, Some(0), 600))
        .await
        .expect("closed");
    world.expect(["90", "0", "-6", "6"]).await;
}

pub(crate) async fn an_operator_finds_no_order(world: World) {
    let world = world.funded().await;
    let (id, placement) = world.unconfirmed("10").await;
    let closed = world
        .store
        .resolve_not_placed(decision(id))
        .await
        .expect("closed");
    assert_eq!(
        (closed.ended, closed.taken),
        (Some(Final::Canceled), Some(Money::ZERO))
    );
    world.expect(["100", "0", "0", "0"]).await;
    // An answer that comes after all has no order to go to; the engine puts it on the list.
    let late = world
        .store
        .confirm_placement(placement, "u1".into(), super::said("accepted", 501))
        .await;
    assert!(
        matches!(
            late,
            Err(StoreError::WrongState {
                found: OrderState::Closed,
                ..
            })
        ),
        "{late:?}"
    );
    let open = world.open("10").await;
    for undecidable in [
        world.store.resolve_not_placed(decision(open)).await,
        world
            .store
            .resolve_placed(decision(open), "u1".into())
            .await,
    ] {
        assert!(
            matches!(undecidable, Err(StoreError::WrongState { .. })),
            "{undecidable:?}"
        );
    }
    world.expect(["90", "10", "0", "0"]).await;
}

pub(crate) async fn an_operator_splits_the_hold(world: World) {
    let world = world.funded().await;
    for (refund, word, kept) in [
        ("3", Final::Partial, "7"),
        ("0", Final::Completed, "10"),
        ("10", Final::Canceled, "0"),
    ] {
        let id = world.placed("10", refund).await;
        let flagged = Learned {
            order: id,
            fact: fact(StatusWord::Partial, None, 5),
            flag: Some("how much?".into()),
            doubt: None,
        };
        world.store.learn(vec![flagged]).await.expect("learned");
        for bad in ["10.000001", "-0.000001"] {
            let refused = world.store.settle_by_hand(decision(id), money(bad)).await;
            assert!(
                matches!(refused, Err(StoreError::BadAmount(_))),
                "{refused:?}"
            );
        }
        let closed = world
            .store
            .settle_by_hand(decision(id), money(refund))
            .await
            .expect("settled");
        assert_eq!(
            (closed.ended, closed.taken, closed.flag),
            (Some(word), Some(money(kept)), None)
        );
    }
    world.expect(["83", "0", "-18", "18"]).await;
}

pub(crate) async fn a_closed_order_is_refunded_until_nothing_is_left(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let closed = world
        .close(id, fact(StatusWord::Partial, Some(20), 9))
        .await
        .expect("closed");
    assert_eq!(closed.taken, Some(money("8")));
    let first = world
        .store
        .settle_by_hand(decision(id), money("3"))
        .await
        .expect("refunded");
    assert_eq!(
        (first.ended, first.taken),
        (Some(Final::Partial), Some(money("5")))
    );
    assert!(first.version > closed.version);
    world.expect(["95", "0", "-6", "6"]).await;
    let too_much = world
        .store
        .settle_by_hand(decision(id), money("5.000001"))
        .await;
    assert!(
        matches!(too_much, Err(StoreError::BadAmount(_))),
        "{too_much:?}"
    );
    world
        .store
        .settle_by_hand(decision(id), money("0"))
        .await
        .expect("only off the list");
    let last = world
        .store
        .settle_by_hand(decision(id), money("5"))
        .await
        .expect("refunded");
    assert_eq!(
        (last.state, last.taken),
        (OrderState::Closed, Some(Money::ZERO))
    );
    assert!(
        world
            .store
            .settle_by_hand(decision(id), money("0.000001"))
            .await
            .is_err()
    );
    world.expect(["100", "0", "-6", "6"]).await;
}

pub(crate) async fn only_placed_and_closed_orders_are_settled(world: World) {
    let world = world.funded().await;
    let open = world.open("10").await;
    let (sending, _) = world.sending("10").await;
    let (unconfirmed, _) = world.unconfirmed("10").await;
    for id in [open, sending, unconfirmed] {
        let refused = world.store.settle_by_hand(decision(id), money("1")).await;
        assert!(
            matches!(refused, Err(StoreError::WrongState { .. })),
            "{refused:?}"
        );
    }
    let unknown = world
        .store
        .settle_by_hand(decision(OrderId(99)), money("1"))
        .await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound { .. })),
        "{unknown:?}"
    );
    world.expect(["70", "30", "0", "0"]).await;
}

pub(crate) async fn a_changed_charge_moves_the_difference(world: World) {
    let world = world.funded().await;
    let deposit = Deposit {
        panel: "alpha".into(),
        currency: euro(),
        amount: money("50"),
        reference: "d".into(),
        at: at(0),
    };
    world.store.deposit(deposit).await.expect("booked");
    let id = world.placed("10", "u1").await;
    world.expect(["90", "10", "44", "6"]).await;
    world
        .learn(id, charged(StatusWord::InProgress, "6.5", 5))
        .await;
    world.expect(["90", "10", "43.5", "6.5"]).await;
    world
        .learn(id, charged(StatusWord::InProgress, "2", 6))
        .await;
    world.expect(["90", "10", "48", "2"]).await;
    // No charge and nonsense change nothing.
    world.learn(id, fact(StatusWord::Processing, None, 7)).await;
    world
        .learn(id, charged(StatusWord::InProgress, "-1", 8))
        .await;
    world.expect(["90", "10", "48", "2"]).await;
    world
        .close(id, charged(StatusWord::Completed, "7", 9))
        .await
        .expect("closed");
    world.expect(["90", "0", "43", "7"]).await;
}

pub(crate) async fn a_charge_beyond_the_books_is_flagged(world: World) {
    let world = world.funded().await;
    let (first, second) = (
        world.placed("10", "u1").await,
        world.placed("10", "u2").await,
    );
    let most = "9223372036854.775807";
    let learned = [first, second].map(|order| Learned {
        order,
        fact: charged(StatusWord::InProgress, most, 5),
        flag: None,
        doubt: None,
    });
    let changed = world
        .store
        .learn(learned.into())
        .await
        .expect("one panel's nonsense stops nobody");
    assert_eq!(changed.len(), 2);
    assert!(
        changed.iter().all(|order| order.flag.is_some()),
        "{changed:?}"
    );
    world
        .close(second, charged(StatusWord::Completed, most, 9))
        .await
        .expect("the customer is settled all the same");
    world.expect(["80", "10", "-12", "12"]).await;
}

pub(crate) async fn facts_replace_older_ones_only(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let newer = Fact {
        start_count: Some(-5),
        runs: Some(3),
        ..fact(StatusWord::InProgress, Some(-7), 20)
    };
    let changed = world.learn(id, newer).await;
    assert_eq!(
        changed.iter().map(|order| order.fact).collect::<Vec<_>>(),
        [Some(newer)]
    );
    assert!(
        world
            .learn(id, fact(StatusWord::Pending, Some(100), 19))
            .await
            .is_empty(),
        "it was overtaken"
    );
    assert!(world.learn(id, newer).await.is_empty(), "nothing new");
    let flag = |text: &str| Learned {
        order: id,
        fact: fact(StatusWord::Pending, None, 18),
        flag: Some(text.into()),
        doubt: None,
    };
    let flagged = world.store.learn(vec![flag("odd")]).await.expect("learned");
    assert_eq!(
        (flagged[0].fact, flagged[0].flag.as_deref()),
        (Some(newer), Some("odd"))
    );
    assert!(
        world
            .store
            .learn(vec![flag("odder")])
            .await
            .expect("learned")
            .is_empty(),
        "it is on the list"
    );
    assert_eq!(world.order(id).await.flag.as_deref(), Some("odd"));
    world.expect(["90", "10", "-6", "6"]).await;
}

pub(crate) async fn closed_orders_learn_nothing(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let closed = world
        .close(id, fact(StatusWord::Completed, Some(0), 9))
        .await
        .expect("closed");
    let (open, (sending, _)) = (world.open("1").await, world.sending("1").await);
    for order in [id, open, sending] {
        let learned = Learned {
            order,
            fact: charged(StatusWord::Canceled, "1", 10),
            flag: Some("late".into()),
            doubt: None,
        };
        assert!(
            world
                .store
                .learn(vec![learned])
                .await
                .expect("left alone")
                .is_empty()
        );
    }
    assert_eq!(world.order(id).await, closed);
    world.expect(["88", "2", "-6", "6"]).await;
}
