//! A panel whose prices jump, and what is sold meanwhile: before the gateway can know, and after.

#[path = "../support/mod.rs"]
mod support;

use std::collections::HashMap;

use panelgate_domain::money::Money;
use panelgate_simpanel::{SimCatalogue, SimPanel};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use support::{Files, Gateway, panel};

const MARKUP: &str = "[default]\npercent = \"20\"\nmin_margin_percent = \"5\"\n";
const MARGIN: u64 = 5;
const QUANTITY: u64 = 1_000;
/// Orders of each step before its price is known, and after.
const EACH: usize = 4;

/// When an order was sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The panel's price had changed, and nothing could tell.
    Before,
    /// The last sync had brought the price.
    After,
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_price_is_known_nothing_is_sold_under_its_floor() {
    let panel = panel().await;
    let trace = trace();
    panel.set_catalogue(&costs(trace[0].rate)).expect("a list");
    let files = Files {
        markup: MARKUP.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "1000000");
    let service = gateway.service_named(&key, "Default").await;
    let mut sold = HashMap::new();
    for step in &trace {
        panel.set_catalogue(&costs(step.rate)).expect("a list");
        sell(&gateway, &key, &service, Moment::Before, &mut sold).await;
        gateway.run(&["services", "sync", "--panel", "alpha"]);
        sell(&gateway, &key, &service, Moment::After, &mut sold).await;
        if step.is_approved {
            gateway.run(&["services", "approve", "--all"]);
            let before = sold.len();
            sell(&gateway, &key, &service, Moment::After, &mut sold).await;
            assert_eq!(sold.len(), before + EACH, "what is approved is sold");
        }
    }
    gateway.verify();

    let under = under_the_floor(&gateway, &panel, &sold);
    let of = |moment| under.iter().filter(move |(when, _)| *when == moment);
    let exposure = of(Moment::Before).fold(Decimal::ZERO, |sum, (_, missing)| sum + missing);
    println!(
        "{} orders; {} were sold under their floor before the price was known, {exposure} in all",
        sold.len(),
        of(Moment::Before).count()
    );
    assert!(exposure > Decimal::ZERO, "the trace has jumps");
    assert_eq!(of(Moment::After).count(), 0, "{under:?}");
}

/// A line of the trace.
struct Step {
    rate: Decimal,
    is_approved: bool,
}

fn trace() -> Vec<Step> {
    let lines = include_str!("trace.csv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).skip(1);
    let step = |row: &str| {
        let (rate, then) = row.split_once(',').expect("two columns");
        Step {
            rate: rate.parse().expect("a number"),
            is_approved: then == "approved",
        }
    };
    rows.map(step).collect()
}

fn costs(rate: Decimal) -> SimCatalogue {
    let entry = json!({
        "service": 1, "name": "Default", "type": "Default", "category": "Tests",
        "rate": rate.to_string(), "min": "10", "max": "10000", "refill": true, "cancel": true,
    });
    SimCatalogue::Json(json!([entry]).to_string())
}

/// What is not sold at all is refused, and has no part in this.
async fn sell(
    gateway: &Gateway,
    key: &str,
    service: &str,
    moment: Moment,
    sold: &mut HashMap<u64, Moment>,
) {
    for _ in 0..EACH {
        let link = format!("https://example.com/{}", sold.len());
        if let Ok(order) = gateway.add(key, service, &link, QUANTITY).await {
            sold.insert(order, moment);
        }
    }
}

/// When orders were sold whose price does not cover what the panel took and the margin, and how much is missing.
fn under_the_floor(
    gateway: &Gateway,
    panel: &SimPanel,
    sold: &HashMap<u64, Moment>,
) -> Vec<(Moment, Decimal)> {
    let books = panel.books();
    let floors: HashMap<String, Decimal> = books
        .orders()
        .iter()
        .map(|order| (order.id.to_string(), floor(order.charge)))
        .collect();
    let rows: Vec<Value> =
        serde_json::from_str(&gateway.run(&["orders", "list", "--json"])).expect("JSON");
    let missing = |row: &Value| {
        let moment = sold[&row["order"].as_u64()?];
        let price: Decimal = row["price"].as_str()?.parse().ok()?;
        // One that waits was never sent: nothing was paid for it.
        let floor = *floors.get(row["upstream_id"].as_str()?)?;
        (price < floor).then(|| (moment, floor - price))
    };
    rows.iter().filter_map(missing).collect()
}

fn floor(charge: Money) -> Decimal {
    charge.to_decimal() * Decimal::from(100 + MARGIN) / Decimal::ONE_HUNDRED
}
