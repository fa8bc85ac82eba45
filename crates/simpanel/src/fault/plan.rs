//! Which requests go wrong, and how: an ordered list of rules, written in a file or pushed by a test.
//!
//! ```toml
//! [[rule]]                       # the third order is taken, and its connection reset
//! action = "add"
//! from = 3
//! count = 1
//! fault = "accept_then_reset"
//!
//! [[rule]]                       # every tenth call or so is told to come again in two seconds
//! probability = 0.1
//! fault = { throttle = { status = 429, retry_after = "2s" } }
//!
//! [[rule]]                       # whatever call names order 17 fails as a whole
//! action = "status"
//! order = 17
//! fault = { status_before_reading = 500 }
//!
//! [[rule]]                       # the panel does not know `orders`
//! action = "status"
//! plural = true
//! fault = { refuse = "Incorrect request" }
//!
//! [[rule]]                       # an outage from 10 s to 5 min of the panel's clock, which `--speed` makes faster
//! between = ["10s", "5m"]
//! fault = "accept_then_html"
//!
//! [[rule]]                       # 17 and 23 are missing; `{ order_errors = { orders = [17] } }`: have an error instead
//! action = "status"
//! fault = { leave_out = [17, 23] }
//!
//! [[rule]]                       # subscriptions and drip-feeds leave out the newest order that they have made
//! action = "status"
//! fault = "children_late"
//! ```
//!
//! [`FaultRule`] lists what a rule may say, [`Fault`] what can go wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use panelgate_domain::action::Action;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Deserialize;

use super::Fault;
use super::rule::FaultRule;

/// Rules in order. A request is offered to one after the other until one strikes; only the requests that a rule is offered
/// and that fit it are counted by it. So two rules that fit the same requests have their turns one after the other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// The rules. In a file: `[[rule]]`.
    #[serde(default, rename = "rule")]
    pub rules: Vec<FaultRule>,
}

/// Why a plan file is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no TOML, or not of this shape.
    #[error("{}", path.display())]
    Toml {
        /// Which.
        path: PathBuf,
        /// Line, column and reason.
        source: toml::de::Error,
    },
    /// It is no JSON, or not of this shape.
    #[error("{}", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// Line, column and reason.
        source: serde_json::Error,
    },
    /// A rule can never strike.
    #[error("{}: rule {rule}: {why}", path.display())]
    Idle {
        /// Which file.
        path: PathBuf,
        /// Which rule, counted from 1.
        rule: usize,
        /// Why.
        why: &'static str,
    },
}

/// A plan at work.
#[derive(Debug)]
pub(crate) struct RunningPlan {
    rules: Vec<Running>,
    rng: StdRng,
}

#[derive(Debug)]
struct Running {
    rule: FaultRule,
    /// Fitting requests it was offered.
    offered: u64,
}

// === impl FaultPlan ===

impl FaultPlan {
    /// Reads a plan: JSON if the file's name ends with `.json`, else TOML.
    ///
    /// # Errors
    /// The file cannot be read, is malformed, holds an unknown key, or a rule that can never strike.
    pub fn load(path: &Path) -> Result<Self, PlanError> {
        let text = std::fs::read_to_string(path).map_err(|source| PlanError::File {
            path: path.to_owned(),
            source,
        })?;
        let plan: Self = if path.extension().is_some_and(|end| end == "json") {
            serde_json::from_str(&text).map_err(|source| PlanError::Json {
                path: path.to_owned(),
                source,
            })?
        } else {
            toml::from_str(&text).map_err(|source| PlanError::Toml {
                path: path.to_owned(),
                source,
            })?
        };
        for (place, rule) in plan.rules.iter().enumerate() {
            if let Some(why) = rule.never_strikes() {
                return Err(PlanError::Idle {
                    path: path.to_owned(),
                    rule: place + 1,
                    why,
                });
            }
        }
        Ok(plan)
    }
}

// === impl RunningPlan ===

impl RunningPlan {
    pub(crate) fn new(plan: FaultPlan, seed: u64) -> Self {
        let mut running = Self {
            rules: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
        };
        plan.rules.into_iter().for_each(|rule| running.push(rule));
        running
    }

    /// Adds a rule after those that are there.
    pub(crate) fn push(&mut self, rule: FaultRule) {
        self.rules.push(Running { rule, offered: 0 });
    }

    /// From here on nothing goes wrong.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// What goes wrong with the next request, which comes at `now` by the panel's clock; `action` is `None` if it is no
    /// request of the protocol.
    pub(crate) fn strike(&mut self, action: Option<&Action>, now: Duration) -> Option<Fault> {
        for running in &mut self.rules {
            if running.strikes(action, now, &mut self.rng) {
                return Some(running.rule.fault.clone());
            }
        }
        None
    }
}

impl Running {
    fn strikes(&mut self, action: Option<&Action>, now: Duration, rng: &mut StdRng) -> bool {
        if !self.rule.fits(action, now) {
            return false;
        }
        self.offered += 1;
        let begun = self.offered >= self.rule.from;
        let over =
            self.rule.count > 0 && self.offered >= self.rule.from.saturating_add(self.rule.count);
        begun
            && !over
            && self
                .rule
                .probability
                .is_none_or(|share| rng.random_bool(share.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests;
