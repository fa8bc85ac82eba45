//! Money that operators move.

use panelgate_domain::ids::{CustomerId, OrderId};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
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
    let lines = world
        .store
        .statement(world.ann, None, 0)
        .await
        .expect("read");
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
    let kinds = async |since, limit| {
        let lines = world.store.statement(world.ann, since, limit).await;
        let kinds = lines.expect("read").into_iter().map(|line| line.kind);
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(kinds(None, 2).await, ["hold", "release"]);
    assert_eq!(kinds(Some(at(1)), 0).await, ["hold", "release"]);
    assert_eq!(kinds(Some(at(1)), 1).await, ["release"]);
    let later = Timestamp(at(0).0 + 365 * 24 * 3_600_000);
    assert_eq!(kinds(Some(later), 0).await, [""; 0]);
    // Another day, and back again: days begin with their first transfer, whatever came before it.
    for (day, reference) in [(3, "late"), (1, "back"), (2, "between")] {
        let at = Timestamp(at(0).0 + day * 24 * 3_600_000);
        let booking = Booking {
            at,
            ..world.booking(world.ann, "1", reference)
        };
        world.store.top_up(booking).await.expect("booked");
    }
    let day = |day: i64| Some(Timestamp(at(0).0 + day * 24 * 3_600_000));
    for (since, expected) in [(day(1), 3), (day(2), 2), (day(3), 1), (day(4), 0)] {
        assert_eq!(kinds(since, 0).await.len(), expected, "{since:?}");
    }
    let nobody = world.store.statement(CustomerId(99), None, 0).await;
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
}
