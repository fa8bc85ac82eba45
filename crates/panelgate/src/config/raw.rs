//! The files as they are written: every key of the contract, nothing checked but its type. `None` is "not written".
//!
//! Every value knows its place ([`Spanned`]), so that later errors can point at it. No `flatten`: it loses the places.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::value::Datetime;

/// A value that may be left out.
pub(crate) type Maybe<T> = Option<Spanned<T>>;
/// A list whose elements know their places.
pub(crate) type List<T> = Maybe<Vec<Spanned<T>>>;
/// A table with names of the operator's choice.
pub(crate) type Named<T> = BTreeMap<Spanned<String>, Spanned<T>>;

/// `panelgate.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Main {
    pub(crate) server: Maybe<Server>,
    pub(crate) operator: Maybe<Operator>,
    pub(crate) store: Maybe<Store>,
    pub(crate) money: Maybe<Money>,
    pub(crate) orders: Maybe<Orders>,
    pub(crate) status: Maybe<Status>,
    pub(crate) subscriptions: Maybe<Subscriptions>,
    pub(crate) sync: Maybe<Sync>,
    #[serde(default)]
    pub(crate) panels: Named<Panel>,
}

/// `[server]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Server {
    pub(crate) listen: Maybe<String>,
    pub(crate) paths: List<String>,
    pub(crate) get_add: Maybe<bool>,
    pub(crate) stop_within: Maybe<String>,
    pub(crate) trusted_proxies: List<String>,
    pub(crate) proxy_protocol: Maybe<bool>,
    pub(crate) limits: Maybe<Limits>,
    pub(crate) tls: Maybe<Tls>,
}

/// `[server.tls]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Tls {
    pub(crate) certificate: Maybe<String>,
    pub(crate) key: Maybe<String>,
}

/// `[server.limits]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Limits {
    pub(crate) connections: Maybe<i64>,
    pub(crate) per_address: Maybe<i64>,
    pub(crate) head: Maybe<String>,
    pub(crate) body: Maybe<String>,
    pub(crate) write: Maybe<String>,
    pub(crate) body_bytes: Maybe<i64>,
    pub(crate) bodies_bytes: Maybe<i64>,
    pub(crate) add_per_second: Maybe<i64>,
    pub(crate) reads_per_second: Maybe<i64>,
    pub(crate) wrong_keys_per_minute: Maybe<i64>,
}

/// `[operator]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Operator {
    pub(crate) listen: Maybe<String>,
}

/// `[store]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Store {
    pub(crate) url: Maybe<String>,
}

/// `[money]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Money {
    pub(crate) currency: Maybe<String>,
    #[serde(default)]
    pub(crate) exchange: Named<Exchange>,
    pub(crate) exchange_max_age: Maybe<String>,
}

/// `"1.09"` or `{ rate = "1.09", as_of = 2026-11-20 }`
#[derive(Debug)]
pub(crate) enum Exchange {
    /// Never ages. The text's place is the entry's own.
    Bare(String),
    /// Ages from a day on.
    Dated(DatedRate),
}

/// The long form of an exchange rate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct DatedRate {
    pub(crate) rate: Maybe<String>,
    pub(crate) as_of: Maybe<Datetime>,
}

/// `[orders]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Orders {
    pub(crate) add_wait: Maybe<String>,
    pub(crate) route_wait: Maybe<String>,
    pub(crate) open_for: Maybe<String>,
    pub(crate) open_max: Maybe<i64>,
    pub(crate) late_answer: Maybe<String>,
    pub(crate) evidence_after: Maybe<String>,
}

/// `[status]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Status {
    pub(crate) wait: Maybe<String>,
    pub(crate) gather: Maybe<String>,
    pub(crate) fresh_for: Maybe<String>,
    pub(crate) look_at_least_every: Maybe<String>,
    pub(crate) recheck_for: Maybe<String>,
}

/// `[subscriptions]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Subscriptions {
    pub(crate) max_posts: Maybe<i64>,
}

/// `[sync]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Sync {
    pub(crate) quarantine_percent: Maybe<String>,
    pub(crate) shrink_guard: Maybe<String>,
    pub(crate) on_rename: Maybe<String>,
    pub(crate) at_least_every: Maybe<String>,
    pub(crate) at_most_every: Maybe<String>,
}

/// `[panels.NAME]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Panel {
    pub(crate) url: Maybe<String>,
    pub(crate) key: Maybe<Secret>,
    pub(crate) currency: Maybe<String>,
    pub(crate) orders: Maybe<bool>,
    pub(crate) requests_per_second: Maybe<i64>,
    pub(crate) max_in_flight: Maybe<i64>,
    pub(crate) timeout: Maybe<String>,
    pub(crate) back_off: Maybe<String>,
    pub(crate) status_batch: Maybe<i64>,
    pub(crate) max_unconfirmed: Maybe<i64>,
    pub(crate) max_unconfirmed_money: Maybe<String>,
    pub(crate) probe_ids: Maybe<i64>,
    pub(crate) resolve_by_evidence: Maybe<bool>,
    pub(crate) subscriptions: Maybe<String>,
    pub(crate) allow_private: Maybe<bool>,
    pub(crate) refusals: Maybe<Refusals>,
}

/// `refusals = { order = [], panel = [], throttled = [] }`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Refusals {
    pub(crate) order: List<String>,
    pub(crate) panel: List<String>,
    pub(crate) throttled: List<String>,
}

/// `{ env = "X" }` or `{ file = "…" }`
#[derive(Debug)]
pub(crate) enum Secret {
    /// A secret in the file itself: refused, but without repeating it.
    Plain,
    /// Where it is kept.
    Kept(Keeper),
}

/// Where a secret is kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Keeper {
    pub(crate) env: Maybe<String>,
    pub(crate) file: Maybe<String>,
}

/// `markup.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Markup {
    pub(crate) default: Maybe<Terms>,
    #[serde(default)]
    pub(crate) rule: Vec<Spanned<Rule>>,
}

/// `[default]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Terms {
    pub(crate) percent: Maybe<String>,
    pub(crate) fixed: Maybe<String>,
    pub(crate) tiers: List<Tier>,
    /// Only to say that it belongs to rules.
    pub(crate) rate: Maybe<String>,
    pub(crate) min_rate: Maybe<String>,
    pub(crate) round_up_to: Maybe<String>,
    pub(crate) min_margin_percent: Maybe<String>,
    pub(crate) on_loss: Maybe<String>,
}

/// `[[rule]]`: a condition, and what it changes of `[default]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Rule {
    pub(crate) name: Maybe<String>,
    pub(crate) group: Maybe<String>,
    pub(crate) customer: Maybe<String>,
    pub(crate) panel: Maybe<String>,
    pub(crate) category: Maybe<String>,
    pub(crate) service_name: Maybe<String>,
    pub(crate) r#type: Maybe<String>,
    pub(crate) services: List<i64>,
    pub(crate) cost_from: Maybe<String>,
    pub(crate) cost_below: Maybe<String>,
    pub(crate) percent: Maybe<String>,
    pub(crate) fixed: Maybe<String>,
    pub(crate) tiers: List<Tier>,
    pub(crate) rate: Maybe<String>,
    pub(crate) min_rate: Maybe<String>,
    pub(crate) round_up_to: Maybe<String>,
    pub(crate) min_margin_percent: Maybe<String>,
    pub(crate) on_loss: Maybe<String>,
}

/// `{ from = 1000, percent = "15" }`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Tier {
    pub(crate) from: Maybe<i64>,
    pub(crate) percent: Maybe<String>,
}

/// `services.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Services {
    #[serde(default)]
    pub(crate) import: Vec<Spanned<Import>>,
    #[serde(default)]
    pub(crate) service: Vec<Spanned<Service>>,
    #[serde(default)]
    pub(crate) r#override: Vec<Spanned<Override>>,
    pub(crate) routing: Maybe<Routing>,
}

/// `[routing]`: which panels are avoided.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Routing {
    pub(crate) max_refused_percent: Maybe<i64>,
    pub(crate) max_canceled_percent: Maybe<i64>,
    pub(crate) max_partial_percent: Maybe<i64>,
    pub(crate) min_orders: Maybe<i64>,
}

/// `[[override]]`: what is said of an imported service in place of the panel's words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Override {
    pub(crate) service: Maybe<i64>,
    pub(crate) panel: Maybe<String>,
    pub(crate) offer: Maybe<String>,
    pub(crate) name: Maybe<String>,
    pub(crate) category: Maybe<String>,
    pub(crate) min: Maybe<i64>,
    pub(crate) max: Maybe<i64>,
    pub(crate) description: Maybe<String>,
    pub(crate) sell: Maybe<bool>,
}

/// `[[import]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Import {
    pub(crate) panel: Maybe<String>,
    pub(crate) category: List<String>,
    pub(crate) name: List<String>,
    pub(crate) r#type: List<String>,
}

/// `[[service]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Service {
    pub(crate) id: Maybe<i64>,
    pub(crate) name: Maybe<String>,
    pub(crate) category: Maybe<String>,
    pub(crate) min: Maybe<i64>,
    pub(crate) max: Maybe<i64>,
    pub(crate) description: Maybe<String>,
    pub(crate) strategy: Maybe<String>,
    pub(crate) routing: Maybe<Routing>,
    pub(crate) routes: List<Route>,
}

/// `{ panel = "beta", service = "77", weight = 2 }`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct Route {
    pub(crate) panel: Maybe<String>,
    pub(crate) service: Maybe<String>,
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
