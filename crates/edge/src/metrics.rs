//! The edge's metrics. The doc comment of a field is its help text.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};

/// Requests of customers, as Prometheus sees them.
#[derive(Clone)]
pub struct Metrics {
    /// Requests of customers by action and result.
    requests: IntCounterVec,
    /// Time from the head of a request to its answer, by action.
    seconds: HistogramVec,
    /// Requests with a key that is nobody's, by whether their address was within its budget.
    wrong_keys: IntCounterVec,
    /// Memory that bodies of requests hold, of `server.limits.bodies_bytes`.
    bodies: IntGauge,
}

impl Metrics {
    /// Creates the metrics and registers them.
    ///
    /// # Errors
    /// Some of them are registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "panelgate_requests_total",
                "Requests of customers by action and result",
            ),
            &["action", "result"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "panelgate_request_seconds",
                "Time from the head of a request to its answer, by action",
            )
            .buckets(vec![
                0.0005, 0.002, 0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0,
            ]),
            &["action"],
        )?;
        let wrong_keys = IntCounterVec::new(
            Opts::new(
                "panelgate_wrong_keys_total",
                "Requests with a key that is nobody's, by whether their address was within its budget",
            ),
            &["budget"],
        )?;
        for budget in BUDGETS {
            wrong_keys.with_label_values(&[budget]);
        }
        let bodies = IntGauge::new(
            "panelgate_bodies_bytes",
            "Memory that bodies of requests hold, of server.limits.bodies_bytes",
        )?;
        registry.register(Box::new(bodies.clone()))?;
        registry.register(Box::new(wrong_keys.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self {
            requests,
            seconds,
            wrong_keys,
            bodies,
        })
    }

    /// What bodies hold, for whoever reads them.
    pub(crate) fn bodies(&self) -> IntGauge {
        self.bodies.clone()
    }

    pub(crate) fn wrong_key(&self, is_within_budget: bool) {
        let [within, over] = BUDGETS;
        let budget = if is_within_budget { within } else { over };
        self.wrong_keys.with_label_values(&[budget]).inc();
    }

    pub(crate) fn request(&self, action: &str, result: &str, took: Duration) {
        self.requests.with_label_values(&[action, result]).inc();
        self.seconds
            .with_label_values(&[action])
            .observe(took.as_secs_f64());
    }
}

/// Whether an address that shows a wrong key was within its budget.
const BUDGETS: [&str; 2] = ["within", "over"];
