//! Orders whose panel never said what it did: what they hold back, and how they are decided.

mod support;

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use serde_json::Value;
use support::{Files, Gateway, panel, until};

fn show(gateway: &Gateway, order: u64) -> String {
    gateway.run(&["orders", "show", &order.to_string()])
}

/// An order that the panel has, and never said so.
async fn lost(gateway: &Gateway, panel: &SimPanel, key: &str, service: &str, link: &str) -> u64 {
    panel.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Add));
    let order = gateway.add(key, service, link, 100).await;
    order.expect("accepted")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_gets_no_more_than_may_be_lost_there() {
    let panel = panel().await;
    let files = Files {
        panels: "requests_per_second = 2000\ntimeout = \"1s\"\nmax_unconfirmed_money = \"1\"\n"
            .into(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "100");
    let service = gateway.service_named(&key, "Default").await;
    let first = lost(&gateway, &panel, &key, &service, "https://example.com/1").await;
    let waits = gateway
        .add(&key, &service, "https://example.com/2", 100)
        .await;
    let waits = waits.expect("accepted");
    assert_eq!(panel.books().orders().len(), 1);
    let row = |name: &str| {
        let rows = gateway.run(&["panels", "list", "--json"]);
        let rows: Value = serde_json::from_str(&rows).expect("JSON");
        rows[0][name].as_str().expect("text").to_owned()
    };
    assert_eq!(row("state"), "unconfirmed_money");
    assert_eq!(row("unconfirmed_money"), "1.20");

    let first = first.to_string();
    let resolve = [
        "orders", "resolve", &first, "--placed", "1", "--reason", "seen",
    ];
    gateway.run(&resolve);
    until("the other one is sent", || async {
        show(&gateway, waits).contains("placed").then_some(())
    })
    .await;
    assert_eq!(row("unconfirmed_money"), "0.00");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_decided_at_once_and_each_only_once() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    for link in ["https://example.com/1", "https://example.com/2"] {
        lost(&gateway, &panel, &key, &service, link).await;
    }
    let many = |from: &str, to: &str, more: &[&str]| {
        let window = ["--panel", "alpha", "--from", from, "--to", to];
        let what = [
            "orders",
            "resolve",
            "--not-placed",
            "--reason",
            "they say so",
        ];
        gateway.output(&[&what[..], &window, more].concat())
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (past, future) = ("2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z");

    let dry = many(past, future, &[]);
    assert!(dry.status.success());
    assert!(text(&dry.stderr).contains("2 orders, 2.40 held for them; nothing was changed"));
    assert_eq!(gateway.balance(&key).await, "7.60");

    let none = many(future, "2127-01-01T00:00:00Z", &["--yes"]);
    assert!(text(&none.stdout).contains("0 of 0 orders were not placed, 0.00 went back"));
    let all = many(past, future, &["--yes"]);
    assert!(all.status.success(), "{all:?}");
    assert!(text(&all.stdout).contains("2 of 2 orders were not placed, 2.40 went back"));
    assert_eq!(gateway.balance(&key).await, "10.00");
    let again = many(past, future, &["--yes"]);
    assert!(text(&again.stdout).contains("0 of 0 orders"));
    assert_eq!(gateway.balance(&key).await, "10.00");
    gateway.verify();
}

/// The operator looked into the panel while the answer was on its way: both say the same, and nothing is left over.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_what_was_decided_leaves_no_orphan() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    for (link, decided) in [
        ("https://example.com/1", "1"),
        ("https://example.com/2", "77"),
    ] {
        let slow = Fault::AcceptThenSlow(Duration::from_secs(60));
        panel.plan(FaultRule::once(slow).on(ActionName::Add));
        let order = gateway
            .add(&key, &service, link, 100)
            .await
            .expect("accepted");
        until("its time is over", || async {
            show(&gateway, order).contains("unconfirmed").then_some(())
        })
        .await;
        let id = order.to_string();
        gateway.run(&[
            "orders", "resolve", &id, "--placed", decided, "--reason", "seen",
        ]);
    }
    panel.clock().advance(Duration::from_secs(61));
    let listed = || {
        let rows = gateway.run(&["orders", "list", "--flagged", "--json"]);
        let rows: Vec<Value> = serde_json::from_str(&rows).expect("JSON");
        rows.iter()
            .map(|row| row["order"].clone())
            .collect::<Vec<_>>()
    };
    // The second one was decided otherwise: the panel's order belongs to nobody.
    until("the other answer is noted", || async {
        (!listed().is_empty()).then_some(())
    })
    .await;
    assert_eq!(listed(), [2]);
    gateway.verify();
}
