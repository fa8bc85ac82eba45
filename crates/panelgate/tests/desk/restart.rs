//! A kill with many open orders: what was known stays known, and nothing storms upstream.

use std::collections::BTreeMap;
use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use serde_json::Value;

use crate::shop::{Caller, place, set_rate, until_looked_at, upstream_ids};
use crate::support::{Files, Gateway, panel, until};

const ORDERS: u64 = 2_000;
const RATE: u32 = 10;
/// The part of the calls that is for statuses is 30 % of them.
const STATUS_PER_SECOND: u32 = RATE * 3 / 10;
/// A crash forgets at most this.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);
const WATCHED: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_knows_what_was_known_and_asks_no_more_than_its_share() {
    let panel = panel().await;
    let files = Files {
        status: "fresh_for = \"500ms\"\ngather = \"5ms\"\nwait = \"100ms\"\nlook_at_least_every = \"2s\"\n".to_owned(),
        ..Files::default()
    };
    let mut gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "10000");
    let service = gateway.service_named(&key, "Default").await;
    let orders = place(&gateway, &key, &service, ORDERS).await;
    let upstream = upstream_ids(&gateway);
    // Each order has a number of its own, so that no fact can stand for another.
    for (order, id) in &upstream {
        panel.set_order(*id, |at| {
            at.stay_in_progress();
            at.say("start_count", *order);
        });
    }
    until("all facts are known", || async {
        let known = facts(&gateway, &key, &orders).await;
        known
            .iter()
            .all(|(id, fact)| is_of(*id, fact))
            .then_some(())
    })
    .await;
    let written = tokio::time::sleep(WRITTEN_WITHIN);
    written.await;
    gateway.kill();

    // The panel is away, so that what is answered comes from the store.
    panel.plan(FaultRule::always(Fault::StatusBeforeReading(502)).on(ActionName::Status));
    set_rate(&gateway, RATE);
    gateway.serve();
    let known = facts(&gateway, &key, &orders).await;
    for (id, fact) in &known {
        assert!(is_of(*id, fact), "order {id}: {fact}");
    }

    // It is back when the next process starts.
    gateway.kill();
    panel.clear_faults();
    let before = panel.books().count(ActionName::Status);
    gateway.serve();
    tokio::time::sleep(WATCHED).await;
    let books = panel.books();
    let calls: Vec<_> = books.status_calls().skip(before).collect();
    println!("{} status calls in {WATCHED:?}", calls.len());
    let most = STATUS_PER_SECOND * WATCHED.as_secs() as u32 + 2;
    assert!(
        (1..=most as usize).contains(&calls.len()),
        "{} calls",
        calls.len()
    );
    until_looked_at(&panel, upstream.into_values()).await;
    gateway.verify();
}

fn is_of(id: u64, fact: &Value) -> bool {
    fact["status"] == "In progress" && fact["start_count"].as_str() == Some(id.to_string().as_str())
}

/// What their customer is told of each.
async fn facts(gateway: &Gateway, key: &str, orders: &[u64]) -> BTreeMap<u64, Value> {
    let caller = Caller::new(gateway, key);
    let mut facts = BTreeMap::new();
    for hundred in orders.chunks(100) {
        let mut all = caller.statuses(hundred).await;
        facts.extend(hundred.iter().map(|id| (*id, all[id.to_string()].take())));
    }
    facts
}
