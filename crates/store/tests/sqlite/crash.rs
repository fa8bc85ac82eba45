//! A process that dies: the file as it is at any moment, opened by the next one.

use std::path::{Path, PathBuf};

use panelgate_domain::status::StatusWord;
use panelgate_store::Store;
use panelgate_store::model::OrderFilter;
use panelgate_store::sqlite::{Role, SqliteStore};

use crate::contract::{World, at, decision, money};
use crate::{folder, open, world_in};

/// What a dead process leaves behind: the file and its log, without a clean end.
fn corpse(path: &Path, name: &str) -> PathBuf {
    let copy = path.with_file_name(name);
    for suffix in ["", "-wal"] {
        let file = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(file(path), file(&copy)).expect("copied");
    }
    copy
}

#[tokio::test]
async fn whatever_step_was_answered_survives_a_crash_with_its_money() {
    let (_folder, path) = folder();
    let (world, _store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let mut step = 0;
    let mut check = async |world: &World| {
        step += 1;
        let next = open(&corpse(&path, &format!("{step}.db")), Role::Serve).expect("opened");
        assert_same(world, &next).await;
        next.close().await;
    };
    check(&world).await;
    let id = world.open("10").await;
    check(&world).await;
    let placement = world
        .store
        .begin_placement(id, world.new_placement("alpha"))
        .await
        .expect("begun");
    check(&world).await;
    world
        .store
        .park_placement(placement, crate::contract::said("unknown", 3))
        .await
        .expect("parked");
    check(&world).await;
    world
        .store
        .resolve_placed(decision(id), "u1".into())
        .await
        .expect("placed");
    check(&world).await;
    let fact = panelgate_domain::status::Fact {
        remains: Some(33),
        word: StatusWord::Partial,
        ..panelgate_domain::status::Fact::accepted(at(600))
    };
    world.close(id, fact).await.expect("closed");
    check(&world).await;
    world
        .store
        .settle_by_hand(decision(id), money("1"))
        .await
        .expect("refunded");
    check(&world).await;
}

async fn assert_same(world: &World, next: &SqliteStore) {
    let all = OrderFilter::default();
    let (after, before) = (
        next.list_orders(all.clone()).await,
        world.store.list_orders(all).await,
    );
    assert_eq!(after.expect("read"), before.expect("read"));
    assert_eq!(
        next.account(world.ann).await.expect("read"),
        world.store.account(world.ann).await.expect("read")
    );
    assert_eq!(
        next.panel_accounts().await.expect("read"),
        world.store.panel_accounts().await.expect("read")
    );
    assert_eq!(next.verify().await.expect("verified"), []);
}

#[tokio::test]
async fn a_log_that_was_cut_anywhere_holds_whole_transactions() {
    let (_folder, path) = folder();
    let (world, _store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    for n in 0..5 {
        let id = world.placed("10", &format!("u{n}")).await;
        world
            .store
            .settle_by_hand(decision(id), money("4"))
            .await
            .expect("settled");
    }
    let log = std::fs::read(format!("{}-wal", path.display())).expect("a log");
    for cut in 0..16 {
        let copy = corpse(&path, &format!("cut{cut}.db"));
        std::fs::write(
            format!("{}-wal", copy.display()),
            &log[..log.len() * cut / 16],
        )
        .expect("cut");
        let next = open(&copy, Role::Serve).expect("opened");
        assert_eq!(
            next.verify().await.expect("verified"),
            [],
            "{cut}/16 of the log"
        );
        next.close().await;
    }
}
