//! Looking back at a million orders: `cargo bench -p panelgate-benches --bench simulate`.
//!
//! A number among the arguments (`-- 100000`) is how many orders there are. The generator writes them straight into the file,
//! without the ledger's entries, which nothing here reads.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use panelgate_benches::table::print;
use panelgate_domain::catalogue::{Catalogue, Definitions, Import, ImportKey};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{OfferId, ServiceId};
use panelgate_domain::markup::{Condition, Glob, Markup, Rule, Terms};
use panelgate_domain::money::Money;
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::time::Timestamp;
use panelgate_engine::{Compared, simulate};
use panelgate_store::model::NewCustomer;
use panelgate_store::reports::{Grouping, PastOrder};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Reports, Store};
use rusqlite::{Connection, params};
use rust_decimal::Decimal;
use tokio::sync::mpsc;

fn main() {
    let orders = std::env::args().find_map(|word| word.parse().ok());
    let orders = orders.unwrap_or(ORDERS);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = folder.path().join("panelgate.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(people(&path));
    fill(&path, orders);
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

/// An empty store, and who buys.
async fn people(path: &Path) {
    let options = Options {
        create: true,
        ..Options::default()
    };
    let store = SqliteStore::open(path, Role::Serve, options).expect("opened");
    store.fix_currency(&"USD".into()).await.expect("fixed");
    for n in 0..CUSTOMERS {
        let new = NewCustomer {
            name: format!("customer {n}"),
            group: Some(format!("group {}", n % GROUPS)),
            credit_limit: Money::ZERO,
            at: Timestamp(0),
        };
        store.add_customer(new).await.expect("added");
    }
    store.close().await;
}

/// Orders with their placements and transfers. Nine of ten end Completed, the others Partial; every tenth was priced on another
/// cost than today's.
fn fill(path: &Path, orders: i64) {
    let mut connection = Connection::open(path).expect("opened");
    // An order and its placement name each other: looking for the other one takes longer than all the rest.
    connection
        .pragma_update(None, "foreign_keys", false)
        .expect("set");
    let whole = connection.transaction().expect("begun");
    let mut order = whole.prepare(ORDER).expect("a statement");
    let mut placement = whole.prepare(PLACEMENT).expect("a statement");
    let mut transfer = whole.prepare(TRANSFER).expect("a statement");
    let live = markup(20);
    for n in 0..orders {
        let service = n * 7 % SERVICES;
        let (customer, quantity) = (n * 13 % CUSTOMERS + 1, 100 + n % 9_900);
        let cost = match n % 10 {
            0 => cost(service) - Decimal::new(1, 3),
            _ => cost(service),
        };
        let terms = terms_of(&live, service);
        let rate = terms.rate(cost).expect("in bounds");
        let micros = |rate: Rate| {
            let price = rate.price(Charging::PerThousand, quantity.unsigned_abs());
            price.expect("fits").micros()
        };
        let (price, cost) = (micros(rate), micros(Rate::new(cost).expect("positive")));
        let (ended, taken) = match n % 10 {
            5 => ("Partial", price - price / 3),
            _ => ("Completed", price),
        };
        let (id, at) = (n + 1, n * 2_000);
        let panel = format!("panel {}", service % 5);
        order
            .execute(params![
                id,
                customer,
                1001 + service,
                price,
                rate.decimal().to_string(),
                quantity,
                SPEC,
                panel,
                id.to_string(),
                at,
                ended,
                taken
            ])
            .expect("written");
        placement
            .execute(params![id, panel, service.to_string(), cost, at])
            .expect("written");
        let released = price - taken;
        for (kind, amount) in [
            ("hold", price),
            ("charge", cost),
            ("take", taken),
            ("release", released),
        ] {
            if amount > 0 {
                let reference = format!("order/{id}/{kind}");
                transfer
                    .execute(params![kind, amount, reference, id, at])
                    .expect("written");
            }
        }
    }
    drop((order, placement, transfer));
    whole.commit().expect("written");
}

const ORDER: &str = "INSERT INTO orders (id, customer, service, service_type, state, price, rate, per_run, runs, revision, spec,
    refill, cancel, placement, panel, upstream_id, created, ended, closed_by, taken, closed)
    VALUES (?1, ?2, ?3, 'Default', 'closed', ?4, ?5, ?6, 1, 1, ?7, 0, 0, ?1, ?8, ?9, ?10, ?11, 'hand', ?12, ?10)";
const PLACEMENT: &str =
    "INSERT INTO placements (id, order_id, panel, offer, cost, currency, began, outcome)
    VALUES (?1, ?1, ?2, ?3, ?4, 'USD', ?5, 'accepted')";
const TRANSFER: &str = "INSERT INTO transfers (kind, amount, currency, reference, order_id, at)
    VALUES (?1, ?2, 'USD', ?3, ?4, ?5)";

/// As long as that of most orders.
const SPEC: &str =
    r#"{"link":"https://www.instagram.com/p/C0123456789/","quantity":"1000","runs":null}"#;

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
