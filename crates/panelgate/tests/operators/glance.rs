//! `status` and `log-level`: what a running server tells about itself, and how much.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{Client, Files, Gateway, panel, until};

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_the_gateway_at_one_glance() {
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway.add(&key, &service, "https://example.com/1", 100);
    order.await.expect("accepted");
    let status: Value =
        serde_json::from_str(&gateway.run(&["status", "--json"])).expect("an object");
    let one = |list: &str, which: &[(&str, &str)]| {
        let list = status[list].as_array().expect("a list").iter();
        let mut fitting = list.filter(|row| which.iter().all(|(name, value)| row[name] == *value));
        fitting
            .next()
            .unwrap_or_else(|| panic!("no {which:?} in {status}"))
            .clone()
    };
    let adds = one("requests", &[("action", "add"), ("result", "ok")]);
    assert_eq!(adds["requests"], 1);
    let placed = one("orders", &[("panel", "alpha"), ("state", "placed")]);
    assert_eq!(placed["orders"], 1);
    assert_eq!(one("panels", &[("panel", "alpha")])["state"], "taking");
    // The same as `report profit` says.
    let money = one("money_today", &[("cost_currency", "USD")]);
    let figures = ["orders", "currency", "revenue", "held", "cost"].map(|name| &money[name]);
    assert_eq!(
        figures.map(ToString::to_string),
        ["1", "\"USD\"", "\"0.00\"", "\"1.20\"", "\"1.00\""]
    );
    assert_eq!(status["last_reload_successful"], true);

    // A pipe gets it once, as plain text.
    let text = gateway.run(&["status"]);
    for line in ["add\tok\t1\t", "alpha\tplaced\t1"] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "{text:?}");

    assert_eq!(gateway.terminate(), 0);
    let alone = gateway.output(&["status"]);
    assert_eq!(alone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&alone.stderr).contains("no server is running"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_more_when_it_is_asked_to() {
    let panel = panel().await;
    let gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    let log = gateway.path("log");
    let file = std::fs::File::create(&log).expect("a file");
    let mut server = gateway
        .command(&["serve"])
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .expect("it starts");
    let read = || std::fs::read_to_string(&log).expect("text");
    let url = until("it listens", || async {
        let text = read();
        let (_, rest) = text.split_once("customers: ")?;
        let (address, _) = rest.split_once(' ')?;
        Some(format!("{address}/api/v2"))
    })
    .await;
    let client = Client::default();
    let ask = async || {
        let form = [("key", "nobody"), ("action", "balance")];
        client.post(&url, &form).await.expect("an answer")
    };
    let answered = || {
        let lines = read();
        let events = lines
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let of_requests = |event: &Value| event["message"] == "answered";
        events.filter(of_requests).collect::<Vec<_>>()
    };
    ask().await;
    gateway.run(&["log-level", "info,panelgate_edge=debug"]);
    assert!(answered().is_empty(), "debug is not the default");
    ask().await;
    let events = until("the request is in the log", || async {
        let events = answered();
        (!events.is_empty()).then_some(events)
    })
    .await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (
            &events[0]["level"],
            &events[0]["action"],
            &events[0]["result"]
        ),
        (&"DEBUG".into(), &"balance".into(), &"refused".into())
    );
    gateway.run(&["log-level", "info"]);
    ask().await;
    let wrong = gateway.output(&["log-level", "debgu"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("is not a level"));
    assert_eq!(answered().len(), 1);
    server.kill().expect("killed");
    server.wait().expect("gone");
}
