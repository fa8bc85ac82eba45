//! Orders that spoil every call they are in.

use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule, SimOrder, SimPanel};

use crate::shop::{Caller, ids, place, until_closed_but, until_looked_at, upstream_ids};
use crate::support::{Files, Gateway, panel, until};

const ORDERS: u64 = 1_000;
/// One order in so many spoils its calls, or lives on in the run without such.
const POISON_EVERY: usize = 100;
/// One order in so many lives on.
const LIVE_EVERY: usize = 10;
/// What ten of them may cost, once.
const MOST_EXTRA: usize = 140;

/// A thousand orders of which nine hundred have ended and the gateway does not know it yet.
struct Case {
    panel: SimPanel,
    gateway: Gateway,
    key: String,
    orders: Vec<u64>,
    poison: Vec<u64>,
    live: Vec<u64>,
}

impl Case {
    async fn new() -> Self {
        let panel = panel().await;
        let files = Files {
            status: "fresh_for = \"1s\"\ngather = \"5ms\"\nwait = \"100ms\"\n".to_owned(),
            panels: "requests_per_second = 200\nmax_in_flight = 8\nback_off = \"200ms\"\n"
                .to_owned(),
            ..Files::default()
        };
        let gateway = Gateway::start(&[("alpha", &panel)], files);
        let key = gateway.customer("ann", "10000");
        let service = gateway.service_named(&key, "Default").await;
        let orders = place(&gateway, &key, &service, ORDERS).await;
        let every = |n: usize| orders.iter().copied().skip(n / 2).step_by(n).collect();
        let (poison, mut live): (Vec<u64>, Vec<u64>) = (every(POISON_EVERY), every(LIVE_EVERY));
        live.extend(&poison);
        live.sort_unstable();
        live.dedup();
        let upstream = upstream_ids(&gateway);
        panel.set_orders(upstream.values().copied(), SimOrder::stay_in_progress);
        until_looked_at(&panel, upstream.into_values()).await;
        Self {
            panel,
            gateway,
            key,
            orders,
            poison,
            live,
        }
    }

    /// Ends those that end, lets their customer poll all of them once, and waits until the operator has all of `flagged` on
    /// his list and the others are closed. Answers how many calls that took.
    async fn calls_to_close(&self, flagged: &[u64]) -> usize {
        let upstream = upstream_ids(&self.gateway);
        let before = self.panel.books().count(ActionName::Status);
        let ending = upstream
            .iter()
            .filter(|(ours, _)| !self.live.contains(ours));
        self.panel.set_orders(ending.map(|(_, id)| *id), |order| {
            order.end(Fate::Completed)
        });
        self.poll().await;
        until_closed_but(&self.gateway, &self.live).await;
        until("the operator is told", || {
            std::future::ready((ids(&self.gateway, &["--flagged"]) == flagged).then_some(()))
        })
        .await;
        self.panel.books().count(ActionName::Status) - before
    }

    async fn poll(&self) {
        let caller = Caller::new(&self.gateway, &self.key);
        for hundred in self.orders.chunks(100) {
            let all = caller.statuses(hundred).await;
            for order in hundred {
                assert!(all[order.to_string()]["status"].is_string(), "{all}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_poisonous_orders_among_a_thousand_cost_few_calls_and_once() {
    let (honest, case) = tokio::join!(Case::new(), Case::new());
    let without = honest.calls_to_close(&[]).await;
    drop(honest);

    let upstream = upstream_ids(&case.gateway);
    let poison: Vec<i64> = case.poison.iter().map(|order| upstream[order]).collect();
    for id in &poison {
        case.panel.plan(
            FaultRule::always(Fault::StatusBeforeReading(500))
                .on(ActionName::Status)
                .naming(*id),
        );
    }
    let with = case.calls_to_close(&case.poison).await;
    println!("{with} calls with ten poisonous orders, {without} without");
    assert!(
        with <= without + MOST_EXTRA,
        "{with} calls, {without} without poison"
    );

    // Found once: from here on each of them fails alone, now and then.
    let found = case.panel.books().requests().len();
    for _ in 0..10 {
        case.poll().await;
    }
    let books = case.panel.books();
    let mut alone = 0;
    for call in &books.requests()[found..] {
        if call.fault.is_some() {
            assert_eq!(call.asked.len(), 1, "{call:?}");
            alone += 1;
        }
    }
    assert!(
        alone <= poison.len() * 4,
        "{alone} calls of orders that fail"
    );

    case.panel.clear_faults();
    case.panel
        .set_orders(upstream.into_values(), |order| order.end(Fate::Completed));
    until_closed_but(&case.gateway, &[]).await;
    case.gateway.verify();
}
