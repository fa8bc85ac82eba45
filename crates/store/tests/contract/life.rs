//! Every way through an order's life, with the books after each step.

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::PlacementId;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::settlement::Settlement;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_store::StoreError;

use super::world::{charged, fact};
use super::{World, at, decision, money, said};

#[track_caller]
fn ended(order: &Order, word: Final, taken: &str) {
    assert_eq!(
        (order.state, order.ended, order.taken),
        (OrderState::Closed, Some(word), Some(money(taken)))
    );
}

#[track_caller]
fn wrong_state<T: std::fmt::Debug>(result: Result<T, StoreError>, state: OrderState) {
    match result {
        Err(StoreError::WrongState { found, .. }) => assert_eq!(found, state),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn completed(world: World) {
    let world = world.funded().await;
    let id = world.open("10").await;
    let placement = world
        .store
        .begin_placement(id, world.new_placement("alpha"))
        .await
        .expect("begun");
    world.expect(["90", "10", "0", "0"]).await;
    let placed = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 4))
        .await
        .expect("placed");
    assert_eq!(
        (placed.state, placed.fact),
        (OrderState::Placed, Some(Fact::accepted(at(4))))
    );
    assert_eq!(
        placed.upstream_id.as_ref().map(|id| id.as_str()),
        Some("u1")
    );
    world.expect(["90", "10", "-6", "6"]).await;
    let closed = world
        .close(id, fact(StatusWord::Completed, Some(0), 9))
        .await
        .expect("closed");
    ended(&closed, Final::Completed, "10");
    assert_eq!(
        (closed.closed, closed.fact.map(|fact| fact.at)),
        (Some(at(9)), Some(at(9)))
    );
    assert!(closed.version > placed.version);
    world.expect(["90", "0", "-6", "6"]).await;
}

pub(crate) async fn partial(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let closed = world
        .close(id, fact(StatusWord::Partial, Some(33), 9))
        .await
        .expect("closed");
    ended(&closed, Final::Partial, "6.7");
    world.expect(["93.3", "0", "-6", "6"]).await;
}

pub(crate) async fn canceled(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let closed = world
        .close(id, charged(StatusWord::Canceled, "0", 9))
        .await
        .expect("closed");
    ended(&closed, Final::Canceled, "0");
    // The panel charges nothing after all: what was booked comes back.
    world.expect(["100", "0", "0", "0"]).await;
}

pub(crate) async fn refused(world: World) {
    let world = world.funded().await;
    let (id, placement) = world.sending("10").await;
    let closed = world
        .store
        .refuse_order(placement, Refusal::BadLink, said("refused_order", 3))
        .await
        .expect("closed");
    ended(&closed, Final::Canceled, "0");
    world.expect(["100", "0", "0", "0"]).await;
    let late = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 4))
        .await;
    wrong_state(late, OrderState::Closed);
    wrong_state(
        world
            .store
            .begin_placement(id, world.new_placement("beta"))
            .await,
        OrderState::Closed,
    );
    world.expect(["100", "0", "0", "0"]).await;
}

pub(crate) async fn refused_after_all(world: World) {
    let world = world.funded().await;
    let (_, placement) = world.unconfirmed("10").await;
    world.expect(["90", "10", "0", "0"]).await;
    let closed = world
        .store
        .refuse_order(placement, Refusal::BadLink, said("refused_order", 9))
        .await
        .expect("closed");
    ended(&closed, Final::Canceled, "0");
    world.expect(["100", "0", "0", "0"]).await;
}

pub(crate) async fn late_confirmed(world: World) {
    let world = world.funded().await;
    let (id, placement) = world.unconfirmed("10").await;
    // Never sent again, never given back, never settled by a fact.
    wrong_state(
        world
            .store
            .return_order(placement, said("throttled", 5))
            .await,
        OrderState::Unconfirmed,
    );
    wrong_state(
        world
            .store
            .begin_placement(id, world.new_placement("beta"))
            .await,
        OrderState::Unconfirmed,
    );
    wrong_state(
        world.store.close_unsent(decision(id)).await,
        OrderState::Unconfirmed,
    );
    wrong_state(
        world.close(id, fact(StatusWord::Completed, None, 6)).await,
        OrderState::Unconfirmed,
    );
    let placed = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 60))
        .await
        .expect("placed");
    assert_eq!(placed.state, OrderState::Placed);
    world.expect(["90", "10", "-6", "6"]).await;
    let twice = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 61))
        .await;
    wrong_state(twice, OrderState::Placed);
    world.expect(["90", "10", "-6", "6"]).await;
}

pub(crate) async fn returned_and_placed_elsewhere(world: World) {
    let world = world.funded().await;
    let (id, first) = world.sending("10").await;
    let open = world
        .store
        .return_order(first, said("not_sent", 3))
        .await
        .expect("returned");
    assert_eq!(open.state, OrderState::Open);
    let second = world
        .store
        .begin_placement(id, world.new_placement("beta"))
        .await
        .expect("begun");
    let placed = world
        .store
        .confirm_placement(second, "u1".into(), said("accepted", 4))
        .await
        .expect("placed");
    assert_eq!(
        placed.panel.as_ref().map(|panel| panel.as_str()),
        Some("beta")
    );
    // Nothing is spent at the panel that never got it.
    world.expect(["90", "10", "0", "0"]).await;
    let accounts = world.store.panel_accounts().await.expect("read");
    let beta: Vec<_> = accounts
        .iter()
        .filter(|a| a.panel.as_str() == "beta")
        .map(|a| (a.prepaid, a.cost))
        .collect();
    assert_eq!(beta, [(money("-6"), money("6"))]);
}

pub(crate) async fn what_becomes_of_an_old_placement_changes_nothing(world: World) {
    let world = world.funded().await;
    let (id, first) = world.sending("10").await;
    world
        .store
        .return_order(first, said("not_sent", 3))
        .await
        .expect("returned");
    wrong_state(
        world
            .store
            .confirm_placement(first, "u1".into(), said("accepted", 4))
            .await,
        OrderState::Open,
    );
    world
        .store
        .begin_placement(id, world.new_placement("beta"))
        .await
        .expect("begun");
    wrong_state(
        world
            .store
            .confirm_placement(first, "u1".into(), said("accepted", 4))
            .await,
        OrderState::Sending,
    );
    wrong_state(
        world.store.return_order(first, said("not_sent", 4)).await,
        OrderState::Sending,
    );
    wrong_state(
        world.store.park_placement(first, said("unknown", 4)).await,
        OrderState::Sending,
    );
    let refused = world
        .store
        .refuse_order(first, Refusal::BadLink, said("refused_order", 4))
        .await;
    wrong_state(refused, OrderState::Sending);
    let unknown = world
        .store
        .park_placement(PlacementId(99), said("unknown", 4))
        .await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound { .. })),
        "{unknown:?}"
    );
    world.expect(["90", "10", "0", "0"]).await;
}

pub(crate) async fn never_sent(world: World) {
    let world = world.funded().await;
    let id = world.open("10").await;
    let closed = world
        .store
        .close_unsent(decision(id))
        .await
        .expect("closed");
    ended(&closed, Final::Canceled, "0");
    wrong_state(
        world.store.close_unsent(decision(id)).await,
        OrderState::Closed,
    );
    wrong_state(
        world
            .store
            .begin_placement(id, world.new_placement("alpha"))
            .await,
        OrderState::Closed,
    );
    let (sending, _) = world.sending("10").await;
    wrong_state(
        world.store.close_unsent(decision(sending)).await,
        OrderState::Sending,
    );
    world.expect(["90", "10", "0", "0"]).await;
}

pub(crate) async fn an_upstream_id_is_one_order(world: World) {
    let world = world.funded().await;
    world.placed("10", "u1").await;
    let (second, placement) = world.sending("10").await;
    let duplicate = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 5))
        .await;
    assert!(
        matches!(duplicate, Err(StoreError::DuplicateUpstreamId(ref id)) if id == "u1"),
        "{duplicate:?}"
    );
    assert_eq!(world.order(second).await.state, OrderState::Sending);
    world
        .store
        .park_placement(placement, said("unknown", 5))
        .await
        .expect("parked");
    let by_hand = world
        .store
        .resolve_placed(decision(second), "u1".into())
        .await;
    assert!(
        matches!(by_hand, Err(StoreError::DuplicateUpstreamId(_))),
        "{by_hand:?}"
    );
    world.expect(["80", "20", "-6", "6"]).await;
}

pub(crate) async fn two_panels_may_use_equal_ids(world: World) {
    let world = world.funded().await;
    world.placed("10", "u1").await;
    let id = world.open("10").await;
    let placement = world
        .store
        .begin_placement(id, world.new_placement("beta"))
        .await
        .expect("begun");
    world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 5))
        .await
        .expect("placed");
    world.expect(["80", "20", "-6", "6"]).await;
}

pub(crate) async fn orphans_are_parked_once(world: World) {
    let world = world.funded().await;
    let open = world.open("1").await;
    let (returned, earlier) = world.sending("1").await;
    world
        .store
        .return_order(earlier, said("not_sent", 3))
        .await
        .expect("returned");
    let (first, placement) = world.sending("10").await;
    let (second, _) = world.sending("10").await;
    let placed = world.placed("10", "u1").await;
    let parked = world.store.park_orphans(at(100)).await.expect("parked");
    let ids: Vec<_> = parked.iter().map(|order| (order.id, order.state)).collect();
    assert_eq!(
        ids,
        [
            (first, OrderState::Unconfirmed),
            (second, OrderState::Unconfirmed)
        ]
    );
    assert!(
        world
            .store
            .park_orphans(at(101))
            .await
            .expect("none left")
            .is_empty()
    );
    for waiting in [open, returned] {
        assert_eq!(world.order(waiting).await.state, OrderState::Open);
    }
    assert_eq!(world.order(placed).await.state, OrderState::Placed);
    world
        .store
        .confirm_placement(placement, "u2".into(), said("accepted", 102))
        .await
        .expect("it had landed");
    world.expect(["68", "32", "-12", "12"]).await;
}

pub(crate) async fn a_settlement_has_to_be_the_formulas(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let generous = Settlement {
        word: Final::Partial,
        taken: money("5"),
        released: money("5"),
    };
    let wrong = world
        .store
        .close_order(id, fact(StatusWord::Partial, Some(33), 9), generous, at(9))
        .await;
    assert!(matches!(wrong, Err(StoreError::Corrupt(_))), "{wrong:?}");
    let live = world
        .store
        .close_order(
            id,
            fact(StatusWord::InProgress, Some(50), 9),
            generous,
            at(9),
        )
        .await;
    assert!(matches!(live, Err(StoreError::Corrupt(_))), "{live:?}");
    assert_eq!(world.order(id).await.state, OrderState::Placed);
    world.expect(["90", "10", "-6", "6"]).await;
}
