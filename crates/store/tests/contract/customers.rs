//! Customers and keys.

use panelgate_domain::ids::CustomerId;
use panelgate_store::StoreError;
use panelgate_store::model::{CustomerChange, NewCustomer, NewKey};

use super::{World, at, money};

pub(crate) async fn a_customer_has_one_name_and_no_money(world: World) {
    let new = NewCustomer {
        name: "bob".into(),
        group: Some("vip".into()),
        credit_limit: money("5"),
        at: at(0),
    };
    let bob = world.store.add_customer(new.clone()).await.expect("added");
    let again = world.store.add_customer(new.clone()).await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
    let owing = NewCustomer {
        name: "eve".into(),
        credit_limit: money("-1"),
        ..new
    };
    let refused = world.store.add_customer(owing).await;
    assert!(
        matches!(refused, Err(StoreError::BadAmount(_))),
        "{refused:?}"
    );

    let row = world.store.customer_named("bob").await.expect("there");
    assert_eq!(row.customer, bob);
    assert_eq!(
        row.account,
        world.store.account(bob.id).await.expect("there")
    );
    assert_eq!(
        (row.account.available, row.account.spendable()),
        (money("0"), money("5"))
    );
    assert_eq!(world.store.customer(bob.id).await.expect("there"), bob);
    let names: Vec<String> = world
        .store
        .customers()
        .await
        .expect("read")
        .into_iter()
        .map(|row| row.customer.name)
        .collect();
    assert_eq!(names, ["ann", "bob"]);
    assert!(matches!(
        world.store.customer_named("eve").await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        world.store.customer(CustomerId(99)).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        world.store.account(CustomerId(99)).await,
        Err(StoreError::NotFound { .. })
    ));
}

pub(crate) async fn a_customer_changes_where_told(world: World) {
    let change = CustomerChange {
        group: Some(Some("vip".into())),
        ..CustomerChange::default()
    };
    world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    let change = CustomerChange {
        credit_limit: Some(money("3")),
        disabled: Some(true),
        ..CustomerChange::default()
    };
    let ann = world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    assert_eq!(
        (ann.group.as_deref(), ann.credit_limit, ann.disabled),
        (Some("vip"), money("3"), true)
    );
    let change = CustomerChange {
        group: Some(None),
        ..CustomerChange::default()
    };
    let ann = world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    assert_eq!((ann.group, ann.disabled), (None, true));
    let nobody = world
        .store
        .change_customer(CustomerId(99), CustomerChange::default())
        .await;
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
}

fn key(customer: CustomerId, prefix: &str, byte: u8) -> NewKey {
    NewKey {
        customer,
        prefix: prefix.into(),
        hash: [byte; 32],
        label: Some("shop".into()),
        at: at(9),
    }
}

pub(crate) async fn keys_find_their_owner_until_they_are_revoked(world: World) {
    let store = &world.store;
    store
        .issue_key(key(world.ann, "aaaaaaaa", 1))
        .await
        .expect("issued");
    store
        .issue_key(key(world.ann, "aaaaaaaa", 1))
        .await
        .expect("the same again");
    store
        .issue_key(key(world.ann, "bbbbbbbb", 2))
        .await
        .expect("issued");
    let owner = store.key_owner([1; 32]).await.expect("read");
    assert_eq!(owner.map(|customer| customer.id), Some(world.ann));
    assert_eq!(store.key_owner([9; 32]).await.expect("read"), None);

    store.revoke_key("aaaaaaaa", at(10)).await.expect("revoked");
    store
        .revoke_key("aaaaaaaa", at(11))
        .await
        .expect("revoked already");
    assert_eq!(store.key_owner([1; 32]).await.expect("read"), None);
    let back = store.issue_key(key(world.ann, "aaaaaaaa", 1)).await;
    assert!(
        matches!(back, Err(StoreError::Exists { .. })),
        "for ever: {back:?}"
    );
    let rows = store.keys(world.ann).await.expect("read");
    let listed: Vec<_> = rows
        .iter()
        .map(|row| (row.prefix.as_str(), row.created, row.revoked))
        .collect();
    assert_eq!(
        listed,
        [("aaaaaaaa", at(9), Some(at(10))), ("bbbbbbbb", at(9), None)]
    );
    let unknown = store.revoke_key("cccccccc", at(11)).await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound { .. })),
        "{unknown:?}"
    );

    let change = CustomerChange {
        disabled: Some(true),
        ..CustomerChange::default()
    };
    store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    let owner = store
        .key_owner([2; 32])
        .await
        .expect("read")
        .expect("answered all the same");
    assert!(owner.disabled);
}

pub(crate) async fn keys_are_nobody_elses(world: World) {
    let bob = world.customer("bob").await;
    world
        .store
        .issue_key(key(world.ann, "aaaaaaaa", 1))
        .await
        .expect("issued");
    for taken in [
        key(bob, "bbbbbbbb", 1),
        key(bob, "aaaaaaaa", 2),
        key(world.ann, "aaaaaaaa", 3),
    ] {
        let refused = world.store.issue_key(taken).await;
        assert!(
            matches!(refused, Err(StoreError::Exists { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(world.store.keys(bob).await.expect("read"), []);
    let nobody = world
        .store
        .issue_key(key(CustomerId(99), "dddddddd", 4))
        .await;
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
}

pub(crate) async fn the_currency_is_fixed_for_ever(world: World) {
    world
        .store
        .fix_currency(&"USD".into())
        .await
        .expect("the same");
    let other = world.store.fix_currency(&"EUR".into()).await;
    assert!(
        matches!(other, Err(StoreError::Exists { ref name, .. }) if name == "USD"),
        "{other:?}"
    );
    world.store.check_writable().await.expect("writable");
    world.store.check_writable().await.expect("and again");
}
