//! One fault, and the requests that it strikes.

use std::ops::Range;
use std::time::Duration;

use panelgate_domain::action::{Action, Add, Ids};
use panelgate_domain::field::Field;
use serde::{Deserialize, Serialize};

use super::{Fault, text};

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
    /// Only a `status`, `cancel` or `refill` that names this order, alone or among others.
    #[serde(default)]
    pub order: Option<i64>,
    /// Only requests that name their ids in the plural form (`orders`), or only those in the singular form (`order`).
    #[serde(default)]
    pub plural: Option<bool>,
    /// Only from a moment on and before another one, by the panel's clock: an outage.
    #[serde(default, deserialize_with = "text::span_option::deserialize")]
    pub between: Option<Range<Duration>>,
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
            order: None,
            plural: None,
            between: None,
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

    /// Only a request that names this order.
    #[must_use]
    pub const fn naming(mut self, order: i64) -> Self {
        self.order = Some(order);
        self
    }

    /// Only a request that names its ids in the plural form: the panel does not know it.
    #[must_use]
    pub const fn plural(mut self) -> Self {
        self.plural = Some(true);
        self
    }

    /// Only from `begins` on and before `ends`, by the panel's clock.
    #[must_use]
    pub const fn between(mut self, begins: Duration, ends: Duration) -> Self {
        self.between = Some(begins..ends);
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

    pub(super) fn fits(&self, action: Option<&Action>, now: Duration) -> bool {
        self.fits_add(action)
            && self.fits_ids(action)
            && self.between.as_ref().is_none_or(|span| span.contains(&now))
            && self
                .action
                .is_none_or(|name| action.map(ActionName::from) == Some(name))
    }

    fn fits_add(&self, action: Option<&Action>) -> bool {
        let add = match action {
            Some(Action::Add(add)) => Some(add),
            _ => None,
        };
        let service = |wanted: &String| add.is_some_and(|add| add.service.as_ref() == Some(wanted));
        let link = |part: &String| add.is_some_and(|add| link_of(add).contains(part.as_str()));
        self.service.as_ref().is_none_or(service) && self.link_contains.as_ref().is_none_or(link)
    }

    fn fits_ids(&self, action: Option<&Action>) -> bool {
        let names = |order| {
            let orders = action.and_then(orders_of).map_or(&[][..], Ids::as_slice);
            orders.iter().any(|id| id.number() == Some(order))
        };
        let form = |plural| {
            let ids = action.and_then(ids_of);
            ids.is_some_and(|ids| matches!(ids, Ids::Many(_)) == plural)
        };
        self.order.is_none_or(names) && self.plural.is_none_or(form)
    }

    pub(super) fn never_strikes(&self) -> Option<&'static str> {
        let about_a_new_order = self.service.is_some() || self.link_contains.is_some();
        if self.from == 0 {
            return Some("`from` counts from 1");
        }
        let about_ids = self.order.is_some() || self.plural.is_some();
        if about_a_new_order
            && (about_ids || self.action.is_some_and(|name| name != ActionName::Add))
        {
            return Some("only an `add` has a service and a link");
        }
        if self.order.is_some() && self.action.is_some_and(|name| !name.has_orders()) {
            return Some("only `status`, `cancel` and `refill` name an order");
        }
        if self.plural.is_some() && self.action.is_some_and(|name| !name.has_ids()) {
            return Some("only requests with ids have a plural form");
        }
        if self.between.as_ref().is_some_and(Range::is_empty) {
            return Some("`between` ends before it begins");
        }
        let share = self.probability.unwrap_or(1.0);
        let possible = share > 0.0 && share <= 1.0;
        (!possible).then_some("`probability` must be above 0 and at most 1")
    }
}

// === impl ActionName ===

impl ActionName {
    const fn has_orders(self) -> bool {
        matches!(self, Self::Status | Self::Refill | Self::Cancel)
    }

    const fn has_ids(self) -> bool {
        self.has_orders() || matches!(self, Self::RefillStatus)
    }
}

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

/// The ids that a request names, be they of orders or of refills.
pub(crate) const fn ids_of(action: &Action) -> Option<&Ids> {
    match action {
        Action::RefillStatus(ids) => Some(ids),
        _ => orders_of(action),
    }
}

/// The orders that a request names.
pub(crate) const fn orders_of(action: &Action) -> Option<&Ids> {
    match action {
        Action::Status(ids) | Action::Refill(ids) | Action::Cancel(ids) => Some(ids),
        _ => None,
    }
}

/// The link of an order as it was sent, or the user name of a subscription, which has none.
pub(crate) fn link_of(add: &Add) -> &str {
    let link = add.fields.get(&Field::Link);
    link.or_else(|| add.fields.get(&Field::Username))
        .map_or("", String::as_str)
}

const fn first() -> u64 {
    1
}
