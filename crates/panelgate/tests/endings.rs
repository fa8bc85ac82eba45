//! How a gateway ends: asked to, and because the disk is full.

mod support;

use std::collections::BTreeSet;
use std::process::Command;

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use support::{Files, Gateway, panel, skip, until};

/// Whoever waits when the gateway is told to stop is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_what_waits() {
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    panel.plan(FaultRule::once(Fault::AcceptThenTimeout).on(ActionName::Add));
    let waiting = {
        let (url, key, client) = (
            gateway.url().to_owned(),
            key.clone(),
            support::Client::default(),
        );
        tokio::spawn(async move {
            let form = [
                ("key", key.as_str()),
                ("action", "add"),
                ("service", &service),
                ("link", "https://example.com/1"),
                ("quantity", "100"),
            ];
            client.post(&url, &form).await
        })
    };
    panel.until(|books| books.count(ActionName::Add) == 1).await;
    let code = tokio::task::spawn_blocking(move || (gateway.terminate(), gateway))
        .await
        .expect("no panic");
    assert_eq!(code.0, 0);
    assert_eq!(
        waiting.await.expect("no panic").expect("an answer"),
        "{\"order\":1}"
    );
    code.1.verify();
}

/// When a commit fails, nobody is told anything, the process ends with 69, and the next start decides from the file.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_answers_nobody_and_loses_nothing() {
    if !Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 4096"])
        .status()
        .is_ok_and(|status| status.success())
    {
        return skip("full disk", "this shell cannot limit the size of files");
    }
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "1000000");
    let service = gateway.service_named(&key, "Default").await;
    assert_eq!(gateway.terminate(), 0);

    // A file may not grow beyond 2 MiB now: the log of the store will, sooner or later.
    gateway.serve_under("trap '' XFSZ; ulimit -f 4096;");
    let mut seen = Vec::new();
    for n in 0..100_000 {
        let link = format!("https://example.com/{n}");
        match gateway.try_add(&key, &service, &link, 10).await {
            Some(order) => seen.push(order),
            None => break,
        }
    }
    let code = until("the process ends", || std::future::ready(gateway.ended())).await;
    assert_eq!(code, 69);

    gateway.serve();
    assert!(!seen.is_empty());
    for order in &seen {
        assert!(
            gateway.status(&key, *order).await["status"].is_string(),
            "order {order} is forgotten"
        );
    }
    let books = panel.books();
    let mut sent = BTreeSet::new();
    assert!(
        books.add_links().all(|link| sent.insert(link)),
        "an order was sent twice"
    );
    gateway.verify();
}
