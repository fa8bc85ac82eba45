//! What was heard over TLS: an answer, and nothing that a handshake says.

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::shop;
use super::shopper::{Issued, Shopper, say};
use super::support::{Client, Gateway, until};

const LINK: &str = "https://example.com/1";

fn add(key: &str, quantity: u64) -> String {
    format!("key={key}&action=add&service=1001&quantity={quantity}&link={LINK}")
}

/// A client that has asked, and whose panel takes its time.
async fn asked(
    panel: &SimPanel,
    gateway: &Gateway,
    shopper: &Shopper,
    form: &str,
) -> TlsStream<TcpStream> {
    let before = panel.books().count(ActionName::Add);
    panel.plan(FaultRule::once(Fault::Slow(Duration::from_secs(1))).on(ActionName::Add));
    let mut stream = shopper.dial(gateway).await.expect("connected");
    say(&mut stream, form).await;
    panel
        .until(|books| books.count(ActionName::Add) > before)
        .await;
    stream
}

async fn until_lost(gateway: &Gateway, times: u64) {
    let url = format!("{}/metrics", gateway.operator_url());
    let line = format!("panelgate_unheard_adds_total{{what=\"lost\"}} {times}");
    until(format!("{times} answers are lost"), || async {
        let metrics = Client::default().get(&url).await.expect("metrics");
        metrics.lines().any(|found| found == line).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_whose_answer_nobody_heard_is_not_a_second_order() {
    let issued = Issued::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (panel, gateway) = shop(&issued, "").await;
        let key = gateway.customer("ann", "10");
        let shopper = Shopper::speaking(&[version], &[], &[&issued]);
        let mut connection = shopper.connect(&gateway).await;
        until("services are listed", || async {
            let mut connection = shopper.connect(&gateway).await;
            let list = connection.ask(&format!("key={key}&action=services")).await;
            list.as_array()
                .is_some_and(|list| !list.is_empty())
                .then_some(())
        })
        .await;

        // It breaks off without a word.
        drop(asked(&panel, &gateway, &shopper, &add(&key, 100)).await);
        panel.clock().advance(Duration::from_secs(2));
        until_lost(&gateway, 1).await;
        assert_eq!(connection.ask(&add(&key, 100)).await, json!({"order": 1}));
        assert_eq!(panel.books().count(ActionName::Add), 1, "{version:?}");
        // That answer was heard, so that the same again is meant.
        assert_eq!(connection.ask(&add(&key, 100)).await, json!({"order": 2}));

        // It says goodbye as TLS has it.
        let mut leaving = asked(&panel, &gateway, &shopper, &add(&key, 200)).await;
        leaving.shutdown().await.expect("said");
        drop(leaving);
        panel.clock().advance(Duration::from_secs(2));
        until_lost(&gateway, 2).await;
        assert_eq!(connection.ask(&add(&key, 200)).await, json!({"order": 3}));
        assert_eq!(connection.ask(&add(&key, 200)).await, json!({"order": 4}));
        assert_eq!(panel.books().count(ActionName::Add), 4, "{version:?}");
        gateway.verify();
    }
}
