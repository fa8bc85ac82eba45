//! The configuration: three files in, one [`Config`] out, or everything that is wrong with them.
//!
//! Two stages: [`raw`] is what is written, [`resolve`] turns it into types that cannot be wrong. Files and environment are
//! read here and nowhere else. Start with [`Config::load`].

mod diagnostic;
mod mask;
mod parse;
pub(crate) mod raw;
mod resolve;
mod source;
mod spanned;
mod suggest;
mod tls;
mod value;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use panelgate_domain::catalogue::Definitions;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::family::Share;
use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::markup::Markup;
use panelgate_domain::money::Money as Amount;
use panelgate_domain::sync::Policy;
use panelgate_domain::time::Timestamp;
use rust_decimal::Decimal;
use secrecy::SecretString;
use url::Url;

pub(crate) use diagnostic::Diagnostics;
use source::Sources;
pub(crate) use suggest::mend as suggest;
pub(crate) use tls::Tls;

/// Everything an operator decides, valid as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// SHA-256 over the three files: a reload with the same one changes nothing. Secrets' values are not part of it.
    pub(crate) digest: [u8; 32],
    /// What is probably not as meant.
    pub(crate) warnings: Diagnostics,
    /// The customers' listener.
    pub(crate) server: Server,
    /// What the customers' listener shows; `None`: it speaks no TLS.
    pub(crate) tls: Option<Tls>,
    /// The operators' listener.
    pub(crate) operator_listen: SocketAddr,
    /// The SQLite file.
    pub(crate) store_path: PathBuf,
    /// Where `services.toml` is, or would be.
    pub(crate) services_path: PathBuf,
    /// Currencies.
    pub(crate) money: Money,
    /// How orders are placed.
    pub(crate) orders: Orders,
    /// How orders are looked at.
    pub(crate) status: Status,
    /// New posts of a subscription whose customer names no number; `None`: a number has to be named.
    pub(crate) max_posts: Option<u64>,
    /// How panels' lists are followed.
    pub(crate) sync: Sync,
    /// When orders that have ended leave the store; `None`: when somebody says so.
    pub(crate) retention: Option<Retention>,
    /// Where orders go, by name.
    pub(crate) panels: Vec<Panel>,
    /// What we earn.
    pub(crate) markup: Markup,
    /// What we sell.
    pub(crate) definitions: Definitions,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// Where customers connect.
    pub(crate) listen: SocketAddr,
    /// Whether it speaks TLS.
    pub(crate) is_tls: bool,
    /// Paths of the API: each begins with `/`, none ends with one, none is there twice.
    pub(crate) paths: Vec<String>,
    /// The API's URL on the page for customers; `None`: what their browsers call us.
    pub(crate) public_url: Option<String>,
    /// Whether orders may come by GET.
    pub(crate) get_add: bool,
    /// Longest wait for calls to panels that are under way when the gateway stops.
    pub(crate) stop_within: Duration,
    /// Proxies that are believed when they say who a client is.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Whether their connections begin with a header of the PROXY protocol.
    pub(crate) proxy_protocol: bool,
    /// Bounds.
    pub(crate) limits: Limits,
}

/// `[server.limits]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Connections at a time from one address.
    pub(crate) per_address: usize,
    /// Longest time for a request's head, and for an idle connection.
    pub(crate) head: Duration,
    /// Longest time for a request's body.
    pub(crate) body: Duration,
    /// Longest time until a client has taken an answer.
    pub(crate) write: Duration,
    /// Largest body.
    pub(crate) body_bytes: usize,
    /// Memory for all bodies together, beyond a little for each; at least `body_bytes`.
    pub(crate) bodies_bytes: usize,
    /// `add`, `refill` and `cancel` per key.
    pub(crate) add_per_second: NonZeroU32,
    /// Everything else per key.
    pub(crate) reads_per_second: NonZeroU32,
    /// Wrong keys per address that are answered as such.
    pub(crate) wrong_keys_per_minute: NonZeroU32,
}

/// `[money]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    /// What we sell in.
    pub(crate) currency: Currency,
    /// Days from which rates age; those without one never do.
    pub(crate) as_of: BTreeMap<Currency, Timestamp>,
    /// How old a rate may be.
    pub(crate) max_age: Duration,
    /// What one unit of another currency is worth in ours.
    pub(crate) rates: BTreeMap<Currency, Decimal>,
}

/// `[orders]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Longest wait of a customer for the answer to `add`.
    pub(crate) add_wait: Duration,
    /// Longest wait for a token and a slot of one route.
    pub(crate) route_wait: Duration,
    /// How long an order may wait unsent.
    pub(crate) open_for: Duration,
    /// How many orders may wait unsent.
    pub(crate) open_max: u64,
    /// How long an answer is listened for after a panel's `timeout`.
    pub(crate) late_answer: Duration,
    /// How long an outcome is unknown before it is looked for.
    pub(crate) evidence_after: Duration,
}

/// `[status]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// Longest wait of a customer for a panel.
    pub(crate) wait: Duration,
    /// How long a panel's desk gathers ids for one call.
    pub(crate) gather: Duration,
    /// A younger fact is answered as it is.
    pub(crate) fresh_for: Duration,
    /// Longest time between two looks at a live order.
    pub(crate) look_at_least_every: Duration,
    /// How long after its end an order is looked at for a later change.
    pub(crate) recheck_for: Duration,
}

/// `[sync]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sync {
    /// How much of a change is believed without asking.
    pub(crate) policy: Policy,
    /// Longest time between two syncs.
    pub(crate) at_least_every: Duration,
    /// Shortest time between two syncs.
    pub(crate) at_most_every: Duration,
}

/// `[retention]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Calendar months after their end.
    pub(crate) months: u32,
    /// Where the archives are.
    pub(crate) folder: PathBuf,
}

/// `[panels.NAME]`
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    /// Its name.
    pub(crate) name: PanelName,
    /// Where its API is.
    pub(crate) url: Url,
    /// Our key there; `None` if the configuration was loaded with [`Keys::Leave`].
    pub(crate) key: Option<SecretString>,
    /// The currency of its rates and charges.
    pub(crate) currency: Currency,
    /// Whether it gets new orders.
    pub(crate) orders: bool,
    /// Calls per second.
    pub(crate) requests_per_second: NonZeroU32,
    /// Calls at a time.
    pub(crate) max_in_flight: u32,
    /// Longest time for one call.
    pub(crate) timeout: Duration,
    /// A panel that is down is tried again so often at least.
    pub(crate) back_off: Duration,
    /// Ids in one status call, 1 to 100.
    pub(crate) status_batch: usize,
    /// With this many orders of unknown outcome it gets no new ones.
    pub(crate) max_unconfirmed: u32,
    /// With so much of our currency held for them it gets no new ones either; without it, however much that is.
    pub(crate) max_unconfirmed_money: Option<Amount>,
    /// So many ids that may be those of such orders are asked about at a time; 0: none.
    pub(crate) probe_ids: u32,
    /// Whether what is found out decides, where one reading is left.
    pub(crate) resolve_by_evidence: bool,
    /// What a post of a subscription is to its money: whether it charges each when it makes it, or all at once.
    pub(crate) posts: Share,
    /// Whether http and private addresses are fine.
    pub(crate) allow_private: bool,
    /// More texts of this panel's refusals, as globs.
    pub(crate) refusals: Refusals,
}

/// `refusals`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusals {
    /// About the order.
    pub(crate) order: Vec<String>,
    /// About the panel.
    pub(crate) panel: Vec<String>,
    /// That we ask too often.
    pub(crate) throttled: Vec<String>,
}

/// Whether the panels' keys are read. Commands that call no panel do without: whoever runs them may not have the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// From the environment and from files; a missing one is an error.
    Read,
    /// Not at all.
    Leave,
}

impl Config {
    /// Reads `panelgate.toml`, and `markup.toml` and `services.toml` beside it.
    ///
    /// # Errors
    /// Everything that is wrong with all three of them.
    pub(crate) fn load(path: &Path, keys: Keys) -> Result<Self, Diagnostics> {
        resolve::resolve(Sources::read(path), keys)
    }

    /// The same with another file in the place of `markup.toml`.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub(crate) fn load_with_markup(
        path: &Path,
        markup: &Path,
        keys: Keys,
    ) -> Result<Self, Diagnostics> {
        resolve::resolve(Sources::read_with_markup(path, Some(markup)), keys)
    }

    /// The same with another text in the place of what `services.toml` says.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub(crate) fn load_with_services(
        path: &Path,
        services: &str,
        keys: Keys,
    ) -> Result<Self, Diagnostics> {
        resolve::resolve(Sources::read(path).with_services(services), keys)
    }

    /// What [`Config::digest`] would be if the files were loaded now: cheap enough to look every few seconds.
    ///
    /// # Errors
    /// `panelgate.toml` cannot be read.
    pub(crate) fn digest(path: &Path) -> io::Result<[u8; 32]> {
        std::fs::metadata(path)?;
        Ok(Sources::read(path).digest())
    }

    /// The keys that `new` changes and that are only read at a start, a line each.
    pub(crate) fn needs_restart(&self, new: &Self) -> Vec<String> {
        let (old_orders, new_orders) = (&self.orders, &new.orders);
        let (old_status, new_status) = (&self.status, &new.status);
        let changed = [
            ("[server]", self.server != new.server),
            (
                "operator.listen",
                self.operator_listen != new.operator_listen,
            ),
            ("store.url", self.store_path != new.store_path),
            ("money.currency", self.money.currency != new.money.currency),
            (
                "orders.add_wait",
                old_orders.add_wait != new_orders.add_wait,
            ),
            (
                "orders.route_wait",
                old_orders.route_wait != new_orders.route_wait,
            ),
            (
                "orders.open_for",
                old_orders.open_for != new_orders.open_for,
            ),
            (
                "orders.open_max",
                old_orders.open_max != new_orders.open_max,
            ),
            ("subscriptions.max_posts", self.max_posts != new.max_posts),
            ("status.wait", old_status.wait != new_status.wait),
            (
                "status.fresh_for",
                old_status.fresh_for != new_status.fresh_for,
            ),
            (
                "status.look_at_least_every",
                old_status.look_at_least_every != new_status.look_at_least_every,
            ),
            (
                "status.recheck_for",
                old_status.recheck_for != new_status.recheck_for,
            ),
            ("[sync]", self.sync != new.sync),
            ("[retention]", self.retention != new.retention),
        ];
        let changed = changed.into_iter().filter(|(_, changed)| *changed);
        changed
            .map(|(key, _)| format!("{key} needs a restart to take effect"))
            .collect()
    }
}

impl Money {
    /// The exchange rates that are young enough at `now`. Offers in other currencies are not sold.
    pub(crate) fn exchange_at(&self, now: Timestamp) -> Exchange {
        let mut rates = self.rates.clone();
        rates.retain(|currency, _| !self.is_stale(currency, now));
        let exchange = Exchange::new(self.currency.clone(), rates);
        let ages = self.as_of.iter();
        ages.fold(exchange, |exchange, (currency, day)| {
            exchange.aging(currency.clone(), *day, self.max_age)
        })
    }

    /// Whether the rate of a currency is too old.
    pub(crate) fn is_stale(&self, currency: &Currency, now: Timestamp) -> bool {
        self.as_of
            .get(currency)
            .is_some_and(|day| now.since(*day) > self.max_age)
    }
}

#[cfg(test)]
mod tests;
