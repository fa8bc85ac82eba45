//! Customers' machines: each orders links that nobody else orders, never the same one twice, and remembers what it was told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::http::post;

/// What machines were told.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    /// Links by the orders that were answered for them.
    pub(crate) orders: BTreeMap<i64, String>,
    /// Links for which an error was answered.
    pub(crate) errors: BTreeMap<String, String>,
    /// Links for which nothing was answered.
    pub(crate) unheard: Vec<String>,
    /// What must never be answered.
    pub(crate) wrong: Vec<String>,
}

/// Machines at work.
pub(crate) struct Customers {
    shared: Arc<Shared>,
    machines: Vec<JoinHandle<Histories>>,
}

struct Shared {
    host: RwLock<String>,
    key: String,
    answered: AtomicU64,
    closed: AtomicBool,
}

impl Customers {
    pub(crate) fn start(host: &str, key: &str) -> Self {
        let shared = Arc::new(Shared {
            host: RwLock::new(host.to_owned()),
            key: key.to_owned(),
            answered: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        });
        let machine = |number| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || live(&shared, number))
        };
        Self {
            machines: (0..MACHINES).map(machine).collect(),
            shared,
        }
    }

    /// The gateway is there from now on.
    pub(crate) fn at(&self, host: &str) {
        host.clone_into(&mut self.shared.host.write());
    }

    /// Waits for so many more answers; not for ever, for there may be nobody who answers.
    pub(crate) fn until_answered(&self, more: u64) {
        let (begun, wanted) = (Instant::now(), self.shared.answered() + more);
        while self.shared.answered() < wanted && begun.elapsed() < PATIENCE {
            std::thread::sleep(TICK);
        }
    }

    /// Everybody goes home; answers all that they were told.
    pub(crate) fn end(self) -> Histories {
        self.shared.closed.store(true, Ordering::Relaxed);
        let mut all = Histories::default();
        for machine in self.machines {
            let one = machine.join().expect("machines do not panic");
            all.orders.extend(one.orders);
            all.errors.extend(one.errors);
            all.unheard.extend(one.unheard);
            all.wrong.extend(one.wrong);
        }
        all
    }
}

impl Shared {
    fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    fn ask(&self, action: &str, form: &[(&str, &str)]) -> Option<Value> {
        let host = self.host.read().clone();
        let mut whole = vec![("key", self.key.as_str()), ("action", action)];
        whole.extend(form);
        let answer = post(&host, &whole).ok()?;
        self.answered.fetch_add(1, Ordering::Relaxed);
        Some(answer)
    }
}

fn live(shared: &Shared, machine: u64) -> Histories {
    let mut dice = StdRng::seed_from_u64(machine);
    let mut seen = Histories::default();
    let mut orders: Vec<i64> = Vec::new();
    let mut number = 0;
    while !shared.closed.load(Ordering::Relaxed) {
        let is_heard = match orders.choose(&mut dice) {
            Some(order) if dice.random_bool(0.4) => look(shared, *order, &mut dice, &mut seen),
            _ => {
                number += 1;
                let link = format!("https://example.com/{machine}/{number}");
                order(shared, link, &mut seen, &mut orders)
            }
        };
        if !is_heard {
            // Nobody is there: others need the machine to come back.
            std::thread::sleep(TICK);
        }
    }
    seen
}

fn order(shared: &Shared, link: String, seen: &mut Histories, orders: &mut Vec<i64>) -> bool {
    let form = [("service", "7"), ("quantity", "10"), ("link", &link)];
    let Some(answer) = shared.ask("add", &form) else {
        seen.unheard.push(link);
        return false;
    };
    match (answer["order"].as_i64(), answer["error"].as_str()) {
        (Some(order), None) => {
            orders.push(order);
            if let Some(other) = seen.orders.insert(order, link.clone()) {
                seen.wrong
                    .push(format!("order {order} is {other} and {link}"));
            }
        }
        (None, Some(error)) => _ = seen.errors.insert(link, error.to_owned()),
        _ => seen.wrong.push(format!("{link}: {answer}")),
    }
    true
}

/// Looks after an order: it is known, whatever happened in between.
fn look(shared: &Shared, order: i64, dice: &mut StdRng, seen: &mut Histories) -> bool {
    let id = order.to_string();
    let action = *["status", "status", "cancel", "refill"]
        .choose(dice)
        .expect("some");
    let form = match action {
        "cancel" => [("orders", id.as_str())],
        _ => [("order", id.as_str())],
    };
    let Some(answer) = shared.ask(action, &form) else {
        return false;
    };
    if action == "status" && !answer["status"].is_string() {
        seen.wrong
            .push(format!("order {order} is forgotten: {answer}"));
    }
    true
}

const MACHINES: u64 = 6;
const TICK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(3);
