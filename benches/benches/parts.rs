//! The parts of an answer, each alone: `cargo bench -p panelgate-benches --bench parts`.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use moka::sync::Cache;
use panelgate_benches::orders::{NOW, placed};
use panelgate_domain::action::AskedId;
use panelgate_domain::catalogue::{Route, Service};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{Currency, CustomerId, OrderId, ServiceId, UpstreamId};
use panelgate_domain::markup::{Buyer, Markup, Terms};
use panelgate_domain::quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::reply::{OrderView, Reply};
use panelgate_domain::routing::{Avoid, Strategy};
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::time::Timestamp;
use panelgate_engine::book::{Book, Poll};
use panelgate_wire::{answer, reply, request};
use sha2::{Digest as _, Sha256};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    forms(&mut criterion);
    key(&mut criterion);
    price(&mut criterion);
    statuses(&mut criterion);
    book(&mut criterion);
    criterion.final_summary();
}

/// Bytes to an action.
fn forms(criterion: &mut Criterion) {
    let ids: Vec<String> = (1..=100).map(|id| id.to_string()).collect();
    let forms = [
        ("status", "&order=17".to_owned()),
        ("status of 100", format!("&orders={}", ids.join(","))),
        (
            "add",
            "&service=1001&quantity=10&link=https%3A%2F%2Fexample.com%2Fp".to_owned(),
        ),
    ];
    for (name, more) in forms {
        let action = name.split(' ').next().unwrap_or_default();
        let body = format!("key={KEY}&action={action}{more}");
        criterion.bench_function(&format!("form: {name}"), |bencher| {
            bencher.iter(|| {
                let raw = request::Raw {
                    body: black_box(body.as_bytes()),
                    ..request::Raw::default()
                };
                request::read(&raw)
            });
        });
    }
}

/// A key's hash, and whose it is from the kind of cache that the engine has.
fn key(criterion: &mut Criterion) {
    let owners = Cache::new(100_000);
    owners.insert(<[u8; 32]>::from(Sha256::digest(KEY)), CustomerId(1));
    criterion.bench_function("key: SHA-256", |bencher| {
        bencher.iter(|| <[u8; 32]>::from(Sha256::digest(black_box(KEY))));
    });
    criterion.bench_function("key: SHA-256 and its owner", |bencher| {
        bencher.iter(|| owners.get(&<[u8; 32]>::from(Sha256::digest(black_box(KEY)))));
    });
}

/// What 1,000 of a service cost somebody.
fn price(criterion: &mut Criterion) {
    let service = service();
    let markup = Markup {
        default: Terms::percent(20.into()),
        rules: Vec::new(),
    };
    let exchange = Exchange::new("USD".into(), BTreeMap::new());
    let buyer = Buyer {
        customer: "ann",
        group: None,
    };
    criterion.bench_function("price of an order", |bencher| {
        bencher.iter(|| {
            let pricing = quote::sold(black_box(&service), &markup, buyer, &exchange)?;
            let rate = quote::rate_of_order(&service, &pricing, &exchange, 1_000)?;
            rate.price(service.service_type.charging(), 1_000)
        });
    });
}

fn service() -> Service {
    let route = Route {
        panel: "alpha".into(),
        offer: "1".into(),
        cost: Rate::parse("0.8571").expect("a rate"),
        currency: "USD".into(),
        weight: 1,
        held: None,
    };
    Service {
        id: ServiceId(1001),
        name: "Followers".to_owned(),
        category: "Instagram".to_owned(),
        service_type: ServiceType::Default,
        min: 10,
        max: 100_000,
        refill: true,
        cancel: true,
        dripfeed: true,
        description: None,
        strategy: Strategy::Priority,
        avoid: Avoid::default(),
        routes: vec![route],
        basis: 0,
    }
}

/// Statuses to bytes, and a panel's bytes to statuses.
fn statuses(criterion: &mut Criterion) {
    let currency = Currency::from("USD");
    let view = |n| OrderView::Single(placed(n).view(&currency));
    let one = Reply::Status(view(1));
    let asked = |n: u32| AskedId::Number(i64::from(n));
    let many = Reply::Statuses((1..=100).map(|n| (asked(n), Ok(view(n)))).collect());
    criterion.bench_function("answer: status", |bencher| {
        bencher.iter(|| reply::reply(black_box(&one)));
    });
    criterion.bench_function("answer: status of 100", |bencher| {
        bencher.iter(|| reply::reply(black_box(&many)));
    });
    let body = reply::reply(&many);
    let ids: Vec<UpstreamId> = (1..=100)
        .map(|n: u32| UpstreamId::new(n.to_string()))
        .collect();
    criterion.bench_function("a panel's answer of 100", |bencher| {
        bencher.iter(|| {
            let http = answer::Http {
                status: 200,
                retry_after: None,
                body: black_box(&body),
            };
            answer::status(&http, &ids)
        });
    });
}

/// Orders in memory: 1 and 100 of 100,000.
fn book(criterion: &mut Criterion) {
    let book = Book::new();
    (1..=ORDERS).for_each(|n| drop(book.put(placed(n))));
    let currency = Currency::from("USD");
    for count in [1, 100] {
        let ids: Vec<OrderId> = (0..count)
            .map(|n| OrderId(1 + n * 7_919 % i64::from(ORDERS)))
            .collect();
        criterion.bench_function(&format!("book: {count} of {ORDERS}"), |bencher| {
            bencher.iter(|| {
                let poll = Poll {
                    customer: CustomerId(1),
                    currency: &currency,
                    now: Timestamp(NOW),
                    fresh_for: Duration::from_secs(60),
                };
                book.poll(black_box(&ids).iter().copied(), &poll)
            });
        });
    }
}

const KEY: &str = "BenchKey00000000000000000000000000000000";
const ORDERS: u32 = 100_000;
