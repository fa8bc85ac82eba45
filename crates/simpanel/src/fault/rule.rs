//! One fault, and the requests that it strikes.

use panelgate_domain::action::{Action, Add};
use panelgate_domain::field::Field;
use serde::{Deserialize, Serialize};

use super::Fault;

/// One fault and the requests that it strikes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Only this action; any by default.
    #[serde(default)]
    pub action: Option<ActionName>,
    /// Only an `add` of this service.
    #[serde(default)]
    pub service: Option<String>,
    /// Only an `add` whose link contains this.
    #[serde(default)]
    pub link_contains: Option<String>,
    /// The first fitting request that is struck, counted from 1, which is the default.
    #[serde(default = "first")]
    pub from: u64,
    /// How many fitting requests from there on; 0, the default, means all.
    #[serde(default)]
    pub count: u64,
    /// Of those, the share from 0 to 1 that is really struck, drawn from the panel's seed; all by default.
    #[serde(default)]
    pub probability: Option<f64>,
    /// What happens to them.
    pub fault: Fault,
}

/// The action a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the protocol's own")]
pub enum ActionName {
    Services,
    Add,
    Status,
    Refill,
    RefillStatus,
    Cancel,
    Balance,
}

// === impl FaultRule ===

impl FaultRule {
    /// Strikes every request.
    #[must_use]
    pub const fn always(fault: Fault) -> Self {
        Self {
            action: None,
            service: None,
            link_contains: None,
            from: 1,
            count: 0,
            probability: None,
            fault,
        }
    }

    /// Strikes the next request that fits.
    #[must_use]
    pub fn once(fault: Fault) -> Self {
        Self {
            count: 1,
            ..Self::always(fault)
        }
    }

    /// Only this action.
    #[must_use]
    pub const fn on(mut self, action: ActionName) -> Self {
        self.action = Some(action);
        self
    }

    /// Only an `add` whose link contains this.
    #[must_use]
    pub fn link(mut self, part: &str) -> Self {
        self.link_contains = Some(part.to_owned());
        self
    }

    /// Only from the `from`th fitting request on, counted from 1.
    #[must_use]
    pub const fn from(mut self, from: u64) -> Self {
        self.from = from;
        self
    }

    /// So many fitting requests; 0 means all.
    #[must_use]
    pub const fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// Only this share of them, from 0 to 1.
    #[must_use]
    pub const fn sometimes(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    pub(super) fn fits(&self, action: Option<&Action>) -> bool {
        let add = match action {
            Some(Action::Add(add)) => Some(add),
            _ => None,
        };
        let service = |wanted: &String| add.is_some_and(|add| add.service.as_ref() == Some(wanted));
        let link = |part: &String| add.is_some_and(|add| link_of(add).contains(part.as_str()));
        self.action
            .is_none_or(|name| action.map(ActionName::from) == Some(name))
            && self.service.as_ref().is_none_or(service)
            && self.link_contains.as_ref().is_none_or(link)
    }

    pub(super) fn never_strikes(&self) -> Option<&'static str> {
        let about_an_order = self.service.is_some() || self.link_contains.is_some();
        if self.from == 0 {
            return Some("`from` counts from 1");
        }
        if about_an_order && self.action.is_some_and(|name| name != ActionName::Add) {
            return Some("only an `add` has a service and a link");
        }
        let share = self.probability.unwrap_or(1.0);
        let possible = share > 0.0 && share <= 1.0;
        (!possible).then_some("`probability` must be above 0 and at most 1")
    }
}

// === impl ActionName ===

impl From<&Action> for ActionName {
    fn from(action: &Action) -> Self {
        match action {
            Action::Services => Self::Services,
            Action::Add(_) => Self::Add,
            Action::Status(_) => Self::Status,
            Action::Refill(_) => Self::Refill,
            Action::RefillStatus(_) => Self::RefillStatus,
            Action::Cancel(_) => Self::Cancel,
            Action::Balance => Self::Balance,
        }
    }
}

/// The link of an order as it was sent.
pub(crate) fn link_of(add: &Add) -> &str {
    add.fields.get(&Field::Link).map_or("", String::as_str)
}

const fn first() -> u64 {
    1
}
