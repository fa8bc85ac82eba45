//! Cancel and refill, single and plural, over two panels, with ids that belong to others.

mod support;

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use serde_json::{Value, json};
use support::{Files, Gateway, panel};

const LONG: Duration = Duration::from_secs(100_000);

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_only_a_wish_until_the_panel_says_so() {
    let (alpha, beta) = (panel().await, panel().await);
    let gateway = Gateway::start(&[("alpha", &alpha), ("beta", &beta)], Files::default());
    let key = gateway.customer("ann", "100");
    let other = gateway.customer("bob", "100");
    // Both panels sell the same names; the first three ids of each name are enough.
    let list = gateway.services(&key).await;
    let services: Vec<String> = list
        .iter()
        .filter(|entry| entry["name"] == "Default")
        .map(|entry| entry["service"].to_string())
        .collect();
    let [at_alpha, at_beta] = services.as_slice() else {
        panic!("one of each panel: {list:?}")
    };

    let first = gateway
        .add(&key, at_alpha, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let second = gateway
        .add(&key, at_beta, "https://example.com/2", 100)
        .await
        .expect("accepted");
    let foreign = gateway
        .add(&other, at_beta, "https://example.com/3", 100)
        .await
        .expect("accepted");
    let asked = format!("{first},{second}, {foreign},abc,{first}");
    let answer = gateway.api(&key, "cancel", &[("orders", &asked)]).await;
    let unknown = json!({"error": "Incorrect order ID"});
    assert_eq!(
        answer,
        json!([
            {"order": first, "cancel": 1},
            {"order": second, "cancel": 1},
            {"order": foreign, "cancel": unknown},
            {"order": "abc", "cancel": unknown},
        ])
    );
    // Asked is not canceled: no money moves on `cancel: 1`.
    assert_eq!(gateway.balance(&key).await, "97.60");
    assert_eq!(
        (
            alpha.books().count(ActionName::Cancel),
            beta.books().count(ActionName::Cancel)
        ),
        (1, 1)
    );

    alpha.clock().advance(LONG);
    beta.clock().advance(LONG);
    gateway.until_status(&key, first, "Canceled").await;
    gateway.until_status(&key, second, "Canceled").await;
    assert_eq!(gateway.balance(&key).await, "100.00");
    let again = gateway
        .api(&key, "cancel", &[("orders", &first.to_string())])
        .await;
    assert_eq!(
        again,
        json!([{"order": first, "cancel": {"error": "This order cannot be canceled"}}])
    );
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsent_order_is_canceled_at_once() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    gateway.run(&["panels", "pause", "alpha"]);
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    assert_eq!(gateway.balance(&key).await, "8.80");
    assert_eq!(
        gateway
            .api(&key, "cancel", &[("order", &order.to_string())])
            .await,
        json!({"cancel": 1})
    );
    let status = gateway.status(&key, order).await;
    assert_eq!(
        (&status["status"], &status["charge"], &status["remains"]),
        (&json!("Canceled"), &json!("0.00"), &json!("100"))
    );
    assert_eq!(gateway.balance(&key).await, "10.00");
    gateway.run(&["panels", "resume", "alpha"]);
    gateway
        .add(&key, &service, "https://example.com/2", 100)
        .await
        .expect("accepted");
    assert!(panel.books().adds_for("https://example.com/1").is_empty());
    gateway.verify();
}

/// A wish that comes while nobody knows whether the order was placed is sent when it turns out that it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_waits_for_the_order() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    panel.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Add));
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let answer = gateway
        .api(&key, "cancel", &[("orders", &order.to_string())])
        .await;
    assert_eq!(answer, json!([{"order": order, "cancel": 1}]));
    assert_eq!(panel.books().count(ActionName::Cancel), 0);
    let upstream = panel.books().orders()[0].id.to_string();
    gateway.run(&[
        "orders",
        "resolve",
        &order.to_string(),
        "--placed",
        &upstream,
        "--reason",
        "seen",
    ]);
    support::until("the wish is sent", || async {
        (panel.books().count(ActionName::Cancel) == 1).then_some(())
    })
    .await;
    panel.clock().advance(LONG);
    gateway.until_status(&key, order, "Canceled").await;
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refill_is_asked_for_once() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let id = order.to_string();
    assert_eq!(
        gateway.api(&key, "refill", &[("order", &id)]).await,
        json!({"error": "The order is not completed"})
    );
    panel.clock().advance(LONG);
    gateway.until_status(&key, order, "Completed").await;

    let first = gateway.api(&key, "refill", &[("order", &id)]).await;
    let refill = first["refill"].as_str().expect("a string").to_owned();
    // A repeat within a day is the same refill, and the panel is not asked again.
    assert_eq!(gateway.api(&key, "refill", &[("order", &id)]).await, first);
    let many = gateway
        .api(&key, "refill", &[("orders", &format!("{id},999"))])
        .await;
    let number: u64 = refill.parse().expect("a number");
    assert_eq!(
        many,
        json!([{"order": order, "refill": number}, {"order": 999, "refill": {"error": "Incorrect order ID"}}])
    );
    assert_eq!(panel.books().count(ActionName::Refill), 1);

    panel.clock().advance(LONG);
    support::until("the refill is done", || async {
        let status = gateway
            .api(&key, "refill_status", &[("refill", &refill)])
            .await;
        (status == json!({"status": "Completed"})).then_some(())
    })
    .await;
    let many = gateway
        .api(
            &key,
            "refill_status",
            &[("refills", &format!("{refill},777"))],
        )
        .await;
    assert_eq!(
        many,
        json!([{"refill": number, "status": "Completed"}, {"refill": 777, "status": {"error": "Refill not found"}}])
    );
    let other = gateway.customer("bob", "0");
    let foreign: Value = gateway
        .api(&other, "refill_status", &[("refill", &refill)])
        .await;
    assert_eq!(foreign, json!({"error": "Refill not found"}));
}

/// Nobody knows whether the panel took the refill: the customer has our id, and it is not asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_refill_is_not_asked_for_again() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    panel.clock().advance(LONG);
    gateway.until_status(&key, order, "Completed").await;
    panel.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Refill));
    let id = order.to_string();
    let first = gateway.api(&key, "refill", &[("order", &id)]).await;
    assert!(first["refill"].is_string(), "{first}");
    assert_eq!(gateway.api(&key, "refill", &[("order", &id)]).await, first);
    assert_eq!(panel.books().count(ActionName::Refill), 1);
    let refill = first["refill"].as_str().expect("a string");
    assert_eq!(
        gateway
            .api(&key, "refill_status", &[("refill", refill)])
            .await,
        json!({"status": "Pending"})
    );
}

/// Whatever a panel does to polls, customers see the last known word and no error.
#[tokio::test(flavor = "multi_thread")]
async fn a_poll_is_never_an_error() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    for fault in [
        Fault::Refuse("Invalid API key".into()),
        Fault::Throttle {
            status: 429,
            retry_after: None,
        },
        Fault::StatusBeforeReading(502),
        Fault::AcceptThenHtml,
        Fault::AcceptThenHalfBody,
        Fault::AcceptThenReset,
        Fault::WrongIds,
        Fault::EmptyList,
        Fault::BareStringErrors,
    ] {
        let text = format!("{fault:?}");
        panel.plan(FaultRule::once(fault).on(ActionName::Status));
        let status = gateway.status(&key, order).await;
        assert_eq!(status["status"], "Pending", "{text}: {status}");
        let many = gateway
            .api(&key, "status", &[("orders", &format!("{order},12345"))])
            .await;
        assert_eq!(
            many[order.to_string()]["status"],
            "Pending",
            "{text}: {many}"
        );
        assert_eq!(many["12345"], json!({"error": "Incorrect order ID"}));
    }
    panel.clock().advance(LONG);
    gateway.until_status(&key, order, "Completed").await;
    gateway.verify();
}
