//! `kill -9` under load, fifty times: no order twice, no answer forgotten, books balanced. Every fifth order is a subscription,
//! whose posts come while the gateway is killed.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use panelgate_simpanel::{
    ActionName, Books, Fate, Fault, FaultRule, SimClock, SimPanel, SimSettings,
};
use parking_lot::{Mutex, RwLock};
use support::books::{TWO_ROUTES, catalogue};
use support::{Client, Files, Gateway, order_id};

const SUBSCRIPTION: &str = r#"
[[service]]
id = 8
name = "Posts"
category = "Tests"
routes = [ { panel = "alpha", service = "18" }, { panel = "beta", service = "18" } ]
"#;
const SUBSCRIBING: [(&str, &str); 5] = [
    ("service", "8"),
    ("min", "10"),
    ("max", "20"),
    ("posts", "3"),
    ("delay", "0"),
];

const KILLS: u64 = 50;
const CLIENTS: u64 = 8;

/// What customers saw: link by order id.
type Seen = Arc<Mutex<BTreeMap<u64, String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_sent_twice_by_fifty_kills() {
    let (alpha, beta) = (slow_panel().await, slow_panel().await);
    let files = Files {
        services: format!("{TWO_ROUTES}{SUBSCRIPTION}"),
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
                    let mut form = vec![("key", key.as_str()), ("action", "add")];
                    if n % 5 == 0 {
                        form.extend(SUBSCRIBING);
                        form.push(("username", &link));
                    } else {
                        form.extend([("service", "7"), ("quantity", "10"), ("link", &link)]);
                    }
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
    families_end(&gateway, &key, &[&alpha, &beta]).await;
    judge(&gateway, &key, &[alpha.books(), beta.books()], &seen).await;
}

/// Half of its answers come late, so that kills find orders on their way; and it is careless about what it has made for whom.
async fn slow_panel() -> SimPanel {
    let settings = SimSettings {
        clock: SimClock::real(1.0),
        catalogue: catalogue(),
        post_every: Duration::from_millis(300),
        ..SimSettings::default()
    };
    let panel = SimPanel::start(settings).await.expect("it starts");
    let slow = Fault::AcceptThenSlow(Duration::from_millis(30));
    panel.plan(FaultRule::always(slow).on(ActionName::Add).sometimes(0.5));
    for fault in [
        Fault::ChildrenLate,
        Fault::ChildrenTwice,
        Fault::ChildrenVanish,
        Fault::NoCharge,
    ] {
        let often = FaultRule::always(fault).on(ActionName::Status);
        panel.plan(often.sometimes(0.2));
    }
    panel
}

/// Subscriptions that reached a panel, and whose gateway knows it, end with all of their posts. Those that were on their way when
/// it was killed wait for their operator.
async fn families_end(gateway: &Gateway, key: &str, panels: &[&SimPanel]) {
    let rows = |state: &str| -> Vec<serde_json::Value> {
        let text = gateway.run(&["orders", "list", "--state", state, "--json"]);
        serde_json::from_str(&text).expect("a table")
    };
    let parents: Vec<_> = rows("placed").into_iter().chain(rows("closed")).collect();
    let parents = parents.iter().filter(|row| row["service"] == 8);
    let parents = parents.filter(|row| row["parent"].is_null() && row["upstream_id"].is_string());
    let parents: Vec<(u64, String, i64)> = parents
        .map(|row| {
            let at = row["upstream_id"].as_str().expect("an id");
            (
                row["order"].as_u64().expect("an id"),
                row["panel"].as_str().expect("a name").to_owned(),
                at.parse().expect("a number"),
            )
        })
        .collect();
    assert!(parents.len() > 10, "{} subscriptions", parents.len());
    for panel in panels {
        // Whatever was made by then ends at once.
        let books = panel.books();
        let all: Vec<i64> = books.orders().iter().map(|order| order.id).collect();
        panel.set_orders(all, |order| {
            if !order.is_subscription {
                order.end(Fate::Completed);
            }
        });
    }
    let mut posts = 0;
    for (order, panel, at) in &parents {
        let panel = panels[usize::from(panel == "beta")];
        panel.expire(*at);
        let books = panel.books();
        let made: Vec<i64> = books.children(*at).iter().map(|child| child.id).collect();
        panel.set_orders(made.clone(), |order| order.end(Fate::Completed));
        let end = support::until(format!("subscription {order} ends"), || async {
            let status = gateway.status(key, *order).await;
            let word = status["status"].as_str().expect("a word").to_owned();
            ["Completed", "Expired"].contains(&&*word).then_some(status)
        })
        .await;
        // Each post is one order of ours, and its customer sees it.
        let orders = end["orders"].as_array().expect("a list");
        assert_eq!(orders.len(), made.len(), "subscription {order}");
        for child in orders {
            let status = gateway.status(key, child.as_u64().expect("an id")).await;
            assert_eq!(status["status"], "Completed", "{child} of {order}");
        }
        posts += made.len();
    }
    eprintln!("{} subscriptions ended with {posts} posts", parents.len());
    assert!(posts > 10, "{posts} posts: the test is too gentle");
}

async fn judge(gateway: &Gateway, key: &str, books: &[Books], seen: &BTreeMap<u64, String>) {
    // Each link was ordered by its customer once: twice in the books would be an order sent twice.
    let mut reached = BTreeSet::new();
    for order in books.iter().flat_map(Books::accepted) {
        let of = if order.is_subscription {
            order.name()
        } else {
            order.link()
        };
        assert!(reached.insert(of.to_owned()), "{of} was placed twice");
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
