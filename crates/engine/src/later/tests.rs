use std::time::Duration;

use panelgate_upstream::{Kind, Look, Reports};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::scene::{Scene, counts, panel, says, upstream_id};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn ended_orders_that_turn_canceled_in_one_call_wait_all_together() {
    let scene = Scene::with_orders(100).await;
    let all = |word| (1..=100).map(move |n| (n, says(word, None)));
    let ended = scene.now.now();
    scene.hear(all("Completed")).await;
    for seconds in [0, 300, 599] {
        scene
            .now
            .set(ended.after(HOUR + Duration::from_secs(seconds)));
        scene.hear(all("Canceled")).await;
        scene.expect("0").await;
    }
    scene.now.set(ended.after(HOUR + Duration::from_secs(600)));
    scene.hear(all("Canceled")).await;
    scene.expect("1000").await;
}

/// However many live orders of the panel are well.
#[tokio::test]
async fn live_orders_do_not_vouch_for_ended_ones() {
    let scene = Scene::with_orders(500).await;
    scene
        .hear((1..=50).map(|n| (n, says("Completed", Some(0)))))
        .await;
    scene
        .hear((51..=500).map(|n| (n, says("In progress", Some(9)))))
        .await;
    scene
        .hear((1..=50).map(|n| (n, says("Canceled", None))))
        .await;
    scene.expect("0").await;
}

#[tokio::test]
async fn what_remains_of_a_refill_pays_nothing() {
    let scene = Scene::with_orders(1).await;
    scene.hear([(1, says("Partial", Some(30)))]).await;
    scene.expect("3").await;
    scene.hear([(1, says("Refill", Some(80)))]).await;
    scene.hear([(1, says("Fail", Some(100)))]).await;
    scene.expect("3").await;
}

#[tokio::test]
async fn a_later_end_that_the_formula_cannot_decide_is_for_the_operator() {
    let scene = Scene::with_orders(1).await;
    scene.hear([(1, says("Completed", Some(0)))]).await;
    scene.hear([(1, says("Completed", None))]).await;
    assert_eq!(scene.order(1).await.flag, None);
    scene.hear([(1, says("Partial", None))]).await;
    assert!(scene.order(1).await.flag.is_some());
    scene.expect("0").await;
}

#[tokio::test]
async fn an_odd_later_end_is_confirmed_in_a_call_of_its_own_and_not_at_once() {
    let scene = Scene::with_orders(1).await;
    let outlook = || {
        let outlook = scene.core().outlook(&panel(), &upstream_id(1));
        outlook.expect("watched")
    };
    scene.hear([(1, counts("Completed", 5))]).await;
    assert_eq!(outlook().kind, Kind::Ended);
    for odd in [counts("Canceled", 9), says("whatever", None)] {
        scene.hear([(1, odd)]).await;
        assert_eq!(outlook().kind, Kind::Alone);
        assert!(outlook().due > Instant::now() + Duration::from_secs(10));
    }
    scene.expect("0").await;
    scene.hear([(1, counts("Canceled", 9))]).await;
    scene.expect("10").await;
}

#[tokio::test]
async fn a_later_end_in_an_answer_with_strange_ids_waits_for_a_second_look() {
    let scene = Scene::with_orders(1).await;
    scene.hear([(1, says("Completed", None))]).await;
    let look = Look::Doubtful(says("Canceled", None));
    scene
        .core()
        .reported(&panel(), vec![(upstream_id(1), look)])
        .await;
    scene.expect("0").await;
    scene.hear([(1, says("Canceled", None))]).await;
    scene.expect("10").await;
}
