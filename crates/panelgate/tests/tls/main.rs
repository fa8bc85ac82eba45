//! Customers over TLS: the built gateway, and clients that trust only what they were told to.

#[path = "../support/mod.rs"]
mod support;

mod heard;
mod shopper;

use panelgate_simpanel::SimPanel;
use serde_json::json;
use shopper::{Issued, Shopper, address};
use support::{Client, Files, Gateway, panel, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TLS: &str = "[server.tls]\ncertificate = \"fullchain.pem\"\nkey = \"key.pem\"\n";
/// Longer than any test: what ends before has another reason.
const FOR_EVER: &str = "head = \"1h\"\n";

/// A gateway with this certificate.
async fn shop(issued: &Issued, limits: &str) -> (SimPanel, Gateway) {
    let panel = panel().await;
    let files = Files {
        limits: limits.to_owned(),
        main: TLS.to_owned(),
        ..Files::default()
    };
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], files);
    issued.put(&gateway);
    gateway.serve();
    (panel, gateway)
}

fn balance(key: &str) -> String {
    format!("key={key}&action=balance")
}

async fn last_reload(gateway: &Gateway) -> Option<u8> {
    let url = format!("{}/metrics", gateway.operator_url());
    let metrics = Client::default().get(&url).await.expect("metrics");
    let mut lines = metrics.lines();
    let value =
        lines.find_map(|line| line.strip_prefix("panelgate_config_last_reload_successful "))?;
    value.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_served_over_tls_of_either_version() {
    let issued = Issued::new();
    let (_panel, mut gateway) = shop(&issued, "").await;
    let key = gateway.customer("ann", "10");
    let rich = json!({"balance": "10.00", "currency": "USD"});
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let shopper = Shopper::speaking(&[version], &[b"h2", b"http/1.1"], &[&issued]);
        let stream = shopper.dial(&gateway).await.expect("connected");
        assert_eq!(
            stream.get_ref().1.alpn_protocol(),
            Some(&b"http/1.1"[..]),
            "{version:?}"
        );
        let mut connection = shopper.connect(&gateway).await;
        for _ in 0..2 {
            assert_eq!(connection.ask(&balance(&key)).await, rich, "{version:?}");
        }
    }
    // Many old clients name no protocol.
    let silent = Shopper::speaking(rustls::ALL_VERSIONS, &[], &[&issued]);
    let mut connection = silent.connect(&gateway).await;
    assert_eq!(connection.ask(&balance(&key)).await, rich);
    let other = Shopper::speaking(rustls::ALL_VERSIONS, &[b"h2"], &[&issued]);
    assert!(other.dial(&gateway).await.is_err(), "we speak no HTTP/2");
    let stranger = Shopper::trusting(&[&Issued::new()]);
    assert!(stranger.dial(&gateway).await.is_err(), "nobody vouches");
    assert_eq!(gateway.terminate(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_for_new_connections() {
    let (first, second, third, fourth) =
        (Issued::new(), Issued::new(), Issued::new(), Issued::new());
    let (_panel, gateway) = shop(&first, "").await;
    let key = gateway.customer("ann", "10");
    let rich = json!({"balance": "10.00", "currency": "USD"});
    let shopper = Shopper::trusting(&[&first, &second, &third, &fourth]);
    let mut old = shopper.connect(&gateway).await;
    assert_eq!(old.ask(&balance(&key)).await, rich);
    assert_eq!(old.shown, first.certificate);

    second.put(&gateway);
    let said = gateway.run(&["reload"]);
    let valid = "new connections get another certificate, valid until ";
    assert!(said.contains(valid), "{said}");
    let mut new = shopper.connect(&gateway).await;
    assert_eq!(new.shown, second.certificate);
    for connection in [&mut old, &mut new] {
        assert_eq!(connection.ask(&balance(&key)).await, rich);
    }
    let said = gateway.run(&["reload"]);
    assert!(!said.contains("certificate"), "it is the same: {said}");

    third.put(&gateway);
    gateway.hang_up();
    until_shown(&gateway, &shopper, &third).await;
    fourth.put(&gateway);
    until_shown(&gateway, &shopper, &fourth).await;
    assert_eq!(old.ask(&balance(&key)).await, rich);
}

async fn until_shown(gateway: &Gateway, shopper: &Shopper, issued: &Issued) {
    until("another certificate is shown", || async {
        let shown = shopper.connect(gateway).await.shown;
        (shown == issued.certificate).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_pair_changes_nothing_and_says_why() {
    let (first, second) = (Issued::new(), Issued::new());
    let (_panel, mut gateway) = shop(&first, "").await;
    let shopper = Shopper::trusting(&[&first, &second]);
    let check = gateway.output(&["check"]);
    assert!(check.status.success(), "{check:?}");

    second.put_certificate(&gateway);
    for (command, code) in [("check", 78), ("reload", 78)] {
        let output = gateway.output(&[command]);
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            text.contains("the key does not belong to the certificate"),
            "{command}: {text}"
        );
        assert!(text.contains("panelgate.toml:"), "{command}: {text}");
    }
    assert_eq!(last_reload(&gateway).await, Some(0));
    assert_eq!(shopper.connect(&gateway).await.shown, first.certificate);

    // Who writes one file after the other is understood when both are there.
    second.put(&gateway);
    until_shown(&gateway, &shopper, &second).await;
    assert_eq!(last_reload(&gateway).await, Some(1));

    let over = Issued::expired();
    over.put(&gateway);
    let check = gateway.output(&["check"]);
    assert!(check.status.success(), "{check:?}");
    let text = String::from_utf8_lossy(&check.stderr);
    assert!(
        text.contains("warning: the certificate expired at 2020-01-03T00:00:00.000Z"),
        "{text}"
    );
    let said = gateway.run(&["reload"]);
    let expired = "another certificate, expired at 2020-01-03T00:00:00.000Z";
    assert!(said.contains(expired), "{said}");
    assert_eq!(gateway.terminate(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_shake_hands_is_let_go() {
    let issued = Issued::new();
    let (_panel, gateway) = shop(&issued, "head = \"300ms\"\n").await;
    let mut silent = TcpStream::connect(address(&gateway))
        .await
        .expect("connected");
    let mut slow = TcpStream::connect(address(&gateway))
        .await
        .expect("connected");
    // The begin of a record that never ends.
    slow.write_all(b"\x16\x03\x01\x02\x00\x01")
        .await
        .expect("sent");
    for stream in [&mut silent, &mut slow] {
        assert_eq!(heard_until_closed(stream).await, b"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_take_places_of_connections() {
    let issued = Issued::new();
    let (_panel, gateway) = shop(&issued, &format!("{FOR_EVER}connections = 2\n")).await;
    let held = [
        TcpStream::connect(address(&gateway))
            .await
            .expect("connected"),
        TcpStream::connect(address(&gateway))
            .await
            .expect("connected"),
    ];
    let shopper = Shopper::trusting(&[&issued]);
    assert!(shopper.dial(&gateway).await.is_err(), "there is no room");
    drop(held);
    until("there is room", || async {
        shopper.dial(&gateway).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_no_tls_is_let_go_at_once() {
    let issued = Issued::new();
    let (_panel, mut gateway) = shop(&issued, FOR_EVER).await;
    let key = gateway.customer("ann", "10");
    let mut plain = TcpStream::connect(address(&gateway))
        .await
        .expect("connected");
    let request = format!("GET /api/v2?{} HTTP/1.1\r\nHost: x\r\n\r\n", balance(&key));
    plain.write_all(request.as_bytes()).await.expect("sent");
    let heard = heard_until_closed(&mut plain).await;
    assert!(heard.len() < 16 && !heard.starts_with(b"HTTP"), "{heard:?}");
    // A handshake that nobody goes on with does not keep the gateway from stopping.
    let _silent = TcpStream::connect(address(&gateway))
        .await
        .expect("connected");
    assert_eq!(gateway.terminate(), 0);
}

/// What comes until the other side closes, or breaks off.
async fn heard_until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let reading = stream.read_to_end(&mut heard);
    let within = tokio::time::timeout(support::PATIENCE, reading);
    _ = within.await.expect("it is closed");
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_begins_and_ends_with_a_restart() {
    let issued = Issued::new();
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    issued.put(&gateway);
    let path = gateway.path("panelgate.toml");
    let main = std::fs::read_to_string(&path).expect("read");
    std::fs::write(&path, format!("{main}{TLS}")).expect("written");
    let said = gateway.run(&["reload"]);
    assert!(said.contains("[server] needs a restart"), "{said}");
    let key = gateway.customer("ann", "10");
    assert_eq!(gateway.balance(&key).await, "10.00");
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    let mut connection = Shopper::trusting(&[&issued]).connect(&gateway).await;
    let answer = connection.ask(&balance(&key)).await;
    assert_eq!(answer["balance"], "10.00");
}
