//! The files as they are written: every key of the contract, nothing checked but its type. `None` is "not written".
//!
//! Every value knows its place ([`Spanned`]), so that later errors can point at it. No `flatten`: it loses the places.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::value::Datetime;

use super::spanned::Spanned;

/// A value that may be left out.
pub(crate) type Maybe<T> = Option<Spanned<T>>;
/// A list whose elements know their places.
pub(crate) type List<T> = Maybe<Vec<Spanned<T>>>;
/// A table with names of the operator's choice.
pub(crate) type Named<T> = BTreeMap<Spanned<String>, Spanned<T>>;

/// `panelgate.toml`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Main {
    /// The customers' listener.
    pub(crate) server: Maybe<Server>,
    /// The operators' listener: metrics and health.
    pub(crate) operator: Maybe<Operator>,
    /// The books.
    pub(crate) store: Maybe<Store>,
    /// Currencies.
    pub(crate) money: Maybe<Money>,
    /// How orders are placed.
    pub(crate) orders: Maybe<Orders>,
    /// How orders are looked at.
    pub(crate) status: Maybe<Status>,
    /// Orders for posts that nobody has written yet, paid in advance.
    pub(crate) subscriptions: Maybe<Subscriptions>,
    /// How the panels' lists are followed, and how much of a change is believed.
    pub(crate) sync: Maybe<Sync>,
    /// How long orders that have ended stay in the store. Without it: until `panelgate archive` moves them.
    pub(crate) retention: Maybe<Retention>,
    /// The panels we buy from. A name is a label in metrics and for ever part of its orders.
    #[serde(default)]
    pub(crate) panels: Named<Panel>,
}

/// `[server]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Server {
    /// Address and port. Default: `"127.0.0.1:8080"`.
    pub(crate) listen: Maybe<String>,
    /// Paths of the API; a trailing `/` is the same place. Default: `["/api/v2"]`.
    pub(crate) paths: List<String>,
    /// The API's URL on the page for customers: needed where a proxy in front has the certificate. Without it: what their
    /// browsers call us.
    pub(crate) public_url: Maybe<String>,
    /// Whether orders may come by GET, where proxies log them. Default: `false`.
    pub(crate) get_add: Maybe<bool>,
    /// When it stops, calls to panels that are under way get so long, and customers are served meanwhile; what is opened then
    /// waits for the next start. Default: `"25s"`.
    pub(crate) stop_within: Maybe<String>,
    /// Addresses and networks of proxies that say who a client is, by X-Forwarded-For or Forwarded. Default: `[]`.
    pub(crate) trusted_proxies: List<String>,
    /// Whether their connections begin with a header of the PROXY protocol, version 1 or 2. Default: `false`.
    pub(crate) proxy_protocol: Maybe<bool>,
    /// Bounds.
    pub(crate) limits: Maybe<Limits>,
    /// TLS 1.2 and 1.3. Without it customers are served over http.
    pub(crate) tls: Maybe<Tls>,
}

/// `[server.tls]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Tls {
    /// Required. A PEM file, the server's own certificate first. A new one is taken over while it runs.
    pub(crate) certificate: Maybe<String>,
    /// Required. A PEM file.
    pub(crate) key: Maybe<String>,
}

/// `[server.limits]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Limits {
    /// Connections at a time. Default: `10_000`.
    pub(crate) connections: Maybe<i64>,
    /// Connections at a time from one address (IPv6: from one /64); behind a trusted proxy: requests at a time. Default: `1_000`.
    pub(crate) per_address: Maybe<i64>,
    /// Longest time for a request's head, and for a TLS handshake before the first. Default: `"10s"`.
    pub(crate) head: Maybe<String>,
    /// Longest time for a request's body. Default: `"15s"`.
    pub(crate) body: Maybe<String>,
    /// Longest time until a client has taken an answer. Default: `"60s"`.
    pub(crate) write: Maybe<String>,
    /// Largest body. Default: `1_048_576`.
    pub(crate) body_bytes: Maybe<i64>,
    /// Memory for all bodies that are being read, beyond 16 KiB for each; who needs more than is left gets `Too many
    /// requests`. Default: `67_108_864`.
    pub(crate) bodies_bytes: Maybe<i64>,
    /// `add`, `refill` and `cancel` per key. Default: `100`.
    pub(crate) add_per_second: Maybe<i64>,
    /// Everything else per key. Default: `1_000`.
    pub(crate) reads_per_second: Maybe<i64>,
    /// Wrong keys per address (IPv6: per /64) that are answered as such; more get `Too many requests`, right keys never do.
    /// Default: `60`.
    pub(crate) wrong_keys_per_minute: Maybe<i64>,
}

/// `[operator]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Operator {
    /// Address and port, never those of the customers' listener. Default: `"127.0.0.1:8081"`.
    pub(crate) listen: Maybe<String>,
}

/// `[store]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Store {
    /// The SQLite file, relative to this one. Default: `"sqlite:data/panelgate.db"`.
    pub(crate) url: Maybe<String>,
}

/// `[money]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Money {
    /// What customers pay in; fixed for ever by the first start. Default: `"USD"`.
    pub(crate) currency: Maybe<String>,
    /// What one unit of a panel's currency is worth in ours, by currency. A bare text never ages.
    #[serde(default)]
    pub(crate) exchange: Named<Exchange>,
    /// How old a rate with `as_of` may be. Beyond it nothing is sold that is paid for in that currency; half way there a
    /// warning says so. Default: `"30d"`.
    pub(crate) exchange_max_age: Maybe<String>,
}

/// `"1.09"` or `{ rate = "1.09", as_of = 2026-11-20 }`
#[derive(Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(untagged))]
pub(crate) enum Exchange {
    /// Never ages. The text's place is the entry's own.
    Bare(String),
    /// Ages from a day on.
    Dated(DatedRate),
}

/// The long form of an exchange rate.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct DatedRate {
    /// Required. Our currency for one of the other.
    pub(crate) rate: Maybe<String>,
    /// Required. The day from which it ages.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) as_of: Maybe<Datetime>,
}

/// `[orders]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Orders {
    /// Longest wait of a customer for the answer to `add`; old clients give up after 10 s. Default: `"8s"`.
    pub(crate) add_wait: Maybe<String>,
    /// Longest wait for one route before the next is tried. Default: `"2s"`.
    pub(crate) route_wait: Maybe<String>,
    /// An order that no panel takes for so long is closed and paid back. Default: `"2h"`.
    pub(crate) open_for: Maybe<String>,
    /// So many orders may wait; then `add` answers an error. Default: `10_000`.
    pub(crate) open_max: Maybe<i64>,
    /// An answer to `add` is still listened for so long after the panel's `timeout`. Default: `"120s"`.
    pub(crate) late_answer: Maybe<String>,
    /// An order of unknown outcome is looked for after so long, and then less and less often. Default: `"5m"`.
    pub(crate) evidence_after: Maybe<String>,
}

/// `[status]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Status {
    /// Longest wait of a customer for a fresh status. Default: `"1500ms"`.
    pub(crate) wait: Maybe<String>,
    /// Ids are gathered so long into one call. Default: `"25ms"`.
    pub(crate) gather: Maybe<String>,
    /// A younger fact is answered without asking the panel. Default: `"15s"`.
    pub(crate) fresh_for: Maybe<String>,
    /// Every live order is looked at so often, asked or not. Default: `"1h"`.
    pub(crate) look_at_least_every: Maybe<String>,
    /// An ended order is looked at now and then for so long: a later refund is passed on. Default: `"7d"`.
    pub(crate) recheck_for: Maybe<String>,
}

/// `[subscriptions]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Subscriptions {
    /// A customer who names no number of posts pays for so many in advance, and the panel is told so. Without it such a
    /// subscription is refused.
    pub(crate) max_posts: Maybe<i64>,
}

/// `[sync]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Sync {
    /// A cost that moved further since it was approved waits for `panelgate services approve`; until then the old price is
    /// sold, but only as far as it covers the new cost. Default: `"20"`.
    pub(crate) quarantine_percent: Maybe<String>,
    /// A list that keeps less of the last one, in percent, is not believed. Default: `"50"`.
    pub(crate) shrink_guard: Maybe<String>,
    /// `keep` sells on under the old name, `disable` not before it is approved. Default: `"keep"`.
    pub(crate) on_rename: Maybe<String>,
    /// Longest time between two syncs: for a list that hardly ever changes. Default: `"6h"`.
    pub(crate) at_least_every: Maybe<String>,
    /// Shortest time: for one that always does. Default: `"10m"`.
    pub(crate) at_most_every: Maybe<String>,
}

/// `[retention]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Retention {
    /// Required. Once a day, orders that ended so many months before, and that nothing happened to since, are moved to an archive.
    pub(crate) months: Maybe<i64>,
    /// Required. Where the archives are, a file for each year, relative to this file.
    pub(crate) folder: Maybe<String>,
}

/// `[panels.NAME]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Panel {
    /// Required. Where its API is.
    pub(crate) url: Maybe<String>,
    /// Required. Our key there, by where it is kept; never the key itself.
    pub(crate) key: Maybe<Secret>,
    /// Required. The currency of its rates and charges.
    pub(crate) currency: Maybe<String>,
    /// Whether it gets new orders; everything else goes on either way. Default: `true`.
    pub(crate) orders: Maybe<bool>,
    /// Calls per second. Default: `10`.
    pub(crate) requests_per_second: Maybe<i64>,
    /// Calls at a time. Default: `8`.
    pub(crate) max_in_flight: Maybe<i64>,
    /// Longest time for one call. Default: `"20s"`.
    pub(crate) timeout: Maybe<String>,
    /// A panel that is down is tried again so often at least. Default: `"10s"`.
    pub(crate) back_off: Maybe<String>,
    /// Ids in one status call, 1 to 100. Default: `100`.
    pub(crate) status_batch: Maybe<i64>,
    /// With so many orders of unknown outcome it gets no new ones. Default: `20`.
    pub(crate) max_unconfirmed: Maybe<i64>,
    /// With so much of our currency held for them it gets no new ones either. Without it: however much that is.
    pub(crate) max_unconfirmed_money: Maybe<String>,
    /// To find such orders, `status` is asked for so many ids between those of known orders; 0: never. Default: `0`.
    pub(crate) probe_ids: Maybe<i64>,
    /// Whether what is found decides where one reading is left; else it is only shown by `orders show`. Not for a key that
    /// others order with, too, nor for a panel whose ids do not grow. Default: `false`.
    pub(crate) resolve_by_evidence: Maybe<bool>,
    /// `each_post`: it charges a post when it makes an order for it; `all_posts`: all of them at once. Default:
    /// `"each_post"`.
    pub(crate) subscriptions: Maybe<String>,
    /// Whether http and private or loopback addresses are fine: only for panels in your own network. Default: `false`.
    pub(crate) allow_private: Maybe<bool>,
    /// More error texts of this panel, with `*` and `?` as wild cards.
    pub(crate) refusals: Maybe<Refusals>,
}

/// `refusals = { order = [], panel = [], throttled = [] }`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Refusals {
    /// About the order: it is closed and paid back. Default: `[]`.
    pub(crate) order: List<String>,
    /// About the panel: the next route is tried. Default: `[]`.
    pub(crate) panel: List<String>,
    /// That we ask too often: the panel is asked less. Default: `[]`.
    pub(crate) throttled: List<String>,
}

/// `{ env = "X" }` or `{ file = "…" }`
#[derive(Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(untagged))]
pub(crate) enum Secret {
    /// A secret in the file itself: refused, but without repeating it.
    #[cfg_attr(test, schemars(skip))]
    Plain,
    /// Where it is kept.
    Kept(Keeper),
}

/// Where a secret is kept.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Keeper {
    /// The name of an environment variable.
    pub(crate) env: Maybe<String>,
    /// The path of a file, relative to this one.
    pub(crate) file: Maybe<String>,
}

/// `markup.toml`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Markup {
    /// Required. What holds where no rule says otherwise.
    pub(crate) default: Maybe<Terms>,
    /// Rules, in their order: the first one that matches wins.
    #[serde(default)]
    pub(crate) rule: Vec<Spanned<Rule>>,
}

/// `[default]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Terms {
    /// Required. Added to the cost, in percent of it.
    pub(crate) percent: Maybe<String>,
    /// Added per 1000 (or per package), in our currency. Default: `"0"`.
    pub(crate) fixed: Maybe<String>,
    /// Other percentages for large orders, all runs of a drip-feed together: each from so many units on, for the whole order,
    /// and smaller than the one before. Default: none.
    pub(crate) tiers: List<Tier>,
    /// Belongs to rules: here it is an error.
    pub(crate) rate: Maybe<String>,
    /// No rate is below this. Default: `"0"`.
    pub(crate) min_rate: Maybe<String>,
    /// Rates are rounded up to a multiple of this. Default: `"0.000001"`.
    pub(crate) round_up_to: Maybe<String>,
    /// An order with a smaller margin over its cost at the moment of sending is a loss. Default: `"0"`.
    pub(crate) min_margin_percent: Maybe<String>,
    /// `refuse`: such a route is skipped, and what would always be a loss is not listed; `accept`: it is sold all the same.
    /// Default: `"refuse"`.
    pub(crate) on_loss: Maybe<String>,
}

/// `[[rule]]`: a condition, and what it changes of `[default]`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Rule {
    /// Required. Its name, for `services explain` and messages.
    pub(crate) name: Maybe<String>,
    /// Condition: the customer's price group.
    pub(crate) group: Maybe<String>,
    /// Condition: the customer's name.
    pub(crate) customer: Maybe<String>,
    /// Condition: the panel the price is based on.
    pub(crate) panel: Maybe<String>,
    /// Condition: the category, with `*` and `?` as wild cards.
    pub(crate) category: Maybe<String>,
    /// Condition: the name, with `*` and `?` as wild cards.
    pub(crate) service_name: Maybe<String>,
    /// Condition: the type.
    pub(crate) r#type: Maybe<String>,
    /// Condition: one of these ids.
    pub(crate) services: List<i64>,
    /// Condition: what 1000 (or a package) cost is so much or more, in our currency.
    pub(crate) cost_from: Maybe<String>,
    /// Condition: it is less than this.
    pub(crate) cost_below: Maybe<String>,
    /// In place of that of `[default]`; without `tiers` in this rule there are none then.
    pub(crate) percent: Maybe<String>,
    /// In place of that of `[default]`.
    pub(crate) fixed: Maybe<String>,
    /// In place of those of `[default]`.
    pub(crate) tiers: List<Tier>,
    /// The whole rate, whatever the cost: in place of `percent`, `fixed` and `tiers`.
    pub(crate) rate: Maybe<String>,
    /// In place of that of `[default]`.
    pub(crate) min_rate: Maybe<String>,
    /// In place of that of `[default]`.
    pub(crate) round_up_to: Maybe<String>,
    /// In place of that of `[default]`.
    pub(crate) min_margin_percent: Maybe<String>,
    /// In place of that of `[default]`.
    pub(crate) on_loss: Maybe<String>,
}

/// `{ from = 1000, percent = "15" }`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Tier {
    /// Required. From so many units on.
    pub(crate) from: Maybe<i64>,
    /// Required. In place of the percentage of its rule.
    pub(crate) percent: Maybe<String>,
}

/// `services.toml`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Services {
    /// Whole lists of panels.
    #[serde(default)]
    pub(crate) import: Vec<Spanned<Import>>,
    /// Services made by hand.
    #[serde(default)]
    pub(crate) service: Vec<Spanned<Service>>,
    /// What is said of imported services in place of the panel's words.
    #[serde(default)]
    pub(crate) r#override: Vec<Spanned<Override>>,
    /// Which panels are tried last.
    pub(crate) routing: Maybe<Routing>,
}

/// `[routing]`: which panels are avoided.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Routing {
    /// Tried last if it refused more of the last 24 hours' orders. Without it that is no reason.
    pub(crate) max_refused_percent: Maybe<i64>,
    /// Tried last if it canceled more of them. Without it that is no reason.
    pub(crate) max_canceled_percent: Maybe<i64>,
    /// Tried last if it delivered more of them in part. Without it that is no reason.
    pub(crate) max_partial_percent: Maybe<i64>,
    /// Fewer orders say nothing. Default: `20`.
    pub(crate) min_orders: Maybe<i64>,
}

/// `[[override]]`: what is said of an imported service in place of the panel's words.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Override {
    /// Which: our id. Either this, or `panel` and `offer`.
    pub(crate) service: Maybe<i64>,
    /// Which: the panel.
    pub(crate) panel: Maybe<String>,
    /// Which: the panel's id.
    pub(crate) offer: Maybe<String>,
    /// Its name here.
    pub(crate) name: Maybe<String>,
    /// Its category here.
    pub(crate) category: Maybe<String>,
    /// A larger least quantity.
    pub(crate) min: Maybe<i64>,
    /// A smaller largest quantity.
    pub(crate) max: Maybe<i64>,
    /// For people: `services explain` and `services list --json`.
    pub(crate) description: Maybe<String>,
    /// Whether it can be bought; its id stays its own. Default: `true`.
    pub(crate) sell: Maybe<bool>,
}

/// `[[import]]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Import {
    /// Required. Whose list.
    pub(crate) panel: Maybe<String>,
    /// Only categories like one of these, with `*` and `?` as wild cards. Without it: all.
    pub(crate) category: List<String>,
    /// Only names like one of these. Without it: all.
    pub(crate) name: List<String>,
    /// Only these types. Without it: all.
    pub(crate) r#type: List<String>,
}

/// `[[service]]`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Service {
    /// Required. An id of your own below 1001; those from there on are given to imports.
    pub(crate) id: Maybe<i64>,
    /// Required. Its name.
    pub(crate) name: Maybe<String>,
    /// Required. Its category.
    pub(crate) category: Maybe<String>,
    /// A larger least quantity than its routes have.
    pub(crate) min: Maybe<i64>,
    /// A smaller largest quantity than its routes have.
    pub(crate) max: Maybe<i64>,
    /// For people: `services explain` and `services list --json`.
    pub(crate) description: Maybe<String>,
    /// Which route an order tries first. `priority`: as they are written; `cheapest`: the least cost; `weighted`: as often as
    /// their weights say. Default: `"priority"`.
    pub(crate) strategy: Maybe<String>,
    /// Which panels are tried last, for this service alone.
    pub(crate) routing: Maybe<Routing>,
    /// Required. Where its orders go.
    pub(crate) routes: List<Route>,
}

/// `{ panel = "beta", service = "77", weight = 2 }`
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Route {
    /// Required. The panel.
    pub(crate) panel: Maybe<String>,
    /// Required. The panel's id.
    pub(crate) service: Maybe<String>,
    /// For `weighted`, 1 to 1000. Default: `1`.
    pub(crate) weight: Maybe<i64>,
}

// === impl Exchange ===

impl<'de> Deserialize<'de> for Exchange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Exchange;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#""1.09" or { rate = "1.09", as_of = 2026-11-20 }"#)
            }

            fn visit_str<E>(self, text: &str) -> Result<Exchange, E> {
                Ok(Exchange::Bare(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Exchange, A::Error> {
                DatedRate::deserialize(MapAccessDeserializer::new(map)).map(Exchange::Dated)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

// === impl Secret ===

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"{ env = "NAME" } or { file = "PATH" }"#)
            }

            fn visit_str<E>(self, _: &str) -> Result<Secret, E> {
                Ok(Secret::Plain)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Secret, E> {
                Ok(Secret::Plain)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Secret, E> {
                Ok(Secret::Plain)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Secret, A::Error> {
                Keeper::deserialize(MapAccessDeserializer::new(map)).map(Secret::Kept)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
