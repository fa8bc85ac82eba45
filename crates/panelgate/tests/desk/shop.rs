//! Many orders at once, and what operators and panels know of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use panelgate_simpanel::SimPanel;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Client, Gateway, order_id, until};

/// Orders are placed by so many hands at once: the store writes them in groups.
const HANDS: usize = 32;
/// Units of every order.
pub(crate) const QUANTITY: &str = "137";

/// A customer that polls, free of the gateway's own handle.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    url: String,
    key: String,
}

impl Caller {
    pub(crate) fn new(gateway: &Gateway, key: &str) -> Self {
        Self {
            client: Client::default(),
            url: gateway.url().to_owned(),
            key: key.to_owned(),
        }
    }

    /// One request of the API; the answer must be JSON.
    pub(crate) async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Value {
        let mut form = vec![("key", self.key.as_str()), ("action", action)];
        form.extend(parameters);
        let text = self.client.post(&self.url, &form).await.expect("an answer");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    pub(crate) async fn status(&self, order: u64) -> Value {
        self.call("status", &[("order", &order.to_string())]).await
    }

    /// The statuses of at most 100 orders, by our ids as text.
    pub(crate) async fn statuses(&self, orders: &[u64]) -> Value {
        self.call("status", &[("orders", &joined(orders))]).await
    }
}

/// Places orders of [`QUANTITY`] units; answers our ids, ascending.
pub(crate) async fn place(gateway: &Gateway, key: &str, service: &str, count: u64) -> Vec<u64> {
    let next = Arc::new(AtomicU64::new(0));
    let mut hands = JoinSet::new();
    for _ in 0..HANDS {
        let (caller, next) = (Caller::new(gateway, key), Arc::clone(&next));
        let service = service.to_owned();
        hands.spawn(async move {
            let mut placed = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return placed;
                }
                let link = format!("https://example.com/{n}");
                let order = [
                    ("service", &*service),
                    ("link", &*link),
                    ("quantity", QUANTITY),
                ];
                placed.push(order_id(&caller.call("add", &order).await).expect("accepted"));
            }
        });
    }
    let mut placed = hands.join_all().await.concat();
    placed.sort_unstable();
    placed
}

/// `orders list … --json`.
pub(crate) fn listed(gateway: &Gateway, filter: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["orders", "list", "--json"];
    arguments.extend(filter);
    serde_json::from_str(&gateway.run(&arguments)).expect("a list")
}

/// Our ids of the orders that a filter lists, ascending.
pub(crate) fn ids(gateway: &Gateway, filter: &[&str]) -> Vec<u64> {
    let rows = listed(gateway, filter).into_iter();
    let mut ids: Vec<u64> = rows
        .map(|row| row["order"].as_u64().expect("an id"))
        .collect();
    ids.sort_unstable();
    ids
}

/// What their panels call our orders.
pub(crate) fn upstream_ids(gateway: &Gateway) -> BTreeMap<u64, i64> {
    let rows = listed(gateway, &[]).into_iter();
    rows.map(|row| {
        let upstream = row["upstream_id"].as_str().expect("it was placed");
        (
            row["order"].as_u64().expect("an id"),
            upstream.parse().expect("a number"),
        )
    })
    .collect()
}

/// Waits until no order but these is alive.
pub(crate) async fn until_closed_but(gateway: &Gateway, alive: &[u64]) {
    until(format!("all orders but {alive:?} are closed"), || {
        std::future::ready((ids(gateway, &["--state", "placed"]) == alive).then_some(()))
    })
    .await;
}

/// Waits until a panel's books say that each of these orders was looked at.
pub(crate) async fn until_looked_at(panel: &SimPanel, orders: impl IntoIterator<Item = i64>) {
    let mut missing: std::collections::BTreeSet<String> =
        orders.into_iter().map(|id| id.to_string()).collect();
    let mut read = 0;
    let seen = panel.until(|books| {
        for request in &books.requests()[read..] {
            request.asked.iter().for_each(|id| _ = missing.remove(id));
        }
        read = books.requests().len();
        missing.is_empty()
    });
    tokio::time::timeout(crate::support::PATIENCE, seen)
        .await
        .expect("all are looked at");
}

/// Comma-separated, as the protocol wants them.
pub(crate) fn joined(orders: &[u64]) -> String {
    let texts: Vec<String> = orders.iter().map(u64::to_string).collect();
    texts.join(",")
}

/// Another `requests_per_second` at the next start.
pub(crate) fn set_rate(gateway: &Gateway, rate: u32) {
    let path = gateway.path("panelgate.toml");
    let text = std::fs::read_to_string(&path).expect("written before");
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("requests_per_second", _)) => format!("requests_per_second = {rate}\n"),
        _ => format!("{line}\n"),
    });
    std::fs::write(path, lines.collect::<String>()).expect("written");
}
