//! Panels that fail for a while, each in its way, while their customers go on polling.
//!
//! All times of the gateway are a fiftieth of what they are by default: the outage lasts five of its minutes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule, SimOrder, SimPanel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::gate::Gate;
use crate::shop::{Caller, place, until_closed_but, until_looked_at, upstream_ids};
use crate::support::{Files, Gateway, panel};

const OUTAGE: Duration = Duration::from_secs(6);
const ORDERS: u64 = 25;
const BATCH: usize = 10;
/// A poller asks so often; together they ask some hundred times a second.
const POLL_EVERY: Duration = Duration::from_millis(25);
/// Within so many looks after a recovery.
const MOST_LOOKS: usize = 2;

/// How a panel fails.
enum Way {
    Answers(Fault),
    /// Nobody listens.
    Refuses,
}

/// A panel, what became of it, and its orders.
struct Victim {
    name: &'static str,
    panel: SimPanel,
    gate: Gate,
    way: Way,
    upstream: Vec<i64>,
}

fn ways() -> Vec<(&'static str, Way)> {
    let page = |body: &str| Fault::Text {
        status: 200,
        body: body.to_owned(),
    };
    let mut ways = vec![("refused", Way::Refuses)];
    ways.extend(
        [
            ("error", Fault::Refuse("Something went wrong".into())),
            ("html", Fault::AcceptThenHtml),
            ("gateway", Fault::StatusBeforeReading(502)),
            ("timeout", Fault::AcceptThenTimeout),
            ("reset", Fault::ResetBeforeReading),
            ("empty", page("")),
            ("half", Fault::AcceptThenHalfBody),
            (
                "limit",
                Fault::Throttle {
                    status: 200,
                    retry_after: None,
                },
            ),
            ("list", page("[1,2,3]")),
            ("shape", page("\"maintenance\"")),
            ("nobody", Fault::EmptyList),
        ]
        .map(|(name, fault)| (name, Way::Answers(fault))),
    );
    ways
}

#[tokio::test(flavor = "multi_thread")]
async fn panels_that_fail_are_no_error_and_are_caught_up_with_in_two_looks() {
    let mut victims = Vec::new();
    for (name, way) in ways() {
        let panel = panel().await;
        victims.push(Victim {
            name,
            gate: Gate::before(&panel),
            panel,
            way,
            upstream: Vec::new(),
        });
    }
    let gateway = gateway(&victims);
    let (keys, orders) = open_shop(&gateway, &mut victims).await;

    let ended = CancellationToken::new();
    let polls = Arc::new(AtomicU64::new(0));
    let mut pollers = JoinSet::new();
    for (key, orders) in keys.iter().zip(orders) {
        let caller = Caller::new(&gateway, key);
        pollers.spawn(poll(caller, orders, ended.clone(), Arc::clone(&polls)));
    }

    for victim in &mut victims {
        victim.fail().await;
    }
    tokio::time::sleep(OUTAGE / 2).await;
    for victim in &victims {
        let upstream = victim.upstream.iter().copied();
        victim
            .panel
            .set_orders(upstream, |order| order.end(Fate::Completed));
    }
    tokio::time::sleep(OUTAGE / 2).await;
    let before = polls.load(Ordering::Relaxed);
    let recovered: Vec<usize> = victims.iter_mut().map(Victim::recover).collect();
    until_closed_but(&gateway, &[]).await;
    ended.cancel();
    while let Some(poller) = pollers.join_next().await {
        poller.expect("no poll was an error");
    }
    println!("{before} polls while panels failed");
    assert!(before > 1_000, "{before} polls are no test");
    for (victim, recovered) in victims.iter().zip(recovered) {
        victim.check(recovered);
    }
    gateway.verify();
}

fn gateway(victims: &[Victim]) -> Gateway {
    let panels: Vec<(&str, &SimPanel)> = victims
        .iter()
        .map(|victim| (victim.name, &victim.panel))
        .collect();
    let service = |(n, victim): (usize, &Victim)| {
        format!(
            "[[service]]\nid = {}\nname = \"{name}\"\ncategory = \"Tests\"\nroutes = [ {{ panel = \"{name}\", service = \"1\" }} ]\n",
            n + 1,
            name = victim.name
        )
    };
    let files = Files {
        status: "fresh_for = \"300ms\"\ngather = \"5ms\"\nwait = \"30ms\"\nlook_at_least_every = \"72s\"\n".to_owned(),
        panels: format!("requests_per_second = 50\nmax_in_flight = 8\ntimeout = \"400ms\"\nback_off = \"200ms\"\nstatus_batch = {BATCH}\n"),
        services: victims.iter().enumerate().map(service).collect(),
        ..Files::default()
    };
    let mut gateway = Gateway::prepare(&panels, files);
    let path = gateway.path("panelgate.toml");
    let mut text = std::fs::read_to_string(&path).expect("written before");
    for victim in victims {
        text = text.replace(&victim.panel.url(), &victim.gate.url());
    }
    std::fs::write(path, text).expect("written");
    gateway.serve();
    gateway
}

/// A customer for each panel, and its orders there, all of them in progress and looked at.
async fn open_shop(gateway: &Gateway, victims: &mut [Victim]) -> (Vec<String>, Vec<Vec<u64>>) {
    let (mut keys, mut orders) = (Vec::new(), Vec::new());
    for (n, victim) in victims.iter_mut().enumerate() {
        let key = gateway.customer(victim.name, "1000");
        gateway.services(&key).await;
        let placed = place(gateway, &key, &(n + 1).to_string(), ORDERS).await;
        let upstream = upstream_ids(gateway);
        victim.upstream = placed.iter().map(|order| upstream[order]).collect();
        let ids = victim.upstream.iter().copied();
        victim.panel.set_orders(ids, SimOrder::stay_in_progress);
        keys.push(key);
        orders.push(placed);
    }
    for victim in victims {
        until_looked_at(&victim.panel, victim.upstream.iter().copied()).await;
    }
    (keys, orders)
}

/// Polls one order, then all, and so on, and panics at the first error.
async fn poll(caller: Caller, orders: Vec<u64>, ended: CancellationToken, polls: Arc<AtomicU64>) {
    let mut ticks = tokio::time::interval(POLL_EVERY);
    for order in orders.iter().cycle() {
        ticks.tick().await;
        if ended.is_cancelled() {
            return;
        }
        let one = caller.status(*order).await;
        assert!(one["status"].is_string(), "{one}");
        let all = caller.statuses(&orders).await;
        for order in &orders {
            assert!(all[order.to_string()]["status"].is_string(), "{all}");
        }
        polls.fetch_add(2, Ordering::Relaxed);
    }
}

impl Victim {
    async fn fail(&mut self) {
        match &self.way {
            Way::Answers(fault) => self.panel.plan(FaultRule::always(fault.clone())),
            Way::Refuses => self.gate.close().await,
        }
    }

    /// Answers how many requests the panel had seen by then.
    fn recover(&mut self) -> usize {
        match &self.way {
            Way::Answers(_) => self.panel.clear_faults(),
            Way::Refuses => self.gate.open(),
        }
        self.panel.books().requests().len()
    }

    fn check(&self, recovered: usize) {
        let books = self.panel.books();
        assert!(books.largest_batch() <= BATCH, "{}", self.name);
        let asked = |id: i64| {
            let calls = books.requests_naming(ActionName::Status, id);
            let after = calls.filter(|call| call.number > recovered as u64 && call.fault.is_none());
            after.count()
        };
        let most = self.upstream.iter().map(|id| asked(*id)).max();
        println!("{}: closed within {most:?} looks", self.name);
        assert!(
            most.is_some_and(|most| (1..=MOST_LOOKS).contains(&most)),
            "{}: {most:?} looks",
            self.name
        );
    }
}
