//! Families through the whole gateway: subscriptions and drip-feeds at simulated panels, with every end that there is, and their
//! money to the last digit.

#[path = "../support/mod.rs"]
mod support;

mod drips;
mod ends;
mod later;
mod lies;
mod posts;
mod stage;

use stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn every_story_of_a_subscription_balances() {
    let stage = Stage::open().await;
    posts::all_posts_are_made(&stage).await;
    posts::fewer_posts_than_asked(&stage).await;
    posts::unlimited_up_to_the_cap(&stage).await;
    posts::paused_then_expired(&stage).await;
    posts::paused_and_resumed(&stage).await;
    posts::old_posts_too(&stage).await;
    posts::a_child_is_partial(&stage).await;
    posts::a_child_is_canceled(&stage).await;
    ends::canceled_before_any_post(&stage).await;
    ends::canceled_half_way(&stage).await;
    ends::refused_by_the_panel(&stage).await;
    lies::a_child_is_named_twice(&stage).await;
    lies::a_child_of_somebody_else(&stage).await;
    lies::a_child_that_was_only_charged(&stage).await;
    lies::a_child_that_was_never_charged(&stage).await;
    lies::a_child_that_vanishes(&stage).await;
    lies::more_posts_than_names(&stage).await;
    lies::more_posts_than_were_bought(&stage).await;
    posts::posts_below_a_millionth(&stage).await;
    ends::an_operator_ends_it(&stage).await;
    ends::all_charged_at_once(&stage).await;
    ends::all_charged_at_once_and_canceled(&stage).await;
}
