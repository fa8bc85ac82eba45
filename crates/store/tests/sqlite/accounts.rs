//! What is known of customers' money without asking the file.

use panelgate_domain::money::Money;
use panelgate_store::model::CustomerChange;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Store, StoreError};

use crate::contract::{decision, money};
use crate::{close, folder, open, world_in};

#[tokio::test]
async fn what_was_answered_is_known() {
    let (_folder, path) = folder();
    let (world, store) = world_in(&path).await;
    let known = || store.known_account(world.ann);
    world.top_up(world.ann, "5", "first").await;
    let account = known().expect("its own commit was seen");
    assert_eq!(account.available, money("5"));
    let order = world.open("2").await;
    let account = known().expect("known");
    assert_eq!((account.available, account.held), (money("3"), money("2")));

    // What is undone changes nothing.
    let refused = store.open_order(world.new_order("4"), None).await;
    assert!(matches!(refused, Err(StoreError::NotEnoughFunds)));
    assert_eq!(known(), Some(account));

    let change = CustomerChange {
        credit_limit: Some(money("10")),
        ..CustomerChange::default()
    };
    let changed = store.change_customer(world.ann, change).await;
    changed.expect("changed");
    assert_eq!(known().expect("known").spendable(), money("13"));

    store.close_unsent(decision(order)).await.expect("closed");
    let account = known().expect("known");
    assert_eq!((account.available, account.held), (money("5"), Money::ZERO));
    assert_eq!(
        known(),
        Some(store.account(world.ann).await.expect("read")),
        "memory and file agree"
    );
}

#[tokio::test]
async fn what_was_read_is_known_and_others_commits_undo_that() {
    let (_folder, path) = folder();
    let (world, served) = world_in(&path).await;
    world.top_up(world.ann, "5", "first").await;
    let (ann, booking) = (world.ann, world.booking(world.ann, "7", "theirs"));
    close(world, served).await;
    let store = open(&path, Role::Serve).expect("opened");
    let beside = SqliteStore::open(&path, Role::Beside, Options::default()).expect("opened");

    assert_eq!(store.known_account(ann), None, "nobody has asked");
    let read = store.account(ann).await.expect("read");
    assert_eq!(store.known_account(ann), Some(read));
    assert!(!beside.has_written());
    beside.top_up(booking).await.expect("booked");
    assert!(beside.has_written());
    assert_eq!(beside.known_account(ann), None, "it sees no commits");
    store.foreign_commits().await.expect("counted");
    assert_eq!(store.known_account(ann), None);
    let read = store.account(ann).await.expect("read");
    assert_eq!(read.available, money("12"));
    assert_eq!(store.known_account(ann), Some(read));
}
