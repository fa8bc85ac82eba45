//! Clients that hear nothing send the same `add` again. What was asked for twice that way is one order.

mod support;

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use serde_json::json;
use support::{Client, Files, Gateway, panel, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LINK: &str = "https://example.com/1";

async fn shop() -> (SimPanel, Gateway, String) {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    gateway.services(&key).await;
    (panel, gateway, key)
}

/// The bytes of an `add`.
fn request(gateway: &Gateway, key: &str) -> String {
    let body = format!("key={key}&action=add&service=1001&quantity=100&link={LINK}");
    let host = gateway.url().trim_start_matches("http://");
    let host = host.split('/').next().expect("a host");
    format!(
        "POST /api/v2 HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A client that sends an `add`, and is gone when the panel has it.
async fn ask_and_leave(panel: &SimPanel, gateway: &Gateway, key: &str) {
    drop(ask(panel, gateway, key).await);
}

/// The same, before it goes.
async fn ask(panel: &SimPanel, gateway: &Gateway, key: &str) -> TcpStream {
    let before = panel.books().count(ActionName::Add);
    panel.plan(FaultRule::once(Fault::Slow(Duration::from_secs(1))).on(ActionName::Add));
    let host = gateway.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host.split('/').next().expect("a host"))
        .await
        .expect("connected");
    let bytes = request(gateway, key);
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    panel
        .until(|books| books.count(ActionName::Add) > before)
        .await;
    stream
}

/// How often that has happened.
async fn unheard(gateway: &Gateway, what: &str) -> u64 {
    let url = format!("{}/metrics", gateway.operator_url());
    let metrics = Client::default().get(&url).await.expect("metrics");
    let name = format!("panelgate_unheard_adds_total{{what=\"{what}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |count| count.parse().expect("a number"))
}

async fn until_lost(gateway: &Gateway, times: u64) {
    until(format!("{times} answers are lost"), || async {
        (unheard(gateway, "lost").await == times).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_whose_answer_nobody_heard_is_not_a_second_order() {
    let (panel, gateway, key) = shop().await;
    ask_and_leave(&panel, &gateway, &key).await;
    panel.clock().advance(Duration::from_secs(2));
    until_lost(&gateway, 1).await;
    let add = || gateway.add(&key, "1001", LINK, 100);
    assert_eq!(add().await, Ok(1));
    assert_eq!(panel.books().count(ActionName::Add), 1);
    assert_eq!(unheard(&gateway, "repeated").await, 1);
    assert_eq!(gateway.balance(&key).await, "8.80");
    // That answer was heard: the same again is meant.
    assert_eq!(add().await, Ok(2));
    assert_eq!(gateway.balance(&key).await, "7.60");
    // What is not the same never was a repeat.
    ask_and_leave(&panel, &gateway, &key).await;
    panel.clock().advance(Duration::from_secs(2));
    until_lost(&gateway, 2).await;
    assert_eq!(gateway.add(&key, "1001", LINK, 101).await, Ok(4));
    let named = [
        ("service", "1001"),
        ("link", LINK),
        ("quantity", "100"),
        ("idempotency_key", "mine"),
    ];
    let answer = gateway.api(&key, "add", &named).await;
    assert_eq!(answer, json!({"order": 5}));
    let other = gateway.customer("bob", "10");
    assert_eq!(gateway.add(&other, "1001", LINK, 100).await, Ok(6));
    assert_eq!(add().await, Ok(3));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_are_open_side_by_side_are_two_orders() {
    let (panel, gateway, key) = shop().await;
    let slow = FaultRule::always(Fault::Slow(Duration::from_secs(1)));
    panel.plan(slow.on(ActionName::Add));
    let add = || gateway.add(&key, "1001", LINK, 100);
    let both = async { tokio::join!(add(), add()) };
    let answers = async {
        panel.until(|books| books.count(ActionName::Add) == 2).await;
        panel.clock().advance(Duration::from_secs(2));
    };
    let ((one, two), ()) = tokio::join!(both, answers);
    let mut ids = [one.expect("an order"), two.expect("an order")];
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_and_not_heard_is_tried_anew() {
    let (panel, gateway, key) = shop().await;
    let refused = Fault::AcceptThenStatus {
        status: 200,
        body: r#"{"error":"Bad link"}"#.to_owned(),
    };
    panel.plan(FaultRule::once(refused).on(ActionName::Add));
    let host = gateway.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host.split('/').next().expect("a host"))
        .await
        .expect("connected");
    let bytes = request(&gateway, &key);
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    drop(stream);
    gateway.until_status(&key, 1, "Canceled").await;
    assert_eq!(gateway.add(&key, "1001", LINK, 100).await, Ok(2));
    gateway.verify();
}

/// What was heard is known, and so is what was not.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_hands_on_what_was_not_heard() {
    let (panel, mut gateway, key) = shop().await;
    assert_eq!(gateway.add(&key, "1001", LINK, 200).await, Ok(1));
    ask_and_leave(&panel, &gateway, &key).await;
    panel.clock().advance(Duration::from_secs(2));
    until_lost(&gateway, 1).await;
    for _ in 0..2 {
        assert_eq!(gateway.terminate(), 0);
        gateway.serve();
    }
    assert_eq!(gateway.add(&key, "1001", LINK, 200).await, Ok(3));
    assert_eq!(gateway.add(&key, "1001", LINK, 100).await, Ok(2));
    assert_eq!(gateway.add(&key, "1001", LINK, 100).await, Ok(4));
    gateway.verify();
}

/// Nobody knows what was heard before.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_takes_what_was_opened_just_before_for_unheard() {
    let (panel, mut gateway, key) = shop().await;
    ask_and_leave(&panel, &gateway, &key).await;
    gateway.kill();
    panel.clear_faults();
    gateway.serve();
    let add = || gateway.add(&key, "1001", LINK, 100);
    assert_eq!(add().await, Ok(1));
    assert_eq!(panel.books().count(ActionName::Add), 1);
    assert_eq!(add().await, Ok(2));
    gateway.verify();
}

/// Old clients give up sooner than a slow panel answers.
#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_and_asks_again_before_there_is_an_answer_has_one_order() {
    let (panel, gateway, key) = shop().await;
    ask_and_leave(&panel, &gateway, &key).await;
    let add = || gateway.add(&key, "1001", LINK, 100);
    assert_eq!(add().await, Ok(1));
    panel.clock().advance(Duration::from_secs(2));
    assert_eq!(panel.books().count(ActionName::Add), 1);
    assert_eq!(add().await, Ok(2));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_says_before_it_leaves_does_not_hide_that_it_left() {
    let (panel, gateway, key) = shop().await;
    let mut stream = ask(&panel, &gateway, &key).await;
    stream.write_all(b"\r\n").await.expect("sent");
    drop(stream);
    panel.clock().advance(Duration::from_secs(2));
    until_lost(&gateway, 1).await;
    assert_eq!(gateway.add(&key, "1001", LINK, 100).await, Ok(1));
    assert_eq!(panel.books().count(ActionName::Add), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_to_nothing_after_its_lost_answer_is_tried_anew() {
    let (_panel, gateway, key) = shop().await;
    gateway.run(&["pause"]);
    let host = gateway.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host.split('/').next().expect("a host"))
        .await
        .expect("connected");
    let bytes = request(&gateway, &key);
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    // It gets its answer, but counts as gone.
    stream.shutdown().await.expect("closed");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.contains(r#"{"order":1}"#), "{answer}");
    until_lost(&gateway, 1).await;
    gateway.run(&["orders", "cancel", "1", "--reason", "a test"]);
    let add = || gateway.add(&key, "1001", LINK, 100);
    assert_eq!(add().await, Ok(2));
    assert_eq!(add().await, Ok(3));
    gateway.verify();
}
