//! Subscriptions that end before all posts are made: by their customer, by an operator, or at once.

use panelgate_simpanel::{ActionName, CANCEL_TAKES, Fate, Fault, FaultRule, SimOrder};
use serde_json::json;

use crate::stage::{PARTIAL, Stage, Story, cost, cost_of_part, part, price};
use crate::support;

pub(crate) async fn canceled_before_any_post(stage: &Stage) {
    let story = stage.subscribes("canceled", "1", &[("posts", "2")]).await;
    cancel(&story).await;
    story.shows("Canceled").await;
    story.books("canceled", 0, 0, 0);
}

pub(crate) async fn canceled_half_way(stage: &Stage) {
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

pub(crate) async fn cancel_is_asked(story: &Story<'_>) {
    let parent = story.parent.to_string();
    let asked = [("orders", parent.as_str())];
    let answer = story.stage.gateway.api(&story.key, "cancel", &asked).await;
    assert_eq!(answer, json!([{"order": story.parent, "cancel": 1}]));
}

pub(crate) async fn refused_by_the_panel(stage: &Stage) {
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

pub(crate) async fn an_operator_ends_it(stage: &Stage) {
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

pub(crate) async fn all_charged_at_once(stage: &Stage) {
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

pub(crate) async fn all_charged_at_once_and_canceled(stage: &Stage) {
    let story = stage
        .subscribes("at once, no post", "2", &[("posts", "2")])
        .await;
    cancel(&story).await;
    story.shows("Canceled").await;
    story.books("canceled", 0, 0, 0);
}
