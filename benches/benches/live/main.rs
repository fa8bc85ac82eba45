//! The bench `economy` from outside: a whole gateway, real sockets, real clocks, and the panels' own books.
//!
//! The trace is that of `economy`, drawn for 100 customers with 5,000 open orders, and everything happens twenty times faster:
//! customers sweep every 1.5 to 15 s, a fact is fresh for 3 s, a panel answers after 10 ms. Beside the gateway, over the same
//! sockets, stands a proxy that forwards what it is asked or keeps each answer for as long as it is fresh. The server has one
//! thread, load and panels share another; the policies go one after the other against new panels.

mod gateway;
mod judge;
mod knobs;
mod line;
mod load;
mod naive;
mod panels;
#[path = "../economy/trace.rs"]
mod trace;

use std::sync::Arc;

use panelgate_benches::table::print;
use panelgate_engine::{Clock as _, SystemClock};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use judge::{Figures, Run};
use knobs::{AT_ONCE, LIMIT, Span};
use naive::Policy;
use panels::Panels;
use trace::Trace;

fn main() {
    let mut rows = Vec::new();
    for panels in [1, 5] {
        let trace = Arc::new(Trace::draw(SEED, panels));
        for kind in [
            Kind::Naive(Policy::PassThrough),
            Kind::Naive(Policy::Cache),
            Kind::Gateway,
        ] {
            let mut row = vec![panels.to_string(), kind.name().to_owned()];
            row.extend(run(&trace, kind).cells());
            rows.push(row);
        }
    }
    let mut columns = vec!["panels", "policy"];
    columns.extend(Figures::COLUMNS);
    let heading = format!(
        "polls over sockets; at once: within {AT_ONCE:?}; the gateway keeps to {LIMIT} calls/s per panel"
    );
    print(&heading, &columns, &rows);
}

/// What stands between customers and panels.
#[derive(Clone, Copy)]
enum Kind {
    Naive(Policy),
    Gateway,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Naive(Policy::PassThrough) => "pass-through",
            Self::Naive(Policy::Cache) => "TTL cache",
            Self::Gateway => "panelgate",
        }
    }

    const fn span(self) -> Span {
        match self {
            Self::Naive(_) => Span::SHORT,
            Self::Gateway => Span::LONG,
        }
    }
}

fn run(trace: &Arc<Trace>, kind: Kind) -> Figures {
    let (server, others) = (runtime(), runtime());
    let panels = Arc::new(others.block_on(Panels::start(trace)));
    let span = kind.span();
    let (clock, polled) = match kind {
        Kind::Naive(policy) => {
            let target = server.block_on(naive::start(policy, trace, &panels));
            let clock = (SystemClock.now(), Instant::now());
            (
                clock,
                others.block_on(load::poll(trace, target, span, clock.1)),
            )
        }
        Kind::Gateway => {
            let gateway = server.block_on(gateway::start(trace, &panels));
            let target = gateway.target.clone();
            let clock = (SystemClock.now(), Instant::now());
            let polled = others.block_on(load::poll(trace, target, span, clock.1));
            server.block_on(gateway.stop());
            (clock, polled)
        }
    };
    judge::judge(&Run {
        trace,
        span,
        polled,
        calls: panels.calls_since(clock.0),
    })
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

const SEED: u64 = 1;
