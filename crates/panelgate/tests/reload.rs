//! New prices ten times a second while customers order, poll and list.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_store::Store;
use panelgate_store::model::OrderFilter;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use support::{Files, Gateway, panel};
use tokio::task::JoinSet;

const PERCENTS: [u32; 7] = [20, 21, 25, 33, 40, 55, 80];
const QUANTITY: u64 = 100;
const CUSTOMERS: usize = 8;
const EVERY: Duration = Duration::from_millis(100);
/// How long it lasts; `PANELGATE_RELOAD_SECONDS` makes it longer.
const SECONDS: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn reloads_under_load_fail_no_request_and_every_price_is_its_revisions() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let mut keys = Vec::new();
    for n in 0..CUSTOMERS {
        keys.push(gateway.customer(&format!("customer-{n}"), "1000000"));
    }
    let service = gateway.service_named(&keys[0], "Default").await;
    let prices: BTreeMap<u64, Money> = PERCENTS
        .iter()
        .map(|percent| price_of(&gateway, &service, *percent))
        .collect();
    assert_eq!(prices.len(), PERCENTS.len(), "each has its own revision");

    let gateway = {
        let gateway = Arc::new(gateway);
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicU64::new(0));
        let mut customers = JoinSet::new();
        for key in &keys {
            let (gateway, key, service) = (Arc::clone(&gateway), key.clone(), service.clone());
            let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
            customers.spawn(async move { buy(&gateway, &key, &service, &stop, &asked).await });
        }
        let reloads = reload_again_and_again(&gateway).await;
        stop.store(true, Ordering::Relaxed);
        while let Some(customer) = customers.join_next().await {
            customer.expect("no failed request");
        }
        println!(
            "{reloads} reloads, {} requests, none failed",
            asked.load(Ordering::Relaxed)
        );
        Arc::into_inner(gateway).expect("nobody else has it")
    };
    judge(gateway, &prices).await;
}

/// The revision of a percentage, and what `services explain` says an order costs under it.
fn price_of(gateway: &Gateway, service: &str, percent: u32) -> (u64, Money) {
    write_markup(gateway, percent);
    let quantity = QUANTITY.to_string();
    let explained = gateway.run(&["services", "explain", service, "--quantity", &quantity]);
    let price = after(&explained, &format!("{QUANTITY} for "));
    let revision = after(&gateway.run(&["reload"]), "revision ");
    (
        revision.parse().expect("a number"),
        Money::parse(&price).expect("an amount"),
    )
}

/// The word after a text, without its punctuation.
fn after(text: &str, before: &str) -> String {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no `{before}` in {text}"));
    let word = rest.split_whitespace().next().expect("a word");
    word.trim_end_matches([':', ',']).to_owned()
}

fn write_markup(gateway: &Gateway, percent: u32) {
    let markup = format!("[default]\npercent = \"{percent}\"\n");
    std::fs::write(gateway.path("markup.toml"), markup).expect("written");
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever wants more of it says so in the environment"
)]
fn seconds() -> u64 {
    let seconds = std::env::var("PANELGATE_RELOAD_SECONDS");
    seconds.map_or(SECONDS, |text| text.parse().expect("seconds"))
}

async fn reload_again_and_again(gateway: &Arc<Gateway>) -> usize {
    let seconds = seconds();
    let (began, mut reloads) = (Instant::now(), 0);
    let mut ticks = tokio::time::interval(EVERY);
    while began.elapsed() < Duration::from_secs(seconds) {
        ticks.tick().await;
        write_markup(gateway, PERCENTS[reloads % PERCENTS.len()]);
        let gateway = Arc::clone(gateway);
        let reload = tokio::task::spawn_blocking(move || gateway.run(&["reload"]));
        reload.await.expect("it is taken over");
        reloads += 1;
    }
    reloads
}

/// Lists, orders and polls; a failed request ends the test.
async fn buy(gateway: &Gateway, key: &str, service: &str, stop: &AtomicBool, asked: &AtomicU64) {
    let number: u64 = service.parse().expect("a number");
    let mut n = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let list = gateway.services(key).await;
        assert!(list.iter().any(|entry| entry["service"] == number));
        let link = format!("https://example.com/{key}/{n}");
        let order = gateway.add(key, service, &link, QUANTITY).await;
        let order = order.expect("accepted");
        let status = gateway.status(key, order).await;
        assert!(status["error"].is_null(), "{status}");
        n += 1;
        asked.fetch_add(3, Ordering::Relaxed);
    }
}

async fn judge(mut gateway: Gateway, prices: &BTreeMap<u64, Money>) {
    assert_eq!(gateway.terminate(), 0);
    gateway.verify();
    let path = gateway.path("panelgate.db");
    let store = SqliteStore::open(&path, Role::Beside, Options::default()).expect("opened");
    let orders = store.list_orders(OrderFilter::default()).await;
    let orders = orders.expect("read");
    let wrong = |order: &&Order| prices.get(&order.revision) != Some(&order.price);
    assert_eq!(orders.iter().find(wrong), None);
    let revisions: BTreeSet<u64> = orders.iter().map(|order| order.revision).collect();
    assert!(
        revisions.len() > 1,
        "prices changed meanwhile: {revisions:?}"
    );
    println!(
        "{} orders under {} revisions",
        orders.len(),
        revisions.len()
    );
}
