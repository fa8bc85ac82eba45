//! What may be the same order once more, and what a customer was told about it.

use std::time::Duration;

use panelgate_domain::customer::Options;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, ServiceId};
use panelgate_store::model::{CustomerChange, NewOrder, Opened};

use super::world::{World, at, decision, said, spec};

async fn open(world: &World, new: NewOrder) -> Opened {
    world.store.open_order(new, None).await.expect("answered")
}

async fn opened(world: &World, new: NewOrder) -> OrderId {
    match open(world, new).await {
        Opened::New(order, _) => order.id,
        other => panic!("{other:?}"),
    }
}

fn windowed(world: &World, seconds: i64) -> NewOrder {
    NewOrder {
        options: Options {
            duplicate_window: Some(120),
            ..Options::default()
        },
        at: at(seconds),
        ..world.new_order("10")
    }
}

pub(crate) async fn a_window_makes_one_order_of_the_same(world: World) {
    let world = world.funded().await;
    let first = opened(&world, windowed(&world, 100)).await;
    let again = open(&world, windowed(&world, 219)).await;
    assert!(
        matches!(&again, Opened::Repeat(order) if order.id == first),
        "{again:?}"
    );
    let different = [
        NewOrder {
            service: ServiceId(8),
            ..windowed(&world, 219)
        },
        NewOrder {
            spec: spec("https://example.com/p/1", 101),
            ..windowed(&world, 219)
        },
        NewOrder {
            options: Options::default(),
            ..windowed(&world, 219)
        },
        NewOrder {
            idempotency_key: Some("n1".into()),
            ..windowed(&world, 219)
        },
    ];
    for new in different {
        opened(&world, new).await;
    }
    // The last one of the same was the one without a window, at 219.
    let last = open(&world, windowed(&world, 338)).await;
    assert!(matches!(last, Opened::Repeat(_)), "{last:?}");
    opened(&world, windowed(&world, 339)).await;
    world.expect(["40", "60", "0", "0"]).await;
}

pub(crate) async fn what_came_to_nothing_is_not_repeated(world: World) {
    let world = world.funded().await;
    let first = opened(&world, windowed(&world, 100)).await;
    world
        .store
        .close_unsent(decision(first))
        .await
        .expect("closed");
    let again = opened(&world, windowed(&world, 101)).await;
    assert_ne!(again, first);
    world.expect(["90", "10", "0", "0"]).await;
}

pub(crate) async fn a_guarded_link_has_one_live_order(world: World) {
    let world = world.funded().await;
    let bob = world.customer("bob").await;
    world.top_up(bob, "100", "bob's").await;
    let guarded = || NewOrder {
        options: Options {
            link_guard: true,
            ..Options::default()
        },
        ..world.new_order("10")
    };
    // One that was opened before there was a guard counts.
    let first = opened(&world, world.new_order("10")).await;
    for new in [
        guarded(),
        NewOrder {
            idempotency_key: Some("n1".into()),
            ..guarded()
        },
    ] {
        let refused = open(&world, new).await;
        assert!(
            matches!(refused, Opened::LinkIsActive(order) if order == first),
            "{refused:?}"
        );
    }
    let elsewhere = [
        NewOrder {
            service: ServiceId(8),
            ..guarded()
        },
        NewOrder {
            spec: spec("https://example.com/p/2", 100),
            ..guarded()
        },
        NewOrder {
            customer: bob,
            ..guarded()
        },
    ];
    for new in elsewhere {
        opened(&world, new).await;
    }
    world
        .store
        .close_unsent(decision(first))
        .await
        .expect("closed");
    opened(&world, guarded()).await;
    world.expect(["70", "30", "0", "0"]).await;
}

pub(crate) async fn a_refusal_under_a_name_is_repeated(world: World) {
    let world = world.funded().await;
    let named = || NewOrder {
        idempotency_key: Some("n1".into()),
        ..world.new_order("10")
    };
    let placement = Some(world.new_placement("alpha"));
    let first = world
        .store
        .open_order(named(), placement)
        .await
        .expect("opened");
    let Opened::New(first, Some(placement)) = first else {
        panic!("{first:?}")
    };
    let refusal = Refusal::QuantityBelow(500);
    let refused = world
        .store
        .refuse_order(placement, refusal, said("refused", 3));
    refused.await.expect("refused");
    world
        .store
        .keep_refusal(first.id, refusal)
        .await
        .expect("kept");
    let again = open(&world, named()).await;
    assert!(
        matches!(again, Opened::RefusedBefore(told) if told == refusal),
        "{again:?}"
    );
    // A name lasts a day; then it is free, and forgets.
    let tomorrow = || NewOrder {
        at: named().at.after(Duration::from_secs(86_400)),
        ..named()
    };
    let second = opened(&world, tomorrow()).await;
    let again = open(&world, tomorrow()).await;
    assert!(
        matches!(&again, Opened::Repeat(order) if order.id == second),
        "{again:?}"
    );
    // Nothing is kept of orders without a name.
    let unnamed = opened(&world, world.new_order("10")).await;
    world
        .store
        .keep_refusal(unnamed, refusal)
        .await
        .expect("nothing to keep");
    world.expect(["80", "20", "0", "0"]).await;
}

pub(crate) async fn options_are_kept(world: World) {
    let options = Options {
        duplicate_window: Some(60),
        link_guard: true,
    };
    let change = CustomerChange {
        options: Some(options),
        ..CustomerChange::default()
    };
    let changed = world.store.change_customer(world.ann, change).await;
    assert_eq!(changed.expect("changed").options, options);
    let other = CustomerChange {
        group: Some(Some("vip".into())),
        ..CustomerChange::default()
    };
    world
        .store
        .change_customer(world.ann, other)
        .await
        .expect("changed");
    let row = world.store.customer_named("ann").await.expect("there");
    assert_eq!(row.customer.options, options);
}
