//! What goes over the control socket.

use anyhow::ensure;
use panelgate_domain::ids::{Currency, OrderId, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_store::model::{Decision, PanelAccount};
use serde::{Deserialize, Serialize};

use super::status::Status;
use crate::clock;

/// A command for a running server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Get the list of one panel, or of all.
    Sync {
        /// `None` means all.
        panel: Option<String>,
    },
    /// Say whether orders can be taken.
    Health {},
    /// See what a command has written to the store beside the server.
    Written {},
    /// Read the configuration again.
    Reload {},
    /// Everything at one glance.
    Status {},
    /// Log more, or less, until the next start.
    LogLevel {
        /// As in `PANELGATE_LOG`.
        levels: String,
    },
    /// Ask panels for balance and services.
    CheckOnline {
        /// Which.
        panels: Vec<String>,
    },
    /// The panels and their desks.
    Panels {},
    /// What waits for approval, and what changed files would alter.
    Diff {
        /// Ask the panels too.
        fetch: bool,
    },
    /// Say that offers are right as they are.
    Approve {
        /// Those behind these services; empty without one.
        services: Vec<i64>,
        /// Those of this panel.
        panel: Option<String>,
        /// Who decided.
        actor: String,
    },
    /// Stop or start new orders.
    Pause {
        /// `None` means everywhere.
        panel: Option<String>,
        /// Stop, or start again.
        paused: bool,
    },
    /// Say what became of an unconfirmed order.
    Resolve {
        /// Which.
        order: i64,
        /// The panel's id; `None` means that it was not placed.
        placed: Option<String>,
        /// Who decided.
        actor: String,
        /// Why.
        reason: String,
    },
    /// Give money of an order back.
    Settle {
        /// Which.
        order: i64,
        /// Plain decimal text.
        refund: String,
        /// Who decided.
        actor: String,
        /// Why.
        reason: String,
    },
    /// Close an order that was not sent.
    Cancel {
        /// Which.
        order: i64,
        /// Who decided.
        actor: String,
        /// Why.
        reason: String,
    },
}

/// What a server answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Response {
    /// Done; a line for people each.
    Done(Vec<String>),
    /// Everything at one glance.
    Status(Box<Status>),
    /// Rows for a table.
    Panels(Vec<PanelRow>),
    /// What would change.
    Diff(Vec<DiffRow>),
    /// Not done.
    Failed {
        /// Why; a line for people each.
        why: Vec<String>,
        /// Because the configuration is wrong.
        bad_configuration: bool,
    },
}

impl Response {
    /// Lines for people, done or not.
    pub(crate) const fn of(lines: Vec<String>, failed: bool) -> Self {
        if failed {
            Self::failed(lines)
        } else {
            Self::Done(lines)
        }
    }

    /// Several as one: not done if one of them was not.
    pub(crate) fn all(responses: Vec<Self>) -> Self {
        let failed = |response: &Self| matches!(response, Self::Failed { .. });
        let failed = responses.iter().any(failed);
        let lines = responses.into_iter().flat_map(|response| match response {
            Self::Done(lines) | Self::Failed { why: lines, .. } => lines,
            Self::Status(_) | Self::Panels(_) | Self::Diff(_) => Vec::new(),
        });
        Self::of(lines.collect(), failed)
    }

    /// Not done, for any reason but the configuration.
    pub(crate) const fn failed(why: Vec<String>) -> Self {
        Self::Failed {
            why,
            bad_configuration: false,
        }
    }
}

/// An operator's decision about an order, made now.
///
/// # Errors
/// The books would not say who decided, or why.
pub(crate) fn decision(order: i64, actor: String, reason: String) -> anyhow::Result<Decision> {
    ensure!(
        !actor.trim().is_empty(),
        "a decision needs somebody who made it"
    );
    ensure!(!reason.trim().is_empty(), "a decision needs a reason");
    Ok(Decision {
        order: OrderId(order),
        actor,
        reason,
        at: clock::now(),
    })
}

/// What is given back by hand: nothing (which decides that an order is worth its whole price) or more.
///
/// # Errors
/// It is no amount, or less than nothing.
pub(crate) fn refund(text: &str) -> anyhow::Result<Money> {
    let amount = Money::parse(text)?;
    ensure!(
        amount >= Money::ZERO,
        "a refund is nothing or more, not {amount}"
    );
    Ok(amount)
}

/// A panel, as `panels list` shows it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PanelRow {
    /// Its name.
    pub(crate) panel: String,
    /// `taking`, or why it takes no orders.
    pub(crate) state: String,
    /// Its currency.
    pub(crate) currency: String,
    /// The last polled balance.
    pub(crate) balance: Option<String>,
    /// Offers in its list.
    pub(crate) offers: usize,
    /// Calls under way.
    pub(crate) in_flight: usize,
    /// Calls that wait for a token.
    pub(crate) queued: usize,
    /// Orders whose outcome is not known and that count against its limit.
    pub(crate) unconfirmed: usize,
    /// What is held for them, in our currency.
    pub(crate) unconfirmed_money: String,
    /// Orders that live there.
    pub(crate) orders: u64,
    /// Seconds since the oldest of their facts was learned.
    pub(crate) oldest_fact: Option<u64>,
    /// Ids in a `status` call, on the average of the last minute.
    pub(crate) ids_per_call: Option<String>,
    /// The part of its calls per second that was used in the last minute.
    pub(crate) rate_used: Option<String>,
    /// How it departs from the protocol, as found out.
    pub(crate) speaks: String,
    /// What the books say we have there.
    pub(crate) prepaid: Option<String>,
    /// What the balance is beyond that.
    pub(crate) unbooked: Option<String>,
    /// For how many days the balance lasts.
    pub(crate) days_left: Option<String>,
    /// The part of the orders of the last day that it refused for a reason of its own.
    pub(crate) refused: Option<String>,
    /// The part of the orders that ended in the last day that were canceled.
    pub(crate) canceled: Option<String>,
    /// The part of them that were delivered in part.
    pub(crate) partial: Option<String>,
    /// Offers that wait for approval.
    pub(crate) flagged: usize,
}

/// One line of `services diff`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct DiffRow {
    /// `waits` for approval, `doubt` of a whole list, or what would become of a service: `gained`, `lost`, `up`, `down`.
    pub(crate) what: String,
    /// Where it comes from: a panel, or `files`.
    pub(crate) source: String,
    /// The panel's offer.
    pub(crate) offer: Option<String>,
    /// Our service; for one that is to come, the id it would get.
    pub(crate) service: Option<i64>,
    /// The price group that sees it; without one it is for everybody.
    pub(crate) group: Option<String>,
    /// Prices, per 1000 or per package.
    pub(crate) price: Option<String>,
    pub(crate) new_price: Option<String>,
    /// Costs of the first route, in our currency.
    pub(crate) cost: Option<String>,
    pub(crate) new_cost: Option<String>,
    /// Margins in percent of the cost.
    pub(crate) margin: Option<String>,
    pub(crate) new_margin: Option<String>,
    /// The service's name, or what is not as it was approved.
    pub(crate) text: String,
}

/// How a panel departs from the protocol, in words.
pub(crate) fn speaks(traits: impl Iterator<Item = PanelTrait>) -> String {
    let words: Vec<&str> = traits.map(PanelTrait::word).collect();
    words.join(", ")
}

/// What the books say we have at a panel, if anything was ever booked there.
pub(crate) fn prepaid(
    accounts: &[PanelAccount],
    panel: &PanelName,
    currency: &Currency,
) -> Option<String> {
    let its = |account: &&PanelAccount| account.panel == *panel && account.currency == *currency;
    let account = accounts.iter().find(its)?;
    Some(account.prepaid.to_string())
}

/// The state of every panel after `panelgate pause`.
pub(crate) const ALL_PAUSED: &str = "all paused";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_says_who_and_why() {
        let of = |actor: &str, reason: &str| decision(7, actor.to_owned(), reason.to_owned());
        let kept = of("ann", "seen in the panel").expect("whole");
        assert_eq!((kept.order, kept.actor.as_str()), (OrderId(7), "ann"));
        assert!(of("ann", " ").is_err());
        assert!(of("", "seen in the panel").is_err());
    }

    #[test]
    fn a_refund_is_nothing_or_more() {
        assert!(refund("0.01").is_ok() && refund("0").is_ok());
        for bad in ["-1", "much"] {
            assert!(refund(bad).is_err(), "{bad}");
        }
    }
}
