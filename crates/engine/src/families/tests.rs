use std::time::Duration;

use panelgate_domain::order::OrderState;
use panelgate_domain::status::{Final, StatusWord};
use panelgate_store::model::Decision;
use panelgate_upstream::{Kind, Look, Reports};

use tokio::time::Instant;

use super::*;
use crate::clock::Clock;
use crate::scene::{Scene, money, panel, says, upstream_id};

/// What a panel says of a subscription: its word, the posts it has seen, and the orders it has made.
fn posts(word: &str, posts: u64, children: &[&str]) -> Report {
    Report {
        runs: Some(posts),
        children: children.iter().map(|id| UpstreamId::from(*id)).collect(),
        ..says(word, None)
    }
}

/// Looks at children, by what the panel calls them.
async fn hear(scene: &Scene, id: &str, report: Report) {
    let look = vec![(UpstreamId::from(id), Look::Report(report))];
    scene.core().reported(&panel(), look).await;
}

/// One call that shows the subscription 1.
async fn hear_of_parent(scene: &Scene, report: Report) {
    scene.hear([(1, report)]).await;
}

#[tokio::test]
async fn children_take_from_the_hold_and_the_rest_goes_back_with_the_last_end() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(3).await;
    hear_of_parent(&scene, posts("Active", 2, &["901", "902", "901"])).await;
    // Nobody has seen them: how large they are is looked at before they start.
    let outlook = scene.core().outlook(&panel(), &"901".into());
    assert!(outlook.expect("watched").due <= Instant::now(), "at once");
    hear(&scene, "901", says("Pending", Some(60))).await;
    hear(&scene, "902", says("Pending", Some(100))).await;
    let child = scene.order(2).await;
    assert_eq!((child.price, child.quantity.total()), (money("6"), 60));
    hear(&scene, "901", says("Completed", Some(0))).await;
    hear_of_parent(&scene, posts("Expired", 2, &["901", "902"])).await;
    assert_eq!(scene.order(1).await.word(), StatusWord::Active);
    scene.expect("0").await;
    hear(&scene, "902", says("Partial", Some(30))).await;
    let parent = scene.order(1).await;
    assert_eq!(
        (parent.word(), parent.ended),
        (StatusWord::Expired, Some(Final::Completed))
    );
    // 30.00 held, 6.00 and 7.00 taken.
    scene.expect("17").await;
}

#[tokio::test]
async fn a_pause_keeps_the_hold() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(2).await;
    for _ in 0..3 {
        hear_of_parent(&scene, posts("Paused", 0, &[])).await;
        scene.now.advance(Duration::from_secs(300));
        scene.expect("0").await;
    }
    assert_eq!(scene.order(1).await.word(), StatusWord::Paused);
    hear_of_parent(&scene, posts("Canceled", 0, &[])).await;
    scene.expect("20").await;
}

/// What came along with strange ids may be about other orders, and would show a customer somebody else's.
#[tokio::test]
async fn a_doubtful_answer_makes_nobodys_children() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    let doubtful = Look::Doubtful(posts("Active", 1, &["901"]));
    let looks = vec![(upstream_id(1), doubtful)];
    scene.core().reported(&panel(), looks).await;
    assert!(
        scene
            .store
            .family(OrderId(1))
            .await
            .expect("read")
            .children
            .is_empty()
    );
}

/// A panel that mixes up its answers would show one customer the orders of another.
#[tokio::test]
async fn children_are_believed_from_a_look_at_their_parent_alone() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    scene.subscribed(2).await;
    let both = |one: Report, two: Report| scene.hear([(1, one), (2, two)]);
    let nothing = || posts("Active", 0, &[]);
    // Under the wrong key, with an end that would give everything back.
    both(posts("Completed", 1, &["902"]), nothing()).await;
    assert_eq!(scene.order(1).await.word(), StatusWord::Active);
    let outlook = scene.core().outlook(&panel(), &upstream_id(1));
    let outlook = outlook.expect("watched");
    assert_eq!(outlook.kind, Kind::Alone);
    assert!(outlook.due <= Instant::now(), "at once");
    both(posts("Completed", 1, &["902"]), nothing()).await;
    scene.hear([(1, nothing())]).await;
    let outlook = scene.core().outlook(&panel(), &upstream_id(1));
    assert_eq!(outlook.expect("watched").kind, Kind::Live);
    both(nothing(), posts("Completed", 1, &["902"])).await;
    scene.hear([(2, posts("Completed", 1, &["902"]))]).await;
    let child = scene.order(3).await;
    assert_eq!(child.origin.map(|origin| origin.parent), Some(OrderId(2)));
    scene.expect("0").await;
}

/// A panel that insists would be asked about that parent alone for ever.
#[tokio::test]
async fn what_is_no_child_is_asked_about_once() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    scene.subscribed(2).await;
    let looks = || {
        let lie = posts("Active", 1, &["2"]);
        scene.hear([(1, lie), (2, posts("Active", 0, &[]))])
    };
    let kind = || {
        let outlook = scene.core().outlook(&panel(), &upstream_id(1));
        outlook.expect("watched").kind
    };
    looks().await;
    assert_eq!(kind(), Kind::Alone);
    scene.hear([(1, posts("Active", 1, &["2"]))]).await;
    assert!(scene.order(1).await.flag.is_some());
    looks().await;
    assert_eq!(kind(), Kind::Live);
}

#[tokio::test]
async fn posts_that_no_order_was_named_for_are_asked_about_when_they_stay_away() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(2).await;
    hear_of_parent(&scene, posts("Completed", 1, &[])).await;
    assert_eq!(scene.order(1).await.flag, None);
    hear_of_parent(&scene, posts("Completed", 1, &[])).await;
    let waiting = scene.order(1).await;
    assert!(waiting.flag.is_some_and(|flag| flag.contains("1 posts")));
    scene.expect("0").await;
    hear_of_parent(&scene, posts("Completed", 1, &["901"])).await;
    hear(&scene, "901", says("Canceled", Some(0))).await;
    scene.expect("20").await;
}

#[tokio::test]
async fn a_child_that_comes_after_the_end_is_the_operators() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    hear_of_parent(&scene, posts("Completed", 0, &[])).await;
    scene.expect("10").await;
    scene.now.advance(Duration::from_secs(3_600));
    hear_of_parent(&scene, posts("Completed", 1, &["901"])).await;
    let flag = scene.order(1).await.flag.expect("flagged");
    assert!(
        flag.contains("901") && flag.contains("after the end"),
        "{flag}"
    );
    scene.expect("10").await;
}

#[tokio::test]
async fn what_an_operator_decides_about_the_last_child_ends_the_family() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    hear_of_parent(&scene, posts("Completed", 1, &["901"])).await;
    hear(&scene, "901", says("Completed", Some(0))).await;
    let child = scene.order(2).await;
    assert_eq!(child.state, OrderState::Placed);
    assert!(child.flag.is_some(), "its quantity was never told");
    let decision = Decision {
        order: child.id,
        actor: "operator".to_owned(),
        reason: "it was 80".to_owned(),
        at: scene.now.now(),
    };
    let settled = scene.engine().settle(decision, money("2")).await;
    assert_eq!(settled.expect("settled").taken, Some(money("8")));
    assert_eq!(scene.order(1).await.state, OrderState::Closed);
    scene.expect("2").await;
}

/// Of what is named among others nobody knows yet whose it is; what is left of the hold may be needed for it.
#[tokio::test]
async fn the_last_known_child_ends_nothing_while_others_are_to_be_asked_for() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(2).await;
    hear_of_parent(&scene, posts("Completed", 1, &["901"])).await;
    hear(&scene, "901", says("Pending", Some(100))).await;
    let looks = vec![
        (
            upstream_id(1),
            Look::Report(posts("Completed", 2, &["901", "902"])),
        ),
        ("901".into(), Look::Report(says("Completed", Some(0)))),
    ];
    scene.core().reported(&panel(), looks).await;
    assert_eq!(scene.order(1).await.state, OrderState::Placed);
    scene.expect("0").await;
    hear_of_parent(&scene, posts("Completed", 2, &["901", "902"])).await;
    hear(&scene, "902", says("Pending", Some(100))).await;
    hear(&scene, "902", says("Partial", Some(50))).await;
    assert_eq!(scene.order(1).await.state, OrderState::Closed);
    scene.expect("5").await;
}

/// Panels that leave the number out of the last report would have a post for nothing.
#[tokio::test]
async fn posts_that_were_counted_before_the_end_are_waited_for_after_it() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(2).await;
    hear_of_parent(&scene, posts("Active", 1, &[])).await;
    hear_of_parent(&scene, says("Completed", None)).await;
    assert_eq!(scene.order(1).await.state, OrderState::Placed);
    scene.expect("0").await;
    hear_of_parent(&scene, posts("Completed", 1, &["901"])).await;
    hear(&scene, "901", says("Canceled", Some(0))).await;
    scene.expect("20").await;
}

/// Parents that were canceled are heard to be so for as long as their children live; that is no news, and holds nothing back.
#[tokio::test]
async fn parents_that_wait_for_their_children_do_not_hold_back_what_others_get() {
    let scene = Scene::with_orders(1).await;
    let parents = 2_i64..=26;
    for parent in parents.clone() {
        scene.subscribed(parent.unsigned_abs()).await;
    }
    for parent in parents.clone() {
        let child = format!("child of {parent}");
        scene.hear([(parent, posts("Active", 1, &[&child]))]).await;
    }
    for _ in 0..2 {
        let canceled = |parent| (parent, posts("Canceled", 1, &[]));
        scene.hear(parents.clone().map(canceled)).await;
        scene.now.advance(Duration::from_secs(700));
    }
    let canceled = |parent| (parent, posts("Canceled", 1, &[]));
    scene.hear(parents.map(canceled)).await;
    scene.hear([(1, says("Canceled", Some(100)))]).await;
    scene.expect("10").await;
}

/// Or a panel that says no more than that would be asked again without a pause.
#[tokio::test]
async fn a_child_that_only_waits_has_been_seen() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    hear_of_parent(&scene, posts("Active", 1, &["901"])).await;
    scene.now.advance(Duration::from_secs(1));
    hear(&scene, "901", says("Pending", None)).await;
    let outlook = scene.core().outlook(&panel(), &"901".into());
    assert!(
        outlook.expect("watched").due > Instant::now(),
        "not at once"
    );
    hear(&scene, "901", says("Pending", Some(60))).await;
    assert_eq!(scene.order(2).await.quantity.total(), 60);
}

/// It has ended, and nothing is made of its size any more.
#[tokio::test]
async fn a_post_that_ended_unseen_costs_nothing_when_its_panel_comes_back_to_it() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    hear_of_parent(&scene, posts("Active", 1, &["901"])).await;
    hear(&scene, "901", says("Canceled", None)).await;
    let running = Report {
        charge: Some(money("4.8")),
        ..says("In progress", Some(20))
    };
    hear(&scene, "901", running).await;
    let health = &scene.core().health;
    let days_left = health.tenths_of_days_left(&panel(), money("100"), scene.now.now());
    assert_eq!(days_left, None, "nothing was spent");
}

/// Nothing would ever end it, and nobody would know.
#[tokio::test]
async fn a_parent_that_is_not_reported_on_any_more_is_the_operators_whatever_it_named() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    scene.subscribed(2).await;
    let named = posts("Active", 1, &["901"]);
    let other = posts("Active", 0, &[]);
    scene.hear([(1, named), (2, other)]).await;
    let gone = Look::Error {
        text: "Incorrect order ID".to_owned(),
        times: 5,
    };
    let looks = vec![(upstream_id(1), gone)];
    scene.core().reported(&panel(), looks).await;
    let flag = scene.order(1).await.flag.expect("flagged");
    assert!(flag.contains("Incorrect order ID"), "{flag}");
}

/// Until it is seen by itself a child is as large as it can be; what it is charged says how large it was.
#[tokio::test]
async fn a_child_that_was_never_seen_waiting_is_as_large_as_its_charge() {
    let scene = Scene::with_orders(0).await;
    scene.subscribed(1).await;
    hear_of_parent(&scene, posts("Active", 1, &["901"])).await;
    // 80 at 60 per 1000.
    let running = Report {
        charge: Some(money("4.8")),
        ..says("In progress", Some(20))
    };
    hear(&scene, "901", running).await;
    let child = scene.order(2).await;
    assert_eq!((child.price, child.quantity.total()), (money("8"), 80));
    assert!(child.flag.is_some());
    assert!(!child.is_unseen());
}
