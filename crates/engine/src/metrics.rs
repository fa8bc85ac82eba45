//! The engine's metrics. The doc comment of a field is its help text.

mod register;

use std::time::Duration;

use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::sync::flag::{Flag, KINDS};
use prometheus::{CounterVec, GaugeVec, IntCounterVec, IntGauge, IntGaugeVec};

use crate::jumps::Jump;

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
    status_age: GaugeVec,
    /// Age of the oldest order whose panel never said what became of it, by panel.
    unconfirmed_age: GaugeVec,
    /// What panels charge beyond what was expected for orders of the last 24 hours.
    overcharged: GaugeVec,
    /// Times that the machine's clock went another way than time.
    clock_jumps: IntCounterVec,
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
        debug_assert!(ODDITIES.contains(&kind), "{kind} is not in the list");
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

    /// Shows what is counted from the start on, so that the first one is seen as a rise.
    pub(crate) fn begin(&self, ours: &Currency) {
        for kind in ["held", "taken", "released"] {
            self.add_money(ours, kind, Money::ZERO);
        }
        for direction in Jump::DIRECTIONS {
            self.clock_jumps.with_label_values(&[direction]);
        }
        for what in ["lost", "repeated"] {
            self.unheard.with_label_values(&[what]);
        }
    }

    /// The same for a panel that has just been configured.
    pub(crate) fn begin_panel(&self, panel: &PanelName, currency: &Currency, ours: &Currency) {
        if currency != ours {
            self.exchange_aged(currency, Duration::ZERO);
        }
        let panel = panel.as_str();
        for done in ["accepted", "refused"] {
            self.losses.with_label_values(&[panel, done]);
        }
        for kind in ODDITIES {
            self.oddities.with_label_values(&[panel, kind]);
        }
        self.cost.with_label_values(&[panel, currency.as_str()]);
        self.syncs.with_label_values(&[panel, "failed"]);
    }

    /// The clock jumped.
    pub(crate) fn jumped(&self, direction: &str) {
        self.clock_jumps.with_label_values(&[direction]).inc();
    }

    /// Shows the age of the oldest fact at each panel, of those that are there now.
    pub(crate) fn show_status_ages(&self, ages: impl Iterator<Item = (PanelName, Duration)>) {
        show_ages(&self.status_age, ages);
    }

    /// The same of the oldest unconfirmed order.
    pub(crate) fn show_unconfirmed_ages(&self, ages: impl Iterator<Item = (PanelName, Duration)>) {
        show_ages(&self.unconfirmed_age, ages);
    }

    /// Shows what the panels that are there now charge too much.
    pub(crate) fn show_overcharged(
        &self,
        panels: impl Iterator<Item = (PanelName, Currency, Money)>,
    ) {
        self.overcharged.reset();
        for (panel, currency, over) in panels {
            self.overcharged
                .with_label_values(&[panel.as_str(), currency.as_str()])
                .set(units(over));
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

fn show_ages(gauges: &GaugeVec, ages: impl Iterator<Item = (PanelName, Duration)>) {
    gauges.reset();
    for (panel, age) in ages {
        gauges
            .with_label_values(&[panel.as_str()])
            .set(age.as_secs_f64());
    }
}

/// All kinds of answers about orders that cannot be used.
const ODDITIES: [&str; 6] = [
    "remains_above_quantity",
    "start_count_changed",
    "failed",
    "unknown_word",
    "no_report",
    "mass_cancel",
];

/// Prometheus counts in floats; the books do not.
fn units(amount: Money) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a picture for graphs; no decision depends on it"
    )]
    let micros = amount.micros() as f64;
    micros / 1_000_000.0
}
