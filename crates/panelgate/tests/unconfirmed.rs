//! Orders whose panel never said what it did: what they hold back, and how they are decided.

mod support;

use std::time::{Duration, Instant};

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use serde_json::Value;
use support::{Files, Gateway, panel, until};

fn show(gateway: &Gateway, order: u64) -> String {
    gateway.run(&["orders", "show", &order.to_string()])
}

/// The rows that a command lists.
fn rows(gateway: &Gateway, command: &[&str]) -> Vec<Value> {
    let listed = gateway.run(&[command, &["--json"]].concat());
    serde_json::from_str(&listed).expect("JSON")
}

/// What the only panel's row has under a heading.
fn of_panel(gateway: &Gateway, heading: &str) -> String {
    let panels = rows(gateway, &["panels", "list"]);
    panels[0][heading].as_str().expect("text").to_owned()
}

fn drifts(gateway: &Gateway) -> Vec<Value> {
    rows(gateway, &["report", "drift"])
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
    assert_eq!(of_panel(&gateway, "state"), "unconfirmed_money");
    assert_eq!(of_panel(&gateway, "unconfirmed_money"), "1.20");
    // A restart is no answer.
    let mut gateway = gateway;
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    assert_eq!(of_panel(&gateway, "unconfirmed_money"), "1.20");
    assert_eq!(panel.books().orders().len(), 1);

    let first = first.to_string();
    let resolve = [
        "orders", "resolve", &first, "--placed", "1", "--reason", "seen",
    ];
    gateway.run(&resolve);
    until("the other one is sent", || async {
        show(&gateway, waits).contains("placed").then_some(())
    })
    .await;
    assert_eq!(of_panel(&gateway, "unconfirmed_money"), "0.00");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_decided_at_once_and_each_only_once() {
    let panel = panel().await;
    let files = Files {
        panels: "requests_per_second = 2000\ntimeout = \"1s\"\n".into(),
        main: "[orders]\nlate_answer = \"1s\"\n".into(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
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

    // Not before its panel has had all the time that it gets.
    let two = "2 orders, 2.40 held for them; nothing was changed";
    until("nothing will be answered any more", || async {
        let dry = many(past, future, &[]);
        text(&dry.stderr).contains(two).then_some(())
    })
    .await;
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
        rows(&gateway, &["orders", "list", "--flagged"])
            .iter()
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

/// Quiet for a second, and then looked for among the panel's ids.
fn searching(more: &str) -> Files {
    let limits = "requests_per_second = 2000\ntimeout = \"200ms\"\nprobe_ids = 50\n";
    Files {
        panels: format!("{limits}{more}"),
        main: "[orders]\nlate_answer = \"200ms\"\nevidence_after = \"500ms\"\n".into(),
        ..Files::default()
    }
}

/// An order that was answered so long before the next one that its id is below that one's.
async fn settled(gateway: &Gateway, key: &str, service: &str) {
    let order = gateway.add(key, service, "https://example.com/1", 100);
    order.await.expect("accepted");
    let answered = Instant::now();
    until("it was long ago", || async {
        (answered.elapsed() > Duration::from_millis(300)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_panel_shows_decides_where_that_is_allowed() {
    for (more, decides) in [("", false), ("resolve_by_evidence = true\n", true)] {
        let panel = panel().await;
        let gateway = Gateway::start(&[("alpha", &panel)], searching(more));
        let key = gateway.customer("ann", "10");
        let service = gateway.service_named(&key, "Default").await;
        settled(&gateway, &key, &service).await;
        let order = lost(&gateway, &panel, &key, &service, "https://example.com/2").await;
        let after = gateway
            .add(&key, &service, "https://example.com/3", 50)
            .await;
        after.expect("accepted");
        until("it was looked for", || async {
            show(&gateway, order).contains("probed").then_some(())
        })
        .await;
        let story = show(&gateway, order);
        assert!(
            story.contains("the panel has an order 2 that none of ours is known by"),
            "{story}"
        );
        if decides {
            until("it is decided", || async {
                show(&gateway, order)
                    .contains("resolved_placed")
                    .then_some(())
            })
            .await;
            panel.clock().advance(Duration::from_secs(100_000));
            gateway.until_status(&key, order, "Completed").await;
        } else {
            let listed = rows(&gateway, &["orders", "list", "--state", "unconfirmed"]);
            assert_eq!(listed[0]["evidence"], "probed 2");
        }
        assert_eq!(panel.books().adds_for("https://example.com/2").len(), 1);
        gateway.verify();
    }
}

/// Two that cost the same: the panel has one of them, and nobody can say which.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_be_either_of_two_decides_nothing() {
    let panel = panel().await;
    let gateway = Gateway::start(
        &[("alpha", &panel)],
        searching("resolve_by_evidence = true\n"),
    );
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    settled(&gateway, &key, &service).await;
    panel.plan(FaultRule::once(Fault::CloseBeforeReading).on(ActionName::Add));
    let nowhere = gateway
        .add(&key, &service, "https://example.com/2", 100)
        .await;
    let there = lost(&gateway, &panel, &key, &service, "https://example.com/3").await;
    for order in [nowhere.expect("accepted"), there] {
        until("it was looked for", || async {
            show(&gateway, order).contains("probed").then_some(())
        })
        .await;
        assert!(!show(&gateway, order).contains("resolved_placed"));
    }
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_active_speaks_for_an_order() {
    let panel = support::panel_with(panelgate_simpanel::SimSettings {
        refuses_active_links: true,
        ..panelgate_simpanel::SimSettings::default()
    })
    .await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let link = "https://example.com/1";
    let order = lost(&gateway, &panel, &key, &service, link).await;
    // Answered, so the same again is another order.
    let refused = gateway.add(&key, &service, link, 100).await;
    let refused = refused.expect_err("refused");
    assert!(refused.contains("active order with this link"), "{refused}");
    let story = show(&gateway, order);
    assert!(story.contains("active_link"), "{story}");
    assert!(story.contains("unconfirmed"), "{story}");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_books_do_not_know_is_reported() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    until("the balance was polled", || async {
        (drifts(&gateway).len() == 1).then_some(())
    })
    .await;
    let order = lost(&gateway, &panel, &key, &service, "https://example.com/1").await;
    // A start asks at once.
    let mut gateway = gateway;
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    until("it was polled again", || async {
        (drifts(&gateway).len() == 2).then_some(())
    })
    .await;
    let last = drifts(&gateway).pop().expect("two");
    assert_eq!(
        (&last["change"], &last["unknown_cost"]),
        (&"-1.00".into(), &"1.00".into())
    );
    assert_eq!(last["unknown"], order.to_string());
    assert!(rows(&gateway, &["report", "charges"]).is_empty());
    gateway.verify();
}
