//! Everybody polls everything, one id at a time, as fast as answers come.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use panelgate_simpanel::{SimOrder, SimPanel};
use tokio::task::JoinSet;

use crate::shop::{Caller, place, set_rate, upstream_ids};
use crate::support::{Files, Gateway, panel};

const CUSTOMERS: usize = 50;
const ORDERS_EACH: u64 = 40;
/// What the panels allow, of all calls together.
const RATE: u32 = 2;
/// How long it lasts; `PANELGATE_STORM_SECONDS` makes it longer.
const SECONDS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_polls_is_answered_within_the_limits_of_the_panels() {
    let (alpha, beta) = (panel().await, panel().await);
    let services = ["alpha", "beta"].map(|name| format!("[[import]]\npanel = \"{name}\"\n"));
    let files = Files {
        status: "fresh_for = \"2s\"\n".to_owned(),
        services: services.concat(),
        ..Files::default()
    };
    let mut gateway = Gateway::start(&[("alpha", &alpha), ("beta", &beta)], files);
    let (keys, orders) = open_shop(&gateway).await;
    for panel in [&alpha, &beta] {
        let ids = panel
            .books()
            .orders()
            .iter()
            .map(|order| order.id)
            .collect::<Vec<_>>();
        panel.set_orders(ids, SimOrder::stay_in_progress);
    }
    let live = upstream_ids(&gateway).len();
    assert_eq!(live, CUSTOMERS * ORDERS_EACH as usize);

    assert_eq!(gateway.terminate(), 0);
    set_rate(&gateway, RATE);
    gateway.serve();
    let before = [&alpha, &beta].map(begin);
    let mut waits = storm(&gateway, &keys, orders).await;

    waits.sort_unstable();
    let at = |percent: usize| waits[(waits.len() - 1) * percent / 100];
    println!(
        "{} polls, none an error: p50 {:?}, p99 {:?}, slowest {:?}",
        waits.len(),
        at(50),
        at(99),
        at(100)
    );
    for (panel, before) in [&alpha, &beta].into_iter().zip(before) {
        check(panel, before);
    }
    gateway.verify();
}

/// From here on the panel has its limit. Answers how many requests it has seen.
fn begin(panel: &SimPanel) -> usize {
    panel.set_limit(NonZeroU32::new(RATE));
    panel.books().requests().len()
}

async fn open_shop(gateway: &Gateway) -> (Vec<String>, Vec<Vec<u64>>) {
    let (mut keys, mut orders) = (Vec::new(), Vec::new());
    for n in 0..CUSTOMERS {
        let key = gateway.customer(&format!("customer-{n}"), "1000");
        let list = gateway.services(&key).await;
        // The first of each panel sells the same.
        let same: Vec<String> = list
            .iter()
            .filter(|entry| entry["name"] == "Default")
            .map(|entry| entry["service"].to_string())
            .collect();
        let mut own = place(gateway, &key, &same[0], ORDERS_EACH / 2).await;
        own.extend(place(gateway, &key, &same[1], ORDERS_EACH / 2).await);
        keys.push(key);
        orders.push(own);
    }
    (keys, orders)
}

/// Answers how long each poll took.
async fn storm(gateway: &Gateway, keys: &[String], orders: Vec<Vec<u64>>) -> Vec<Duration> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the long form of a test is asked for in the environment"
    )]
    let seconds = std::env::var("PANELGATE_STORM_SECONDS").ok();
    let seconds = seconds.map_or(SECONDS, |text| text.parse().expect("whole seconds"));
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut customers = JoinSet::new();
    for (key, own) in keys.iter().zip(orders) {
        let caller = Caller::new(gateway, key);
        customers.spawn(async move {
            let mut waits = Vec::new();
            for order in own.iter().cycle() {
                let began = Instant::now();
                if began >= until {
                    break;
                }
                let answer = caller.status(*order).await;
                assert!(answer["status"].is_string(), "{answer}");
                waits.push(began.elapsed());
            }
            waits
        });
    }
    customers.join_all().await.concat()
}

fn check(panel: &SimPanel, before: usize) {
    let books = panel.books();
    let stormy = &books.requests()[before..];
    let sizes = stormy.iter().map(|request| request.asked.len());
    assert!(sizes.max().is_some_and(|most| most <= 100));
    let busiest = stormy
        .windows(RATE as usize + 1)
        .map(|calls| calls[RATE as usize].at.since(calls[0].at))
        .min();
    println!("{} calls, three of them within {busiest:?}", stormy.len());
    assert!(
        stormy.iter().all(|request| !request.over_limit),
        "asked too often"
    );
    assert!(
        busiest.is_some_and(|apart| apart >= Duration::from_secs(1)),
        "{busiest:?}"
    );
    let full = stormy
        .iter()
        .filter(|request| request.asked.len() == 100)
        .count();
    assert!(
        full * 2 > stormy.len(),
        "{full} of {} calls are full",
        stormy.len()
    );
}
