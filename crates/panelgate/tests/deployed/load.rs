//! 200 requests a second, whatever becomes of the server: half of them on a connection each, half on connections that are kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::line::{Line, Lost};
use crate::support::order_id;

/// Customers at work.
pub(crate) struct Load {
    seen: Arc<Seen>,
    clients: JoinSet<()>,
    began: Instant,
}

/// What they saw.
pub(crate) struct Seen {
    to: SocketAddr,
    key: String,
    done: AtomicBool,
    pub(crate) answered: AtomicU64,
    /// Reads whose kept connection was closed before any byte.
    pub(crate) repeated: AtomicU64,
    pub(crate) slowest: Mutex<Duration>,
    /// Links by order.
    pub(crate) orders: Mutex<BTreeMap<u64, String>>,
    /// What must not happen.
    pub(crate) wrong: Mutex<Vec<String>>,
}

impl Load {
    pub(crate) fn start(to: SocketAddr, key: &str) -> Self {
        let seen = Arc::new(Seen {
            to,
            key: key.to_owned(),
            done: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            slowest: Mutex::default(),
            orders: Mutex::default(),
            wrong: Mutex::default(),
        });
        let mut clients = JoinSet::new();
        clients.spawn(strangers(Arc::clone(&seen)));
        for _ in 0..KEPT {
            clients.spawn(regular(Arc::clone(&seen)));
        }
        Self {
            seen,
            clients,
            began: Instant::now(),
        }
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Everybody gets the answer that they wait for, and goes; answers how many a second there were.
    pub(crate) async fn end(self) -> (Arc<Seen>, f64) {
        self.seen.done.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        let answered = u32::try_from(self.seen.answered.load(Ordering::Relaxed)).expect("few");
        let rate = f64::from(answered) / self.began.elapsed().as_secs_f64();
        (self.seen, rate)
    }
}

/// A connection for each request, begun whether or not the one before was answered. Every fourth is an order.
async fn strangers(seen: Arc<Seen>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / ONE_EACH);
    let mut asking = JoinSet::new();
    for number in 0_u64.. {
        ticks.tick().await;
        if seen.done.load(Ordering::Relaxed) {
            break;
        }
        let seen = Arc::clone(&seen);
        asking.spawn(async move {
            let began = Instant::now();
            let answer = if number % 4 == 0 {
                let link = format!("https://example.com/{number}");
                let answer = seen
                    .ask_once(
                        "add",
                        &[("service", "7"), ("quantity", "10"), ("link", &link)],
                    )
                    .await;
                seen.ordered(answer, link)
            } else {
                seen.ask_once("balance", &[]).await.map(drop)
            };
            seen.answered(answer, began);
        });
    }
    asking.join_all().await;
}

/// A connection that is kept, for reads; one whose connection ends before any byte is repeated, as the standard allows.
async fn regular(seen: Arc<Seen>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) * KEPT / ONE_EACH);
    let mut kept = None;
    while !seen.done.load(Ordering::Relaxed) {
        ticks.tick().await;
        let began = Instant::now();
        let order = seen.orders.lock().keys().next_back().map(u64::to_string);
        let form: &[(&str, &str)] = match &order {
            Some(order) => &[("order", order)],
            None => &[],
        };
        let action = if order.is_some() { "status" } else { "balance" };
        let answer = match kept.take() {
            Some(line) => match seen.ask(line, action, form).await {
                Err(Lost::BeforeAnyByte) => {
                    seen.repeated.fetch_add(1, Ordering::Relaxed);
                    seen.ask_anew(action, form).await
                }
                answer => answer,
            },
            None => seen.ask_anew(action, form).await,
        };
        let answer = answer.and_then(|(json, line)| {
            kept = line;
            fine(json).map(drop)
        });
        seen.answered(answer, began);
    }
}

impl Seen {
    async fn ask(
        &self,
        line: Line,
        action: &str,
        form: &[(&str, &str)],
    ) -> Result<(Value, Option<Line>), Lost> {
        let mut whole = vec![("key", self.key.as_str()), ("action", action)];
        whole.extend(form);
        let answer = tokio::time::timeout(PATIENCE, line.ask(&whole)).await;
        answer.unwrap_or_else(|_| {
            Err(Lost::Otherwise(format!(
                "{action}: no answer in {PATIENCE:?}"
            )))
        })
    }

    async fn ask_anew(
        &self,
        action: &str,
        form: &[(&str, &str)],
    ) -> Result<(Value, Option<Line>), Lost> {
        self.ask(Line::open(self.to).await?, action, form).await
    }

    async fn ask_once(&self, action: &str, form: &[(&str, &str)]) -> Result<Value, Lost> {
        let line = Line::open(self.to).await?;
        // What a client far away sends comes later than its connection does.
        tokio::time::sleep(FAR).await;
        fine(self.ask(line, action, form).await?.0)
    }

    fn ordered(&self, answer: Result<Value, Lost>, link: String) -> Result<(), Lost> {
        let order = order_id(&answer?).map_err(Lost::Otherwise)?;
        self.orders.lock().insert(order, link);
        Ok(())
    }

    fn answered(&self, answer: Result<(), Lost>, began: Instant) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let mut slowest = self.slowest.lock();
        *slowest = began.elapsed().max(*slowest);
        if let Err(lost) = answer {
            self.wrong.lock().push(lost.to_string());
        }
    }
}

/// No error, whatever else it is.
fn fine(json: Value) -> Result<Value, Lost> {
    match json.get("error") {
        Some(error) => Err(Lost::Otherwise(error.to_string())),
        None => Ok(json),
    }
}

/// Requests a second on connections of their own, and as many on those that are kept.
const ONE_EACH: u32 = 100;
/// From a client to us.
const FAR: Duration = Duration::from_millis(10);
/// Connections that are kept.
const KEPT: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(20);
