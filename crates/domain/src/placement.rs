//! What an answer to `add` means: a closed list. What fits nowhere is [`AddOutcome::Unknown`], never a guess.
//!
//! Source: `money.md`, "What an answer to `add` means".

use std::time::Duration;

use crate::fault::Refusal;
use crate::ids::UpstreamId;

/// The outcome of the one request of a placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddOutcome {
    /// No byte left: name, connection or TLS failed. The next route may be tried.
    NotSent,
    /// The panel said that we ask too often and nothing else: nothing happened.
    Throttled {
        /// How long it wants us to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// The panel refused, definitely.
    Refused(About),
    /// The panel has the order.
    Accepted(UpstreamId),
    /// A byte may have left, and the answer says nothing certain. Never sent again.
    Unknown,
}

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The order itself: no other route will do better.
    Order(Refusal),
    /// The panel: the next route may be tried.
    Panel(PanelTrouble),
}

/// Why a panel takes no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PanelTrouble {
    /// Our balance there is too low: it rests for a minute.
    Funds,
    /// The offer is off: the route rests until the next sync.
    ServiceOff,
    /// It does not know our key: it rests until its configuration changes.
    Key,
    /// Something else the operator has listed as being about the panel.
    Other,
}

impl AddOutcome {
    /// The label in metrics and in an order's history.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Throttled { .. } => "throttled",
            Self::Refused(About::Order(_)) => "refused_order",
            Self::Refused(About::Panel(_)) => "refused_panel",
            Self::Accepted(_) => "accepted",
            Self::Unknown => "unknown",
        }
    }
}
