//! Posts that come as they should, from a panel that says what is.

use panelgate_simpanel::Fate;
use serde_json::json;

use crate::stage::{PARTIAL, Stage, cost, cost_of_part, part, price, tiny};

pub(crate) async fn all_posts_are_made(stage: &Stage) {
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

pub(crate) async fn fewer_posts_than_asked(stage: &Stage) {
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

pub(crate) async fn unlimited_up_to_the_cap(stage: &Stage) {
    let story = stage.subscribes("unlimited", "1", &[("posts", "0")]).await;
    story.books("held for four", price(400), 0, 0);
    let child = story.post(60).await;
    story.ends(child, Fate::Completed).await;
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("expired", 0, price(60), cost(60));
}

pub(crate) async fn paused_then_expired(stage: &Stage) {
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

pub(crate) async fn paused_and_resumed(stage: &Stage) {
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

pub(crate) async fn old_posts_too(stage: &Stage) {
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

pub(crate) async fn a_child_is_partial(stage: &Stage) {
    let story = stage.subscribes("partial", "1", &[("posts", "2")]).await;
    let child = story.post(70).await;
    story.ends(child, PARTIAL).await;
    let (taken, spent) = (part(70, 30), cost_of_part(70, 30));
    story.books("a part", price(200) - taken, taken, spent);
    story.panel.expire(story.at_panel);
    story.shows("Expired").await;
    story.books("expired", 0, taken, spent);
}

pub(crate) async fn a_child_is_canceled(stage: &Stage) {
    let story = stage.subscribes("a cancel", "1", &[("posts", "1")]).await;
    let child = story.post(70).await;
    story.ends(child, Fate::Canceled).await;
    story.shows("Completed").await;
    story.books("ended", 0, 0, 0);
}

pub(crate) async fn posts_below_a_millionth(stage: &Stage) {
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
