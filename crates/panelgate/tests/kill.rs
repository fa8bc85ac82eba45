//! `kill -9` under load, fifty times: no order twice, no answer forgotten, books balanced.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use panelgate_simpanel::{ActionName, Books, Fault, FaultRule, SimClock, SimPanel, SimSettings};
use parking_lot::{Mutex, RwLock};
use support::books::{TWO_ROUTES, catalogue};
use support::{Client, Files, Gateway, order_id};

const KILLS: u64 = 50;
const CLIENTS: u64 = 8;

/// What customers saw: link by order id.
type Seen = Arc<Mutex<BTreeMap<u64, String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_sent_twice_by_fifty_kills() {
    let (alpha, beta) = (slow_panel().await, slow_panel().await);
    let files = Files {
        services: TWO_ROUTES.to_owned(),
        ..Files::default()
    };
    let mut gateway = Gateway::start(&[("alpha", &alpha), ("beta", &beta)], files);
    let key = gateway.customer("ann", "1000000");
    gateway.services(&key).await;

    let url = Arc::new(RwLock::new(gateway.url().to_owned()));
    let (seen, asked, done) = (
        Seen::default(),
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (url, key, seen, asked, done) = (
                Arc::clone(&url),
                key.clone(),
                Arc::clone(&seen),
                Arc::clone(&asked),
                Arc::clone(&done),
            );
            tokio::spawn(async move {
                let http = Client::default();
                for n in 0.. {
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                    let link = format!("https://example.com/{client}/{n}");
                    let address = url.read().clone();
                    let form = [
                        ("key", key.as_str()),
                        ("action", "add"),
                        ("service", "7"),
                        ("link", &link),
                        ("quantity", "10"),
                    ];
                    asked.fetch_add(1, Ordering::Relaxed);
                    match http.post(&address, &form).await {
                        Ok(text) => {
                            let answer = serde_json::from_str(&text).expect("JSON");
                            if let Ok(id) = order_id(&answer) {
                                seen.lock().insert(id, link);
                            }
                        }
                        // The server is gone: wait until it is somewhere else, or back.
                        Err(_) => {
                            support::until("the server is back", || async {
                                let address = url.read().clone();
                                let back = http.post(&address, &[("key", "x")]).await.is_ok();
                                (back || done.load(Ordering::Relaxed)).then_some(())
                            })
                            .await;
                        }
                    }
                }
            })
        })
        .collect();

    for round in 0..KILLS {
        // Kills come at different moments of the load: after 1, 2, 3 … more orders.
        let target = asked.load(Ordering::Relaxed) + 5 + round % 13;
        support::until("the load goes on", || async {
            (asked.load(Ordering::Relaxed) >= target).then_some(())
        })
        .await;
        gateway.kill();
        gateway.serve();
        gateway.url().clone_into(&mut url.write());
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no panic");
    }

    let seen = seen.lock().clone();
    judge(&gateway, &key, &[alpha.books(), beta.books()], &seen).await;
}

/// Half of its answers come late, so that kills find orders on their way.
async fn slow_panel() -> SimPanel {
    let settings = SimSettings {
        clock: SimClock::real(1.0),
        catalogue: catalogue(),
        ..SimSettings::default()
    };
    let panel = SimPanel::start(settings).await.expect("it starts");
    let slow = Fault::AcceptThenSlow(Duration::from_millis(30));
    panel.plan(FaultRule::always(slow).on(ActionName::Add).sometimes(0.5));
    panel
}

async fn judge(gateway: &Gateway, key: &str, books: &[Books], seen: &BTreeMap<u64, String>) {
    // Each link was ordered by its customer once: twice in the books would be an order sent twice.
    let mut reached = BTreeSet::new();
    for order in books.iter().flat_map(|books| books.orders()) {
        assert!(
            reached.insert(order.link().to_owned()),
            "{} was placed twice",
            order.link()
        );
    }
    let mut requested = BTreeSet::new();
    let requests = books.iter().flat_map(|books| books.requests());
    for link in requests.filter_map(|request| request.link.as_ref()) {
        assert!(requested.insert(link.clone()), "{link} was sent twice");
    }
    // Every id that a customer saw still answers.
    for (order, link) in seen {
        let status = gateway.status(key, *order).await;
        assert!(
            status["status"].is_string(),
            "order {order} for {link}: {status}"
        );
    }
    let orders = seen.len().max(1);
    let unconfirmed = gateway
        .run(&["orders", "list", "--state", "unconfirmed"])
        .lines()
        .count()
        .saturating_sub(1);
    eprintln!(
        "{KILLS} kills: customers saw {} orders, {} reached a panel, {unconfirmed} were on their way when it was killed",
        seen.len(),
        reached.len()
    );
    assert!(
        unconfirmed > 0,
        "no kill found an order on its way: the test is too gentle"
    );
    assert!(
        reached.len() * 3 > orders,
        "{} of {orders} reached a panel",
        reached.len()
    );
    gateway.verify();
}
