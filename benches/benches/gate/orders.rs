//! Orders: how many a second go through HTTP to a panel that answers at once, beside what the store does for the same rows.

use std::sync::Arc;

use panelgate_store::sqlite::Options;

use crate::ask::Ask;
use crate::closed::{self, Round};
use crate::pace::Pace;
use crate::peers;
use crate::shop::Shop;

/// Orders per second.
pub(crate) struct Orders {
    /// Through HTTP.
    pub(crate) gateway: Round,
    /// Written by the store alone, as many at a time.
    pub(crate) store: f64,
    /// By 64 callers only.
    pub(crate) store_fewer: f64,
    /// With a commit for each transaction.
    pub(crate) naive: f64,
    /// The numbers of all that were answered.
    pub(crate) placed: Vec<i64>,
}

pub(crate) fn measure(shop: &Shop, ask: &Arc<Ask>, pace: Pace) -> Orders {
    let batch = Options::default().batch;
    let rows = |batch, callers| {
        peers::rows_per_second(
            shop.folder.path(),
            batch,
            callers,
            pace.orders.as_secs_f64(),
        )
    };
    let mut placed = Vec::new();
    let (mut gateway, mut stores) = (Vec::new(), [const { Vec::new() }; 3]);
    for _ in 0..pace.rounds {
        let (server, ask) = (shop.server(), Arc::clone(ask));
        let round = shop
            .runtime
            .spawn(async move { closed::run(server, &ask, IN_FLIGHT, pace.orders).await });
        let (round, orders) = shop.runtime.block_on(round).expect("every answer is right");
        gateway.push(round);
        placed.extend(orders);
        stores[0].push(rows(batch, IN_FLIGHT));
        stores[1].push(rows(batch, FEWER));
        stores[2].push(rows(1, IN_FLIGHT));
    }
    let [store, store_fewer, naive] = stores.map(median);
    Orders {
        gateway: closed::median(gateway),
        store,
        store_fewer,
        naive,
        placed,
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Orders under way at a time.
pub(crate) const IN_FLIGHT: usize = 256;
const FEWER: usize = 64;
