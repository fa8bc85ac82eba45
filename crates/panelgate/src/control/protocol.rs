//! What goes over the control socket.

use panelgate_domain::ids::OrderId;
use panelgate_store::model::Decision;
use serde::{Deserialize, Serialize};

use crate::clock;

/// A command for a running server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Get the list of one panel, or of all.
    Sync {
        /// `None` means all.
        panel: Option<String>,
    },
    /// Read the configuration again.
    Reload {},
    /// Ask each panel for balance and services.
    CheckOnline {},
    /// The panels and their desks.
    Panels {},
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
        /// Why.
        reason: String,
    },
    /// Give money of an order back.
    Settle {
        /// Which.
        order: i64,
        /// Plain decimal text.
        refund: String,
        /// Why.
        reason: String,
    },
    /// Close an order that was not sent.
    Cancel {
        /// Which.
        order: i64,
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
    /// Rows for a table.
    Panels(Vec<PanelRow>),
    /// Not done.
    Failed {
        /// Why; a line for people each.
        why: Vec<String>,
        /// Because the configuration is wrong.
        bad_configuration: bool,
    },
}

impl Response {
    /// Not done, for any reason but the configuration.
    pub(crate) const fn failed(why: Vec<String>) -> Self {
        Self::Failed {
            why,
            bad_configuration: false,
        }
    }
}

/// An operator's decision about an order, made now.
pub(crate) fn decision(order: i64, reason: String) -> Decision {
    Decision {
        order: OrderId(order),
        actor: "operator".to_owned(),
        reason,
        at: clock::now(),
    }
}

/// A panel, as `panels list` shows it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PanelRow {
    /// Its name.
    pub(crate) panel: String,
    /// `ok`, or why it takes no orders.
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
}
