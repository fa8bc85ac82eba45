//! `add` against peers that misbehave: one order is one request, and nothing uncertain is called certain.

use std::future::poll_fn;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::{About, AddOutcome, PanelTrouble};
use panelgate_upstream::{Class, Rest};
use tokio::net::TcpSocket;
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::support::{
    Act, KEY, Office, PATIENCE, Peer, STAKE, json, order, response, settings, until,
};

const ACCEPTED: &str = r#"{"order":23501}"#;

fn accepted() -> AddOutcome {
    AddOutcome::Accepted(UpstreamId::from("23501"))
}

/// One `add`: its outcome, and exactly one request over exactly one connection.
async fn check(name: &'static str, act: Act, expected: AddOutcome) {
    let peer = Peer::start(move |_| act.clone()).await;
    let office = Office::open(settings(&peer.url()));
    let placed = office.add().await;
    assert_eq!(placed.outcome, expected, "{name}: {}", placed.raw);
    assert!(placed.late.is_none(), "{name}");
    office.desk.close().await;
    let seen = (peer.connections(), peer.requests().len());
    assert_eq!(seen, (1, 1), "{name}");
    let questions = u32::from(expected == AddOutcome::Unknown);
    let snapshot = office.desk.snapshot();
    assert_eq!(
        (snapshot.unconfirmed, snapshot.in_flight),
        (questions, 0),
        "{name}"
    );
}

#[tokio::test]
async fn answers_mean_what_the_table_says() {
    let ok = |body: &str| response("200 OK", "", body.as_bytes());
    let html = "<!DOCTYPE html><title>Just a moment...</title>";
    let elsewhere = "Location: /api/v3\r\n";
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"order\":2350".to_vec();
    let twice = [ok(ACCEPTED), ok(r#"{"order":99}"#)].concat();
    let funds = About::Panel(PanelTrouble::Funds);
    use AddOutcome::{Refused, Throttled, Unknown};
    check("accepted", Act::Write(ok(ACCEPTED)), accepted()).await;
    check(
        "closed after it",
        Act::WriteAndClose(ok(ACCEPTED)),
        accepted(),
    )
    .await;
    check("two answers", Act::Write(twice), accepted()).await;
    check(
        "closed without an answer",
        Act::WriteAndClose(Vec::new()),
        Unknown,
    )
    .await;
    check("reset", Act::Reset, Unknown).await;
    check("half a body", Act::WriteAndClose(cut), Unknown).await;
    check("an empty body", Act::Write(ok("")), Unknown).await;
    check("a page for people", Act::Write(ok(html)), Unknown).await;
    check(
        "HTTP 502",
        Act::Write(response("502 Bad Gateway", "", html.as_bytes())),
        Unknown,
    )
    .await;
    check(
        "HTTP 500 and an order",
        Act::Write(response("500 Oops", "", ACCEPTED.as_bytes())),
        Unknown,
    )
    .await;
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        check(
            "a redirect",
            Act::Write(response(status, elsewhere, b"")),
            Unknown,
        )
        .await;
    }
    check("unlisted", json(r#"{"error":"the moon is full"}"#), Unknown).await;
    check(
        "both",
        json(r#"{"order":1,"error":"Not enough funds on balance"}"#),
        Unknown,
    )
    .await;
    check(
        "funds",
        json(r#"{"error":"Not enough funds on balance"}"#),
        Refused(funds),
    )
    .await;
    let busy = response(
        "429 Too Many Requests",
        "Retry-After: 7\r\n",
        br#"{"error":"Too many requests"}"#,
    );
    let retry_after = Some(Duration::from_secs(7));
    check("throttled", Act::Write(busy), Throttled { retry_after }).await;
}

#[tokio::test]
async fn a_peer_that_closes_at_once_gets_one_connection_and_no_second_chance() {
    let peer = Peer::closing().await;
    let office = Office::open(settings(&peer.url()));
    assert_eq!(office.add().await.outcome, AddOutcome::Unknown);
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn every_order_has_a_connection_of_its_own() {
    let peer = Peer::start(|_| json(ACCEPTED)).await;
    let office = Office::open(settings(&peer.url()));
    for _ in 0..3 {
        assert_eq!(office.add().await.outcome, accepted());
    }
    assert_eq!((peer.connections(), peer.requests().len()), (3, 3));
    let seen = &peer.requests()[0];
    assert!(
        seen.head.starts_with("POST /api/v2 HTTP/1.1"),
        "{}",
        seen.head
    );
    for (field, value) in [
        ("key", KEY),
        ("action", "add"),
        ("service", "7"),
        ("quantity", "100"),
    ] {
        assert_eq!(
            seen.form.get(field).map(String::as_str),
            Some(value),
            "{field}"
        );
    }
    let counted = office.metric(
        r#"panelgate_upstream_requests_total{action="add",panel="alpha",result="accepted"}"#,
    );
    assert_eq!(counted.as_deref(), Some("3"));
}

#[tokio::test]
async fn what_cannot_be_reached_was_not_sent() {
    // Bound but deaf: a port given back would be another test's peer a moment later.
    let deaf = TcpSocket::new_v4().expect("a socket");
    deaf.bind("127.0.0.1:0".parse().expect("an address"))
        .expect("loopback");
    let nobody = deaf.local_addr().expect("bound");
    let clear_text = Peer::closing().await;
    for url in [
        format!("http://{nobody}/api/v2"),
        format!("https://{}/api/v2", clear_text.address),
        "http://panel.invalid/api/v2".to_owned(),
    ] {
        let placed = Office::open(settings(&url)).add().await;
        assert_eq!(placed.outcome, AddOutcome::NotSent, "{url}: {}", placed.raw);
    }
}

#[tokio::test]
async fn private_addresses_are_not_even_tried() {
    let peer = Peer::start(|_| json(ACCEPTED)).await;
    let port = peer.address.port();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
    ] {
        let mut settings = settings(&url);
        settings.allow_private = false;
        let placed = Office::open(settings).add().await;
        assert_eq!(placed.outcome, AddOutcome::NotSent, "{url}");
        assert!(
            placed.raw.contains("allow_private"),
            "{url}: {}",
            placed.raw
        );
    }
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn a_late_answer_is_delivered_and_its_slot_was_free_before() {
    let gate = Arc::new(Notify::new());
    let held = Act::Hold(Arc::clone(&gate), Box::new(json(ACCEPTED)));
    let peer = Peer::start(move |_| held.clone()).await;
    let mut settings = settings(&peer.url());
    settings.timeout = Duration::from_millis(100);
    settings.max_in_flight = 1;
    let office = Office::open(settings);
    let placed = office.add().await;
    assert_eq!(placed.outcome, AddOutcome::Unknown);
    let snapshot = office.desk.snapshot();
    assert_eq!((snapshot.in_flight, snapshot.unconfirmed), (0, 1));
    gate.notify_one();
    let late = placed.late.expect("it is listened for").answer().await;
    assert_eq!(late, Some((accepted(), ACCEPTED.to_owned())));
    assert_eq!(peer.requests().len(), 1);
    office.desk.question_closed(STAKE);
    assert_eq!(office.desk.snapshot().unconfirmed, 0);
}

#[tokio::test]
async fn a_late_answer_that_never_comes_is_given_up_on() {
    let held = Act::Hold(Arc::default(), Box::new(json(ACCEPTED)));
    let peer = Peer::start(move |_| held.clone()).await;
    let mut settings = settings(&peer.url());
    settings.timeout = Duration::from_millis(50);
    settings.late_answer = Duration::from_millis(100);
    let placed = Office::open(settings).add().await;
    assert_eq!(
        placed.late.expect("it is listened for").answer().await,
        None
    );
}

#[tokio::test]
async fn a_late_refusal_is_remembered_like_any_other() {
    let gate = Arc::new(Notify::new());
    let refused = json(r#"{"error":"Not enough funds on balance"}"#);
    let held = Act::Hold(Arc::clone(&gate), Box::new(refused));
    let peer = Peer::start(move |_| held.clone()).await;
    let mut settings = settings(&peer.url());
    settings.timeout = Duration::from_millis(50);
    let office = Office::open(settings);
    let placed = office.add().await;
    gate.notify_one();
    let (outcome, _) = placed
        .late
        .expect("listened for")
        .answer()
        .await
        .expect("an answer");
    assert_eq!(
        outcome,
        AddOutcome::Refused(About::Panel(PanelTrouble::Funds))
    );
    assert_eq!(office.desk.takes_orders(&"7".into()), Err(Rest::Funds));
}

#[tokio::test]
async fn an_exchange_outlives_whoever_asked_for_it() {
    let gate = Arc::new(Notify::new());
    let held = Act::Hold(Arc::clone(&gate), Box::new(json(ACCEPTED)));
    let peer = Peer::start(move |_| held.clone()).await;
    let office = Office::open(settings(&peer.url()));
    {
        let mut add = Box::pin(office.add());
        tokio::select! {
            _ = &mut add => panic!("the peer holds its answer"),
            () = peer.saw(1) => {}
        }
    }
    assert_eq!(office.desk.snapshot().in_flight, 1);
    gate.notify_one();
    until(|| office.desk.snapshot().in_flight == 0).await;
    let counted = office.metric(
        r#"panelgate_upstream_requests_total{action="add",panel="alpha",result="accepted"}"#,
    );
    assert_eq!(counted.as_deref(), Some("1"));
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn closing_waits_for_the_exchange_under_way() {
    let gate = Arc::new(Notify::new());
    let held = Act::Hold(Arc::clone(&gate), Box::new(json(ACCEPTED)));
    let peer = Peer::start(move |_| held.clone()).await;
    let office = Office::open(settings(&peer.url()));
    let closing = async {
        peer.saw(1).await;
        let mut closed = Box::pin(office.desk.close());
        assert!(!is_ready(closed.as_mut()).await);
        gate.notify_one();
        closed.await;
    };
    let (placed, ()) = tokio::join!(office.add(), closing);
    assert_eq!(placed.outcome, accepted());
    assert!(office.desk.admit(Class::Money, PATIENCE).await.is_err());
}

#[tokio::test]
async fn an_exchange_that_is_cut_off_is_an_open_question() {
    let peer = Peer::start(|_| Act::Hold(Arc::default(), Box::new(json(ACCEPTED)))).await;
    let office = Office::open(settings(&peer.url()));
    let elsewhere = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut add = Box::pin(office.add());
    {
        let _entered = elsewhere.enter();
        assert!(!is_ready(add.as_mut()).await);
    }
    peer.saw(1).await;
    elsewhere.shutdown_background();
    assert_eq!(add.await.outcome, AddOutcome::Unknown);
    assert_eq!(office.desk.snapshot().unconfirmed, 1);
    until(|| office.desk.snapshot().in_flight == 0).await;
}

/// One poll.
async fn is_ready(mut future: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

#[tokio::test]
async fn raw_answers_hold_no_key_and_are_short() {
    let encoded = "k3y%2Fwith%2Bsigns";
    let echo = format!(
        r#"{{"error":"no {KEY}, no {encoded}","page":"{}"}}"#,
        "x".repeat(9_000)
    );
    let peer = Peer::start(move |_| json(&echo)).await;
    let placed = Office::open(settings(&peer.url())).add().await;
    assert!(
        placed
            .raw
            .starts_with(r#"{"error":"no [key], no [key]","page":"xxx"#),
        "{}",
        placed.raw
    );
    assert_eq!(placed.raw.len(), 4 * 1024);
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_large_one_is_cut_off() {
    let pack = |body: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(body).expect("memory");
        response(
            "200 OK",
            "Content-Encoding: gzip\r\n",
            &packer.finish().expect("memory"),
        )
    };
    check("packed", Act::Write(pack(ACCEPTED.as_bytes())), accepted()).await;
    let mut bomb = ACCEPTED.as_bytes().to_vec();
    bomb.resize(64 * 1024 * 1024, b' ');
    check("a bomb", Act::Write(pack(&bomb)), AddOutcome::Unknown).await;
}

#[tokio::test]
async fn nothing_leaves_once_the_panel_rests_even_with_a_permit() {
    let peer = Peer::start(|_| json(r#"{"error":"Incorrect service ID"}"#)).await;
    let office = Office::open(settings(&peer.url()));
    let permit = office
        .desk
        .admit(Class::Money, PATIENCE)
        .await
        .expect("a permit");
    let service_off = AddOutcome::Refused(About::Panel(PanelTrouble::ServiceOff));
    assert_eq!(office.add().await.outcome, service_off);
    assert_eq!(office.desk.takes_orders(&"7".into()), Err(Rest::Route));
    assert_eq!(office.desk.takes_orders(&"8".into()), Ok(()));
    let placed = office.desk.add(permit, &"7".into(), &order(), STAKE).await;
    assert_eq!(placed.outcome, AddOutcome::NotSent);
    assert_eq!(peer.requests().len(), 1);
}
