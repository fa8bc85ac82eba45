//! Looking back at a million orders: `cargo bench -p panelgate-benches --bench simulate`.
//!
//! `-- --orders 100000` is how many there are.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use panelgate_benches::arguments;
use panelgate_benches::big::{Plan, Sale};
use panelgate_benches::table::print;
use panelgate_domain::catalogue::{Catalogue, Definitions, Import, ImportKey};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{OfferId, PanelName, ServiceId};
use panelgate_domain::markup::{Condition, Glob, Markup, Rule, Terms};
use panelgate_domain::money::Money;
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::time::Timestamp;
use panelgate_engine::{Compared, simulate};
use panelgate_store::Reports;
use panelgate_store::reports::{Grouping, PastOrder};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use rust_decimal::Decimal;
use tokio::sync::mpsc;

fn main() {
    let orders = arguments::number("--orders", ORDERS);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = folder.path().join("panelgate.db");
    let live = markup(20);
    plan(orders).write(&path, |n| sale(&live, n));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rows = runtime.block_on(measure(&path));
    let cells = rows.iter().map(|(what, took, answer)| {
        let each = *took / u32::try_from(orders).expect("not that many");
        vec![
            (*what).to_owned(),
            format!("{:.2} s", took.as_secs_f64()),
            format!("{} ns", each.as_nanos()),
            answer.clone(),
        ]
    });
    print(
        &format!("{orders} orders, {SERVICES} services, {CUSTOMERS} customers, {RULES} rules"),
        &["", "takes", "per order", "answer"],
        &cells.collect::<Vec<_>>(),
    );
}

type Row = (&'static str, Duration, String);

async fn measure(path: &Path) -> Vec<Row> {
    let store = SqliteStore::open(path, Role::Beside, Options::default()).expect("opened");
    let mut rows = Vec::new();
    let began = Instant::now();
    let (sender, mut batches) = mpsc::channel::<Vec<PastOrder>>(4);
    let listen = async {
        let mut read = 0;
        while let Some(batch) = batches.recv().await {
            read += batch.len();
        }
        read
    };
    let (sent, read) = tokio::join!(store.past_orders(Timestamp(0), sender), listen);
    sent.expect("read");
    rows.push(("only read", began.elapsed(), format!("{read} orders")));

    let (catalogue, exchange) = catalogue();
    let (live, other) = (markup(20), markup(15));
    for (what, other) in [("rules in force", &live), ("other rules", &other)] {
        let rules = Compared {
            catalogue: &catalogue,
            exchange: &exchange,
            live: &live,
            other,
        };
        let began = Instant::now();
        let outcomes = simulate(&store, rules, Timestamp(0)).await.expect("priced");
        let took = began.elapsed();
        let sum = |of: fn(&panelgate_engine::Outcome) -> Money| {
            let sum: i64 = outcomes.iter().map(|(_, one)| of(one).micros()).sum();
            Money::from_micros(sum)
        };
        let (was, would_be) = (sum(|one| one.was.revenue), sum(|one| one.would_be.revenue));
        rows.push((what, took, format!("revenue {would_be}, was {was}")));
    }
    let by = Grouping {
        day: true,
        panel: true,
        service: true,
        customer: true,
    };
    for (what, by) in [
        ("profit by everything", by),
        ("profit", Grouping::default()),
    ] {
        let began = Instant::now();
        let groups = store.profit(by, None).await.expect("summed up").len();
        rows.push((what, began.elapsed(), format!("{groups} groups")));
    }
    store.close().await;
    rows
}

fn plan(orders: i64) -> Plan {
    Plan {
        open: 0,
        ended: orders,
        customers: CUSTOMERS,
        groups: GROUPS,
        panels: (0..5)
            .map(|n| PanelName::new(format!("panel {n}")))
            .collect(),
        from: Timestamp(0),
        until: Timestamp(orders * 2_000),
    }
}

/// Every tenth order was priced on another cost than today's.
fn sale(live: &Markup, n: i64) -> Sale {
    let service = n * 7 % SERVICES;
    let quantity = (100 + n % 9_900).unsigned_abs();
    let cost = match n % 10 {
        0 => cost(service) - Decimal::new(1, 3),
        _ => cost(service),
    };
    let rate = terms_of(live, service).rate(cost).expect("in bounds");
    let price = |rate: &Rate| {
        rate.price(Charging::PerThousand, quantity)
            .expect("it fits")
    };
    Sale {
        customer: n * 13 % CUSTOMERS + 1,
        service: 1001 + service,
        panel: usize::try_from(service % 5).expect("not negative"),
        offer: service.to_string(),
        quantity,
        price: price(&rate),
        cost: price(&Rate::new(cost).expect("positive")),
        rate,
    }
}

fn catalogue() -> (Catalogue, Exchange) {
    let exchange = Exchange::new("USD".into(), BTreeMap::new());
    let mut ids: HashMap<ImportKey, ServiceId> = HashMap::new();
    let mut lists: Vec<OfferList> = Vec::new();
    for panel in 0..5 {
        let panel = format!("panel {panel}");
        lists.push(OfferList {
            panel: panel.as_str().into(),
            currency: "USD".into(),
            offers: Vec::new(),
            unreadable: Vec::new(),
        });
    }
    for (service, list) in (0..SERVICES).zip((0..5).cycle()) {
        let list: &mut OfferList = &mut lists[list];
        let offer = OfferId::new(service.to_string());
        ids.insert(
            (list.panel.clone(), offer.clone()),
            ServiceId(1001 + service),
        );
        list.offers.push(Offer {
            id: offer,
            name: name(service),
            category: category(service),
            type_word: "Default".into(),
            rate: Rate::new(cost(service)).expect("positive"),
            min: 1,
            max: 1_000_000,
            refill: false,
            cancel: false,
            dripfeed: None,
        });
    }
    let imports = lists.iter().map(|list| Import::whole(list.panel.clone()));
    let definitions = Definitions {
        imports: imports.collect(),
        ..Definitions::default()
    };
    let catalogue = Catalogue::build(&definitions, &lists, &ids, &exchange);
    (catalogue, exchange)
}

fn name(service: i64) -> String {
    format!("Followers [Real, Max 500K, {service}] Refill 30 days")
}

fn category(service: i64) -> String {
    format!("Category {}: Instagram", service % RULES)
}

fn cost(service: i64) -> Decimal {
    Decimal::new(service * 17 + 123, 3)
}

/// A rule for every second category.
fn markup(percent: i64) -> Markup {
    let rule = |n: i64| Rule {
        name: format!("rule {n}"),
        when: Condition {
            category: Some(Glob::new(&format!("category {}: *", n * 2))),
            ..Condition::default()
        },
        terms: terms(percent + n),
    };
    Markup {
        default: terms(percent),
        rules: (0..RULES).map(rule).collect(),
    }
}

/// What the rules of [`markup`] come to.
fn terms_of(markup: &Markup, service: i64) -> &Terms {
    let category = service % RULES;
    match category % 2 {
        0 => &markup.rules[usize::try_from(category / 2).expect("few")].terms,
        _ => &markup.default,
    }
}

fn terms(percent: i64) -> Terms {
    Terms {
        round_up_to: Decimal::new(1, 4),
        ..Terms::percent(percent.into())
    }
}

const ORDERS: i64 = 1_000_000;
const SERVICES: i64 = 500;
const CUSTOMERS: i64 = 1_000;
const GROUPS: i64 = 10;
const RULES: i64 = 50;
