//! Families that somebody changed behind the store's back.

use panelgate_domain::family::Share;
use panelgate_domain::status::{Fact, StatusWord};
use rusqlite::Connection;

use crate::contract::kin::{drip_feed, subscription};
use crate::contract::{World, at};
use crate::{folder, tampering, world_in};

async fn check(invariant: u8, sql: &str, text: &str) {
    tampering::check(fill, invariant, sql, text).await;
}

/// Subscription 1 lives: 2 completed with 0.80, 3 lives unsized. Subscription 4 is closed: 5 completed with 1.00, 1.00 went back.
/// Drip-feed 6 lives, and its run 7. Subscription 8 has held 1.00, which 9 has used up; 10 came too late. Bob has nothing.
async fn fill(world: &World) {
    world.top_up(world.ann, "100", "funds").await;
    world.customer("bob").await;
    let completed = Fact {
        word: StatusWord::Completed,
        ..Fact::accepted(at(9))
    };
    let parent = world
        .parent(subscription(world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2"]).await;
    world.delivered(child[0], 80).await;
    let parent = world
        .parent(subscription(world, 2, "10"), Share::EqualPost, "s2")
        .await;
    let child = world.spawned(parent, &["c3"]).await;
    world.close(child[0], completed).await.expect("closed");
    let ended = world.end(parent, StatusWord::Completed, 1).await;
    ended.expect("closed");
    let parent = world
        .parent(drip_feed(world, 2, "10"), Share::Run, "d1")
        .await;
    world.spawned(parent, &["r1"]).await;
    let parent = world
        .parent(subscription(world, 1, "10"), Share::Post, "s3")
        .await;
    let child = world.spawned(parent, &["c4", "c5"]).await;
    world.delivered(child[0], 100).await;
    world.delivered(child[1], 100).await;
}

#[tokio::test]
async fn children_that_take_what_is_not_theirs() {
    let more = "UPDATE transfers SET amount = 3100000 WHERE order_id = 2 AND kind = 'take'";
    check(
        4,
        more,
        "the children of order 1 have taken 3.10 of the 3.00",
    )
    .await;
    check(4, more, "order 2 says that 0.80 was taken, the books 3.10").await;
    // Even if the row agrees.
    let agreed = format!("{more}; UPDATE orders SET taken = 3100000 WHERE id = 2");
    check(8, &agreed, "order 2 ended Completed with 3.10 taken").await;
    let less = "UPDATE transfers SET amount = 700000 WHERE order_id = 2 AND kind = 'take';
                UPDATE orders SET taken = 700000 WHERE id = 2";
    check(8, less, "order 2 ended Completed with 0.70 taken").await;
    let early = "INSERT INTO transfers (kind, amount, currency, reference, order_id, at)
                 VALUES ('take', 1000000, 'USD', 'order/3/take', 3, 1)";
    check(4, early, "order 3 is placed, but 1 transfers").await;
    check(
        4,
        early,
        "customer 1 has 4.20 held, their live orders cost 3.20",
    )
    .await;
}

#[tokio::test]
async fn children_that_hold_or_release() {
    for (kind, text) in [
        ("hold", "order 2 has to hold 0.00, 1 holds of 1.00"),
        ("release", "order 2: 0.80 taken and 1.00 released"),
    ] {
        let sql = format!(
            "INSERT INTO transfers (kind, amount, currency, reference, order_id, at)
             VALUES ('{kind}', 1000000, 'USD', 'order/2/{kind}', 2, 1)"
        );
        check(4, &sql, text).await;
    }
}

#[tokio::test]
async fn children_of_other_families() {
    for change in [
        "customer = 2",
        "panel = 'beta'",
        "share = 'run'",
        "parent = 2",
        "parent = 4",
    ] {
        let sql = format!("UPDATE orders SET {change} WHERE id = 3");
        let text = if change == "parent = 4" {
            "order 3 lives on, and order 4"
        } else {
            "order 3 does not fit into the family"
        };
        if change == "parent = 4" {
            check(4, &sql, "does not fit into the family of order 4").await;
        }
        check(4, &sql, text).await;
    }
    check(
        4,
        "UPDATE orders SET parent = 999 WHERE id = 3",
        "order 3 comes from 999",
    )
    .await;
}

#[tokio::test]
async fn children_that_may_take_more() {
    let sized = "UPDATE orders SET price = 810000, taken = 810000 WHERE id = 2";
    check(
        4,
        sized,
        "order 2 may take 0.81, 80 units for order 1 cost 0.80",
    )
    .await;
    check(
        4,
        "UPDATE orders SET price = 900000 WHERE id = 3",
        "order 3 may take 0.90",
    )
    .await;
    check(
        4,
        "UPDATE orders SET per_run = 101 WHERE id = 3",
        "something else",
    )
    .await;
    check(
        4,
        "UPDATE orders SET per_run = 50, price = 500000 WHERE id = 3",
        "something else",
    )
    .await;
    check(
        4,
        "UPDATE orders SET price = 500000 WHERE id = 5",
        "order 5 may take 0.50",
    )
    .await;
    check(
        4,
        "UPDATE orders SET price = 1 WHERE id = 7",
        "order 7 may take 0.000001",
    )
    .await;
}

#[tokio::test]
async fn parents_that_end_too_early_or_keep_something() {
    let early = "UPDATE orders SET state = 'closed', ended = 'Completed', closed_by = 'fact', taken = 0, closed = 1,
                 fact_word = 'Completed' WHERE id = 1";
    check(4, early, "order 3 lives on, and order 1").await;
    check(4, early, "order 1: 0.00 taken and 0.00 released are not the 3.00 held, of which its children have taken 0.80").await;
    let much = "UPDATE transfers SET amount = 1500000 WHERE order_id = 4 AND kind = 'release'";
    check(4, much, "order 4: 0.00 taken and 1.50 released").await;
    let kept = "UPDATE transfers SET amount = 600000 WHERE order_id = 4 AND kind = 'release';
                INSERT INTO transfers (kind, amount, currency, reference, order_id, at)
                VALUES ('take', 400000, 'USD', 'order/4/take', 4, 1);
                UPDATE orders SET taken = 400000 WHERE id = 4";
    check(8, kept, "subscription 4 has taken 0.40 itself").await;
    check(
        8,
        "UPDATE orders SET ended = 'Canceled' WHERE id = 4",
        "subscription 4 ended Completed",
    )
    .await;
    // That it took less is only right while its family's hold is used up.
    let unused = "UPDATE transfers SET amount = 900000 WHERE order_id = 9 AND kind = 'take'";
    check(8, unused, "order 10 ended Completed with 0.00 taken").await;
}

/// What the triggers refuse.
#[tokio::test]
async fn a_size_stays_what_it_is() {
    let (_folder, path) = folder();
    let (world, _store) = world_in(&path).await;
    fill(&world).await;
    let raw = Connection::open(&path).expect("opened");
    for refused in [
        "UPDATE orders SET sized = 0 WHERE id = 2",
        "UPDATE orders SET sized = 0, price = 1000000, per_run = 100 WHERE id = 2",
        "UPDATE orders SET price = 790000 WHERE id = 2",
        "UPDATE orders SET per_run = 79 WHERE id = 2",
        "UPDATE orders SET sized = NULL, parent = NULL WHERE id = 2",
        "UPDATE orders SET parent = 4 WHERE id = 2",
        "UPDATE orders SET parent = 4, sized = 1 WHERE id = 1",
        "UPDATE orders SET share = 'equal_post' WHERE id = 2",
        "UPDATE orders SET share = NULL WHERE id = 3",
        "UPDATE orders SET share = 'run' WHERE id = 1",
        "UPDATE orders SET price = 900000 WHERE id = 3",
        "UPDATE orders SET sized = 1, price = 1100000 WHERE id = 3",
        "UPDATE orders SET sized = 1, per_run = 101 WHERE id = 3",
        "UPDATE orders SET price = 2000000 WHERE id = 1",
    ] {
        raw.execute_batch(refused).expect_err(refused);
    }
    raw.execute_batch("UPDATE orders SET sized = 1, price = 900000, per_run = 90 WHERE id = 3")
        .expect("once");
}
