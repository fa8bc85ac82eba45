//! How long answers take at a part of the knee, which is the most that a server does in a closed loop; at three times that; and
//! afterwards.

use std::net::SocketAddr;
use std::sync::Arc;

use panelgate_benches::gateway::PANEL_KEY;

use crate::ask::Ask;
use crate::open::{self, Heards, Outcome, Step};
use crate::pace::Pace;
use crate::shop::Shop;

/// One kind of request.
pub(crate) struct Latency {
    pub(crate) name: &'static str,
    /// Requests per second.
    pub(crate) knee: f64,
    /// Parts of the knee and what came of them.
    pub(crate) parts: Vec<(f64, Outcome)>,
    /// Straight to the panel, at the same rates.
    pub(crate) direct: Vec<(f64, Outcome)>,
    /// At three times the knee, then at half of it.
    pub(crate) flood: Flood,
    /// The numbers of all orders that were answered.
    pub(crate) placed: Vec<i64>,
}

/// Too much, and afterwards.
pub(crate) struct Flood {
    /// What was due during it.
    pub(crate) outcome: Outcome,
    /// One for each second, those afterwards too.
    pub(crate) seconds: Vec<Outcome>,
    /// Seconds from its end until everything is as it was before: none is refused any more, and the 99th percentile is at most
    /// [`AS_BEFORE`] times that of half the knee before.
    pub(crate) recovered: Option<usize>,
}

/// Measures `add`, also straight to the panel; answers also how many orders the panel got that way.
pub(crate) fn orders(shop: &Shop, ask: &Arc<Ask>, knee: f64, pace: Pace) -> (Latency, usize) {
    let address = shop.panel.address();
    let ask_directly = Arc::new(Ask::add(PANEL_KEY, &shop.offer));
    let (mut count, mut direct) = (0, Vec::new());
    // Before the flood: what it has left to do would be in the way.
    for part in PARTS {
        let steps = [step(part, knee, pace)];
        let heards = run(shop, address, &ask_directly, CONNECTIONS, &steps);
        count += heards.orders.len();
        direct.extend(heards.steps.into_iter().map(|step| (part, step)));
    }
    let latency = Latency {
        direct,
        ..measure(shop, "`add`", ask, knee, pace)
    };
    (latency, count)
}

/// Measures one kind of request.
pub(crate) fn measure(
    shop: &Shop,
    name: &'static str,
    ask: &Arc<Ask>,
    knee: f64,
    pace: Pace,
) -> Latency {
    let address = shop.gateway.address;
    let (mut parts, mut placed) = (Vec::new(), Vec::new());
    for part in PARTS {
        let heards = run(shop, address, ask, CONNECTIONS, &[step(part, knee, pace)]);
        parts.extend(heards.steps.into_iter().map(|step| (part, step)));
        placed.extend(heards.orders);
    }
    let steps = [
        Step {
            per_second: knee * TOO_MUCH,
            length: pace.flood,
        },
        Step {
            per_second: knee / 2.0,
            length: pace.calm,
        },
    ];
    let mut heards = run(shop, address, ask, FLOOD, &steps);
    placed.append(&mut heards.orders);
    let before = parts.iter().find(|(part, _)| *part == CALM);
    let before = before.expect("it is one of the parts").1.at(0.99);
    Latency {
        name,
        knee,
        parts,
        direct: Vec::new(),
        flood: flood(heards, pace, before),
        placed,
    }
}

fn flood(mut heards: Heards, pace: Pace, before: f64) -> Flood {
    let during = usize::try_from(pace.flood.as_secs()).expect("not that long");
    let whole = usize::try_from((pace.flood + pace.calm).as_secs()).expect("not that long");
    heards.seconds.truncate(whole);
    let is_as_before =
        |second: &Outcome| second.is_whole() && second.at(0.99) <= before * AS_BEFORE;
    let last_bad = heards
        .seconds
        .iter()
        .rposition(|second| !is_as_before(second));
    let from = last_bad.map_or(0, |last| last + 1);
    Flood {
        outcome: heards.steps.swap_remove(0),
        recovered: (from < whole).then(|| from.saturating_sub(during)),
        seconds: heards.seconds,
    }
}

fn step(part: f64, knee: f64, pace: Pace) -> Step {
    Step {
        per_second: knee * part,
        length: pace.step,
    }
}

fn run(
    shop: &Shop,
    address: SocketAddr,
    ask: &Arc<Ask>,
    connections: usize,
    steps: &[Step],
) -> Heards {
    let (ask, steps) = (Arc::clone(ask), steps.to_vec());
    let run = shop
        .runtime
        .spawn(async move { open::run(address, &ask, connections, &steps).await });
    shop.runtime.block_on(run).expect("every answer is right")
}

/// Parts of the knee that are looked at.
const PARTS: [f64; 3] = [0.1, 0.5, 0.8];
/// The part at which it is judged.
pub(crate) const CALM: f64 = 0.5;
const TOO_MUCH: f64 = 3.0;
/// Times the 99th percentile of calm seconds, for seconds that count as calm again: a second has few of the slowest.
pub(crate) const AS_BEFORE: f64 = 3.0;
/// Enough for all that is under way below the knee.
const CONNECTIONS: usize = 512;
/// More than the gateway lets wait, within its bound of connections by default and the descriptors of a process.
pub(crate) const FLOOD: usize = 9_000;
