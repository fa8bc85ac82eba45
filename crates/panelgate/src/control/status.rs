//! What `panelgate status` shows: the whole gateway at one glance.

use std::time::Duration;

use panelgate_domain::time::Timestamp;
use panelgate_engine::Engine;
use panelgate_store::StoreError;
use panelgate_store::reports::Profit;
use prometheus::proto::{Metric, MetricFamily};
use serde::{Deserialize, Serialize};

use super::protocol::PanelRow;
use super::server::panel_rows;
use crate::clock;

/// A running gateway now.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    /// Which build it is.
    pub(crate) version: String,
    /// Seconds since its start.
    pub(crate) runs_for: u64,
    /// The revision of the rules in force.
    pub(crate) revision: u64,
    /// Whether the files could be taken over when they were last looked at.
    pub(crate) last_reload_successful: bool,
    /// No new order leaves.
    pub(crate) paused: bool,
    /// What customers asked since the start.
    pub(crate) requests: Vec<Requests>,
    /// What has not ended.
    pub(crate) orders: Vec<Orders>,
    /// The panels and their desks.
    pub(crate) panels: Vec<PanelRow>,
    /// What was earned since midnight, UTC, by the currency of costs.
    pub(crate) money_today: Vec<MoneyToday>,
}

/// Requests of one kind that ended in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    pub(crate) action: String,
    pub(crate) result: String,
    pub(crate) requests: u64,
}

/// Orders of one panel in one state.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Orders {
    /// `None` while none is chosen.
    pub(crate) panel: Option<String>,
    pub(crate) state: String,
    pub(crate) orders: u64,
}

/// Money of one day; all but the cost in our currency.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MoneyToday {
    pub(crate) orders: u64,
    pub(crate) currency: String,
    pub(crate) revenue: String,
    pub(crate) held: String,
    pub(crate) cost_currency: String,
    pub(crate) cost: String,
}

/// Looks at everything once. `shown` is what `/metrics` has.
pub(super) async fn look(engine: &Engine, shown: &[MetricFamily]) -> Result<Status, StoreError> {
    let now = clock::now();
    let orders = engine.count_live().await?.into_iter();
    let profits = engine.profit_since(clock::start_of_last(1, now)).await?;
    let ours = engine.settings().currency.as_str();
    Ok(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        runs_for: runs_for(shown, now).as_secs(),
        revision: gauge(shown, "panelgate_config_revision") as u64,
        last_reload_successful: gauge(shown, "panelgate_config_last_reload_successful") > 0.0,
        paused: engine.is_paused(),
        requests: requests(shown),
        orders: orders
            .map(|(panel, state, orders)| Orders {
                panel: panel.map(|panel| panel.to_string()),
                state: state.word().to_owned(),
                orders,
            })
            .collect(),
        panels: panel_rows(engine).await?,
        money_today: profits
            .into_iter()
            .map(|profit| money_today(ours, &profit))
            .collect(),
    })
}

fn money_today(ours: &str, profit: &Profit) -> MoneyToday {
    MoneyToday {
        orders: profit.orders,
        currency: ours.to_owned(),
        revenue: profit.revenue.to_string(),
        held: profit.held.to_string(),
        cost_currency: profit.group.currency.to_string(),
        cost: profit.cost.to_string(),
    }
}

fn requests(shown: &[MetricFamily]) -> Vec<Requests> {
    let counted = metrics(shown, "panelgate_requests_total");
    let requests = counted.map(|metric| Requests {
        action: label(metric, "action"),
        result: label(metric, "result"),
        requests: metric.get_counter().get_value() as u64,
    });
    requests.collect()
}

fn runs_for(shown: &[MetricFamily], now: Timestamp) -> Duration {
    let started = gauge(shown, "process_start_time_seconds") as i64;
    now.since(Timestamp(started.saturating_mul(1_000)))
}

fn gauge(shown: &[MetricFamily], name: &str) -> f64 {
    let first = metrics(shown, name).next();
    first.map_or(0.0, |metric| metric.get_gauge().get_value())
}

fn metrics<'a>(shown: &'a [MetricFamily], name: &str) -> impl Iterator<Item = &'a Metric> {
    let family = shown.iter().find(|family| family.name() == name);
    family.into_iter().flat_map(MetricFamily::get_metric)
}

fn label(metric: &Metric, name: &str) -> String {
    let labels = metric.get_label().iter();
    let value = { labels }.find(|label| label.name() == name);
    value.map_or_else(String::new, |label| label.value().to_owned())
}
