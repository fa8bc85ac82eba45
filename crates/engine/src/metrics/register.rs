//! How the engine's metrics come to be: names, help and labels.

use prometheus::{CounterVec, GaugeVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::Metrics;

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
            status_age: gauges(
                "panelgate_status_age_seconds",
                "Age of the oldest fact of a live order, by panel; 0 without one",
                &["panel"],
            )?,
            unconfirmed_age: gauges(
                "panelgate_unconfirmed_age_seconds",
                "Age of the oldest order whose panel never said what became of it, by panel; 0 without one",
                &["panel"],
            )?,
            overcharged: gauges(
                "panelgate_panel_overcharged",
                "What a panel charges beyond what was expected for orders of the last 24 hours, by panel and currency",
                &["panel", "currency"],
            )?,
            clock_jumps: counters(
                "panelgate_clock_jumps_total",
                "Times that the machine's clock went another way than time, by direction",
                &["direction"],
            )?,
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
}
