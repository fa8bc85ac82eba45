//! Ends that change after their order was closed: the customer gets what is missing to the formula, once.

use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::{MAX_LEARNED, StoreError};

use super::world::{charged, fact};
use super::{World, decision, money, said};

const DAY: i64 = 24 * 60 * 60;

/// By the formula, as the engine does it.
async fn settle_later(world: &World, id: OrderId, fact: Fact) -> Result<Order, StoreError> {
    let Verdict::Settle(settlement) = world.order(id).await.basis().settle(&fact) else {
        panic!("{fact:?} ends nothing")
    };
    world.store.settle_later(id, fact, settlement).await
}

async fn refunds(world: &World, id: OrderId) -> Vec<(String, Money)> {
    let story = world.store.story(id).await.expect("read");
    let transfers = story.transfers.into_iter();
    transfers
        .filter(|transfer| transfer.kind == "refund")
        .map(|transfer| (transfer.reference, transfer.amount))
        .collect()
}

#[track_caller]
fn nothing_more(result: Result<Order, StoreError>, id: OrderId) {
    match result {
        Err(StoreError::NothingMore(order)) => assert_eq!(order, id),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_changed_end_pays_the_difference_once(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let closed = world
        .close(id, fact(StatusWord::Completed, Some(0), 9))
        .await
        .expect("closed");
    world.expect(["90", "0", "-6", "6"]).await;
    let partial = fact(StatusWord::Partial, Some(30), DAY);
    let changed = settle_later(&world, id, partial).await.expect("paid");
    assert_eq!(
        (changed.state, changed.ended, changed.taken, changed.fact),
        (
            OrderState::Closed,
            Some(Final::Partial),
            Some(money("7")),
            Some(partial)
        )
    );
    assert!(changed.version > closed.version);
    assert_eq!(changed.closed, closed.closed, "that is when it was closed");
    world.expect(["93", "0", "-6", "6"]).await;
    nothing_more(settle_later(&world, id, partial).await, id);
    world.expect(["93", "0", "-6", "6"]).await;

    let canceled = charged(StatusWord::Canceled, "1", 2 * DAY);
    let changed = settle_later(&world, id, canceled).await.expect("paid");
    assert_eq!(
        (changed.ended, changed.taken),
        (Some(Final::Canceled), Some(Money::ZERO))
    );
    // What the panel charges in the end is booked with it.
    world.expect(["100", "0", "-1", "1"]).await;
    nothing_more(settle_later(&world, id, canceled).await, id);
    assert_eq!(
        refunds(&world, id).await,
        [
            (format!("order/{id}/later/1"), money("3")),
            (format!("order/{id}/later/2"), money("7")),
        ]
    );
    let events = world.store.story(id).await.expect("read").events;
    let told: Vec<_> = events.iter().filter(|e| e.kind == "changed").collect();
    assert_eq!(told.len(), 2);
    assert!(
        told[0].text.starts_with("Completed → Partial, 3.00 given"),
        "{told:?}"
    );
    world.expect(["100", "0", "-1", "1"]).await;
}

pub(crate) async fn more_that_remains_is_more_that_goes_back(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    world
        .close(id, fact(StatusWord::Partial, Some(30), 9))
        .await
        .expect("closed");
    nothing_more(
        settle_later(&world, id, fact(StatusWord::Partial, Some(20), DAY)).await,
        id,
    );
    let more = settle_later(&world, id, fact(StatusWord::Partial, Some(80), DAY)).await;
    assert_eq!(more.expect("paid").taken, Some(money("2")));
    world.expect(["98", "0", "-6", "6"]).await;
}

pub(crate) async fn a_confirmed_end_is_as_young_as_the_look_at_it(world: World) {
    let world = world.funded().await;
    let (id, live) = (
        world.placed("10", "u1").await,
        world.placed("10", "u2").await,
    );
    let told = fact(StatusWord::Completed, Some(0), 9);
    let closed = world.close(id, told).await.expect("closed");
    let untouched = world.order(live).await;
    let confirm = async |at: Timestamp| {
        let looked = vec![(id, at), (live, at)];
        world.store.confirm_ends(looked).await.expect("written");
    };
    let later = fact(StatusWord::Completed, Some(0), DAY);
    confirm(later.at).await;
    // An older look is no news.
    confirm(told.at).await;
    let expected = Order {
        fact: Some(later),
        ..closed
    };
    assert_eq!(world.order(id).await, expected);
    assert_eq!(world.order(live).await, untouched);
    nothing_more(
        settle_later(&world, id, fact(StatusWord::Partial, Some(30), DAY - 1)).await,
        id,
    );
    let many = vec![(id, later.at); MAX_LEARNED + 1];
    let refused = world.store.confirm_ends(many).await;
    assert!(matches!(refused, Err(StoreError::BadAmount(_))));
    world.expect(["80", "10", "-12", "12"]).await;
}

pub(crate) async fn nothing_is_ever_taken_back(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let closed = world
        .close(id, fact(StatusWord::Canceled, None, 9))
        .await
        .expect("closed");
    for word in [StatusWord::Completed, StatusWord::Canceled] {
        nothing_more(settle_later(&world, id, charged(word, "9", DAY)).await, id);
    }
    nothing_more(
        settle_later(&world, id, fact(StatusWord::Partial, Some(1), DAY)).await,
        id,
    );
    assert_eq!(world.order(id).await, closed);
    world.expect(["100", "0", "-6", "6"]).await;
    let free = world.placed("0", "u2").await;
    world
        .close(free, fact(StatusWord::Completed, None, 9))
        .await
        .expect("closed");
    nothing_more(
        settle_later(&world, free, fact(StatusWord::Canceled, None, DAY)).await,
        free,
    );
}

pub(crate) async fn a_refund_by_hand_counts(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    world
        .close(id, fact(StatusWord::Completed, Some(0), 9))
        .await
        .expect("closed");
    let refund = |amount| world.store.settle_by_hand(decision(id), money(amount));
    refund("2").await.expect("refunded");
    let partial = fact(StatusWord::Partial, Some(50), DAY);
    let changed = settle_later(&world, id, partial).await.expect("paid");
    assert_eq!(changed.taken, Some(money("5")));
    assert_eq!(
        refunds(&world, id).await[1],
        (format!("order/{id}/later/1"), money("3"))
    );
    world.expect(["95", "0", "-6", "6"]).await;

    // More by hand than the next end would give: nothing is left to pay.
    refund("4").await.expect("refunded");
    nothing_more(
        settle_later(&world, id, fact(StatusWord::Partial, Some(60), 2 * DAY)).await,
        id,
    );
    world.expect(["99", "0", "-6", "6"]).await;
    settle_later(&world, id, fact(StatusWord::Canceled, None, 2 * DAY))
        .await
        .expect("paid");
    world.expect(["100", "0", "-6", "6"]).await;
    assert!(refund("0.000001").await.is_err());
}

pub(crate) async fn a_later_settlement_has_to_be_the_formulas(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    world
        .close(id, fact(StatusWord::Completed, Some(0), 9))
        .await
        .expect("closed");
    let generous = Settlement {
        word: Final::Partial,
        taken: money("5"),
        released: money("5"),
    };
    for told in [
        fact(StatusWord::Partial, Some(33), DAY),
        fact(StatusWord::InProgress, Some(50), DAY),
    ] {
        let wrong = world.store.settle_later(id, told, generous).await;
        assert!(matches!(wrong, Err(StoreError::Corrupt(_))), "{wrong:?}");
    }
    world.expect(["90", "0", "-6", "6"]).await;
}

pub(crate) async fn only_what_a_fact_ended_ends_otherwise_later(world: World) {
    let world = world.funded().await;
    let canceled = || fact(StatusWord::Canceled, None, DAY);
    let placed = world.placed("10", "u1").await;
    let live = settle_later(&world, placed, canceled()).await;
    assert!(
        matches!(
            live,
            Err(StoreError::WrongState {
                found: OrderState::Placed,
                ..
            })
        ),
        "{live:?}"
    );
    world
        .store
        .settle_by_hand(decision(placed), money("4"))
        .await
        .expect("settled");
    nothing_more(settle_later(&world, placed, canceled()).await, placed);
    let (refused, placement) = world.sending("10").await;
    let refusal = panelgate_domain::fault::Refusal::BadLink;
    world
        .store
        .refuse_order(placement, refusal, said("refused_order", 3))
        .await
        .expect("closed");
    nothing_more(settle_later(&world, refused, canceled()).await, refused);

    let ended = world.placed("10", "u2").await;
    world
        .close(ended, fact(StatusWord::Completed, None, 9))
        .await
        .expect("closed");
    let overtaken = fact(StatusWord::Canceled, None, 8);
    nothing_more(settle_later(&world, ended, overtaken).await, ended);
    world.expect(["84", "0", "-12", "12"]).await;
}
