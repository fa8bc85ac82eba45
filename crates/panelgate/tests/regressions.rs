//! What went wrong once, each in the order in which it happened.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use serde_json::json;
use support::books::TWO_ROUTES;
use support::{Client, Files, Gateway, order_id, panel, until};

const LONG: Duration = Duration::from_secs(100_000);

/// An `add` in the background.
fn adding(
    gateway: &Gateway,
    key: &str,
    service: &str,
    link: &str,
) -> tokio::task::JoinHandle<Result<u64, String>> {
    let url = gateway.url().to_owned();
    let (key, service, link) = (key.to_owned(), service.to_owned(), link.to_owned());
    tokio::spawn(async move {
        let form = [
            ("key", &*key),
            ("action", "add"),
            ("service", &*service),
            ("link", &*link),
            ("quantity", "100"),
        ];
        let answer = Client::default()
            .post(&url, &form)
            .await
            .expect("an answer");
        order_id(&serde_json::from_str(&answer).expect("JSON"))
    })
}

/// Canceled while a panel was asked, which then refused for a reason of its own: the next panel never gets the order.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_canceled_on_its_way_is_not_sent_elsewhere() {
    let (alpha, beta) = (panel().await, panel().await);
    let files = Files {
        services: TWO_ROUTES.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &alpha), ("beta", &beta)], files);
    let key = gateway.customer("ann", "10");
    gateway.services(&key).await;
    alpha.set_balance(panelgate_domain::money::Money::ZERO);
    alpha.plan(FaultRule::once(Fault::Slow(Duration::from_secs(1))).on(ActionName::Add));
    let add = adding(&gateway, &key, "7", "https://example.com/1");
    alpha.until(|books| books.count(ActionName::Add) == 1).await;
    assert_eq!(
        gateway.api(&key, "cancel", &[("order", "1")]).await,
        json!({"cancel": 1})
    );
    alpha.clock().advance(Duration::from_secs(2));
    assert_eq!(add.await.expect("no panic"), Ok(1));
    let status = gateway.until_status(&key, 1, "Canceled").await;
    assert_eq!(status["charge"], "0.00");
    assert_eq!(beta.books().count(ActionName::Add), 0);
    assert_eq!(gateway.balance(&key).await, "10.00");
    gateway.verify();
}

/// Two offers of one panel are two routes.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_offer_of_a_panel_is_tried_too() {
    let panel = panel().await;
    let services = TWO_ROUTES.replace(
        "panel = \"beta\", service = \"1\"",
        "panel = \"alpha\", service = \"17\"",
    );
    let files = Files {
        services,
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "10");
    gateway.services(&key).await;
    let off = FaultRule {
        service: Some("1".into()),
        ..FaultRule::always(Fault::Refuse("Incorrect service ID".into()))
    };
    panel.plan(off.on(ActionName::Add));
    gateway
        .add(&key, "7", "https://example.com/1", 100)
        .await
        .expect("the second offer takes it");
    assert_eq!(panel.books().orders()[0].service.as_str(), "17");
    gateway.verify();
}

/// A wish that was answered 1 is sent until the panel has heard it.
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_could_not_be_sent_is_sent_later() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    panel.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Add));
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    assert_eq!(
        gateway
            .api(&key, "cancel", &[("order", &order.to_string())])
            .await,
        json!({"cancel": 1})
    );
    panel.plan(
        FaultRule::once(Fault::Throttle {
            status: 429,
            retry_after: None,
        })
        .on(ActionName::Cancel),
    );
    let upstream = panel.books().orders()[0].id.to_string();
    gateway.run(&[
        "orders",
        "resolve",
        &order.to_string(),
        "--placed",
        &upstream,
        "--reason",
        "seen",
    ]);
    until("the wish is sent again", || async {
        (panel.books().count(ActionName::Cancel) == 2).then_some(())
    })
    .await;
    panel.clock().advance(LONG);
    gateway.until_status(&key, order, "Canceled").await;
    gateway.verify();
}

/// A Partial that does not say what remains is not settled by what remained before.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_without_numbers_waits_for_the_operator() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let upstream = panel.books().orders()[0].id;
    panel.set_order(upstream, |order| order.stay_in_progress());
    gateway.until_status(&key, order, "In progress").await;
    panel.set_order(upstream, |order| {
        order.say("status", "Partial");
        order.say("remains", "Unknown");
    });
    until("it is on the operator's list", || async {
        gateway.status(&key, order).await;
        gateway
            .run(&["orders", "list", "--flagged"])
            .contains("placed")
            .then_some(())
    })
    .await;
    assert_eq!(gateway.status(&key, order).await["status"], "In progress");
    assert_eq!(gateway.balance(&key).await, "8.80");
    gateway.run(&[
        "orders",
        "settle",
        &order.to_string(),
        "--refund",
        "0.4",
        "--reason",
        "asked the panel",
    ]);
    let status = gateway.status(&key, order).await;
    assert_eq!(
        (&status["status"], &status["charge"]),
        (&json!("Partial"), &json!("0.80"))
    );
    assert_eq!(gateway.balance(&key).await, "9.20");
    gateway.verify();
}

/// How much of a flat price goes back is for people to say: also nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_is_partial_waits_for_the_operator() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "100");
    let service = gateway.service_named(&key, "Package").await;
    let order = gateway
        .add(&key, &service, "https://example.com/1", 1)
        .await
        .expect("accepted");
    let upstream = panel.books().orders()[0].id;
    panel.set_order(upstream, |order| order.say("status", "Partial"));
    until("it is on the operator's list", || async {
        gateway.status(&key, order).await;
        gateway
            .run(&["orders", "list", "--flagged"])
            .contains("placed")
            .then_some(())
    })
    .await;
    gateway.run(&[
        "orders",
        "settle",
        &order.to_string(),
        "--refund",
        "0",
        "--reason",
        "all of it came",
    ]);
    assert_eq!(gateway.status(&key, order).await["charge"], "65.7342");
    assert_eq!(
        gateway
            .run(&["orders", "list", "--flagged"])
            .lines()
            .count(),
        1,
        "only the heading"
    );
    gateway.verify();
}

/// Services leave the catalogue under load: what was begun is ended all the same.
#[tokio::test(flavor = "multi_thread")]
async fn no_order_gets_stuck_when_its_service_leaves() {
    let panel = panel().await;
    let gateway = Arc::new(Gateway::start(&[("alpha", &panel)], Files::default()));
    let key = gateway.customer("ann", "100000");
    let service = gateway.service_named(&key, "Default").await;
    let all = std::fs::read_to_string(gateway.path("services.toml")).expect("read");
    let other = "[[import]]\npanel = \"alpha\"\nname = [\"Poll\"]\n";
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (gateway, key, service, done) = (
                Arc::clone(&gateway),
                key.clone(),
                service.clone(),
                Arc::clone(&done),
            );
            tokio::spawn(async move {
                let mut accepted = 0;
                for n in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let link = format!("https://example.com/{client}/{n}");
                    accepted += u64::from(gateway.add(&key, &service, &link, 10).await.is_ok());
                }
                accepted
            })
        })
        .collect();
    for _ in 0..8 {
        for text in [other, &all] {
            std::fs::write(gateway.path("services.toml"), text).expect("written");
            gateway.run(&["reload"]);
        }
    }
    done.store(true, Ordering::Relaxed);
    let mut accepted = 0;
    for client in clients {
        accepted += client.await.expect("no panic");
    }
    assert!(accepted > 0);
    until("nothing is on its way any more", || async {
        let sending = gateway.run(&["orders", "list", "--state", "sending", "--json"]);
        (serde_json::from_str::<Vec<serde_json::Value>>(&sending)
            .expect("JSON")
            .is_empty())
        .then_some(())
    })
    .await;
    gateway.verify();
}

/// Being told to stop means that nothing new is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_send_what_waits() {
    let panel = panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    let main = std::fs::read_to_string(gateway.path("panelgate.toml")).expect("read");
    std::fs::write(
        gateway.path("panelgate.toml"),
        main.replace("requests_per_second = 2000", "requests_per_second = 4"),
    )
    .expect("written");
    gateway.serve();
    let key = gateway.customer("ann", "1000");
    let service = gateway.service_named(&key, "Default").await;
    gateway.run(&["pause"]);
    for n in 0..100 {
        gateway
            .add(&key, &service, &format!("https://example.com/{n}"), 10)
            .await
            .expect("accepted");
    }
    gateway.run(&["resume"]);
    panel.until(|books| books.count(ActionName::Add) > 0).await;
    let began = Instant::now();
    assert_eq!(gateway.terminate(), 0);
    // 100 orders at 4 a second would take 25 s.
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert!(panel.books().count(ActionName::Add) < 50);
    gateway.verify();
}

/// HEAD, OPTIONS and the like are no way to order by a URL.
#[tokio::test(flavor = "multi_thread")]
async fn only_post_moves_money() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let client = Client::default();
    for method in ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"] {
        let url = format!(
            "{}?key={key}&action=add&service={service}&link=x&quantity=100",
            gateway.url()
        );
        client.request(method, &url).await.expect("an answer");
    }
    assert_eq!(panel.books().count(ActionName::Add), 0);
    assert_eq!(gateway.balance(&key).await, "10.00");
}

/// What a reload may not do: sell in another currency, or sell nothing because a file is missing for a moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_cannot_empty_the_shop_or_change_its_currency() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let before = gateway.services(&key).await;
    std::fs::rename(gateway.path("services.toml"), gateway.path("away")).expect("renamed");
    assert_eq!(gateway.output(&["reload"]).status.code(), Some(78));
    std::fs::rename(gateway.path("away"), gateway.path("services.toml")).expect("renamed");

    let main = std::fs::read_to_string(gateway.path("panelgate.toml")).expect("read");
    let euro = format!("{main}\n[money]\ncurrency = \"EUR\"\nexchange = {{ USD = \"0.5\" }}\n");
    std::fs::write(gateway.path("panelgate.toml"), euro).expect("written");
    assert_eq!(gateway.output(&["reload"]).status.code(), Some(78));
    std::fs::write(gateway.path("panelgate.toml"), main).expect("written");
    gateway.run(&["reload"]);
    assert_eq!(gateway.services(&key).await, before);
}

/// A panel's name stands for its orders: another host never had them.
#[tokio::test(flavor = "multi_thread")]
async fn a_panel_with_live_orders_does_not_move_unseen() {
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    assert_eq!(gateway.terminate(), 0);
    let main = std::fs::read_to_string(gateway.path("panelgate.toml")).expect("read");
    let moved = main.replace("url = \"http://127.0.0.1:", "url = \"http://localhost:");
    std::fs::write(gateway.path("panelgate.toml"), moved).expect("written");
    let refused = gateway.output(&["serve"]);
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("panels adopt alpha"),
        "{refused:?}"
    );
    gateway.run(&["panels", "adopt", "alpha"]);
    gateway.serve();
    panel.clock().advance(LONG);
    gateway.until_status(&key, 1, "Completed").await;
}

/// A command whose commit fails says so and ends with 69, wherever the disk is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_on_a_full_disk_does_not_hang() {
    let panel = panel().await;
    let gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    gateway.run(&["customer", "add", "ann"]);
    let mut failed_commits = 0;
    for blocks in (8..=96).step_by(8) {
        let mut shell = tokio::process::Command::new("sh");
        let line = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" customer topup ann 5 --reference r{blocks} --config \"$1\""
        );
        shell
            .arg("-c")
            .arg(line)
            .arg(env!("CARGO_BIN_EXE_panelgate"))
            .arg(gateway.path("panelgate.toml"));
        let output = tokio::time::timeout(support::PATIENCE, shell.output())
            .await
            .expect("in time")
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 69)), "{output:?}");
        failed_commits += u32::from(said.contains("COMMIT failed"));
    }
    assert!(failed_commits > 0, "no limit struck a commit");
    gateway.verify();
}
