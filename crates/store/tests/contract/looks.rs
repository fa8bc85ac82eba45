//! What looks at orders leave behind: doubts, flags, ages, how panels speak; and the pages in which orders are looked up.

use std::time::Duration;

use panelgate_domain::completion::Completions;
use panelgate_domain::ids::{OrderId, PanelName, ServiceId};
use panelgate_domain::order::Order;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::StoreError;
use panelgate_store::api::MAX_LEARNED;
use panelgate_store::model::Learned;

use super::world::fact;
use super::{World, at, decision, money};

fn doubted(order: OrderId, fact: Fact, doubt: Option<Timestamp>) -> Learned {
    Learned {
        order,
        fact,
        flag: None,
        doubt,
    }
}

pub(crate) async fn a_doubt_is_kept_until_it_is_replaced(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let ending = fact(StatusWord::Canceled, None, 9);
    let steps = [
        (ending, Some(at(600)), true, Some(at(600))),
        (ending, Some(at(600)), false, Some(at(600))),
        // A doubt alone is worth writing.
        (ending, Some(at(700)), true, Some(at(700))),
        // What was overtaken doubts nothing.
        (
            fact(StatusWord::InProgress, None, 8),
            None,
            false,
            Some(at(700)),
        ),
        (ending, None, true, None),
    ];
    for (fact, doubt, news, kept) in steps {
        let before = world.order(id).await;
        let learned = world.store.learn(vec![doubted(id, fact, doubt)]).await;
        let learned = learned.expect("learned");
        let now = world.order(id).await;
        assert_eq!((now.doubt, now.fact), (kept, Some(ending)), "{doubt:?}");
        if news {
            assert!(now.version > before.version);
            assert_eq!(learned, [now], "what is answered is what is kept");
        } else {
            assert_eq!((learned, now), (vec![], before));
        }
    }
}

pub(crate) async fn a_closed_order_is_not_doubted(world: World) {
    let world = world.funded().await;
    let ending = fact(StatusWord::Canceled, None, 9);
    let (by_fact, by_hand) = (
        world.placed("10", "u1").await,
        world.placed("10", "u2").await,
    );
    let learned = [by_fact, by_hand].map(|id| doubted(id, ending, Some(at(600))));
    world.store.learn(learned.into()).await.expect("learned");
    let closed = world.close(by_fact, ending).await.expect("closed");
    let settled = world.store.settle_by_hand(decision(by_hand), money("1"));
    let settled = settled.await.expect("settled");
    assert_eq!((closed.doubt, settled.doubt), (None, None));
    world.expect(["91", "0", "-12", "12"]).await;
}

pub(crate) async fn what_is_learned_is_answered_as_it_is_kept(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let looks = [
        (fact(StatusWord::InProgress, Some(90), 5), None),
        (fact(StatusWord::InProgress, Some(80), 6), None),
        (fact(StatusWord::InProgress, Some(70), 7), Some("odd")),
        (fact(StatusWord::Pending, Some(60), 8), Some("odder")),
    ];
    for (fact, flag) in looks {
        let learned = Learned {
            flag: flag.map(str::to_owned),
            ..doubted(id, fact, None)
        };
        let answered = world.store.learn(vec![learned]).await.expect("learned");
        assert_eq!(answered, [world.order(id).await]);
        assert_eq!(answered[0].fact, Some(fact));
    }
    assert_eq!(world.order(id).await.flag.as_deref(), Some("odd"));
}

pub(crate) async fn only_so_much_is_learned_at_once(world: World) {
    let world = world.funded().await;
    let id = world.placed("10", "u1").await;
    let look = doubted(id, fact(StatusWord::InProgress, Some(1), 9), None);
    let too_much = vec![look.clone(); MAX_LEARNED + 1];
    let refused = world.store.learn(too_much).await;
    assert!(
        matches!(refused, Err(StoreError::BadAmount(_))),
        "{refused:?}"
    );
    assert_eq!(world.order(id).await.fact, Some(Fact::accepted(at(4))));
    let most = vec![look; MAX_LEARNED];
    assert_eq!(world.store.learn(most).await.expect("learned").len(), 1);
}

pub(crate) async fn any_order_may_be_flagged_once(world: World) {
    let world = world.funded().await;
    let closed = world.placed("10", "u1").await;
    world
        .close(closed, fact(StatusWord::Completed, None, 9))
        .await
        .expect("closed");
    for id in [closed, world.open("10").await] {
        let before = world.order(id).await;
        let flag = |text: &str, seconds| world.store.flag_order(id, text.into(), at(seconds));
        let flagged = flag("the panel takes it back", 10).await.expect("flagged");
        assert_eq!(flagged.flag.as_deref(), Some("the panel takes it back"));
        assert!(flagged.version > before.version);
        assert_eq!(flag("again", 11).await.expect("it is there"), flagged);
        let events = world.store.story(id).await.expect("read").events;
        let told: Vec<_> = events.iter().filter(|e| e.kind == "flagged").collect();
        assert_eq!(told.len(), 1, "{told:?}");
    }
    let long = world.placed("10", "u2").await;
    let flagged = world.store.flag_order(long, "x".repeat(9_000), at(12));
    let kept = flagged.await.expect("flagged").flag.expect("kept");
    assert_eq!(kept.len(), 4_096);
    let unknown = world
        .store
        .flag_order(OrderId(99), "x".into(), at(12))
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    world.expect(["70", "20", "-12", "12"]).await;
}

pub(crate) async fn delivered_orders_are_counted_by_their_age(world: World) {
    let world = world.funded().await;
    assert!(world.store.completions().await.expect("read").is_empty());
    let endings = [
        fact(StatusWord::Completed, None, 61),
        fact(StatusWord::Completed, None, 62),
        fact(StatusWord::Partial, Some(50), 10_001),
        fact(StatusWord::Canceled, None, 61),
    ];
    for (n, ending) in endings.into_iter().enumerate() {
        let id = world.placed("10", &format!("u{n}")).await;
        world.close(id, ending).await.expect("closed");
    }
    let by_hand = world.placed("10", "by hand").await;
    world
        .store
        .settle_by_hand(decision(by_hand), money("0"))
        .await
        .expect("settled");
    let mut other = world.new_order("10");
    other.service = ServiceId(3);
    let placement = Some(world.new_placement("alpha"));
    let opened = world.store.open_order(other, placement).await;
    let Ok(panelgate_store::model::Opened::New(order, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    world
        .store
        .confirm_placement(placement, "other".into(), super::said("accepted", 4))
        .await
        .expect("placed");
    // A clock that was set back is no age.
    world
        .close(order.id, fact(StatusWord::Completed, None, -50))
        .await
        .expect("closed");

    // They were opened at second 1.
    let count = |ages: &[u64]| {
        let mut counted = Completions::default();
        ages.iter()
            .for_each(|age| counted.add(Duration::from_secs(*age)));
        counted
    };
    let expected = [
        (ServiceId(3), count(&[0])),
        (ServiceId(7), count(&[60, 61, 10_000])),
    ];
    assert_eq!(world.store.completions().await.expect("read"), expected);
}

pub(crate) async fn how_a_panel_speaks_is_kept_until_it_is_forgotten(world: World) {
    let set = |panel: &'static str, learned, on, seconds| {
        let store = world.store.clone();
        async move {
            let panel = PanelName::from(panel);
            let set = store.set_panel_trait(&panel, learned, on, at(seconds));
            set.await.expect("kept");
        }
    };
    set("beta", PanelTrait::SingularCancel, true, 1).await;
    set("alpha", PanelTrait::SingularStatus, true, 2).await;
    set("alpha", PanelTrait::ListStatus, true, 3).await;
    set("alpha", PanelTrait::ListStatus, true, 4).await;
    set("beta", PanelTrait::SingularStatus, false, 5).await;
    assert_eq!(
        world.store.panel_traits().await.expect("read"),
        [
            ("alpha".into(), PanelTrait::ListStatus),
            ("alpha".into(), PanelTrait::SingularStatus),
            ("beta".into(), PanelTrait::SingularCancel),
        ]
    );
    for learned in PanelTrait::ALL {
        set("alpha", *learned, false, 6).await;
    }
    assert_eq!(
        world.store.panel_traits().await.expect("read"),
        [("beta".into(), PanelTrait::SingularCancel)]
    );
}

fn ids(orders: &[Order]) -> Vec<i64> {
    orders.iter().map(|order| order.id.0).collect()
}

pub(crate) async fn placed_orders_come_in_pages(world: World) {
    let world = world.funded().await;
    let mut placed = Vec::new();
    for n in 0..5 {
        placed.push(world.placed("1", &format!("u{n}")).await);
        world.open("1").await;
    }
    let ended = placed.remove(2);
    world
        .close(ended, fact(StatusWord::Completed, None, 9))
        .await
        .expect("closed");
    let (mut seen, mut after) = (Vec::new(), OrderId(0));
    loop {
        let page = world.store.placed_orders(after, 3).await.expect("read");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        after = last.id;
        seen.extend(page.iter().map(|order| order.id));
    }
    assert_eq!(seen, placed);
}

pub(crate) async fn ended_orders_come_in_pages_oldest_end_first(world: World) {
    let world = world.funded().await;
    // By their ends: 5 before the time, then 4, 1, 2, 3; the last three at one moment.
    for (n, seconds) in [30, 30, 30, 20, 10].into_iter().enumerate() {
        let id = world.placed("1", &format!("u{n}")).await;
        world
            .close(id, fact(StatusWord::Completed, None, seconds))
            .await
            .expect("closed");
    }
    let by_hand = world.placed("1", "by hand").await;
    world
        .store
        .settle_by_hand(decision(by_hand), money("0"))
        .await
        .expect("settled");
    world.placed("1", "live").await;
    let page = |since, after, limit| {
        let store = world.store.clone();
        async move {
            let page = store.ended_since(since, OrderId(after), limit).await;
            page.expect("read")
        }
    };
    assert_eq!(ids(&page(at(20), 0, 10).await), [4, 1, 2, 3]);
    let first = page(at(20), 0, 2).await;
    assert_eq!(ids(&first), [4, 1]);
    let last = first.last().and_then(|order| order.closed);
    let second = page(last.expect("closed"), 1, 2).await;
    assert_eq!(ids(&second), [2, 3]);
    assert!(page(at(30), 3, 2).await.is_empty());
}
