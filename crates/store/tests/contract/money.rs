//! Money that operators move.

use panelgate_domain::ids::{CustomerId, OrderId};
use panelgate_domain::money::Money;
use panelgate_store::StoreError;
use panelgate_store::model::{Booked, Booking, CustomerChange, Deposit};

use super::world::euro;
use super::{World, at, money};

pub(crate) async fn a_reference_is_booked_once(world: World) {
    let bob = world.customer("bob").await;
    let (store, ann) = (&world.store, world.ann);
    assert_eq!(
        store
            .top_up(world.booking(ann, "10", "r1"))
            .await
            .expect("booked"),
        Booked::Now
    );
    assert_eq!(
        store
            .top_up(world.booking(ann, "10", "r1"))
            .await
            .expect("known"),
        Booked::Before
    );
    for other in [
        world.booking(ann, "11", "r1"),
        world.booking(bob, "10", "r1"),
    ] {
        let refused = store.top_up(other).await;
        assert!(
            matches!(refused, Err(StoreError::Exists { .. })),
            "{refused:?}"
        );
    }
    let adjusted = store.adjust(world.booking(ann, "10", "r1")).await;
    assert!(
        matches!(adjusted, Err(StoreError::Exists { .. })),
        "{adjusted:?}"
    );
    let deposited = store.deposit(deposit("10", "r1")).await;
    assert!(
        matches!(deposited, Err(StoreError::Exists { .. })),
        "{deposited:?}"
    );
    assert_eq!(
        store
            .adjust(world.booking(ann, "-4", "r2"))
            .await
            .expect("booked"),
        Booked::Now
    );
    assert_eq!(
        store
            .adjust(world.booking(ann, "-4", "r2"))
            .await
            .expect("known"),
        Booked::Before
    );
    assert!(
        store.adjust(world.booking(ann, "4", "r2")).await.is_err(),
        "the other direction"
    );
    assert_eq!(
        store.account(bob).await.expect("read").available,
        Money::ZERO
    );
    world.expect(["6", "0", "0", "0"]).await;
}

pub(crate) async fn adjustments_stop_at_the_credit_limit(world: World) {
    let change = CustomerChange {
        credit_limit: Some(money("5")),
        ..CustomerChange::default()
    };
    world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    world
        .store
        .adjust(world.booking(world.ann, "-5", "r1"))
        .await
        .expect("booked");
    let refused = world
        .store
        .adjust(world.booking(world.ann, "-0.000001", "r2"))
        .await;
    assert!(
        matches!(refused, Err(StoreError::NotEnoughFunds)),
        "{refused:?}"
    );
    world.expect(["-5", "0", "0", "0"]).await;
    // A limit that shrinks takes nothing away, and a top-up is always welcome.
    let change = CustomerChange {
        credit_limit: Some(Money::ZERO),
        ..CustomerChange::default()
    };
    world
        .store
        .change_customer(world.ann, change)
        .await
        .expect("changed");
    world.top_up(world.ann, "1", "r3").await;
    world.expect(["-4", "0", "0", "0"]).await;
}

pub(crate) async fn amounts_that_mean_nothing_are_refused(world: World) {
    let store = &world.store;
    let refused = [
        store.top_up(world.booking(world.ann, "0", "r")).await,
        store.top_up(world.booking(world.ann, "-1", "r")).await,
        store.adjust(world.booking(world.ann, "0", "r")).await,
        store.deposit(deposit("0", "r")).await,
        store.deposit(deposit("-1", "r")).await,
    ];
    for result in refused {
        assert!(
            matches!(result, Err(StoreError::BadAmount(_))),
            "{result:?}"
        );
    }
    let nobody = store.top_up(world.booking(CustomerId(99), "1", "r")).await;
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
    world.expect(["0", "0", "0", "0"]).await;
}

pub(crate) async fn what_does_not_fit_into_the_books_is_refused(world: World) {
    let most = Booking {
        amount: Money::from_micros(i64::MAX),
        ..world.booking(world.ann, "1", "r1")
    };
    world
        .store
        .top_up(most.clone())
        .await
        .expect("it fits exactly");
    let more = world
        .store
        .top_up(world.booking(world.ann, "0.000001", "r2"))
        .await;
    assert!(matches!(more, Err(StoreError::BadAmount(_))), "{more:?}");
    let least = Booking {
        amount: Money::from_micros(i64::MIN),
        reference: "r3".into(),
        ..most
    };
    let least = world.store.adjust(least).await;
    assert!(matches!(least, Err(StoreError::BadAmount(_))), "{least:?}");
    world.expect(["9223372036854.775807", "0", "0", "0"]).await;
}

fn deposit(amount: &str, reference: &str) -> Deposit {
    Deposit {
        panel: "alpha".into(),
        currency: euro(),
        amount: money(amount),
        reference: reference.to_owned(),
        at: at(0),
    }
}

pub(crate) async fn deposits_are_in_the_panels_currency(world: World) {
    let store = &world.store;
    assert_eq!(
        store.deposit(deposit("20", "d1")).await.expect("booked"),
        Booked::Now
    );
    assert_eq!(
        store.deposit(deposit("20", "d1")).await.expect("known"),
        Booked::Before
    );
    let others = [
        deposit("21", "d1"),
        Deposit {
            panel: "beta".into(),
            ..deposit("20", "d1")
        },
        Deposit {
            currency: "USD".into(),
            ..deposit("20", "d1")
        },
    ];
    for other in others {
        let refused = store.deposit(other).await;
        assert!(
            matches!(refused, Err(StoreError::Exists { .. })),
            "{refused:?}"
        );
    }
    let accounts = store.panel_accounts().await.expect("read");
    let listed: Vec<_> = accounts
        .iter()
        .map(|a| (a.panel.as_str(), a.currency.as_str(), a.prepaid, a.cost))
        .collect();
    assert_eq!(listed, [("alpha", "EUR", money("20"), Money::ZERO)]);
    world.expect(["0", "0", "20", "0"]).await;
}

pub(crate) async fn a_statement_tells_all_that_happened_to_available(world: World) {
    let world = world.funded().await;
    let order = world.open("10").await;
    world
        .store
        .close_unsent(super::decision(order))
        .await
        .expect("closed");
    let lines = world.store.statement(world.ann).await.expect("read");
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.kind.as_str(), line.amount, line.balance, line.order))
        .collect();
    let expected: [(&str, Money, Money, Option<OrderId>); 3] = [
        ("top_up", money("100"), money("100"), None),
        ("hold", money("-10"), money("90"), Some(order)),
        ("release", money("10"), money("100"), Some(order)),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        (lines[0].reference.as_str(), lines[0].note.as_deref()),
        ("funds", Some("a note"))
    );
    assert_eq!((lines[0].at, lines[1].at), (at(0), at(1)));
    let nobody = world.store.statement(CustomerId(99)).await;
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
}
