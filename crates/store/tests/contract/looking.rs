//! Looking at orders.

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::order::OrderState;
use panelgate_domain::status::StatusWord;
use panelgate_store::StoreError;
use panelgate_store::model::{Answer, Learned, NewOrder, OrderFilter};

use super::world::{charged, fact};
use super::{World, at, decision, money, said};

pub(crate) async fn filters_narrow_newest_first(world: World) {
    let world = world.funded().await;
    let bob = world.customer("bob").await;
    world.top_up(bob, "10", "bob's").await;
    let open = world.open("1").await;
    let placed = world.placed("1", "u1").await;
    let bobs = NewOrder {
        customer: bob,
        at: at(50),
        ..world.new_order("1")
    };
    world.store.open_order(bobs, None).await.expect("opened");
    let learned = Learned {
        order: placed,
        fact: fact(StatusWord::Pending, None, 9),
        flag: Some("odd".into()),
        doubt: None,
    };
    world.store.learn(vec![learned]).await.expect("learned");
    let (first, second, third) = (open, placed, OrderId(3));
    let table = [
        (OrderFilter::default(), vec![third, second, first]),
        (
            OrderFilter {
                limit: 2,
                ..OrderFilter::default()
            },
            vec![third, second],
        ),
        (
            OrderFilter {
                state: Some(OrderState::Open),
                ..OrderFilter::default()
            },
            vec![third, first],
        ),
        (
            OrderFilter {
                customer: Some(world.ann),
                ..OrderFilter::default()
            },
            vec![second, first],
        ),
        (
            OrderFilter {
                panel: Some("alpha".into()),
                ..OrderFilter::default()
            },
            vec![second],
        ),
        (
            OrderFilter {
                sent_from: Some(at(1)),
                ..OrderFilter::default()
            },
            vec![second],
        ),
        (
            OrderFilter {
                sent_to: Some(at(1)),
                ..OrderFilter::default()
            },
            vec![],
        ),
        (
            OrderFilter {
                state: Some(OrderState::Placed),
                sent_from: Some(at(1)),
                sent_to: Some(at(3)),
                ..OrderFilter::default()
            },
            vec![second],
        ),
        (
            OrderFilter {
                flagged: true,
                ..OrderFilter::default()
            },
            vec![second],
        ),
        (
            OrderFilter {
                flagged: true,
                customer: Some(bob),
                ..OrderFilter::default()
            },
            vec![],
        ),
        (
            OrderFilter {
                state: Some(OrderState::Open),
                customer: Some(world.ann),
                limit: 9,
                ..OrderFilter::default()
            },
            vec![first],
        ),
    ];
    for (filter, expected) in table {
        assert_eq!(listed(&world, &filter).await, expected, "{filter:?}");
    }
}

/// Live orders and those that have ended are looked for apart.
pub(crate) async fn lists_go_on_where_they_were_cut_off(world: World) {
    let world = world.funded().await;
    let mut orders = Vec::new();
    for n in 0..6 {
        let order = world.placed("1", &format!("u{n}")).await;
        orders.insert(0, order);
    }
    for closed in [orders[1], orders[4]] {
        let ended = fact(StatusWord::Completed, None, 9);
        world.close(closed, ended).await.expect("closed");
    }
    let whose = [
        OrderFilter::default(),
        OrderFilter {
            customer: Some(world.ann),
            ..OrderFilter::default()
        },
        OrderFilter {
            panel: Some("alpha".into()),
            ..OrderFilter::default()
        },
        OrderFilter {
            customer: Some(world.ann),
            panel: Some("alpha".into()),
            ..OrderFilter::default()
        },
    ];
    let closed = [orders[1], orders[4]];
    let is_closed = |order: &&OrderId| closed.contains(order);
    for filter in whose {
        for state in [
            None,
            Some(OrderState::Placed),
            Some(OrderState::Closed),
            Some(OrderState::Open),
        ] {
            let expected: Vec<OrderId> = match state {
                None => orders.clone(),
                Some(OrderState::Placed) => orders
                    .iter()
                    .filter(|order| !is_closed(order))
                    .copied()
                    .collect(),
                Some(OrderState::Closed) => closed.to_vec(),
                _ => Vec::new(),
            };
            let mut found: Vec<OrderId> = Vec::new();
            loop {
                let page = OrderFilter {
                    state,
                    before: found.last().copied(),
                    limit: 2,
                    ..filter.clone()
                };
                let page = listed(&world, &page).await;
                assert!(page.len() <= 2, "{page:?}");
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            assert_eq!(found, expected, "{filter:?} {state:?}");
        }
    }
}

async fn listed(world: &World, filter: &OrderFilter) -> Vec<OrderId> {
    let found = world.store.list_orders(filter.clone()).await.expect("read");
    found.iter().map(|order| order.id).collect()
}

pub(crate) async fn waiting_orders_are_oldest_first_and_sendable(world: World) {
    let world = world.funded().await;
    let (first, second, third) = (
        world.open("1").await,
        world.open("2").await,
        world.open("3").await,
    );
    world
        .store
        .close_unsent(decision(second))
        .await
        .expect("closed");
    world.sending("4").await;
    let waiting = world.store.waiting_orders(10).await.expect("read");
    assert_eq!(
        waiting
            .iter()
            .map(|sendable| sendable.order.id)
            .collect::<Vec<_>>(),
        [first, third]
    );
    assert_eq!(waiting[0].spec, world.new_order("1").spec);
    assert_eq!(world.store.waiting_orders(1).await.expect("read").len(), 1);
    let placed = world.placed("1", "u1").await;
    let looked_at = world
        .store
        .placed_orders(OrderId(0), 10)
        .await
        .expect("read");
    assert_eq!(
        looked_at.iter().map(|order| order.id).collect::<Vec<_>>(),
        [placed]
    );
}

pub(crate) async fn live_orders_are_counted(world: World) {
    let world = world.funded().await;
    world.open("1").await;
    let (_, placement) = world.sending("1").await;
    world
        .store
        .return_order(placement, said("throttled", 3))
        .await
        .expect("returned");
    world.sending("1").await;
    world.unconfirmed("1").await;
    world.placed("1", "u1").await;
    let ended = world.placed("1", "u2").await;
    world
        .close(ended, fact(StatusWord::Completed, None, 9))
        .await
        .expect("closed");
    let mut counts = world.store.count_live().await.expect("read");
    counts.sort_by_key(|(_, state, _)| state.word());
    let alpha = || Some(PanelName::from("alpha"));
    let expected = [
        (None, OrderState::Open, 2),
        (alpha(), OrderState::Placed, 1),
        (alpha(), OrderState::Sending, 1),
        (alpha(), OrderState::Unconfirmed, 1),
    ];
    assert_eq!(counts, expected);
}

pub(crate) async fn a_story_tells_everything(world: World) {
    let world = world.funded().await;
    let (id, first) = world.sending("10").await;
    world
        .store
        .return_order(first, said("throttled", 3))
        .await
        .expect("returned");
    let second = world
        .store
        .begin_placement(id, world.new_placement("beta"))
        .await
        .expect("begun");
    world
        .store
        .park_placement(second, said("unknown", 4))
        .await
        .expect("parked");
    world
        .store
        .wish_cancel(id, at(5))
        .await
        .expect("remembered");
    world
        .store
        .resolve_placed(decision(id), "u1".into())
        .await
        .expect("placed");
    world
        .learn(id, charged(StatusWord::InProgress, "5", 600))
        .await;
    world
        .close(id, charged(StatusWord::Completed, "5", 601))
        .await
        .expect("closed");
    world
        .store
        .settle_by_hand(decision(id), money("1"))
        .await
        .expect("refunded");

    let story = world.store.story(id).await.expect("read");
    assert_eq!((story.order.order.id, story.customer.as_str()), (id, "ann"));
    assert_eq!(story.order.spec, world.new_order("10").spec);
    let placements: Vec<_> = story
        .placements
        .iter()
        .map(|p| {
            (
                p.id,
                p.panel.as_str(),
                p.outcome.as_deref(),
                p.raw.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        placements,
        [
            (first, "alpha", Some("throttled"), Some("raw throttled")),
            (second, "beta", Some("resolved_placed"), Some("raw unknown")),
        ]
    );
    let kinds: Vec<_> = story
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "opened",
            "sending",
            "returned",
            "sending",
            "unconfirmed",
            "cancel_asked",
            "resolved_placed",
            "learned",
            "closed",
            "settled"
        ]
    );
    assert_eq!(story.events[4].text, "unknown: raw unknown");
    let transfers: Vec<_> = story
        .transfers
        .iter()
        .map(|t| (t.kind.as_str(), t.amount, t.currency.as_str()))
        .collect();
    assert_eq!(
        transfers,
        [
            ("hold", money("10"), "USD"),
            ("charge", money("6"), "EUR"),
            ("credit", money("1"), "EUR"),
            ("take", money("10"), "USD"),
            ("refund", money("1"), "USD"),
        ]
    );
    assert_eq!(story.transfers[4].note.as_deref(), Some("operator: looked"));
}

pub(crate) async fn foreign_texts_are_cut(world: World) {
    let world = world.funded().await;
    let (id, placement) = world.sending("10").await;
    let raw = format!("x{}", "ü".repeat(5_000));
    let answer = Answer {
        outcome: "unknown".into(),
        raw,
        at: at(3),
    };
    world
        .store
        .park_placement(placement, answer)
        .await
        .expect("parked");
    let story = world.store.story(id).await.expect("read");
    let kept = story.placements[0].raw.as_deref().expect("kept");
    assert!(
        kept.len() <= 4_096 && kept.starts_with("xü") && kept.ends_with('ü'),
        "{} bytes",
        kept.len()
    );
    assert!(story.events.iter().all(|event| event.text.len() <= 4_096));
}

pub(crate) async fn unknown_ids_are_left_out_or_not_found(world: World) {
    let world = world.funded().await;
    let id = world.open("1").await;
    let found = world
        .store
        .orders(vec![OrderId(99), id, OrderId(-1)])
        .await
        .expect("read");
    assert_eq!(found.iter().map(|order| order.id).collect::<Vec<_>>(), [id]);
    assert!(matches!(
        world.store.story(OrderId(99)).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        world.store.wish_cancel(OrderId(99), at(1)).await,
        Err(StoreError::NotFound { .. })
    ));
}
