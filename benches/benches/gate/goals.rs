//! What is wanted, beside what was measured.

use crate::latency::{AS_BEFORE, CALM, Latency};
use crate::looks::{BALANCE, BARE, GZIP, Look, NGINX, SERVICES, STATUS, STATUSES};
use crate::orders::{IN_FLIGHT, Orders};

/// One goal.
pub(crate) struct Goal {
    pub(crate) name: String,
    /// `None`: it could not be measured, or did not come about.
    pub(crate) value: Option<f64>,
    /// What it says then.
    otherwise: &'static str,
    pub(crate) goal: f64,
    /// At least that much is wanted; otherwise at most.
    pub(crate) at_least: bool,
    pub(crate) unit: &'static str,
}

/// All of them. A synced commit of the disk takes `commit` milliseconds.
pub(crate) fn all(looks: &[Look], orders: &Orders, adds: &Latency, commit: f64) -> Vec<Goal> {
    let look = |name, peer, goal| {
        let look = looks.iter().find(|look| look.name == name);
        Goal {
            name: format!("{name} ÷ {peer}"),
            value: look.and_then(|look| look.ratio(peer)),
            otherwise: SKIPPED,
            goal,
            at_least: true,
            unit: "",
        }
    };
    let mut goals = vec![
        look(STATUS, BARE, 0.80),
        look(STATUS, NGINX, 1.3),
        look(STATUSES, BARE, 0.50),
        look(STATUSES, NGINX, 0.85),
        look(BALANCE, BARE, 0.75),
        look(SERVICES, BARE, 0.95),
        look(GZIP, BARE, 0.95),
        Goal {
            name: format!("`add`, {IN_FLIGHT} in flight ÷ the store alone"),
            value: Some(orders.gateway.per_second / orders.store),
            otherwise: SKIPPED,
            goal: 0.5,
            at_least: true,
            unit: "",
        },
    ];
    goals.push(Goal {
        name: "`add` at half the knee: p99 added ÷ a synced commit".to_owned(),
        value: added(adds).map(|added| added / commit),
        otherwise: SKIPPED,
        goal: 3.0,
        at_least: false,
        unit: "",
    });
    goals.push(Goal {
        name: format!(
            "`add` at three times the knee, then at half: as before (p99 within {AS_BEFORE} times) after"
        ),
        #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
        value: adds.flood.recovered.map(|seconds| seconds as f64),
        otherwise: NOT_YET,
        goal: 10.0,
        at_least: false,
        unit: " s",
    });
    goals
}

/// Milliseconds by which the 99th percentile of `add` at half the knee is above the median of going to the panel directly.
pub(crate) fn added(adds: &Latency) -> Option<f64> {
    let at_half = |parts: &[(f64, crate::open::Outcome)], quantile| {
        let found = parts.iter().find(|(part, _)| *part == CALM);
        found.map(|(_, outcome)| outcome.at(quantile))
    };
    Some(at_half(&adds.parts, 0.99)? - at_half(&adds.direct, 0.5)?)
}

impl Goal {
    pub(crate) fn is_met(&self) -> Option<bool> {
        let Some(value) = self.value else {
            return (self.otherwise == NOT_YET).then_some(false);
        };
        Some(match self.at_least {
            true => value >= self.goal,
            false => value <= self.goal,
        })
    }

    /// As a row of a table.
    pub(crate) fn row(&self) -> [String; 4] {
        let Self { goal, unit, .. } = self;
        let sign = if self.at_least { "≥" } else { "<" };
        let value = match self.value {
            Some(value) => format!("{value:.2}{unit}"),
            None => self.otherwise.to_owned(),
        };
        let met = match self.is_met() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        [
            self.name.clone(),
            value,
            format!("{sign} {goal}{unit}"),
            met.to_owned(),
        ]
    }
}

/// The peer is not there.
const SKIPPED: &str = "skipped: nginx is not installed";
/// The run ended first.
const NOT_YET: &str = "not before the run ended";
