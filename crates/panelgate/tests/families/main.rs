//! Families through the whole gateway: subscriptions and drip-feeds at simulated panels, with every end that there is, and their
//! money to the last digit.

#[path = "../support/mod.rs"]
mod support;

mod stage;

use panelgate_simpanel::{ActionName, CANCEL_TAKES, Fate, Fault, FaultRule, SimOrder};
use serde_json::json;

use stage::{Stage, Story, cost, price, tiny};

const PARTIAL: Fate = Fate::Partial { remains: 30 };

#[tokio::test(flavor = "multi_thread")]
async fn every_story_of_a_subscription_balances() {
    let stage = Stage::open().await;
    all_posts_are_made(&stage).await;
    fewer_posts_than_asked(&stage).await;
    unlimited_up_to_the_cap(&stage).await;
    paused_then_expired(&stage).await;
    paused_and_resumed(&stage).await;
    old_posts_too(&stage).await;
    a_child_is_partial(&stage).await;
    a_child_is_canceled(&stage).await;
    canceled_before_any_post(&stage).await;
    canceled_half_way(&stage).await;
    refused_by_the_panel(&stage).await;
    a_child_is_named_twice(&stage).await;
    a_child_of_somebody_else(&stage).await;
    a_child_that_was_only_charged(&stage).await;
    a_child_that_was_never_charged(&stage).await;
    a_child_that_vanishes(&stage).await;
    more_posts_than_names(&stage).await;
    more_posts_than_were_bought(&stage).await;
    posts_below_a_millionth(&stage).await;
    an_operator_ends_it(&stage).await;
    all_charged_at_once(&stage).await;
    all_charged_at_once_and_canceled(&stage).await;
}

/// What changes after an end is seen by a look that comes an hour later.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_after_an_end_balances() {
    let mut stage = Stage::open().await;
    let live = stage.subscribes("live", "1", &[("posts", "3")]).await;
    let of_live = live.post(80).await;
    live.ends(of_live, Fate::Completed).await;
    live.books("a post", price(300) - price(80), price(80), cost(80));
    let ended = stage.subscribes("ended", "1", &[("posts", "1")]).await;
    let of_ended = ended.post(70).await;
    ended.ends(of_ended, Fate::Completed).await;
    ended.shows("Completed").await;
    let late = stage.subscribes("too late", "1", &[("posts", "2")]).await;
    late.parent_says("Completed");
    late.shows("Completed").await;
    late.books("ended", 0, 0, 0);

    live.at_panel(of_live.at_panel, |order| order.end(Fate::Canceled));
    ended.at_panel(of_ended.at_panel, |order| order.end(PARTIAL));
    let orphan = late.spawn(60);
    let (live, ended, late) = (live.leave(), ended.leave(), late.leave());
    stage.hours_pass();
    let (live, ended, late) = (stage.back(live), stage.back(ended), stage.back(late));

    // It goes back to the customer, not into the hold: that still has enough for every post to come.
    live.taken(0).await;
    live.books("canceled later", price(300) - price(80), 0, 0);
    ended.taken(part(70, 30)).await;
    ended.books("partial later", 0, part(70, 30), cost_of_part(70, 30));
    let text = late.flagged(late.parent).await;
    let said = format!("{orphan} for this order, but it comes after the end");
    assert!(text.contains(&said), "{text}");
    late.books("nothing of it", 0, 0, 0);
    assert_eq!(late.poll().await["orders"], json!([]));

    // The story goes on after the restart.
    let next = live.post(100).await;
    live.ends(next, Fate::Completed).await;
    live.panel.expire(live.at_panel);
    live.shows("Expired").await;
    live.books("expired", 0, price(100), cost(100));
}

/// A drip-feed is one order to its customer: the five documented fields and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn every_story_of_a_drip_feed_balances() {
    let stage = Stage::open().await;
    let link = ("link", "https://example.com/p/1");
    let asked = [link, ("quantity", "50"), ("runs", "4"), ("interval", "10")];

    let story = stage.orders("drip completed", "3", &asked).await;
    story.books("ordered", price(200), 0, cost(200));
    let run = story.known(story.spawn(50)).await;
    let answer = story.poll().await;
    let fields: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(
        fields,
        ["charge", "currency", "remains", "start_count", "status"]
    );
    let of_run = stage.gateway.status(&story.key, run.order).await;
    assert_eq!(of_run["charge"], "0.00");
    story.at_panel(story.at_panel, |order| order.end(Fate::Completed));
    story.shows("Completed").await;
    story.ends(run, Fate::Completed).await;
    story.books("completed", 0, price(200), cost(200));

    let story = stage.orders("drip partial", "3", &asked).await;
    let fate = Fate::Partial { remains: 130 };
    story.at_panel(story.at_panel, |order| order.end(fate));
    story.shows("Partial").await;
    let kept = price(200) - price(200) * 130 / 200;
    let spent = cost(200) - cost(200) * 130 / 200;
    story.books("partial", 0, kept, spent);

    // Panels have no other word for one that is stopped between two runs.
    let story = stage.orders("drip stopped", "3", &asked).await;
    story.at_panel(story.at_panel, |order| {
        order.stay_in_progress();
        order.say("runs", 3);
    });
    story.shows("In progress").await;
    cancel_is_asked(&story).await;
    story.at_panel(story.at_panel, |order| {
        order.say("status", "Canceled");
        order.say("remains", 0);
    });
    let end = story.shows("Partial").await;
    assert_eq!(end["remains"], "50");
    let kept = price(200) - price(200) / 4;
    story.books("stopped", 0, kept, cost(200));

    let story = stage.orders("drip canceled", "3", &asked).await;
    story.at_panel(story.at_panel, |order| order.end(Fate::Canceled));
    story.shows("Canceled").await;
    story.books("canceled", 0, 0, 0);
}

async fn all_posts_are_made(stage: &Stage) {
    let story = stage.subscribes("all posts", "1", &[("posts", "3")]).await;
    story.books("ordered", price(300), 0, 0);
    for n in 1..=3 {
        let child = story.post(100).await;
        story.ends(child, Fate::Completed).await;
        let left = price(300) - n * price(100);
        if n < 3 {
            story.books("a post", left, n * price(100), n * cost(100));
        }
    }
    let end = story.shows("Completed").await;
    assert_eq!(end["posts"], "3");
    assert_eq!(end["orders"].as_array().map(Vec::len), Some(3));
    story.books("ended", 0, 3 * price(100), 3 * cost(100));
}

async fn fewer_posts_than_asked(stage: &Stage) {
    let asked = [("posts", "3"), ("expiry", "31/12/2037")];
    let story = stage.subscribes("fewer posts", "1", &asked).await;
    let children = [story.post(73).await, story.post(50).await];
    for child in children {
        story.ends(child, Fate::Completed).await;
    }
    let told = story.show(story.parent);
    let held =
        "held 2.799972, kept 1.147989, gone back 0.00; 1.651983 is held, and 0 of its orders live";
    assert!(told.contains(held), "{told}");
    let (taken, spent) = (price(73) + price(50), cost(73) + cost(50));
    story.books("two posts", price(300) - taken, taken, spent);
    story.panel.expire(story.at_panel);
    let end = story.shows("Expired").await;
    let orders = children.map(|child| child.order);
    assert_eq!(
        end,
        json!({"status": "Expired", "expiry": "31/12/2037", "posts": "2", "orders": orders})
    );
    story.books("expired", 0, taken, spent);

    // What an operator reads of it.
    let told = story.show(story.parent);
    for part in [
        "at most 300 (100 × 3 posts)",
        "each post when it is made",
        "held 2.799972, kept 1.147989, gone back 1.651983; nothing is held any more",
    ] {
        assert!(told.contains(part), "`{part}` is not in\n{told}");
    }
    let told = story.show(orders[0]);
    let ordered = format!("ordered with order {}", story.parent);
    assert!(
        told.contains(&ordered) && told.contains("73 units"),
        "{told}"
    );
}

async fn unlimited_up_to_the_cap(stage: &Stage) {
    let story = stage.subscribes("unlimited", "1", &[("posts", "0")]).await;
    story.books("held for four", price(400), 0, 0);
    let child = story.post(60).await;
    story.ends(child, Fate::Completed).await;
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("expired", 0, price(60), cost(60));
}

async fn paused_then_expired(stage: &Stage) {
    let story = stage.subscribes("paused", "1", &[("posts", "2")]).await;
    let child = story.post(50).await;
    story.ends(child, Fate::Completed).await;
    story.panel.pause(story.at_panel);
    for _ in 0..3 {
        story.shows("Paused").await;
        story.books("paused", price(200) - price(50), price(50), cost(50));
    }
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("expired", 0, price(50), cost(50));
}

async fn paused_and_resumed(stage: &Stage) {
    let story = stage.subscribes("resumed", "1", &[("posts", "1")]).await;
    story.panel.pause(story.at_panel);
    story.shows("Paused").await;
    story.panel.resume(story.at_panel);
    story.shows("Active").await;
    let child = story.post(99).await;
    story.ends(child, Fate::Completed).await;
    story.shows("Completed").await;
    story.books("ended", 0, price(99), cost(99));
}

async fn old_posts_too(stage: &Stage) {
    let asked = [("posts", "1"), ("old_posts", "2")];
    let story = stage.subscribes("old posts", "1", &asked).await;
    story.books("ordered", price(300), 0, 0);
    for quantity in [50, 51, 52] {
        let child = story.post(quantity).await;
        story.ends(child, Fate::Completed).await;
    }
    story.shows("Completed").await;
    let taken = price(50) + price(51) + price(52);
    story.books("ended", 0, taken, cost(50) + cost(51) + cost(52));
}

/// What goes back of a part: ⌊price × remains / quantity⌋.
fn part(quantity: i64, remains: i64) -> i64 {
    price(quantity) - price(quantity) * remains / quantity
}

/// What the simulated panel keeps of a part: the same rule.
fn cost_of_part(quantity: i64, remains: i64) -> i64 {
    cost(quantity) - cost(quantity) * remains / quantity
}

async fn a_child_is_partial(stage: &Stage) {
    let story = stage.subscribes("partial", "1", &[("posts", "2")]).await;
    let child = story.post(70).await;
    story.ends(child, PARTIAL).await;
    let (taken, spent) = (part(70, 30), cost_of_part(70, 30));
    story.books("a part", price(200) - taken, taken, spent);
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("expired", 0, taken, spent);
}

async fn a_child_is_canceled(stage: &Stage) {
    let story = stage.subscribes("a cancel", "1", &[("posts", "1")]).await;
    let child = story.post(70).await;
    story.ends(child, Fate::Canceled).await;
    story.shows("Completed").await;
    story.books("ended", 0, 0, 0);
}

async fn canceled_before_any_post(stage: &Stage) {
    let story = stage.subscribes("canceled", "1", &[("posts", "2")]).await;
    cancel(&story).await;
    story.shows("Canceled").await;
    story.books("canceled", 0, 0, 0);
}

async fn canceled_half_way(stage: &Stage) {
    let story = stage.subscribes("half way", "1", &[("posts", "3")]).await;
    let done = story.post(80).await;
    story.ends(done, Fate::Completed).await;
    let running = story.post(90).await;
    cancel(&story).await;
    story.at_panel(running.at_panel, SimOrder::stay_in_progress);
    // Parent and children travel together.
    let both = format!("{},{}", story.parent, running.order);
    support::until("one call asks about both", || async {
        stage
            .gateway
            .api(&story.key, "status", &[("orders", &both)])
            .await;
        let ids = [story.at_panel, running.at_panel].map(|id| id.to_string());
        let books = stage.each.books();
        let mut calls = books.status_calls();
        let asks = calls.any(|call| ids.iter().all(|id| call.asked.contains(id)));
        asks.then_some(())
    })
    .await;
    // Asked is not canceled, and the post goes on.
    story.shows("Active").await;
    let held = price(300) - price(80);
    story.books("canceled", held, price(80), cost(80) + cost(90));
    story.ends(running, PARTIAL).await;
    story.shows("Canceled").await;
    let taken = price(80) + part(90, 30);
    story.books("ended", 0, taken, cost(80) + cost_of_part(90, 30));
}

/// The customer cancels, and the panel follows.
async fn cancel(story: &Story<'_>) {
    cancel_is_asked(story).await;
    story.panel.clock().advance(CANCEL_TAKES);
}

async fn cancel_is_asked(story: &Story<'_>) {
    let parent = story.parent.to_string();
    let asked = [("orders", parent.as_str())];
    let answer = story.stage.gateway.api(&story.key, "cancel", &asked).await;
    assert_eq!(answer, json!([{"order": story.parent, "cancel": 1}]));
}

async fn refused_by_the_panel(stage: &Stage) {
    let gateway = &stage.gateway;
    let key = gateway.customer("refused", "10");
    let full = r#"{"error":"Incorrect request"}"#;
    let refuses = Fault::AcceptThenStatus {
        status: 200,
        body: full.to_owned(),
    };
    stage
        .each
        .plan(FaultRule::once(refuses).on(ActionName::Add));
    let asked = [
        ("service", "1"),
        ("username", "quiet"),
        ("min", "50"),
        ("max", "100"),
        ("delay", "0"),
        ("posts", "2"),
    ];
    let answer = gateway.api(&key, "add", &asked).await;
    assert_eq!(answer, json!({"error": "Incorrect request"}));
    assert_eq!(gateway.balance(&key).await, "10.00");
    gateway.verify();
}

async fn a_child_is_named_twice(stage: &Stage) {
    let story = stage.subscribes("twice", "1", &[("posts", "2")]).await;
    story.hide_children();
    let child = story.spawn(60);
    story.at_panel(story.at_panel, |order| {
        order.say("orders", json!([child, child.to_string(), child]));
    });
    let child = story.known(child).await;
    assert_eq!(story.poll().await["orders"], json!([child.order]));
    story.ends(child, Fate::Completed).await;
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("ended", 0, price(60), cost(60));
}

async fn a_child_of_somebody_else(stage: &Stage) {
    let other = stage.subscribes("robbed", "1", &[("posts", "1")]).await;
    let child = other.post(60).await;
    let story = stage.subscribes("robber", "1", &[("posts", "1")]).await;
    story.at_panel(story.at_panel, |order| {
        order.say("orders", json!([child.at_panel, other.at_panel]));
    });
    story.poll().await;
    let text = story.flagged(story.parent).await;
    assert!(
        text.contains(&format!("it is order {}", child.order)),
        "{text}"
    );
    assert_eq!(story.poll().await["orders"], json!([]));
    other.ends(child, Fate::Completed).await;
    story.books("nothing of it", price(100), 0, 0);
    other.shows("Completed").await;
    other.books("all of it", 0, price(60), cost(60));
    story.parent_says("Canceled");
    story.shows("Canceled").await;
    story.books("ended", 0, 0, 0);
}

async fn a_child_that_was_only_charged(stage: &Stage) {
    let story = stage
        .subscribes("only charged", "1", &[("posts", "1")])
        .await;
    story.hide_children();
    let child = story.spawn(80);
    story.at_panel(child, SimOrder::stay_in_progress);
    story.show_children();
    let child = story.known(child).await;
    let text = story.flagged(child.order).await;
    assert!(text.contains("80 units"), "{text}");
    story.ends(child, Fate::Completed).await;
    story.shows("Completed").await;
    story.books("ended", 0, price(80), cost(80));
}

async fn a_child_that_was_never_charged(stage: &Stage) {
    let story = stage
        .subscribes("never charged", "1", &[("posts", "1")])
        .await;
    story.hide_children();
    let child = story.spawn(80);
    story.at_panel(child, |order| {
        order.say("charge", serde_json::Value::Null);
        order.end(Fate::Completed);
    });
    story.show_children();
    let child = story.known(child).await;
    let text = story.flagged(child.order).await;
    assert!(text.contains("never told"), "{text}");
    story.shows("Active").await;
    story.books("undecided", price(100), 0, 0);
    // The most that it can have cost, less what the operator gives back.
    story.settle(child.order, "0.2");
    story.shows("Completed").await;
    story.books("decided", 0, price(100) - 200_000, 0);
}

async fn a_child_that_vanishes(stage: &Stage) {
    let story = stage.subscribes("vanished", "1", &[("posts", "2")]).await;
    let child = story.post(60).await;
    story.hide_children();
    story.at_panel(child.at_panel, |order| {
        order.say("error", "Incorrect order ID");
        order.say("status", serde_json::Value::Null);
    });
    story.panel.expire(story.at_panel);
    let text = story.flagged(child.order).await;
    assert!(text.contains("does not report"), "{text}");
    story.shows("Active").await;
    story.books("missing", price(200), 0, cost(60));
    story.settle(child.order, "0");
    story.shows("Expired").await;
    story.books("decided", 0, price(60), cost(60));
}

async fn more_posts_than_names(stage: &Stage) {
    let story = stage.subscribes("unnamed", "1", &[("posts", "2")]).await;
    story.hide_children();
    let child = story.spawn(60);
    story.panel.expire(story.at_panel);
    let text = story.flagged(story.parent).await;
    assert!(text.contains("counts 1 posts and names 0 orders"), "{text}");
    story.books("unnamed", price(200), 0, 0);
    story.show_children();
    let child = story.known(child).await;
    story.ends(child, Fate::Completed).await;
    story.shows("Expired").await;
    story.books("ended", 0, price(60), cost(60));
}

async fn more_posts_than_were_bought(stage: &Stage) {
    let story = stage.subscribes("too many", "1", &[("posts", "1")]).await;
    story.hide_children();
    let others = stage.subscribes("of others", "1", &[("posts", "2")]).await;
    others.hide_children();
    let made = [story.spawn(100), others.spawn(100), others.spawn(70)];
    story.at_panel(story.at_panel, |order| order.say("orders", json!(made)));
    let mut children = Vec::new();
    for id in made {
        children.push(story.known(id).await);
    }
    for child in children {
        story.ends(child, Fate::Completed).await;
    }
    story.shows("Completed").await;
    // Never more than was held.
    let spent = 2 * cost(100) + cost(70);
    story.books("ended", 0, price(100), spent);
    let text = story.flagged(story.parent).await;
    assert!(
        text.contains("has made 3 orders, and 1 were bought"),
        "{text}"
    );
}

async fn posts_below_a_millionth(stage: &Stage) {
    let asked = [("posts", "3"), ("min", "1"), ("max", "1")];
    let story = stage.subscribes("tiny", "4", &asked).await;
    // 0.48 of a millionth each: three are held for two millionths, and each takes one while there is one.
    assert_eq!((tiny(3), tiny(1)), (2, 1));
    story.books("ordered", 2, 0, 0);
    for (made, left) in (1..).zip([1, 0, 0]) {
        let child = story.post(1).await;
        story.ends(child, Fate::Completed).await;
        // Each is charged one, too, for 0.4 of a millionth.
        story.books("a post", left, 2 - left, made);
    }
    story.shows("Completed").await;
}

async fn an_operator_ends_it(stage: &Stage) {
    let story = stage.subscribes("by hand", "1", &[("posts", "3")]).await;
    let child = story.post(60).await;
    let parent = story.parent.to_string();
    let early = [
        "orders", "settle", &parent, "--refund", "0", "--reason", "gone",
    ];
    let refused = stage.gateway.output(&early);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let of_it = ["orders", "list", "--parent", &parent];
    assert_eq!(stage.gateway.run(&of_it).lines().count(), 2);
    story.ends(child, Fate::Completed).await;
    let rest = price(300) - price(60);
    story.settle(story.parent, "1");
    story.books("decided", 0, price(60) + rest - 1_000_000, cost(60));
}

async fn all_charged_at_once(stage: &Stage) {
    let story = stage.subscribes("at once", "2", &[("posts", "3")]).await;
    story.books("ordered", price(300), 0, cost(300));
    let child = story.post(60).await;
    story.ends(child, Fate::Completed).await;
    // Whatever was delivered: the panel charges the largest.
    let held = price(300) - price(100);
    story.books("a post", held, price(100), cost(300));
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("expired", 0, price(100), cost(100));
}

async fn all_charged_at_once_and_canceled(stage: &Stage) {
    let story = stage
        .subscribes("at once, no post", "2", &[("posts", "2")])
        .await;
    cancel(&story).await;
    story.shows("Canceled").await;
    story.books("canceled", 0, 0, 0);
}
