//! Refills.

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, PanelName, RefillId, UpstreamId};
use panelgate_domain::status::RefillWord;
use panelgate_domain::time::Timestamp;

/// What became of the wish for a refill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefillAsked {
    /// A row is durable: ask the panel now, once.
    New(RefillId),
    /// Asked within 24 h: this one; the panel is not asked again.
    Repeat(RefillId),
}

/// How a refill is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refill {
    /// Our id.
    pub id: RefillId,
    /// The order.
    pub order: OrderId,
    /// The order's panel.
    pub panel: PanelName,
    /// The panel's id; `None` while it is asked or unknown.
    pub upstream_id: Option<UpstreamId>,
    /// The last word.
    pub word: RefillWord,
    /// When the word was learned.
    pub at: Timestamp,
}

/// What a panel answered to a refill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefillAnswer {
    /// It has it under this id.
    Known(UpstreamId),
    /// It refused: the customer may ask again at once.
    Refused(Refusal),
    /// Nobody knows: kept, never asked again within 24 h.
    Unknown,
}
