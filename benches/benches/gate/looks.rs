//! Requests that only look, beside their peers: how many a second.

use std::sync::Arc;

use crate::ask::Ask;
use crate::closed::{self, Round, Server};
use crate::pace::Pace;
use crate::peers::Peer;
use crate::shop::Shop;

/// One kind of request, asked of all.
pub(crate) struct Look {
    pub(crate) name: &'static str,
    /// Of the answer's body.
    pub(crate) bytes: usize,
    pub(crate) rows: Vec<(&'static str, Option<Round>)>,
}

/// What is asked, and who is asked besides.
struct Asked {
    name: &'static str,
    form: String,
    more_headers: &'static str,
    looks_up: bool,
    caches: bool,
}

/// Measures all of them.
pub(crate) fn measure(shop: &Shop, pace: Pace) -> Vec<Look> {
    let ids: Vec<String> = shop.orders.iter().map(ToString::to_string).collect();
    let status = |more: String| shop.form("status", &more);
    let asked = |name, form| Asked {
        name,
        form,
        more_headers: "",
        looks_up: false,
        caches: true,
    };
    let all = [
        Asked {
            looks_up: true,
            ..asked(STATUS, status(format!("&order={}", ids[0])))
        },
        Asked {
            looks_up: true,
            ..asked(STATUSES, status(format!("&orders={}", ids.join(","))))
        },
        asked(BALANCE, shop.form("balance", "")),
        asked(SERVICES, shop.form("services", "")),
        Asked {
            more_headers: "Accept-Encoding: gzip\r\n",
            caches: false,
            ..asked(GZIP, shop.form("services", ""))
        },
    ];
    all.iter().map(|asked| look(shop, pace, asked)).collect()
}

fn look(shop: &Shop, pace: Pace, asked: &Asked) -> Look {
    let body = settled(shop, asked);
    let bytes = body.len();
    let (form, folder) = (&asked.form, shop.folder());
    let mut peers = vec![(BARE, Some(Peer::fixed(&folder, &body)))];
    if asked.looks_up {
        let ids: Vec<String> = shop.orders.iter().map(ToString::to_string).collect();
        let orders = shop.form("status", &format!("&orders={}", ids.join(",")));
        let orders = shop.answer(&orders, "");
        peers.push((LOOKUP, Some(Peer::lookup(&folder, &shop.key, &orders))));
    }
    if asked.caches {
        peers.push((NGINX, Peer::nginx(&folder, shop.gateway.address)));
    }
    let servers = [(PANELGATE, Some(shop.server()))].into_iter();
    let servers = servers.chain(
        peers
            .iter()
            .map(|(name, peer)| (*name, peer.as_ref().map(Peer::server))),
    );
    let servers: Vec<(&str, Option<Server>)> = servers.collect();
    let ask = Arc::new(Ask::same(form, asked.more_headers, body));
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); servers.len()];
    // In turn, so that a noisy moment strikes all of them.
    for _ in 0..pace.rounds {
        for ((_, server), rounds) in servers.iter().zip(&mut rounds) {
            if let Some(server) = *server {
                let ask = Arc::clone(&ask);
                let round = shop.runtime.spawn(async move {
                    closed::run(server, &ask, CONNECTIONS, pace.look).await.0
                });
                rounds.push(shop.runtime.block_on(round).expect("every answer is right"));
            }
        }
    }
    let rows = servers.into_iter().zip(rounds);
    let rows = rows.map(|((name, server), rounds)| (name, server.map(|_| closed::median(rounds))));
    Look {
        name: asked.name,
        bytes,
        rows: rows.collect(),
    }
}

/// The answer, once it is the same twice: a long list is compressed after it was asked for.
fn settled(shop: &Shop, asked: &Asked) -> Vec<u8> {
    let answer = || shop.answer(&asked.form, asked.more_headers);
    let mut last = answer();
    loop {
        std::thread::sleep(SETTLED);
        let next = answer();
        if next == last {
            return next;
        }
        last = next;
    }
}

impl Look {
    /// Requests per second, of who was asked.
    pub(crate) fn of(&self, name: &str) -> Option<f64> {
        let (_, round) = self.rows.iter().find(|(row, _)| *row == name)?;
        round.map(|round| round.per_second)
    }

    /// The part of a peer's that panelgate does.
    pub(crate) fn ratio(&self, peer: &str) -> Option<f64> {
        Some(self.of(PANELGATE)? / self.of(peer)?)
    }
}

pub(crate) const STATUS: &str = "`status` of an order";
pub(crate) const STATUSES: &str = "`status` of 100 orders";
pub(crate) const BALANCE: &str = "`balance`";
pub(crate) const SERVICES: &str = "`services`, 5,000 of them";
pub(crate) const GZIP: &str = "`services`, compressed";

pub(crate) const PANELGATE: &str = "panelgate";
pub(crate) const BARE: &str = "bare hyper, same bytes";
pub(crate) const LOOKUP: &str = "bare hyper, reads, looks up, renders";
pub(crate) const NGINX: &str = "nginx `proxy_cache`";

/// Kept ones.
pub(crate) const CONNECTIONS: usize = 64;
const SETTLED: std::time::Duration = std::time::Duration::from_millis(500);
