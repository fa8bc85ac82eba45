//! Each fault as it looks on the wire, and in the panel's books.

use std::io::ErrorKind;
use std::time::Duration;

use panelgate_simpanel::fault::Fault;
use panelgate_simpanel::fault::rule::{ActionName, FaultRule};
use panelgate_simpanel::{Fate, SimClock, SimPanel, SimSettings};

use crate::support::{Heard, add, hear, post, send, soon, start};

async fn manual() -> SimPanel {
    start(SimSettings {
        clock: SimClock::manual(),
        ..SimSettings::default()
    })
    .await
}

/// What comes back to an `add` that a fault strikes, and whether the panel has the order.
async fn struck(fault: Fault) -> (Heard, usize) {
    let panel = manual().await;
    panel.plan(FaultRule::once(fault.clone()));
    let heard = post(&panel, &add("https://a.example/1")).await;
    let books = panel.books();
    assert_eq!(books.requests()[0].fault.as_ref(), Some(&fault));
    assert!(
        post(&panel, "action=balance")
            .await
            .body()
            .starts_with(r#"{"balance""#),
        "only once"
    );
    (heard, books.orders().len())
}

/// The body of the answer to an honest order and a poll of three, the second and third of which do not exist.
async fn distorted(fault: Fault, form: &str) -> String {
    let panel = manual().await;
    post(&panel, &add("https://a.example/1")).await;
    panel.plan(FaultRule::always(fault));
    let heard = post(&panel, form).await;
    assert_eq!((heard.status(), heard.error), (200, None), "{}", heard.text);
    heard.body().to_owned()
}

const POLL: &str = "action=status&orders=1,8,9";

#[tokio::test]
async fn the_order_is_taken_and_the_line_is_cut() {
    let (heard, orders) = struck(Fault::AcceptThenReset).await;
    assert_eq!(
        (heard.text.as_str(), heard.error, orders),
        ("", Some(ErrorKind::ConnectionReset), 1)
    );
    let (heard, orders) = struck(Fault::AcceptThenClose).await;
    assert_eq!((heard.text.as_str(), heard.error, orders), ("", None, 1));
    let (heard, orders) = struck(Fault::AcceptThenHalfBody).await;
    assert_eq!((heard.body(), heard.error, orders), (r#"{"ord"#, None, 1));
    assert_eq!(heard.header("content-length"), Some("11"));
    assert_eq!(heard.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn the_order_is_taken_and_something_else_is_said() {
    let (heard, orders) = struck(Fault::AcceptThenStatus {
        status: 502,
        body: "<html>down".to_owned(),
    })
    .await;
    assert_eq!(
        (heard.status(), heard.body(), orders),
        (502, "<html>down", 1)
    );
    let (heard, orders) = struck(Fault::AcceptThenHtml).await;
    assert_eq!((heard.status(), orders), (200, 1));
    assert!(heard.body().starts_with("<!DOCTYPE html>"));
    assert!(
        heard
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
}

#[tokio::test]
async fn the_panel_never_reads_it() {
    let (heard, orders) = struck(Fault::StatusBeforeReading(500)).await;
    assert_eq!((heard.status(), orders), (500, 0));
    let (heard, orders) = struck(Fault::ResetBeforeReading).await;
    assert_eq!((heard.error, orders), (Some(ErrorKind::ConnectionReset), 0));
    let (heard, orders) = struck(Fault::CloseBeforeReading).await;
    assert_eq!((heard.text.as_str(), heard.error, orders), ("", None, 0));
    let panel = manual().await;
    panel.plan(FaultRule::always(Fault::CloseBeforeReading).on(ActionName::Add));
    post(&panel, &add("https://a.example/1")).await;
    let books = panel.books();
    let adds = books.adds_for("https://a.example/1");
    assert_eq!(
        (adds.len(), adds[0].read, adds[0].answered),
        (1, false, false)
    );
}

#[tokio::test]
async fn the_panel_reads_it_and_does_nothing() {
    let (heard, orders) = struck(Fault::Refuse("IP not allowed for {key}".to_owned())).await;
    assert_eq!(
        (heard.body(), orders),
        (r#"{"error":"IP not allowed for sim-key"}"#, 0)
    );
    let throttle = Fault::Throttle {
        status: 429,
        retry_after: Some(Duration::from_millis(1500)),
    };
    let (heard, orders) = struck(throttle).await;
    assert_eq!(
        (heard.status(), heard.header("retry-after"), orders),
        (429, Some("2"), 0)
    );
    assert_eq!(heard.body(), r#"{"error":"Too many requests"}"#);
    let (heard, orders) = struck(Fault::Text {
        status: 201,
        body: "[]".to_owned(),
    })
    .await;
    assert_eq!((heard.status(), heard.body(), orders), (201, "[]", 0));
    let redirect = Fault::Redirect {
        status: 307,
        location: "https://b.example/api".to_owned(),
    };
    let (heard, orders) = struck(redirect).await;
    assert_eq!(
        (heard.status(), heard.header("location"), orders),
        (307, Some("https://b.example/api"), 0)
    );
}

#[tokio::test]
async fn silence_lasts_until_the_client_leaves_or_the_panel_stops() {
    let panel = manual().await;
    panel.plan(FaultRule::always(Fault::AcceptThenTimeout));
    let waiting = send(&panel, &add("https://a.example/1")).await;
    let leaving = send(&panel, &add("https://a.example/2")).await;
    soon(panel.until(|books| books.orders().len() == 2)).await;
    drop(leaving);
    assert!(
        panel
            .books()
            .requests()
            .iter()
            .all(|request| !request.answered)
    );
    let (heard, ()) = soon(async { tokio::join!(hear(waiting), panel.stop()) }).await;
    assert_eq!((heard.text.as_str(), heard.error), ("", None));
}

#[tokio::test]
async fn a_late_answer_is_the_right_one() {
    let panel = manual().await;
    panel.plan(FaultRule::once(Fault::AcceptThenSlow(Duration::from_secs(
        60,
    ))));
    let waiting = send(&panel, &add("https://a.example/1")).await;
    soon(panel.until(|books| books.orders().len() == 1)).await;
    assert!(!panel.books().requests()[0].answered);
    panel.clock().advance(Duration::from_secs(60));
    assert_eq!(soon(hear(waiting)).await.body(), r#"{"order":1}"#);
    soon(panel.until(|books| books.requests()[0].answered)).await;
}

#[tokio::test]
async fn late_work_is_done_even_if_the_client_has_left() {
    let panel = manual().await;
    panel.plan(FaultRule::once(Fault::Slow(Duration::from_secs(60))));
    let leaving = send(&panel, &add("https://a.example/1")).await;
    soon(panel.until(|books| books.requests().len() == 1)).await;
    drop(leaving);
    assert_eq!(panel.books().orders().len(), 0);
    panel.clock().advance(Duration::from_secs(60));
    soon(panel.until(|books| books.orders().len() == 1)).await;
}

#[tokio::test]
async fn answers_have_strange_shapes() {
    for (fault, start, end) in [
        (Fault::ByteOrderMark, "\u{feff}{\"1\":", "}"),
        (Fault::PhpNotice, "<br />\n<b>Notice</b>", "}"),
        (Fault::OtherCase, r#"{"1":{"Charge":"#, "}"),
        (Fault::EmptyList, "[]", "[]"),
        (Fault::ListInsteadOfMap, r#"[{"charge":"#, "]"),
        (
            Fault::BareStringErrors,
            r#"{"1":{"charge":"#,
            r#""9":"Incorrect order ID"}"#,
        ),
        (Fault::OmitIds, r#"{"8":{"error""#, "}"),
        (Fault::WrongIds, r#"{"1000001":"#, "}"),
        (Fault::RemainsTooHigh, r#"{"1":"#, "}"),
    ] {
        let body = distorted(fault.clone(), POLL).await;
        assert!(
            body.starts_with(start) && body.ends_with(end),
            "{fault:?}: {body}"
        );
    }
    let lied = distorted(Fault::RemainsTooHigh, "action=status&order=1").await;
    assert!(lied.contains(r#""remains":"1000100""#), "{lied}");
    let numbers = distorted(Fault::StringsAsNumbers, "action=status&order=1").await;
    assert!(numbers.contains(r#""remains":100"#), "{numbers}");
    let strings = distorted(Fault::NumbersAsStrings, "action=cancel&orders=1").await;
    assert_eq!(strings, r#"[{"cancel":"1","order":"1"}]"#);
}

#[tokio::test]
async fn one_order_of_many_is_missing_or_wrong() {
    let left_out = distorted(Fault::LeaveOut(vec![8]), POLL).await;
    assert!(left_out.starts_with(r#"{"1":{"charge":"#) && !left_out.contains(r#""8""#));
    let errors = Fault::OrderErrors {
        orders: vec![1],
        error: "Incorrect order ID".to_owned(),
    };
    let failed = distorted(errors.clone(), POLL).await;
    assert!(
        failed.starts_with(r#"{"1":{"error":"Incorrect order ID"},"8""#),
        "{failed}"
    );
    let alone = distorted(errors, "action=status&order=1").await;
    assert_eq!(alone, r#"{"error":"Incorrect order ID"}"#);
}

#[tokio::test]
async fn a_poisonous_order_fails_the_calls_that_name_it() {
    let panel = manual().await;
    panel.plan(FaultRule::always(Fault::StatusBeforeReading(500)).naming(8));
    assert_eq!(post(&panel, POLL).await.status(), 500);
    assert_eq!(post(&panel, "action=status&orders=1,9").await.status(), 200);
    let books = panel.books();
    assert_eq!(books.requests_naming(ActionName::Status, 8).count(), 1);
    assert_eq!(books.ids_per_status_call(), Some(2.5));
}

#[tokio::test]
async fn an_outage_lasts_as_long_as_it_was_planned() {
    let secs = Duration::from_secs;
    let panel = manual().await;
    panel.plan(FaultRule::always(Fault::StatusBeforeReading(502)).between(secs(10), secs(310)));
    let mut statuses = Vec::new();
    for by in [9, 1, 299, 1] {
        panel.clock().advance(secs(by));
        statuses.push(post(&panel, "action=balance").await.status());
    }
    assert_eq!(statuses, [200, 502, 502, 200]);
    let clocks: Vec<_> = panel
        .books()
        .requests()
        .iter()
        .map(|request| request.clock)
        .collect();
    assert_eq!(clocks, [9, 10, 309, 310].map(secs));
}

#[tokio::test]
async fn two_hundred_orders_can_be_canceled_at_once() {
    let panel = manual().await;
    for number in 0..200 {
        post(&panel, &add(&format!("https://a.example/{number}"))).await;
    }
    let spent = panel.balance();
    panel.set_orders(1..=200, |order| order.end(Fate::Canceled));
    let books = panel.books();
    assert!(books.live_orders().is_empty());
    assert!(
        books
            .orders()
            .iter()
            .all(|order| order.refunded == order.charge)
    );
    assert!(panel.balance() > spent);
}

#[tokio::test]
async fn new_orders_have_strange_ids() {
    for (fault, answer) in [
        (Fault::OrderIdZero, r#"{"order":0}"#),
        (Fault::DuplicateOrderId, r#"{"order":1}"#),
        (
            Fault::ErrorAndId,
            r#"{"error":"Something went wrong","order":2}"#,
        ),
    ] {
        assert_eq!(distorted(fault, &add("https://a.example/2")).await, answer);
    }
}

#[tokio::test]
async fn compressed_answers_say_so() {
    let panel = manual().await;
    panel.plan(FaultRule::always(Fault::Gzip));
    let heard = post(&panel, "action=balance").await;
    assert_eq!(heard.header("content-encoding"), Some("gzip"));
    assert!(!heard.body().contains("balance"));
}

#[tokio::test]
async fn rules_can_be_dropped() {
    let panel = manual().await;
    panel.plan(FaultRule::always(Fault::AcceptThenClose));
    assert_eq!(post(&panel, "action=balance").await.text, "");
    panel.clear_faults();
    assert_eq!(post(&panel, "action=balance").await.status(), 200);
}
