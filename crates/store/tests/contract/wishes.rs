//! Cancels and refills.

use std::time::Duration;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::RefillId;
use panelgate_domain::order::{CancelWish, OrderState};
use panelgate_domain::status::{RefillWord, StatusWord};
use panelgate_store::StoreError;
use panelgate_store::model::{CancelAnswer, RefillAnswer, RefillAsked};

use super::world::fact;
use super::{World, at, decision, said};

pub(crate) async fn a_cancel_is_remembered_until_it_is_sent(world: World) {
    let world = world.funded().await;
    let (id, placement) = world.sending("10").await;
    let asked = world
        .store
        .wish_cancel(id, at(3))
        .await
        .expect("remembered");
    assert_eq!(asked.cancel_wish, CancelWish::Asked);
    let again = world
        .store
        .wish_cancel(id, at(4))
        .await
        .expect("may be repeated");
    assert_eq!(again, asked);
    world
        .store
        .park_placement(placement, said("unknown", 5))
        .await
        .expect("parked");
    let placed = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 6))
        .await
        .expect("placed");
    assert_eq!(placed.cancel_wish, CancelWish::Asked, "it waits to be sent");
    let sent = world
        .store
        .answer_cancel(id, CancelAnswer::Sent, said("asked", 7))
        .await
        .expect("kept");
    assert_eq!(sent.cancel_wish, CancelWish::Sent);
    let repeated = world
        .store
        .wish_cancel(id, at(8))
        .await
        .expect("may be repeated");
    assert_eq!(repeated, sent);
    // It only means "asked": no money moves.
    world.expect(["90", "10", "-6", "6"]).await;
}

pub(crate) async fn a_refused_cancel_may_be_asked_again(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    world
        .store
        .wish_cancel(id, at(5))
        .await
        .expect("remembered");
    let refused = world
        .store
        .answer_cancel(id, CancelAnswer::Refused, said("refused", 6))
        .await
        .expect("kept");
    assert_eq!(refused.cancel_wish, CancelWish::None);
    let unasked = world
        .store
        .answer_cancel(id, CancelAnswer::Refused, said("refused", 7))
        .await;
    assert!(
        matches!(unasked, Err(StoreError::WrongState { .. })),
        "{unasked:?}"
    );
    world.store.wish_cancel(id, at(8)).await.expect("again");
    // The order ends while the panel is asked.
    world
        .close(id, fact(StatusWord::Completed, None, 9))
        .await
        .expect("closed");
    let late = world
        .store
        .answer_cancel(id, CancelAnswer::Sent, said("asked", 10))
        .await
        .expect("kept");
    assert_eq!(late.state, OrderState::Closed);
    world.expect(["90", "0", "-6", "6"]).await;
}

pub(crate) async fn only_orders_on_their_way_can_wish(world: World) {
    let world = world.funded().await;
    let open = world.open("10").await;
    let refused = world.store.wish_cancel(open, at(5)).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::WrongState {
                found: OrderState::Open,
                ..
            })
        ),
        "{refused:?}"
    );
    world
        .store
        .close_unsent(decision(open))
        .await
        .expect("closed");
    let refused = world.store.wish_cancel(open, at(5)).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::WrongState {
                found: OrderState::Closed,
                ..
            })
        ),
        "{refused:?}"
    );
}

pub(crate) async fn a_refill_is_asked_once_a_day(world: World) {
    let world = world.funded().await;
    let (id, other) = (
        world.placed("10", "u1").await,
        world.placed("10", "u2").await,
    );
    world
        .close(id, fact(StatusWord::Completed, None, 5))
        .await
        .expect("closed");
    let day = Duration::from_secs(86_400);
    let RefillAsked::New(first) = world.store.ask_refill(id, at(10)).await.expect("asked") else {
        panic!("not new")
    };
    world
        .store
        .answer_refill(first, RefillAnswer::Unknown, said("unknown", 11))
        .await
        .expect("kept");
    let again = world
        .store
        .ask_refill(id, at(9).after(day))
        .await
        .expect("asked");
    assert_eq!(again, RefillAsked::Repeat(first));
    let others = world.store.ask_refill(other, at(10)).await.expect("asked");
    assert!(
        matches!(others, RefillAsked::New(second) if second != first),
        "{others:?}"
    );
    let tomorrow = world
        .store
        .ask_refill(id, at(10).after(day))
        .await
        .expect("asked");
    assert!(
        matches!(tomorrow, RefillAsked::New(next) if next > first),
        "{tomorrow:?}"
    );
    let open = world.open("10").await;
    let nowhere = world.store.ask_refill(open, at(10)).await;
    assert!(
        matches!(nowhere, Err(StoreError::WrongState { .. })),
        "{nowhere:?}"
    );
}

pub(crate) async fn a_refused_refill_is_forgotten(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let RefillAsked::New(first) = world.store.ask_refill(id, at(10)).await.expect("asked") else {
        panic!("not new")
    };
    let refused = RefillAnswer::Refused(Refusal::RefillDaysOver);
    world
        .store
        .answer_refill(first, refused.clone(), said("refused", 11))
        .await
        .expect("kept");
    assert!(
        world
            .store
            .refills(world.ann, vec![first])
            .await
            .expect("read")
            .is_empty()
    );
    let twice = world
        .store
        .answer_refill(first, RefillAnswer::Unknown, said("unknown", 12))
        .await;
    assert!(
        matches!(twice, Err(StoreError::NotFound { .. })),
        "{twice:?}"
    );
    let again = world.store.ask_refill(id, at(12)).await.expect("asked");
    assert!(
        matches!(again, RefillAsked::New(second) if second != first),
        "{again:?}"
    );
}

pub(crate) async fn refills_tell_their_last_word(world: World) {
    let world = world.funded().await;
    let bob = world.customer("bob").await;
    let id = world.placed("10", "u1").await;
    let RefillAsked::New(refill) = world.store.ask_refill(id, at(10)).await.expect("asked") else {
        panic!("not new")
    };
    let words = vec![
        (refill, RefillWord::Completed),
        (RefillId(99), RefillWord::Error),
    ];
    world
        .store
        .learn_refills(words.clone(), at(11))
        .await
        .expect("kept");
    let asked = world
        .store
        .refills(world.ann, vec![RefillId(99), refill])
        .await
        .expect("read");
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].word, &asked[0].upstream_id),
        (RefillWord::Pending, &None),
        "nobody knows it yet"
    );
    world
        .store
        .answer_refill(refill, RefillAnswer::Known("r5".into()), said("known", 12))
        .await
        .expect("kept");
    world
        .store
        .learn_refills(words, at(13))
        .await
        .expect("kept");
    world
        .store
        .learn_refills(vec![(refill, RefillWord::Pending)], at(12))
        .await
        .expect("overtaken");
    let known = world
        .store
        .refills(world.ann, vec![refill])
        .await
        .expect("read")
        .pop()
        .expect("there");
    assert_eq!(
        (known.order, known.panel.as_str(), known.word, known.at),
        (id, "alpha", RefillWord::Completed, at(13))
    );
    assert_eq!(known.upstream_id, Some("r5".into()));
    assert!(
        world
            .store
            .refills(bob, vec![refill])
            .await
            .expect("read")
            .is_empty(),
        "not theirs"
    );
}
