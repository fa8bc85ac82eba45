//! Requests on which two readers could disagree about where they end, each with a hidden `add` behind or inside. Whoever stands
//! before the gateway, it must never see more orders than RFC 9112 sees whole requests for one.

mod bodies;
mod case;
mod lengths;
mod lines;
mod targets;
mod transfer;

use std::collections::BTreeMap;

use panelgate_simpanel::SimPanel;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use self::case::{Adds, Case};
use crate::support::{self, Files, Gateway};

#[tokio::test(flavor = "multi_thread")]
async fn no_request_hides_an_order() {
    let panel = support::panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    let (pipe, copy) = (gateway.path("pipe"), gateway.path("stderr.txt"));
    let (pipe, copy) = (pipe.display(), copy.display());
    gateway.serve_under(&format!(
        "mkfifo {pipe}; tee {copy} <{pipe} >&2 & exec 2>{pipe};"
    ));
    let key = gateway.customer("ann", "100000");
    gateway.services(&key).await;

    let cases = corpus();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let answers = send_all(&gateway, &key, &cases).await;
    // What was detached from its connection is through when this is.
    let last = gateway.add(&key, "1001", "https://example.com/last", 10);
    last.await.expect("accepted");
    for case in &cases {
        judge(case, &panel, &answers[case.name]);
    }

    let books = panel.books();
    let placed = books.accepted().count();
    let rows = gateway.run(&["orders", "list", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&rows).expect("JSON");
    assert_eq!(rows.as_array().map(Vec::len), Some(placed));
    eprintln!("{} cases, {placed} orders", cases.len());
    gateway.verify();
    assert_eq!(gateway.terminate(), 0);
    let said = support::until("its last words are kept", || async {
        let said = std::fs::read_to_string(gateway.path("stderr.txt")).expect("text");
        said.contains("stopping").then_some(said)
    })
    .await;
    assert!(!said.contains("panicked"), "{said}");
}

fn corpus() -> Vec<Case> {
    let families = [
        lengths::cases(),
        transfer::cases(),
        bodies::cases(),
        lines::cases(),
        targets::cases(),
    ];
    families.into_iter().flatten().collect()
}

/// What came back on each case's connection.
async fn send_all(gateway: &Gateway, key: &str, cases: &[Case]) -> BTreeMap<&'static str, Vec<u8>> {
    let host = gateway.url().trim_start_matches("http://");
    let host = host.split('/').next().expect("a host").to_owned();
    let mut sending = JoinSet::new();
    for case in cases {
        let (host, name, bytes) = (host.clone(), case.name, case.bytes(key));
        sending.spawn(async move { (name, exchange(&host, &bytes).await) });
    }
    let answers: BTreeMap<_, _> = sending.join_all().await.into_iter().collect();
    assert_eq!(answers.len(), cases.len(), "names are used once");
    answers
}

/// Sends all, then nothing more, and reads until the gateway closes.
async fn exchange(host: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(host).await.expect("connected");
    // It may have heard enough before the end, and reset the connection: what it has answered by then counts.
    _ = stream.write_all(bytes).await;
    _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    _ = tokio::time::timeout(support::PATIENCE, reading)
        .await
        .expect("it closes");
    answer
}

#[track_caller]
fn judge(case: &Case, panel: &SimPanel, answer: &[u8]) {
    let books = panel.books();
    let links = [case.link(), case.hidden_link()];
    let placed: usize = links
        .iter()
        .map(|link| books.orders_with_link(link).len())
        .sum();
    let shown = String::from_utf8_lossy(answer);
    let is_right = match case.adds {
        Adds::Are(number) => placed == number,
        Adds::AtMost(number) => placed <= number,
    };
    assert!(
        is_right,
        "{}: {placed} orders, {:?}\n{shown}",
        case.name, case.adds
    );
    assert!(
        is_well_framed(answer),
        "{}: the answer has no clear end\n{shown}",
        case.name
    );
}

/// Whether bytes are whole answers and nothing else. One to HEAD has no body, whatever its length.
fn is_well_framed(mut answer: &[u8]) -> bool {
    while !answer.is_empty() {
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            return false;
        };
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        if !head.starts_with("http/1.") {
            return false;
        }
        let length = head
            .split("content-length: ")
            .nth(1)
            .map_or("0", |rest| rest.split("\r\n").next().unwrap_or(""));
        let Ok(length) = length.parse::<usize>() else {
            return false;
        };
        let body = &answer[end + 4..];
        let length = if body.starts_with(b"HTTP/1.") {
            0
        } else {
            length
        };
        let Some(rest) = body.get(length..) else {
            return body.is_empty();
        };
        answer = rest;
    }
    true
}
