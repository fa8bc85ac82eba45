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
//! ```

use std::io;
use std::path::{Path, PathBuf};

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

    /// What goes wrong with the next request; `action` is `None` if it is no request of the protocol.
    pub(crate) fn strike(&mut self, action: Option<&Action>) -> Option<Fault> {
        for running in &mut self.rules {
            if running.strikes(action, &mut self.rng) {
                return Some(running.rule.fault.clone());
            }
        }
        None
    }
}

impl Running {
    fn strikes(&mut self, action: Option<&Action>, rng: &mut StdRng) -> bool {
        if !self.rule.fits(action) {
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
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use panelgate_domain::action::Add;
    use panelgate_domain::field::Field;

    use super::*;
    use crate::fault::rule::ActionName;

    fn add(link: &str) -> Action {
        Action::Add(Add {
            service: Some("1".to_owned()),
            fields: BTreeMap::from([(Field::Link, link.to_owned())]),
            idempotency_key: None,
        })
    }

    #[track_caller]
    fn check(rules: Vec<FaultRule>, actions: &[Action], expected: &[Option<Fault>]) {
        let mut plan = RunningPlan::new(FaultPlan { rules }, 1);
        let struck: Vec<_> = actions.iter().map(|a| plan.strike(Some(a))).collect();
        assert_eq!(struck, expected);
    }

    #[test]
    fn rules_have_their_turns_one_after_the_other() {
        let (reset, close) = (Fault::AcceptThenReset, Fault::AcceptThenClose);
        check(
            vec![
                FaultRule::once(reset.clone()).on(ActionName::Add),
                FaultRule::once(close.clone()).on(ActionName::Add),
            ],
            &[Action::Balance, add("a"), add("a"), add("a")],
            &[None, Some(reset), Some(close), None],
        );
    }

    #[test]
    fn a_rule_counts_only_what_fits_it() {
        let zero = Fault::OrderIdZero;
        check(
            vec![FaultRule::always(zero.clone()).link("bad").from(2).times(2)],
            &[add("bad"), add("good"), add("bad"), add("bad"), add("bad")],
            &[None, None, Some(zero.clone()), Some(zero), None],
        );
    }

    #[test]
    fn chances_repeat_with_the_seed() {
        let draw = |seed| {
            let rule = FaultRule::always(Fault::PhpNotice).sometimes(0.3);
            let mut plan = RunningPlan::new(FaultPlan { rules: vec![rule] }, seed);
            (0..1000)
                .map(|_| plan.strike(None).is_some())
                .collect::<Vec<_>>()
        };
        let struck = draw(7).into_iter().filter(|struck| *struck).count();
        assert!((250..350).contains(&struck), "{struck}");
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    fn load(name: &str, text: &str) -> Result<FaultPlan, PlanError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        FaultPlan::load(&path)
    }

    #[test]
    fn plans_are_read_from_toml_and_json() {
        let toml = r#"
            [[rule]]
            action = "add"
            from = 3
            count = 1
            fault = "accept_then_timeout"
            [[rule]]
            probability = 0.5
            fault = { throttle = { status = 429, retry_after = "1s 500ms" } }
        "#;
        let json = r#"{"rule":[
            {"action":"add","from":3,"count":1,"fault":"accept_then_timeout"},
            {"probability":0.5,"fault":{"throttle":{"status":429,"retry_after":"1500ms"}}}]}"#;
        let plan = load("plan.toml", toml).expect("a plan");
        assert_eq!(plan, load("plan.json", json).expect("a plan"));
        assert_eq!(
            plan.rules[0],
            FaultRule::once(Fault::AcceptThenTimeout)
                .on(ActionName::Add)
                .from(3)
        );
        assert_eq!(
            plan.rules[1].fault,
            Fault::Throttle {
                status: 429,
                retry_after: Some(Duration::from_millis(1500))
            }
        );
    }

    #[test]
    fn mistakes_in_a_plan_are_named() {
        let said = |text: &str| {
            let error = load("plan.toml", text).expect_err("a mistake");
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error}: {}", cause.unwrap_or_default())
        };
        for (text, expected) in [
            ("[[rule]]\nfault = \"meteor\"", "meteor"),
            ("[[rule]]\nfault = \"gzip\"\nactoin = \"add\"", "actoin"),
            (
                "[[rule]]\nfault = { status_before_reading = 99 }",
                "99 is no HTTP status",
            ),
            (
                "[[rule]]\nfault = { slow = \"5\" }",
                "`5` is no length of time",
            ),
            ("[[rule]]\nfault = \"gzip\"\nfrom = 0", "rule 1"),
            (
                "[[rule]]\nfault = \"gzip\"\naction = \"status\"\nservice = \"1\"",
                "only an `add`",
            ),
            (
                "[[rule]]\nfault = \"gzip\"\nprobability = 1.5",
                "probability",
            ),
            ("[[rule]", "line 1"),
        ] {
            let said = said(text);
            assert!(
                said.contains(expected) && said.contains("plan.toml"),
                "{said}"
            );
        }
    }
}
