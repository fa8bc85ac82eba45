//! Ends that a panel takes back.

use panelgate_simpanel::Fate;
use serde_json::json;

use crate::stage::{PARTIAL, Stage, cost, cost_of_part, part, price};

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
