//! The open loop: requests are due by a fixed schedule, whether those before them were answered or not, and each is measured
//! from the moment at which it was due. A server that falls behind cannot slow down who asks.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};

use crate::ask::{Ask, Heard};
use crate::line::Line;
use crate::machine;

/// So many requests a second, for so long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) per_second: f64,
    pub(crate) length: Duration,
}

/// What came of the requests that were due within a second, or within all of a step.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Nanoseconds from the moment a request was due to the end of its answer, of those that were done.
    pub(crate) took: Histogram<u64>,
    pub(crate) done: u64,
    /// `Too many requests`.
    pub(crate) refused: u64,
    /// The connection ended without an answer.
    pub(crate) cut: u64,
    /// No connection was free in [`PATIENCE`], so it was never sent.
    pub(crate) given_up: u64,
}

/// What was heard in all.
pub(crate) struct Heards {
    /// One for each step.
    pub(crate) steps: Vec<Outcome>,
    /// One for each second, over all steps.
    pub(crate) seconds: Vec<Outcome>,
    /// The numbers of the orders that were placed.
    pub(crate) orders: Vec<i64>,
}

/// When a request is due, and where it counts.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Instant,
    step: usize,
    second: usize,
}

struct Crew {
    address: SocketAddr,
    ask: Arc<Ask>,
    desk: Mutex<Desk>,
}

/// Who is free, what waits, and what was heard.
struct Desk {
    idle: Vec<oneshot::Sender<Due>>,
    waiting: VecDeque<Due>,
    heards: Heards,
}

/// What a client does next.
enum Next {
    Ask(Due),
    Wait(oneshot::Receiver<Due>),
}

/// Goes through the steps, one after the other, with at most so many requests under way.
pub(crate) async fn run(
    address: SocketAddr,
    ask: &Arc<Ask>,
    connections: usize,
    steps: &[Step],
) -> Heards {
    let length: Duration = steps.iter().map(|step| step.length).sum();
    let seconds = usize::try_from(length.as_secs()).expect("not that long") + 1;
    let heards = Heards {
        steps: vec![Outcome::new(); steps.len()],
        seconds: vec![Outcome::new(); seconds],
        orders: Vec::new(),
    };
    let crew = Arc::new(Crew {
        address,
        ask: Arc::clone(ask),
        desk: Mutex::new(Desk {
            idle: Vec::with_capacity(connections),
            waiting: VecDeque::new(),
            heards,
        }),
    });
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let line = Line::to(address).await.expect("connected");
        clients.spawn(Arc::clone(&crew).serve(line));
    }
    let schedule = Arc::clone(&crew).keep(steps.to_vec(), connections);
    tokio::spawn(schedule).await.expect("no panic");
    while let Some(ended) = clients.join_next().await {
        ended.expect("every answer is right");
    }
    let crew = Arc::into_inner(crew).expect("all have ended");
    crew.desk.into_inner().heards
}

impl Crew {
    /// Hands out what is due when it is due. Timers are too coarse for that, so this never sleeps.
    async fn keep(self: Arc<Self>, steps: Vec<Step>, connections: usize) {
        self.all_idle(connections).await;
        let first = Instant::now();
        let mut began = first;
        for (step, Step { per_second, length }) in steps.into_iter().enumerate() {
            let mut number = 0.0;
            loop {
                let at = began + Duration::from_secs_f64(number / per_second);
                if at >= began + length {
                    break;
                }
                while Instant::now() < at {
                    yield_now().await;
                }
                let second = at.duration_since(first).as_secs();
                let second = usize::try_from(second).expect("not that long");
                self.desk.lock().hand_out(Due { at, step, second });
                number += 1.0;
            }
            began += length;
        }
        self.all_idle(connections).await;
        // Who waits for something to do ends.
        self.desk.lock().idle.clear();
    }

    async fn all_idle(&self, connections: usize) {
        while self.desk.lock().idle.len() < connections {
            yield_now().await;
        }
    }

    async fn serve(self: Arc<Self>, mut line: Line) {
        let mut next = self.desk.lock().next();
        loop {
            let due = match next {
                Next::Ask(due) => due,
                Next::Wait(told) => match told.await {
                    Ok(due) => due,
                    Err(_) => return,
                },
            };
            let heard = self.ask.put(&mut line).await;
            if heard.is_err() {
                line = Line::to(self.address).await.expect("connected");
            }
            next = self.desk.lock().heard(due, &heard);
        }
    }
}

impl Desk {
    fn hand_out(&mut self, due: Due) {
        match self.idle.pop() {
            Some(tell) => tell.send(due).expect("who is idle listens"),
            None => self.waiting.push_back(due),
        }
    }

    fn heard(&mut self, due: Due, heard: &io::Result<Heard>) -> Next {
        let took = u64::try_from(due.at.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.heards.count(due, |outcome| match heard {
            Ok(Heard::Right | Heard::Order(_)) => {
                outcome.done += 1;
                outcome.took.saturating_record(took);
            }
            Ok(Heard::Refused) => outcome.refused += 1,
            Err(_) => outcome.cut += 1,
        });
        if let Ok(Heard::Order(order)) = heard {
            self.heards.orders.push(*order);
        }
        self.next()
    }

    /// What has waited longest, if somebody waits for it still.
    fn next(&mut self) -> Next {
        while let Some(due) = self.waiting.pop_front() {
            if due.at.elapsed() <= PATIENCE {
                return Next::Ask(due);
            }
            self.heards.count(due, |outcome| outcome.given_up += 1);
        }
        let (tell, told) = oneshot::channel();
        self.idle.push(tell);
        Next::Wait(told)
    }
}

impl Heards {
    fn count(&mut self, due: Due, count: impl Fn(&mut Outcome)) {
        count(&mut self.steps[due.step]);
        count(&mut self.seconds[due.second]);
    }
}

impl Outcome {
    fn new() -> Self {
        Self {
            took: machine::nanoseconds(),
            done: 0,
            refused: 0,
            cut: 0,
            given_up: 0,
        }
    }

    /// Milliseconds that this part of the answers did not exceed.
    pub(crate) fn at(&self, part: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let nanoseconds = self.took.value_at_quantile(part) as f64;
        nanoseconds / 1e6
    }

    /// Whether each request was done.
    pub(crate) fn is_whole(&self) -> bool {
        self.refused + self.cut + self.given_up == 0
    }
}

/// Clients give up what they could not even send.
const PATIENCE: Duration = Duration::from_secs(2);
