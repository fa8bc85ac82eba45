//! The one writer: groups, bounds, and the end of all writing.

use std::path::Path;
use std::sync::{Arc, mpsc};

use panelgate_domain::money::Money;
use panelgate_store::model::{Booked, NewOrder, Opened};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Store, StoreError, StoreMetrics};
use prometheus::Registry;
use rusqlite::Connection;
use tokio::task::JoinHandle;

use crate::contract::{World, money};
use crate::{folder, open};

type Opening = JoinHandle<Result<Opened, StoreError>>;

fn open_with(path: &Path, options: Options) -> Arc<SqliteStore> {
    let options = Options {
        create: true,
        ..options
    };
    Arc::new(SqliteStore::open(path, Role::Serve, options).expect("opened"))
}

async fn world(store: &Arc<SqliteStore>) -> World {
    let shared: Arc<dyn Store> = store.clone();
    World::new(shared, ()).await.funded().await
}

/// Another process in the middle of a transaction: our writer waits for it.
fn occupy(path: &Path) -> Connection {
    let other = Connection::open(path).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("begun");
    other
}

/// Polls everything that was spawned on this single-threaded runtime until it waits.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn spawn_open(world: &World, new: NewOrder) -> Opening {
    let store = world.store.clone();
    tokio::spawn(async move { store.open_order(new, None).await })
}

/// How many commits there were, and how many jobs in all of them.
fn batches(registry: &Registry) -> (u64, f64) {
    let families = registry.gather();
    let family = families
        .iter()
        .find(|family| family.name() == "panelgate_store_batch_size");
    let histogram = family.expect("registered").get_metric()[0]
        .get_histogram()
        .clone();
    (histogram.get_sample_count(), histogram.get_sample_sum())
}

#[tokio::test]
async fn orders_share_commits_and_are_refused_alone() {
    let (_folder, path) = folder();
    let registry = Registry::new();
    let metrics = StoreMetrics::register(&registry).expect("fresh");
    let store = open_with(
        &path,
        Options {
            metrics,
            ..Options::default()
        },
    );
    let world = world(&store).await;
    let (commits, jobs) = batches(&registry);

    let other = occupy(&path);
    // Every second one is beyond all funds; ten of the others are not.
    let opens: Vec<Opening> = (0..64)
        .map(|n| {
            spawn_open(
                &world,
                world.new_order(if n % 2 == 0 { "10" } else { "1000" }),
            )
        })
        .collect();
    settle().await;
    drop(other);
    let mut opened = 0;
    for open in opens {
        match open.await.expect("no panic") {
            Ok(_) => opened += 1,
            Err(StoreError::NotEnoughFunds) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(opened, 10);
    let (more_commits, more_jobs) = batches(&registry);
    assert_eq!(more_jobs - jobs, 64.0);
    assert!(
        more_commits - commits <= 2,
        "{} commits",
        more_commits - commits
    );
    world.expect(["0", "100", "0", "0"]).await;
}

#[tokio::test]
async fn a_full_queue_refuses_new_orders_only() {
    let (_folder, path) = folder();
    let store = open_with(
        &path,
        Options {
            queue: 8,
            reserved: 2,
            ..Options::default()
        },
    );
    let world = world(&store).await;
    let (_, placement) = world.sending("10").await;

    let other = occupy(&path);
    // The writer takes what it finds and waits for the other process; the rest stays in the queue.
    let opens: Vec<Opening> = (0..40)
        .map(|_| spawn_open(&world, world.new_order("1")))
        .collect();
    settle().await;
    let confirm = {
        let store = world.store.clone();
        let answer = crate::contract::said("accepted", 4);
        tokio::spawn(async move {
            store
                .confirm_placement(placement, "u1".into(), answer)
                .await
        })
    };
    let top_ups: Vec<_> = (0..20)
        .map(|n| {
            let (store, booking) = (
                world.store.clone(),
                world.booking(world.ann, "1", &format!("r{n}")),
            );
            tokio::spawn(async move { store.top_up(booking).await })
        })
        .collect();
    settle().await;
    let late = world.store.open_order(world.new_order("1"), None).await;
    assert!(matches!(late, Err(StoreError::Busy)), "{late:?}");
    drop(other);

    confirm.await.expect("no panic").expect("never refused");
    for top_up in top_ups {
        assert_eq!(
            top_up.await.expect("no panic").expect("never refused"),
            Booked::Now
        );
    }
    let (mut opened, mut busy) = (0, 0);
    for open in opens {
        match open.await.expect("no panic") {
            Ok(_) => opened += 1,
            Err(StoreError::Busy) => busy += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(
        opened >= 8 && busy > 0 && opened + busy == 40,
        "{opened} opened, {busy} busy"
    );
    let account = world.store.account(world.ann).await.expect("read");
    let held = Money::from_micros((10 + opened) * 1_000_000);
    assert_eq!(
        (account.held, account.available.checked_add(held)),
        (held, Some(money("120")))
    );
}

#[tokio::test]
async fn when_a_commit_fails_nobody_is_told_anything_and_the_file_decides() {
    let (_folder, path) = folder();
    let (tell, fatal) = mpsc::channel();
    let on_fatal = Arc::new(move |why| tell.send(why).expect("the test listens"));
    let store = open_with(
        &path,
        Options {
            on_fatal,
            ..Options::default()
        },
    );
    let world = world(&store).await;
    let raw = Connection::open(&path).expect("opened");
    // The next order breaks a rule that SQLite checks in COMMIT only.
    raw.execute_batch(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER orphan AFTER INSERT ON orders BEGIN INSERT INTO child VALUES (1); END;",
    )
    .expect("armed");

    let opening = spawn_open(&world, world.new_order("10"));
    let why = tokio::task::spawn_blocking(move || fatal.recv())
        .await
        .expect("joined")
        .expect("told");
    assert!(why.starts_with("COMMIT failed"), "{why}");
    let top_up = {
        let (store, booking) = (world.store.clone(), world.booking(world.ann, "1", "later"));
        tokio::spawn(async move { store.top_up(booking).await })
    };
    settle().await;
    assert!(
        !opening.is_finished() && !top_up.is_finished(),
        "nobody is told anything"
    );
    assert!(
        matches!(open(&path, Role::Serve), Err(StoreError::Locked(_))),
        "nobody else serves it"
    );
    let beside = SqliteStore::open(&path, Role::Beside, Options::default()).expect("opened");
    assert!(
        beside
            .list_orders(Default::default())
            .await
            .expect("read")
            .is_empty()
    );
    assert_eq!(
        beside.account(world.ann).await.expect("read").available,
        money("100")
    );
}
