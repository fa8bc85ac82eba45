//! The closed loop: on each of so many connections one request follows the answer to the one before. It finds how much a server
//! can do, and nothing about how long it takes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use panelgate_benches::table::per_second;
use tokio::sync::Barrier;

use crate::ask::{Ask, Heard};
use crate::line::Line;
use crate::machine::Busy;

/// Whoever answers.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) process: u32,
}

/// One round.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Round {
    pub(crate) per_second: f64,
    /// The part of its core that the server used.
    pub(crate) server: f64,
    /// The part of its core that the load used, with what else this process does.
    pub(crate) load: f64,
}

/// Asks for so long; answers also the numbers of orders that were placed. Every answer is checked.
pub(crate) async fn run(
    server: Server,
    ask: &Arc<Ask>,
    connections: usize,
    length: Duration,
) -> (Round, Vec<i64>) {
    let ready = Arc::new(Barrier::new(connections + 1));
    let clients = (0..connections).map(|_| {
        let (ask, ready) = (Arc::clone(ask), Arc::clone(&ready));
        tokio::spawn(async move {
            let mut line = Line::to(server.address).await.expect("connected");
            ready.wait().await;
            let (began, mut answers, mut orders) = (Instant::now(), 0, Vec::new());
            while began.elapsed() < length {
                match ask.put(&mut line).await.expect("an answer") {
                    Heard::Right => {}
                    Heard::Order(order) => orders.push(order),
                    Heard::Refused => {
                        panic!("nothing is refused that is asked one after the other")
                    }
                }
                answers += 1;
            }
            (answers, orders)
        })
    });
    let clients: Vec<_> = clients.collect();
    ready.wait().await;
    let (began, busy) = (Instant::now(), Busy::now(server.process));
    let (mut answers, mut orders) = (0, Vec::new());
    for client in clients {
        let (answered, placed) = client.await.expect("every answer is right");
        answers += answered;
        orders.extend(placed);
    }
    let seconds = began.elapsed().as_secs_f64();
    let (server, load) = busy.since(seconds);
    let round = Round {
        per_second: per_second(answers, seconds),
        server,
        load,
    };
    (round, orders)
}

/// The round in the middle, by its rate.
pub(crate) fn median(mut rounds: Vec<Round>) -> Round {
    rounds.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
    rounds[rounds.len() / 2]
}
