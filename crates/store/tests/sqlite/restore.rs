//! Stores of backups: what is in the way, and what somebody may have done since.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use panelgate_domain::family::Share;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::OrderState;
use panelgate_store::model::OrderFilter;
use panelgate_store::sqlite::{Charges, Homes, Options, Restored, Role, SqliteStore};
use panelgate_store::{Store, StoreError};
use rusqlite::Connection;

use crate::contract::{at, decision, kin};
use crate::{close, folder, open, world_in};

pub(crate) fn restore(from: &Path, to: &Path) -> Result<Restored, StoreError> {
    let charges = Charges {
        currency: "EUR".into(),
        posts: Share::EqualPost,
    };
    let homes = Homes {
        services: HashMap::new(),
        otherwise: "alpha".into(),
        charges: HashMap::from([("alpha".into(), charges)]),
    };
    SqliteStore::restore(from, to, &homes, at(900))
}

fn end(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

/// A store with one open order, and its backup; one more order came later.
async fn backed_up(path: &Path) -> PathBuf {
    let copy = path.with_file_name("backup.db");
    let (world, store) = world_in(path).await;
    world.top_up(world.ann, "100", "funds").await;
    world.open("10").await;
    store.backup(&copy).await.expect("copied");
    world.open("20").await;
    // What a killed process leaves behind.
    std::fs::copy(end(path, "-wal"), end(path, "-left")).expect("copied");
    close(world, store).await;
    copy
}

async fn states(path: &Path) -> Vec<(i64, OrderState)> {
    let store = SqliteStore::open(path, Role::Serve, Options::default()).expect("opened");
    assert_eq!(store.verify().await.expect("verified"), []);
    let orders = store.list_orders(OrderFilter::default()).await;
    store.close().await;
    let orders = orders.expect("read");
    orders.iter().rev().map(|o| (o.id.0, o.state)).collect()
}

#[tokio::test]
async fn a_log_without_its_store_is_kept_and_not_read() {
    let (_folder, path) = folder();
    let copy = backed_up(&path).await;
    std::fs::remove_file(&path).expect("removed");
    std::fs::rename(end(&path, "-left"), end(&path, "-wal")).expect("put there");
    let restored = restore(&copy, &path).expect("restored");
    assert_eq!(states(&path).await, [(1, OrderState::Unconfirmed)]);
    let before = restored.before.expect("something was there");
    assert!(end(&before, "-wal").exists() && !before.exists());
}

#[tokio::test]
async fn a_log_survives_a_restore_that_fails() {
    let (_folder, path) = folder();
    backed_up(&path).await;
    std::fs::remove_file(&path).expect("removed");
    std::fs::rename(end(&path, "-left"), end(&path, "-wal")).expect("put there");
    let nonsense = path.with_file_name("nonsense.db");
    std::fs::write(&nonsense, "this is no store").expect("written");
    restore(&nonsense, &path).expect_err("no store");
    assert!(end(&path, "-wal").exists() && !path.exists());
}

#[tokio::test]
async fn a_store_that_cannot_be_put_in_place_leaves_the_old_one_there() {
    let (_folder, path) = folder();
    let copy = backed_up(&path).await;
    std::fs::rename(end(&path, "-left"), end(&path, "-wal")).expect("put there");
    let taken = end(&path, &format!(".before-restore-{}-wal", at(900).0));
    std::fs::create_dir_all(taken.join("in the way")).expect("made");
    restore(&copy, &path).expect_err("in the way");
    let both = [(1, OrderState::Open), (2, OrderState::Open)];
    assert_eq!(states(&path).await, both);
}

#[tokio::test]
async fn ids_go_on_after_those_of_the_store_that_was_there() {
    let (_folder, path) = folder();
    let copy = backed_up(&path).await;
    // It was never served by a program that tells how new it is.
    std::fs::remove_file(end(&path, ".newest")).expect("removed");
    let raw = Connection::open(&path).expect("opened");
    raw.execute_batch("UPDATE sqlite_sequence SET seq = 5000000 WHERE name = 'orders'")
        .expect("written");
    drop(raw);
    let restored = restore(&copy, &path).expect("restored");
    assert_eq!(restored.next_order, OrderId(6_000_001));
    // One that is damaged is no reason not to.
    std::fs::write(&path, "damaged").expect("written");
    let again = restore(&copy, &path).expect("restored");
    assert!(again.next_order > restored.next_order);
}

#[tokio::test]
async fn what_may_have_been_sent_costs_as_its_panel_charges() {
    let (_folder, path) = folder();
    let copy = path.with_file_name("backup.db");
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    world.open("10").await;
    let family = kin::subscription(&world, 4, "10");
    world.store.open_order(family, None).await.expect("opened");
    store.backup(&copy).await.expect("copied");
    close(world, store).await;
    restore(&copy, &path).expect("restored");
    let store = open(&path, Role::Serve).expect("opened");
    for (order, upstream) in [(1, "u1"), (2, "u2")] {
        let placed = store.resolve_placed(decision(OrderId(order)), upstream.into());
        let placed = placed.await.expect("resolved");
        let share = (order == 2).then_some(Share::EqualPost);
        assert_eq!((placed.state, placed.share), (OrderState::Placed, share));
    }
    assert_eq!(store.verify().await.expect("verified"), []);
    store.close().await;
    let raw = Connection::open(&path).expect("opened");
    let others: i64 = raw
        .query_row(
            "SELECT count(*) FROM placements WHERE currency <> 'EUR'",
            [],
            |row| row.get(0),
        )
        .expect("read");
    assert_eq!(others, 0);
}

#[tokio::test]
async fn a_backup_is_one_file() {
    let (_folder, path) = folder();
    let copy = backed_up(&path).await;
    let raw = Connection::open(&copy).expect("opened");
    let mode: String = raw
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .expect("read");
    assert_eq!(mode, "delete");
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let old = path.with_file_name("old.db");
    let raw = Connection::open(&old).expect("made");
    raw.execute_batch(include_str!("v1.sql")).expect("filled");
    drop(raw);
    let restored = restore(&old, &path).expect("restored");
    assert_eq!((restored.unconfirmed, restored.before), (3, None));
    let states = states(&path).await;
    assert!(states.iter().all(|(_, state)| *state != OrderState::Open));
}
