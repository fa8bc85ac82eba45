//! Several callers want the same thing at once: exactly as many get it as may.

use std::future::Future;

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::OrderState;
use panelgate_domain::status::StatusWord;
use panelgate_store::StoreError;
use panelgate_store::model::Opened;

use super::world::fact;
use super::{World, decision, money};

/// Runs them side by side.
pub(crate) async fn all<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no panic"));
    }
    results
}

fn won<T>(results: &[Result<T, StoreError>]) -> usize {
    let lost =
        |result: &&Result<T, StoreError>| matches!(result, Err(StoreError::WrongState { .. }));
    let won = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(
        won + results.iter().filter(lost).count(),
        results.len(),
        "the others were too late, nothing else"
    );
    won
}

pub(crate) async fn one_of_two_closes_wins(world: World) {
    let world = world.funded().await;
    for round in 0..10 {
        let id = world.placed("10", &format!("u{round}")).await;
        let settlement = world.order(id).await.basis().canceled();
        let closes = (0..2).map(|n| {
            let store = world.store.clone();
            let fact = fact(StatusWord::Canceled, None, 9 + n);
            async move { store.close_order(id, fact, settlement, fact.at).await }
        });
        assert_eq!(won(&all(closes).await), 1);
    }
    world.expect(["100", "0", "-60", "60"]).await;
}

pub(crate) async fn a_changed_end_is_paid_to_one_of_two(world: World) {
    let world = world.funded().await;
    for round in 0..10 {
        let id = world.placed("10", &format!("u{round}")).await;
        world
            .close(id, fact(StatusWord::Completed, None, 9))
            .await
            .expect("closed");
        let settlement = world.order(id).await.basis().canceled();
        let looks = (0..2).map(|n| {
            let store = world.store.clone();
            let fact = fact(StatusWord::Canceled, None, 90 + n);
            async move { store.settle_later(id, fact, settlement).await }
        });
        let results = all(looks).await;
        let paid = results.iter().filter(|result| result.is_ok()).count();
        let too_late = |result: &&Result<_, _>| matches!(result, Err(StoreError::NothingMore(_)));
        assert_eq!((paid, results.iter().filter(too_late).count()), (1, 1));
    }
    world.expect(["100", "0", "-60", "60"]).await;
}

pub(crate) async fn an_operator_and_a_panel_split_a_hold_once(world: World) {
    let world = world.funded().await;
    for round in 0..10 {
        let id = world.placed("10", &format!("u{round}")).await;
        let settlement = world.order(id).await.basis().canceled();
        let (panel, operator) = (world.store.clone(), world.store.clone());
        let ending = fact(StatusWord::Canceled, None, 9);
        let close =
            tokio::spawn(async move { panel.close_order(id, ending, settlement, ending.at).await });
        let settle =
            tokio::spawn(async move { operator.settle_by_hand(decision(id), money("10")).await });
        // Whoever comes second finds a closed order that has nothing left to give.
        match (
            close.await.expect("no panic"),
            settle.await.expect("no panic"),
        ) {
            (Ok(_), Err(StoreError::BadAmount(_)))
            | (Err(StoreError::WrongState { .. }), Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    world.expect(["100", "0", "-60", "60"]).await;
}

pub(crate) async fn funds_for_ten_are_ten_orders(world: World) {
    let world = world.funded().await;
    let opens = (0..64).map(|n| {
        let (store, new) = (world.store.clone(), world.new_order("10"));
        let placement = (n % 2 == 0).then(|| world.new_placement("alpha"));
        async move { store.open_order(new, placement).await }
    });
    let results = all(opens).await;
    let mut ids: Vec<OrderId> = results
        .iter()
        .filter_map(|result| match result {
            Ok(Opened::New(order, _)) => Some(order.id),
            Err(StoreError::NotEnoughFunds) => None,
            other => panic!("{other:?}"),
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    world.expect(["0", "100", "0", "0"]).await;
}

pub(crate) async fn one_of_many_placements_begins(world: World) {
    let world = world.funded().await;
    let id = world.open("10").await;
    let begins = (0..8).map(|n| {
        let (store, new) = (
            world.store.clone(),
            world.new_placement(&format!("panel{n}")),
        );
        async move { store.begin_placement(id, new).await }
    });
    assert_eq!(won(&all(begins).await), 1);
    assert_eq!(
        world.store.story(id).await.expect("read").placements.len(),
        1
    );
    world.expect(["90", "10", "0", "0"]).await;
}

pub(crate) async fn a_cancel_and_a_send_exclude_each_other(world: World) {
    let world = world.funded().await;
    for _ in 0..10 {
        let id = world.open("10").await;
        let (sender, canceler) = (world.store.clone(), world.store.clone());
        let new = world.new_placement("alpha");
        let send = tokio::spawn(async move { sender.begin_placement(id, new).await });
        let cancel = tokio::spawn(async move { canceler.close_unsent(decision(id)).await });
        let (sent, canceled) = (
            send.await.expect("no panic"),
            cancel.await.expect("no panic"),
        );
        let state = world.order(id).await.state;
        match (sent, canceled) {
            (Ok(placement), Err(StoreError::WrongState { .. })) => {
                assert_eq!(state, OrderState::Sending);
                let answer = super::said("refused_order", 3);
                let refusal = panelgate_domain::fault::Refusal::BadLink;
                world
                    .store
                    .refuse_order(placement, refusal, answer)
                    .await
                    .expect("closed");
            }
            (Err(StoreError::WrongState { .. }), Ok(_)) => assert_eq!(state, OrderState::Closed),
            other => panic!("{other:?}"),
        }
    }
    world.expect(["100", "0", "0", "0"]).await;
}
