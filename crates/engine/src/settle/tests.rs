use std::time::Duration;

use panelgate_domain::time::Timestamp;

use super::*;
use crate::clock::Clock;
use crate::scene::{Scene, counts, panel, upstream_id};

/// A panel that has lost its orders may say Canceled and another count: the look that confirms the one does not confirm the other.
#[tokio::test]
async fn odd_cancels_of_many_wait_for_the_second_look_of_mass_cancels() {
    let scene = Scene::with_orders(100).await;
    scene
        .hear((1..=100).map(|n| (n, counts("In progress", 5))))
        .await;
    scene
        .hear((1..=100).map(|n| (n, counts("Canceled", 9))))
        .await;
    scene.now.advance(Duration::from_secs(15));
    for n in 1..=100 {
        scene.hear([(n, counts("Canceled", 9))]).await;
    }
    scene.expect("0").await;
    scene.now.advance(Duration::from_secs(600));
    scene
        .hear((1..=100).map(|n| (n, counts("Canceled", 9))))
        .await;
    scene.expect("1000").await;
}

#[test]
fn what_has_been_lies_in_the_past() {
    let (now, tick) = (Timestamp(60_000), Instant::now());
    let at = |then| on_the_monotonic_clock(Timestamp(then), now, tick);
    assert_eq!(at(60_000), tick);
    assert_eq!(at(61_000), tick + std::time::Duration::from_secs(1));
    assert!(at(59_000) < tick && at(58_000) < at(59_000));
}

/// It may be about other orders: a look at each of them alone has to say the same.
#[tokio::test]
async fn an_end_in_an_answer_with_strange_ids_waits_for_a_second_look_alone() {
    let scene = Scene::with_orders(1).await;
    for (word, available) in [("In progress", "0"), ("Canceled", "0")] {
        let look = Look::Doubtful(counts(word, 5));
        scene
            .core()
            .reported(&panel(), vec![(upstream_id(1), look)])
            .await;
        scene.expect(available).await;
    }
    let outlook = scene.core().outlook(&panel(), &upstream_id(1));
    assert_eq!(outlook.expect("watched").kind, Kind::Alone);
    scene.hear([(1, counts("Canceled", 5))]).await;
    scene.expect("10").await;
}

/// A panel that answers for other orders may do so twice; and polls must not put off the look that decides.
#[tokio::test]
async fn an_odd_end_is_not_confirmed_among_others_and_its_look_alone_stays_due() {
    let scene = Scene::with_orders(2).await;
    let both = |word, count| [1, 2].map(|n| (n, counts(word, count)));
    scene.hear(both("In progress", 5)).await;
    for _ in 0..3 {
        scene.hear(both("Canceled", 9)).await;
        scene.now.advance(Duration::from_secs(15));
        let outlook = scene.core().outlook(&panel(), &upstream_id(1));
        let outlook = outlook.expect("watched");
        assert_eq!(outlook.kind, Kind::Alone);
        assert!(outlook.due <= Instant::now());
    }
    scene.expect("0").await;
    scene.hear([(1, counts("Canceled", 9))]).await;
    scene.expect("10").await;
}

#[tokio::test]
async fn an_order_goes_on_though_the_clock_was_set_back() {
    let scene = Scene::with_orders(1).await;
    let (start, year) = (scene.now.now(), Duration::from_secs(365 * 24 * 60 * 60));
    scene.now.advance(year);
    scene.hear([(1, counts("In progress", 5))]).await;
    scene.now.set(start);
    let due = || {
        let outlook = scene.core().outlook(&panel(), &upstream_id(1));
        outlook.expect("watched").due
    };
    let soon = || Instant::now() + Duration::from_secs(60);
    assert!(due() < soon());
    scene.hear([(1, counts("Canceled", 9))]).await;
    scene.expect("0").await;
    scene.now.advance(Duration::from_secs(60));
    assert!(due() < Instant::now() + SECOND_LOOK_AFTER + Duration::from_secs(1));
    scene.hear([(1, counts("Canceled", 9))]).await;
    scene.expect("10").await;
}
