//! Orders that spawn others: what a panel names becomes ours, once, and is as large as it turns out to be.

use panelgate_domain::family::{Share, Size};
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::rate::Rate;
use panelgate_domain::status::StatusWord;
use panelgate_store::StoreError;
use panelgate_store::model::{NewPlacement, Opened};

use super::kin::{drip_feed, subscription};
use super::world::{at, charged, fact};
use super::{World, decision, money, said};

pub(crate) async fn what_a_panel_names_is_ours_once(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    // The panel charges posts when it makes them.
    world.expect(["97", "3", "0", "0"]).await;
    let first = world.spawned(parent, &["c1", "c1", "s1"]).await;
    assert_eq!(first.len(), 1, "named twice, and its parent");
    let second = world.spawned(parent, &["c1", "c2"]).await;
    assert_eq!(second.len(), 1);
    assert_eq!(world.spawned(parent, &["c2", "c1"]).await, []);
    let child = world.order(first[0]).await;
    assert_eq!(
        (child.state, child.price, child.customer),
        (OrderState::Placed, money("1"), world.ann)
    );
    let origin = child.origin.expect("a child");
    assert_eq!((origin.parent, origin.is_sized), (parent, false));
    let family = world.store.family(parent).await.expect("read");
    let ids: Vec<OrderId> = family.children.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [first[0], second[0]]);
    assert_eq!(family.rate, Rate::parse("5"));
    assert_eq!(world.order(parent).await.flag, None);
    world.expect(["97", "3", "0", "0"]).await;
}

pub(crate) async fn what_is_somebody_elses_is_no_child(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let other = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s2")
        .await;
    let plain = world.placed("10", "u1").await;
    world.spawned(other, &["c9"]).await;
    for _ in 0..2 {
        assert_eq!(world.spawned(parent, &["u1", "c9", "s2"]).await, []);
    }
    assert_eq!(world.strangers(parent).await, 3, "each once");
    let flag = world.order(parent).await.flag.expect("on the list");
    assert!(
        flag.contains("u1") && flag.contains(&plain.to_string()),
        "{flag}"
    );
    assert_eq!(world.strangers(other).await, 0);
    world.expect(["84", "16", "-6", "6"]).await;
}

pub(crate) async fn another_panels_order_may_have_the_id_of_a_child(world: World) {
    let world = world.funded().await;
    let opened = world
        .store
        .open_order(world.new_order("10"), Some(world.new_placement("beta")))
        .await;
    let Ok(Opened::New(_, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    world
        .store
        .confirm_placement(placement, "c1".into(), said("accepted", 4))
        .await
        .expect("placed");
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    assert_eq!(world.spawned(parent, &["c1"]).await.len(), 1);
    assert_eq!(world.strangers(parent).await, 0);
    world.expect(["87", "13", "0", "0"]).await;
}

pub(crate) async fn only_parents_that_were_placed_have_children(world: World) {
    let world = world.funded().await;
    let plain = world.placed("10", "u1").await;
    let placement = NewPlacement {
        share: Some(Share::Post),
        ..world.new_placement("alpha")
    };
    let opened = world
        .store
        .open_order(subscription(&world, 3, "10"), Some(placement))
        .await;
    let Ok(Opened::New(sending, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    let refused = async |order: OrderId| {
        let refused = world.adopt(order, &["x1"]).await;
        let is_wrong =
            matches!(&refused, Err(StoreError::WrongState { order: o, .. }) if *o == order);
        assert!(is_wrong, "{refused:?}");
        assert_eq!(world.strangers(order).await, 0);
    };
    refused(plain).await;
    refused(child).await;
    refused(sending.id).await;
    let park = world.store.park_placement(placement, said("unknown", 4));
    park.await.expect("parked");
    refused(sending.id).await;
    world.expect(["84", "16", "-6", "6"]).await;
}

pub(crate) async fn who_comes_after_the_end_is_noted_once(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    world
        .end(parent, StatusWord::Canceled, 0)
        .await
        .expect("closed");
    for _ in 0..2 {
        assert_eq!(world.spawned(parent, &["c1"]).await, []);
    }
    assert_eq!(world.strangers(parent).await, 1);
    assert!(world.order(parent).await.flag.is_some());
    world.expect(["100", "0", "0", "0"]).await;
}

/// Whoever names others with every look fills neither the file nor the operator's list.
pub(crate) async fn a_panel_that_makes_ids_up_is_soon_not_noted_any_more(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    world
        .end(parent, StatusWord::Canceled, 0)
        .await
        .expect("closed");
    for look in 0..4 {
        let ids: Vec<String> = (0..100).map(|n| format!("x{look}-{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(world.spawned(parent, &ids).await, []);
    }
    assert_eq!(world.strangers(parent).await, 20);
    world.expect(["100", "0", "0", "0"]).await;
}

/// Everything that such a panel names takes from one hold.
pub(crate) async fn more_children_than_were_bought_take_no_more(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::Post, "s1")
        .await;
    let ids: Vec<String> = (0..2_050).map(|n| format!("c{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let children = world.spawned(parent, &ids).await;
    assert_eq!(children.len(), 2_000);
    assert!(world.order(parent).await.flag.is_some());
    for child in &children[..4] {
        world.delivered(*child, 100).await;
    }
    world.expect(["98", "0", "-2", "2"]).await;
}

/// To a panel an id is a text.
pub(crate) async fn ids_that_look_alike_are_two(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 4, "10"), Share::Post, "s1")
        .await;
    let children = world.spawned(parent, &["7", "07", "ab", "AB"]).await;
    assert_eq!(children.len(), 4);
    world.expect(["96", "4", "0", "0"]).await;
}

/// The panel gives a new order the id of a child: whose it is, an operator finds out.
pub(crate) async fn the_id_of_a_child_is_no_new_orders(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    let (order, placement) = world.sending("10").await;
    let confirm = world
        .store
        .confirm_placement(placement, "c1".into(), said("accepted", 6));
    let duplicate = confirm.await;
    assert!(
        matches!(&duplicate, Err(StoreError::DuplicateUpstreamId(id)) if id == "c1"),
        "{duplicate:?}"
    );
    let park = world.store.park_placement(placement, said("unknown", 6));
    park.await.expect("parked");
    world.delivered(child, 100).await;
    world.expect(["87", "12", "-0.5", "0.5"]).await;
    let not_placed = world.store.resolve_not_placed(decision(order)).await;
    not_placed.expect("closed");
    world.expect(["97", "2", "-0.5", "0.5"]).await;
}

pub(crate) async fn a_parent_has_the_children_of_where_it_was_placed_last(world: World) {
    let world = world.funded().await;
    let first = NewPlacement {
        share: Some(Share::EqualPost),
        ..world.new_placement("beta")
    };
    let opened = world
        .store
        .open_order(subscription(&world, 3, "10"), Some(first))
        .await;
    let Ok(Opened::New(parent, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    let returned = world.store.return_order(placement, said("not_sent", 3));
    returned.await.expect("returned");
    let second = NewPlacement {
        share: Some(Share::Post),
        ..world.new_placement("alpha")
    };
    let placement = world.store.begin_placement(parent.id, second).await;
    let placement = placement.expect("begun");
    let confirm = world
        .store
        .confirm_placement(placement, "s1".into(), said("accepted", 4));
    confirm.await.expect("placed");
    let child = world.spawned(parent.id, &["c1"]).await[0];
    let child = world.order(child).await;
    assert_eq!(
        (child.share, child.panel),
        (Some(Share::Post), Some("alpha".into()))
    );
    world.expect(["97", "3", "0", "0"]).await;
}

pub(crate) async fn a_size_is_known_once(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2"]).await;
    let sized = world.size(child[0], 80).await;
    assert_eq!((sized.price, sized.quantity.total()), (money("0.8"), 80));
    assert!(sized.origin.expect("a child").is_sized);
    world.expect(["97", "3", "-0.4", "0.4"]).await;
    let again = world.size(child[0], 60).await;
    assert_eq!(again, sized);
    let doubt = Size {
        quantity: 50,
        doubt: Some("by its charge"),
    };
    let doubtful = world.store.size_child(child[1], doubt, at(7)).await;
    assert_eq!(doubtful.expect("sized").flag.as_deref(), doubt.doubt);
    world.expect(["97", "3", "-0.65", "0.65"]).await;
    let refused = world.store.size_child(parent, doubt, at(7)).await;
    assert!(matches!(refused, Err(StoreError::WrongState { .. })));
}

pub(crate) async fn a_size_that_cannot_be_is_refused(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    let before = world.order(child).await;
    for quantity in [0, 101, u64::MAX] {
        let size = Size {
            quantity,
            doubt: None,
        };
        let refused = world.store.size_child(child, size, at(7)).await;
        assert!(
            matches!(refused, Err(StoreError::BadAmount(_))),
            "{quantity}: {refused:?}"
        );
    }
    assert_eq!(world.order(child).await, before);
    world.expect(["97", "3", "0", "0"]).await;
}

pub(crate) async fn equal_posts_keep_their_price_and_runs_have_none(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::EqualPost, "s1")
        .await;
    let post = world.spawned(parent, &["c1"]).await[0];
    let sized = world.size(post, 80).await;
    assert_eq!((sized.price, sized.quantity.total()), (money("1"), 80));
    // The panel has charged all of them at once.
    world.expect(["97", "3", "-1.5", "1.5"]).await;
    let parent = world
        .parent(drip_feed(&world, 3, "10"), Share::Run, "d1")
        .await;
    let run = world.spawned(parent, &["r1"]).await[0];
    let before = world.order(run).await;
    assert_eq!(before.price, Money::ZERO);
    assert_eq!(world.size(run, 80).await, before);
    world.expect(["94", "6", "-3", "3"]).await;
}

pub(crate) async fn a_closed_child_has_the_size_it_had(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    let canceled = world
        .close(child, fact(StatusWord::Canceled, None, 9))
        .await;
    let canceled = canceled.expect("closed");
    assert_eq!(world.size(child, 80).await, canceled);
    world.expect(["97", "3", "0", "0"]).await;
}

/// Whichever is known first, the quote by the size or the panel's charge: the charge counts.
pub(crate) async fn a_charge_is_better_than_a_quote(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2", "c3"]).await;
    world
        .learn(child[0], charged(StatusWord::Pending, "0.3", 6))
        .await;
    world.size(child[0], 80).await;
    world.expect(["97", "3", "-0.3", "0.3"]).await;
    // 0.40 quoted, and more charged.
    world.size(child[1], 80).await;
    world
        .learn(child[1], charged(StatusWord::Pending, "0.5", 7))
        .await;
    world.expect(["97", "3", "-0.8", "0.8"]).await;
    // It shrinks, and shrinks again.
    for (charge, books) in [("0.2", "0.5"), ("0.1", "0.4")] {
        world
            .learn(child[1], charged(StatusWord::Pending, charge, 8))
            .await;
        world.expect(["97", "3", &format!("-{books}"), books]).await;
    }
    // In the very look that ends it.
    world.size(child[2], 80).await;
    let done = charged(StatusWord::Completed, "0.6", 9);
    world.close(child[2], done).await.expect("closed");
    world.expect(["97", "2.2", "-1", "1"]).await;
}

/// Nobody pays us for ordering: such a charge does not stand for the quote.
pub(crate) async fn a_charge_below_nothing_is_no_charge(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    world
        .learn(child, charged(StatusWord::Pending, "-1", 6))
        .await;
    world.size(child, 80).await;
    world.expect(["97", "3", "-0.4", "0.4"]).await;
}
