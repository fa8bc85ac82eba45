//! Drip-feeds.

use panelgate_simpanel::Fate;

use crate::ends::cancel_is_asked;
use crate::stage::{Stage, cost, price};

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
