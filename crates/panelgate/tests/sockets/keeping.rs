//! Connections that are kept: calls that look share them and come again when one is closed under them; an `add` never does.

use crate::script::{Script, answer, send};
use crate::shop::Shop;
use crate::support::until;

/// The panel keeps the connection of each `add` open after its answer, and would close it under the next one.
#[tokio::test(flavor = "multi_thread")]
async fn an_add_never_meets_a_connection_that_is_about_to_close() {
    let script = Script::then([send(answer(r#"{"order":71}"#))]);
    let shop = Shop::open([("kept", script)]).await;
    let panel = &shop.panels[0];
    let mut ids = Vec::new();
    for number in 1..=5 {
        let told = shop
            .add("kept", &format!("https://example.com/{number}"))
            .await;
        ids.push(told.expect("an id"));
        assert_eq!(panel.adds(), number);
        panel.adds_are_alone();
    }
    // The id is the first order's; what is answered with it again is in doubt, and asked for once all the same.
    let mut unconfirmed = shop.in_state("unconfirmed");
    unconfirmed.sort_unstable();
    assert_eq!(unconfirmed, ids[1..]);
    shop.gateway.verify();
}

/// Calls that only look are asked again, until they are answered.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_looks_comes_again_when_its_connection_is_closed() {
    let script = Script::then([send(answer(r#"{"order":71}"#))]);
    let shop = Shop::open([("snubs", script)]).await;
    let panel = &shop.panels[0];
    panel.snub(3);
    let order = shop
        .add("snubs", "https://example.com/1")
        .await
        .expect("an id");
    shop.gateway
        .until_status(&shop.key, order, "Completed")
        .await;
    assert_eq!(panel.snubs(), 0);
    until("the connections are seen", || async {
        (panel.requests("status") > 1).then_some(())
    })
    .await;
    assert_eq!(panel.adds(), 1);
    panel.adds_are_alone();
    shop.gateway.verify();
}
