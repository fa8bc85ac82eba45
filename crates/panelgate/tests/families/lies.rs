//! Panels that lie, forget, or name what is not theirs.

use panelgate_simpanel::{Fate, SimOrder};
use serde_json::json;

use crate::stage::{Stage, cost, price};

pub(crate) async fn a_child_is_named_twice(stage: &Stage) {
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

pub(crate) async fn a_child_of_somebody_else(stage: &Stage) {
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

pub(crate) async fn a_child_that_was_only_charged(stage: &Stage) {
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

pub(crate) async fn a_child_that_was_never_charged(stage: &Stage) {
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

pub(crate) async fn a_child_that_vanishes(stage: &Stage) {
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

pub(crate) async fn more_posts_than_names(stage: &Stage) {
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

pub(crate) async fn more_posts_than_were_bought(stage: &Stage) {
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
