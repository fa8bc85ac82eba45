//! What desks tell Prometheus. Labels are bounded: panels by the configuration, everything else by closed lists here.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::Money;
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

use crate::desk::class::Class;
use crate::desk::rests::Rest;
use crate::lookout::Slots;

/// The metrics of all desks. A clone counts into the same metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    status_slots: IntCounterVec,
    status_strangers: IntCounterVec,
    queue: IntGaugeVec,
    queue_age: GaugeVec,
    state: IntGaugeVec,
    balance: GaugeVec,
}

/// The handles of one desk, resolved once.
#[derive(Debug)]
pub(crate) struct DeskMetrics {
    panel: PanelName,
    calls: HashMap<&'static str, CallMetrics>,
    status_slots: [IntCounter; Slots::KINDS.len()],
    status_strangers: IntCounter,
    queue: [IntGauge; 3],
    queue_age: [Gauge; 3],
    taking: IntGauge,
    rests: [(Rest, IntGauge); PANEL_RESTS.len()],
    all: Metrics,
}

#[derive(Debug)]
struct CallMetrics {
    seconds: Histogram,
    results: HashMap<&'static str, IntCounter>,
}

/// How a call ended: the label `result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallResult {
    /// The panel did, or said, what it was asked.
    Ok,
    /// It said that we ask too often.
    Throttled,
    /// It said no.
    Refused,
    /// Name, connection or TLS failed.
    NotSent,
    /// No answer in time.
    Timeout,
    /// The connection ended before the answer did.
    Lost,
    /// An answer that means nothing: an error page, a wrong shape.
    BadAnswer,
}

/// The results of an `add` are those of [`panelgate_domain::placement::AddOutcome::name`].
const ADD_RESULTS: [&str; 6] = [
    "not_sent",
    "throttled",
    "refused_order",
    "refused_panel",
    "accepted",
    "unknown",
];
const OTHER_CALLS: [&str; 6] = [
    "services",
    "balance",
    "status",
    "refill",
    "refill_status",
    "cancel",
];
/// The rests of a whole panel, as states; a route's is none of them.
const PANEL_RESTS: [Rest; 8] = [
    Rest::Paused,
    Rest::OrdersOff,
    Rest::Key,
    Rest::Funds,
    Rest::Refuses,
    Rest::TooManyUnconfirmed,
    Rest::TooMuchUnconfirmed,
    Rest::Breaker,
];
const BUCKETS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0];

impl Metrics {
    /// Creates the metrics and shows them in a registry.
    ///
    /// # Errors
    /// Metrics of the same names are there already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new("panelgate_upstream_requests_total", "Calls to panels, by how they ended."),
                &["panel", "action", "result"],
            )?,
            seconds: HistogramVec::new(
                HistogramOpts::new(
                    "panelgate_upstream_request_seconds",
                    "Time from the first byte of a call to a panel to its end, or to the end of waiting for it.",
                )
                .buckets(BUCKETS.to_vec()),
                &["panel", "action"],
            )?,
            status_slots: IntCounterVec::new(
                Opts::new(
                    "panelgate_status_slots_total",
                    "Places for ids in status calls to panels, by what they were used for.",
                ),
                &["panel", "kind"],
            )?,
            status_strangers: IntCounterVec::new(
                Opts::new(
                    "panelgate_status_strangers_total",
                    "Ids in status answers that nobody asked for: whose answer was it?",
                ),
                &["panel"],
            )?,
            queue: IntGaugeVec::new(
                Opts::new("panelgate_desk_queue", "Calls that wait for a panel's limits, by class."),
                &["panel", "class"],
            )?,
            queue_age: GaugeVec::new(
                Opts::new(
                    "panelgate_desk_queue_age_seconds",
                    "How long the longest waiting of the calls has waited for a panel's limits, by class; 0 while none waits.",
                ),
                &["panel", "class"],
            )?,
            state: IntGaugeVec::new(
                Opts::new(
                    "panelgate_panel_state",
                    "1 for the states a panel is in: taking orders, or the reasons why it takes none.",
                ),
                &["panel", "state"],
            )?,
            balance: GaugeVec::new(
                Opts::new("panelgate_panel_balance", "What we can spend at a panel, as last polled, in its currency."),
                &["panel", "currency"],
            )?,
        };
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.status_slots.clone()))?;
        registry.register(Box::new(metrics.status_strangers.clone()))?;
        registry.register(Box::new(metrics.queue.clone()))?;
        registry.register(Box::new(metrics.queue_age.clone()))?;
        registry.register(Box::new(metrics.state.clone()))?;
        registry.register(Box::new(metrics.balance.clone()))?;
        Ok(metrics)
    }

    /// The handles of one desk.
    pub(crate) fn of_desk(&self, panel: &PanelName) -> DeskMetrics {
        let name = panel.as_str();
        let add = ("add", self.call(name, "add", &ADD_RESULTS));
        let results = CallResult::ALL.map(CallResult::name);
        let others = OTHER_CALLS.map(|action| (action, self.call(name, action, &results)));
        DeskMetrics {
            panel: panel.clone(),
            calls: others.into_iter().chain([add]).collect(),
            status_slots: Slots::KINDS
                .map(|kind| self.status_slots.with_label_values(&[name, kind])),
            status_strangers: self.status_strangers.with_label_values(&[name]),
            queue: Class::ALL.map(|class| self.queue.with_label_values(&[name, class.name()])),
            queue_age: Class::ALL
                .map(|class| self.queue_age.with_label_values(&[name, class.name()])),
            taking: self.state.with_label_values(&[name, "taking"]),
            rests: PANEL_RESTS
                .map(|rest| (rest, self.state.with_label_values(&[name, rest.name()]))),
            all: self.clone(),
        }
    }

    fn call(&self, panel: &str, action: &str, results: &[&'static str]) -> CallMetrics {
        let counter = |result: &'static str| {
            let counter = self.requests.with_label_values(&[panel, action, result]);
            (result, counter)
        };
        CallMetrics {
            seconds: self.seconds.with_label_values(&[panel, action]),
            results: results.iter().copied().map(counter).collect(),
        }
    }
}

impl DeskMetrics {
    /// A call ended.
    pub(crate) fn called(&self, action: &str, result: &str, took: Duration) {
        let call = self.calls.get(action);
        debug_assert!(
            call.is_some_and(|call| call.results.contains_key(result)),
            "{action} has no result {result}"
        );
        if let Some(call) = call {
            call.seconds.observe(took.as_secs_f64());
            if let Some(counter) = call.results.get(result) {
                counter.inc();
            }
        }
    }

    /// A status call left with these ids.
    pub(crate) fn status_left(&self, slots: Slots) {
        for (counter, count) in self.status_slots.iter().zip(slots.counts()) {
            counter.inc_by(count as u64);
        }
    }

    /// A status answer held so many ids that nobody asked for.
    pub(crate) fn strangers_came(&self, strangers: usize) {
        self.status_strangers.inc_by(strangers as u64);
    }

    /// The gauges of the queue.
    pub(crate) fn queue(&self) -> [IntGauge; 3] {
        self.queue.clone()
    }

    /// How long the longest waiting of each class has waited.
    pub(crate) fn show_queue_ages(&self, ages: [Duration; 3]) {
        for (gauge, age) in self.queue_age.iter().zip(ages) {
            gauge.set(age.as_secs_f64());
        }
    }

    /// The desk has closed: what it showed of this moment is no more. What it counted stays.
    pub(crate) fn forget(&self, currency: &Currency) {
        let panel = self.panel.as_str();
        // What was never shown cannot be taken away, and need not be.
        for class in Class::ALL.map(Class::name) {
            _ = self.all.queue.remove_label_values(&[panel, class]);
            _ = self.all.queue_age.remove_label_values(&[panel, class]);
        }
        let rests = PANEL_RESTS.map(Rest::name);
        for state in rests.into_iter().chain(["taking"]) {
            _ = self.all.state.remove_label_values(&[panel, state]);
        }
        let account = [panel, currency.as_str()];
        _ = self.all.balance.remove_label_values(&account);
    }

    /// The reasons why the panel takes no orders.
    pub(crate) fn show_rests(&self, holding: &[Rest]) {
        self.taking.set(i64::from(holding.is_empty()));
        for (rest, gauge) in &self.rests {
            gauge.set(i64::from(holding.contains(rest)));
        }
    }

    /// A balance was polled.
    pub(crate) fn show_balance(&self, currency: &Currency, balance: Money) {
        // Prometheus knows floats only; no decision is made on this number.
        let units: f64 = balance.to_string().parse().unwrap_or(f64::NAN);
        self.all
            .balance
            .with_label_values(&[self.panel.as_str(), currency.as_str()])
            .set(units);
    }
}

impl CallResult {
    const ALL: [Self; 7] = [
        Self::Ok,
        Self::Throttled,
        Self::Refused,
        Self::NotSent,
        Self::Timeout,
        Self::Lost,
        Self::BadAnswer,
    ];

    /// Whether the panel answered in a way that makes sense; the breaker counts everything else as a failure.
    pub(crate) const fn is_answer(self) -> bool {
        matches!(self, Self::Ok | Self::Throttled | Self::Refused)
    }

    /// The label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Timeout => "timeout",
            Self::Lost => "lost",
            Self::BadAnswer => "bad_answer",
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    fn text(registry: &Registry) -> String {
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .expect("text")
    }

    #[test]
    fn metrics_carry_their_labels() {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).expect("a new registry");
        let desk = metrics.of_desk(&"alpha".into());
        desk.called("add", "accepted", Duration::from_millis(3));
        desk.called("status", CallResult::Ok.name(), Duration::from_millis(3));
        desk.status_left(Slots {
            asked: 2,
            due: 1,
            ahead: 0,
            recheck: 0,
            empty: 97,
        });
        desk.show_rests(&[Rest::Funds]);
        desk.show_queue_ages([Duration::from_millis(2_500), Duration::ZERO, Duration::ZERO]);
        desk.show_balance(&"USD".into(), Money::from_micros(1_500_000));
        let text = text(&registry);
        for line in [
            r#"panelgate_upstream_requests_total{action="add",panel="alpha",result="accepted"} 1"#,
            r#"panelgate_upstream_request_seconds_count{action="status",panel="alpha"} 1"#,
            r#"panelgate_status_slots_total{kind="empty",panel="alpha"} 97"#,
            r#"panelgate_panel_state{panel="alpha",state="funds"} 1"#,
            r#"panelgate_panel_state{panel="alpha",state="taking"} 0"#,
            r#"panelgate_panel_balance{currency="USD",panel="alpha"} 1.5"#,
            r#"panelgate_desk_queue{class="money",panel="alpha"} 0"#,
            r#"panelgate_desk_queue_age_seconds{class="money",panel="alpha"} 2.5"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn every_rest_of_a_panel_is_a_state() {
        let of_panels: Vec<Rest> = Rest::ALL
            .into_iter()
            .filter(|rest| *rest != Rest::Route)
            .collect();
        assert_eq!(of_panels, PANEL_RESTS);
    }

    #[test]
    fn a_closed_desk_shows_nothing_of_this_moment() {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).expect("a new registry");
        let [alpha, beta] = ["alpha", "beta"].map(|panel| metrics.of_desk(&panel.into()));
        for desk in [&alpha, &beta] {
            desk.show_rests(&[Rest::Breaker]);
            desk.show_balance(&"USD".into(), Money::from_micros(1));
        }
        alpha.forget(&"USD".into());
        let text = text(&registry);
        let shown = |panel: &str, name: &str| {
            let label = format!("panel=\"{panel}\"");
            text.lines()
                .filter(|line| line.starts_with(name) && line.contains(&label))
                .count()
        };
        for (name, count) in [
            ("panelgate_panel_state", 9),
            ("panelgate_panel_balance", 1),
            ("panelgate_desk_queue{", 3),
            ("panelgate_desk_queue_age_seconds", 3),
        ] {
            assert_eq!(
                (shown("alpha", name), shown("beta", name)),
                (0, count),
                "{name}"
            );
        }
        assert!(shown("alpha", "panelgate_upstream_requests_total") > 0);
    }
}
