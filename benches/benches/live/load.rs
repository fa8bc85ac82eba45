//! The customers: each sweeps its orders, each time on a new connection.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::knobs::{PAUSE, Span};
use crate::line::Line;
use crate::trace::{OrderNo, Trace};

/// Where customers send their polls.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// What each order is called there.
    pub(crate) ids: Arc<[i64]>,
}

/// One request and its answer. Times count from the beginning of the run.
pub(crate) struct Polled {
    pub(crate) orders: Range<OrderNo>,
    pub(crate) sent: Duration,
    pub(crate) answered: Duration,
    /// Whether the answer has a status for each of the ids.
    pub(crate) good: bool,
}

/// The key of a customer.
pub(crate) fn key(customer: usize) -> String {
    format!("{customer:08}{:032}", 0)
}

/// Lets all customers poll until the run is over.
pub(crate) async fn poll(
    trace: &Arc<Trace>,
    target: Target,
    span: Span,
    began: Instant,
) -> Vec<Polled> {
    let mut customers = JoinSet::new();
    for customer in 0..trace.customers.len() {
        let sweeper = Sweeper {
            trace: Arc::clone(trace),
            customer,
            target: target.clone(),
            until: span.end(),
            began,
        };
        customers.spawn(sweeper.sweep());
    }
    customers.join_all().await.into_iter().flatten().collect()
}

/// One customer.
struct Sweeper {
    trace: Arc<Trace>,
    customer: usize,
    target: Target,
    until: Duration,
    began: Instant,
}

impl Sweeper {
    /// As in `economy`: the next request of a sweep comes soon after the answer, the next sweep a period after the one before
    /// began, or at once if that has taken longer.
    async fn sweep(self) -> Vec<Polled> {
        let of = &self.trace.customers[self.customer];
        let mut chance = self.trace.chance(self.customer);
        let (mut polled, mut planned, mut begins) = (Vec::new(), of.first, of.first);
        loop {
            sleep_until(self.began + begins).await;
            // Servers end connections that are idle for long.
            let mut line = Line::to(self.target.address).await;
            for first in of.orders.clone().step_by(of.batch as usize) {
                if self.began.elapsed() >= self.until {
                    return polled;
                }
                let orders = first..(first + of.batch).min(of.orders.end);
                polled.push(self.ask(&mut line, orders).await);
                sleep(PAUSE).await;
            }
            planned = (planned + of.period).max(self.began.elapsed());
            let jittered = planned.as_secs_f64() + of.jitter(&mut chance);
            begins = Duration::from_secs_f64(jittered.max(0.0));
        }
    }

    async fn ask(&self, line: &mut Line, orders: Range<OrderNo>) -> Polled {
        let ids = orders.clone().map(|order| self.target.ids[order as usize]);
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let form = format!(
            "key={}&action=status&orders={}",
            key(self.customer),
            ids.join(",")
        );
        let sent = self.began.elapsed();
        let answer = line.ask(form).await;
        let answered = self.began.elapsed();
        let good = matches!(&answer, Ok((StatusCode::OK, body)) if statuses(body) == ids.len());
        if !good {
            eprintln!("no good answer to a poll of {} ids: {answer:?}", ids.len());
            *line = Line::to(self.target.address).await;
        }
        Polled {
            orders,
            sent,
            answered,
            good,
        }
    }
}

/// How many orders an answer has a status for.
fn statuses(body: &Bytes) -> usize {
    let text = std::str::from_utf8(body).unwrap_or_default();
    text.matches("\"status\":").count()
}
