//! One file: who may open it, what survives, what cannot be changed.

use panelgate_domain::ids::{CustomerId, OfferId, OrderId, PanelName, ServiceId};
use panelgate_domain::order::OrderState;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_store::model::{Learned, OrderFilter};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Store, StoreError};
use rusqlite::Connection;

use crate::contract::{World, at, decision, money};
use crate::{close, folder, open, world_in};

#[tokio::test]
async fn one_process_serves() {
    let (_folder, path) = folder();
    let first = open(&path, Role::Serve).expect("opened");
    for way in [
        path.clone(),
        path.parent()
            .expect("a folder")
            .join("..")
            .join("data")
            .join("panelgate.db"),
    ] {
        let second = open(&way, Role::Serve);
        assert!(matches!(second, Err(StoreError::Locked(_))), "{second:?}");
    }
    first.close().await;
    open(&path, Role::Serve).expect("free again").close().await;
}

#[tokio::test]
async fn a_file_is_made_only_where_told() {
    let (_folder, path) = folder();
    for role in [Role::Serve, Role::Beside] {
        let missing = SqliteStore::open(&path, role, Options::default());
        assert!(
            matches!(missing, Err(StoreError::NotFound { .. })),
            "{missing:?}"
        );
    }
    assert!(!path.exists());
    let made = open(&path, Role::Beside).expect("made");
    made.check_writable().await.expect("writable");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else's business");
    }
    let served =
        SqliteStore::open(&path, Role::Serve, Options::default()).expect("beside is no lock");
    served.check_writable().await.expect("writable");
}

#[tokio::test]
async fn a_service_id_is_nobody_elses_after_a_restart() {
    let (_folder, path) = folder();
    let key = |offer: &str| (PanelName::from("alpha"), OfferId::from(offer));
    let first = open(&path, Role::Serve).expect("opened");
    let (made, imported) = (ServiceId(1_001), ServiceId(1_002));
    let ids = first.assign_services(vec![key("1")], vec![made]).await;
    assert_eq!(ids.expect("given")[&key("1")], imported);
    first.close().await;
    // Neither the service made by hand nor the import is there any more.
    let second = open(&path, Role::Serve).expect("opened");
    let ids = second.assign_services(vec![key("2")], vec![]).await;
    let ids = ids.expect("given");
    assert_eq!(ids[&key("2")], ServiceId(1_003));
    assert_eq!(ids[&key("1")], imported, "its owner is known for ever");
    second.close().await;
}

#[tokio::test]
async fn beside_a_server_both_see_what_the_other_wrote() {
    let (_folder, path) = folder();
    let (world, served) = world_in(&path).await;
    let beside = SqliteStore::open(&path, Role::Beside, Options::default()).expect("opened");
    let before = served.foreign_commits().await.expect("counted");
    world.top_up(world.ann, "5", "mine").await;
    assert_eq!(
        served.foreign_commits().await.expect("counted"),
        before,
        "our own are not foreign"
    );
    assert_eq!(
        beside.account(world.ann).await.expect("read").available,
        money("5")
    );

    let booking = world.booking(world.ann, "7", "theirs");
    beside.top_up(booking).await.expect("booked");
    assert!(served.foreign_commits().await.expect("counted") > before);
    assert_eq!(
        served.account(world.ann).await.expect("read").available,
        money("12")
    );
    let id = world.open("12").await;
    assert_eq!(beside.orders(vec![id]).await.expect("read").len(), 1);
    let between = served.foreign_commits().await.expect("counted");
    beside.close_unsent(decision(id)).await.expect("closed");
    assert!(served.foreign_commits().await.expect("counted") > between);
    world.expect(["12", "0", "0", "0"]).await;
}

#[tokio::test]
async fn two_writers_at_once_lose_nothing() {
    let (_folder, path) = folder();
    let (world, served) = world_in(&path).await;
    let beside = SqliteStore::open(&path, Role::Beside, Options::default()).expect("opened");
    let (mine, theirs) = tokio::join!(
        pay_fifty(&world, &served, "mine"),
        pay_fifty(&world, &beside, "theirs")
    );
    assert_eq!((mine, theirs), (50, 50));
    world.expect(["100", "0", "0", "0"]).await;
}

/// One by one, each under its own reference.
async fn pay_fifty(world: &World, store: &SqliteStore, name: &str) -> usize {
    let mut paid = 0;
    for n in 0..50 {
        let booking = world.booking(world.ann, "1", &format!("{name}/{n}"));
        store.top_up(booking).await.expect("booked");
        paid += 1;
    }
    paid
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let (_folder, path) = folder();
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let open_order = world.open("10").await;
    let (sending, _) = world.sending("10").await;
    let placed = world.placed("10", "u1").await;
    let before = store
        .orders(vec![open_order, sending, placed])
        .await
        .expect("read");
    let ann = world.ann;
    close(world, store).await;

    let again = open(&path, Role::Serve).expect("opened");
    assert_eq!(
        again
            .orders(vec![open_order, sending, placed])
            .await
            .expect("read"),
        before
    );
    assert_eq!(
        again.account(ann).await.expect("read").available,
        money("70")
    );
    let orphans = again.park_orphans(at(100)).await.expect("parked");
    assert_eq!(
        orphans
            .iter()
            .map(|order| (order.id, order.state))
            .collect::<Vec<_>>(),
        [(sending, OrderState::Unconfirmed)]
    );
    assert_eq!(again.verify().await.expect("verified"), []);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let (_folder, path) = folder();
    open(&path, Role::Serve).expect("made").close().await;
    let raw = Connection::open(&path).expect("opened");
    raw.execute(
        "INSERT INTO refinery_schema_history VALUES (9, 'later', '2030-01-01T00:00:00Z', '1')",
        [],
    )
    .expect("told");
    drop(raw);
    for role in [Role::Serve, Role::Beside] {
        let newer = open(&path, role);
        assert!(
            matches!(newer, Err(StoreError::NewerSchema { found: 9, known: 8 })),
            "{newer:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_store_is_refused() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, "not a database, but long enough to be looked at").expect("written");
    let refused = open(&path, Role::Serve);
    assert!(
        matches!(refused, Err(StoreError::Database(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_is_written_stays_written() {
    let (_folder, path) = folder();
    let (world, _store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let id = world.placed("10", "u1").await;
    world
        .store
        .settle_by_hand(decision(id), money("1"))
        .await
        .expect("closed");
    let raw = Connection::open(&path).expect("opened");
    let forbidden = [
        "UPDATE transfers SET amount = amount + 1",
        "DELETE FROM transfers",
        "UPDATE entries SET amount = amount + 1",
        "DELETE FROM entries",
        "UPDATE order_events SET text = 'nothing happened'",
        "DELETE FROM order_events",
        "DELETE FROM orders",
        "UPDATE orders SET price = price + 1",
        "UPDATE orders SET state = 'placed', ended = NULL, closed_by = NULL, taken = NULL, closed = NULL",
        "UPDATE orders SET taken = price + 1",
        "UPDATE accounts SET balance = -1 WHERE kind = 'held'",
    ];
    for sql in forbidden {
        let refused = raw.execute(sql, []);
        assert!(refused.is_err(), "{sql}");
    }
    world.expect(["91", "0", "-6", "6"]).await;
}

#[tokio::test]
async fn an_end_changes_only_in_the_customers_favour() {
    let (_folder, path) = folder();
    let (world, _store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    for (n, word) in [
        StatusWord::Completed,
        StatusWord::Partial,
        StatusWord::Canceled,
    ]
    .into_iter()
    .enumerate()
    {
        let id = world.placed("10", &format!("u{n}")).await;
        let ending = Fact {
            word,
            remains: Some(50),
            ..Fact::accepted(at(9))
        };
        world.close(id, ending).await.expect("closed");
    }
    let by_hand = world.placed("10", "by hand").await;
    let settled = world.store.settle_by_hand(decision(by_hand), money("0"));
    settled.await.expect("settled");
    let raw = Connection::open(&path).expect("opened");
    let change =
        |id: i64, set: &str| raw.execute(&format!("UPDATE orders SET {set} WHERE id = {id}"), []);
    for (id, word) in [
        (2, "Completed"),
        (3, "Completed"),
        (3, "Partial"),
        (4, "Partial"),
    ] {
        let refused = change(id, &format!("ended = '{word}'"));
        assert!(refused.is_err(), "order {id} to {word}");
    }
    assert!(change(1, "ended = 'Partial', closed_by = 'hand'").is_err());
    assert!(change(1, "doubt = 5").is_err(), "nothing is left to doubt");
    for word in ["Partial", "Canceled"] {
        change(1, &format!("ended = '{word}'")).expect("in the customer's favour");
    }
    change(2, "ended = 'Canceled'").expect("in the customer's favour");
}

#[tokio::test]
async fn a_doubt_survives_a_restart() {
    let (_folder, path) = folder();
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let id = world.placed("10", "u1").await;
    let doubted = Learned {
        order: id,
        fact: Fact {
            word: StatusWord::Canceled,
            ..Fact::accepted(at(9))
        },
        flag: None,
        doubt: Some(at(609)),
    };
    let learned = store.learn(vec![doubted]).await.expect("learned");
    close(world, store).await;
    let again = open(&path, Role::Serve).expect("opened");
    let placed = again.placed_orders(OrderId(0), 10).await.expect("read");
    assert_eq!(placed, learned);
    assert_eq!(placed[0].doubt, Some(at(609)));
}

#[tokio::test]
async fn without_a_currency_there_are_no_accounts() {
    let (_folder, path) = folder();
    let store = open(&path, Role::Serve).expect("opened");
    let new = panelgate_store::model::NewCustomer {
        name: "ann".into(),
        group: None,
        credit_limit: money("0"),
        at: at(0),
    };
    let refused = store.add_customer(new).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::NotFound {
                what: "currency",
                ..
            })
        ),
        "{refused:?}"
    );
    assert!(
        matches!(
            store.customer(CustomerId(1)).await,
            Err(StoreError::NotFound { .. })
        ),
        "nothing half"
    );
}

#[tokio::test]
async fn a_backup_is_a_store() {
    let (_folder, path) = folder();
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let id = world.placed("10", "u1").await;
    let copy = path.with_file_name("copy.db");
    store.backup(&copy).await.expect("copied");
    let again = store.backup(&copy).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
    world.open("20").await;

    let copied = SqliteStore::open(&copy, Role::Serve, Options::default()).expect("opened");
    let orders = copied
        .list_orders(OrderFilter::default())
        .await
        .expect("read");
    assert_eq!(orders, [world.order(id).await]);
    assert_eq!(
        copied.account(world.ann).await.expect("read").available,
        money("90")
    );
    assert_eq!(copied.verify().await.expect("verified"), []);
}
