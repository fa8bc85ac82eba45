//! The engine's metrics. The doc comment of a field is its help text.

use std::time::Duration;

use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::sync::flag::{Flag, KINDS};
use prometheus::{CounterVec, GaugeVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

/// Orders, money and rules, as Prometheus sees them.
#[derive(Clone)]
pub struct Metrics {
    /// Placements by panel and outcome.
    orders: IntCounterVec,
    /// Orders that have not ended, by panel (empty while none is chosen) and state.
    pub(crate) orders_open: IntGaugeVec,
    /// Money held, taken and released since the start of the process.
    money: CounterVec,
    /// What placed orders should cost, by panel, since the start of the process.
    cost: CounterVec,
    /// Age of the oldest fact of a live order, by panel.
    pub(crate) status_age: GaugeVec,
    /// Days that the balance at a panel lasts at the rate of the last 24 hours, by panel.
    days_left: GaugeVec,
    /// What we can spend at a panel beyond what the books say, by panel and currency.
    unbooked: GaugeVec,
    /// Answers about orders that we could not use, by panel and kind.
    oddities: IntCounterVec,
    /// Answers to `add` that nobody heard, and repeats of those.
    unheard: IntCounterVec,
    /// Routes passed over because the price no longer covered the cost.
    losses: IntCounterVec,
    /// Lists that panels were asked for, by what became of them.
    syncs: IntCounterVec,
    /// Offers that are not as they were approved, by panel and kind.
    flagged: IntGaugeVec,
    /// Age of an exchange rate that should be renewed; 0 once it is.
    exchange_age: IntGaugeVec,
    /// Revision of markup, services and exchange rates in force.
    pub(crate) config_revision: IntGauge,
    /// Whether the last reload of the configuration was successful.
    pub config_last_reload_successful: IntGauge,
}

impl Metrics {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// Some of them are registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, labels: &[&str]| -> Result<_, prometheus::Error> {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let amounts = |name: &str, help: &str, labels: &[&str]| -> Result<_, prometheus::Error> {
            let amounts = CounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(amounts.clone()))?;
            Ok(amounts)
        };
        let gauge = |name: &str, help: &str| -> Result<_, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let orders_open = IntGaugeVec::new(
            Opts::new(
                "panelgate_orders_open",
                "Orders that have not ended, by panel (empty while none is chosen) and state",
            ),
            &["panel", "state"],
        )?;
        registry.register(Box::new(orders_open.clone()))?;
        let status_age = GaugeVec::new(
            Opts::new(
                "panelgate_status_age_seconds",
                "Age of the oldest fact of a live order, by panel",
            ),
            &["panel"],
        )?;
        registry.register(Box::new(status_age.clone()))?;
        let flagged = IntGaugeVec::new(
            Opts::new(
                "panelgate_offers_flagged",
                "Offers that are not as they were approved, by panel and kind",
            ),
            &["panel", "kind"],
        )?;
        registry.register(Box::new(flagged.clone()))?;
        let exchange_age = IntGaugeVec::new(
            Opts::new(
                "panelgate_exchange_age_seconds",
                "Age of an exchange rate that should be renewed; 0 once it is",
            ),
            &["currency"],
        )?;
        registry.register(Box::new(exchange_age.clone()))?;
        let gauges = |name: &str, help: &str, labels: &[&str]| -> Result<_, prometheus::Error> {
            let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauges.clone()))?;
            Ok(gauges)
        };
        Ok(Self {
            orders: counters(
                "panelgate_orders_total",
                "Placements by panel and outcome",
                &["panel", "outcome"],
            )?,
            orders_open,
            money: amounts(
                "panelgate_money_total",
                "Money held, taken and released since the start of the process",
                &["currency", "kind"],
            )?,
            cost: amounts(
                "panelgate_cost_total",
                "What placed orders should cost, by panel, since the start of the process",
                &["panel", "currency"],
            )?,
            status_age,
            days_left: gauges(
                "panelgate_panel_days_left",
                "Days that the balance at a panel lasts at the rate of the last 24 hours, by panel",
                &["panel"],
            )?,
            unbooked: gauges(
                "panelgate_panel_unbooked",
                "What we can spend at a panel beyond what the books say, by panel and currency",
                &["panel", "currency"],
            )?,
            oddities: counters(
                "panelgate_oddities_total",
                "Answers about orders that could not be used, by panel and kind",
                &["panel", "kind"],
            )?,
            unheard: counters(
                "panelgate_unheard_adds_total",
                "Answers to `add` that nobody heard, and repeats that got the same order",
                &["what"],
            )?,
            losses: counters(
                "panelgate_losses_total",
                "Routes whose cost the price no longer covered, by panel and what was done",
                &["panel", "done"],
            )?,
            syncs: counters(
                "panelgate_sync_total",
                "Lists that panels were asked for, by panel and what became of them",
                &["panel", "result"],
            )?,
            flagged,
            exchange_age,
            config_revision: gauge(
                "panelgate_config_revision",
                "Revision of markup, services and exchange rates in force",
            )?,
            config_last_reload_successful: gauge(
                "panelgate_config_last_reload_successful",
                "Whether the last reload of the configuration was successful",
            )?,
        })
    }

    pub(crate) fn placed(&self, panel: &PanelName, outcome: &str) {
        self.orders
            .with_label_values(&[panel.as_str(), outcome])
            .inc();
    }

    pub(crate) fn held(&self, currency: &Currency, amount: Money) {
        self.add_money(currency, "held", amount);
    }

    pub(crate) fn settled(&self, currency: &Currency, taken: Money, released: Money) {
        self.add_money(currency, "taken", taken);
        self.add_money(currency, "released", released);
    }

    pub(crate) fn cost(&self, panel: &PanelName, currency: &Currency, amount: Money) {
        self.cost
            .with_label_values(&[panel.as_str(), currency.as_str()])
            .inc_by(units(amount));
    }

    pub(crate) fn odd(&self, panel: &PanelName, kind: &str) {
        self.oddities
            .with_label_values(&[panel.as_str(), kind])
            .inc();
    }

    pub(crate) fn unheard(&self, what: &str) {
        self.unheard.with_label_values(&[what]).inc();
    }

    pub(crate) fn loss(&self, panel: &PanelName, done: &str) {
        self.losses.with_label_values(&[panel.as_str(), done]).inc();
    }

    /// Shows the forecasts of those panels that have one, and of no others.
    pub(crate) fn show_days_left(&self, tenths: impl Iterator<Item = (PanelName, i64)>) {
        self.days_left.reset();
        for (panel, tenths) in tenths {
            #[expect(clippy::cast_precision_loss, reason = "a picture for graphs")]
            let days = tenths as f64 / 10.0;
            let gauge = self.days_left.with_label_values(&[panel.as_str()]);
            gauge.set(days);
        }
    }

    /// Before the panels that are there now are shown.
    pub(crate) fn forget_unbooked(&self) {
        self.unbooked.reset();
    }

    /// Shows what the books do not have.
    pub(crate) fn show_unbooked(&self, panel: &PanelName, currency: &Currency, amount: Money) {
        self.unbooked
            .with_label_values(&[panel.as_str(), currency.as_str()])
            .set(units(amount));
    }

    pub(crate) fn synced(&self, panel: &PanelName, result: &str) {
        self.syncs
            .with_label_values(&[panel.as_str(), result])
            .inc();
    }

    pub(crate) fn exchange_aged(&self, currency: &Currency, age: Duration) {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        self.exchange_age
            .with_label_values(&[currency.as_str()])
            .set(seconds);
    }

    /// How many offers of a panel wait, for every kind: those of which none waits go back to 0.
    pub(crate) fn flagged<'a>(&self, panel: &PanelName, flags: impl Iterator<Item = &'a Flag>) {
        let mut counts = KINDS.map(|kind| (kind, 0));
        for flag in flags {
            for (kind, count) in &mut counts {
                *count += i64::from(*kind == flag.kind());
            }
        }
        for (kind, count) in counts {
            self.flagged
                .with_label_values(&[panel.as_str(), kind])
                .set(count);
        }
    }

    /// A panel that is not configured any more flags nothing.
    pub(crate) fn forget_sync(&self, panel: &PanelName) {
        self.flagged(panel, std::iter::empty());
    }

    fn add_money(&self, currency: &Currency, kind: &str, amount: Money) {
        self.money
            .with_label_values(&[currency.as_str(), kind])
            .inc_by(units(amount));
    }
}

/// Prometheus counts in floats; the books do not.
fn units(amount: Money) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a picture for graphs; no decision depends on it"
    )]
    let micros = amount.micros() as f64;
    micros / 1_000_000.0
}
