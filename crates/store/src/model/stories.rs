//! Orders as they are looked at.

use panelgate_domain::evidence::Evidence;
use panelgate_domain::ids::{Currency, CustomerId, OfferId, OrderId, PanelName, PlacementId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::time::Timestamp;

use super::orders::Sendable;

/// A filter over orders; everything given must match. Newest first.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// In this state.
    pub state: Option<OrderState>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Last placed at this panel.
    pub panel: Option<PanelName>,
    /// Last sent to a panel at or after.
    pub sent_from: Option<Timestamp>,
    /// Last sent to a panel before.
    pub sent_to: Option<Timestamp>,
    /// Spawned by this order.
    pub parent: Option<OrderId>,
    /// Only those on the operator's list.
    pub flagged: bool,
    /// Older than this one: where a list that was cut off goes on.
    pub before: Option<OrderId>,
    /// At most so many; 0 means all.
    pub limit: u64,
}

/// One event in the life of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// `opened`, `sending`, `placed`, `learned`, `closed`, …
    pub kind: String,
    /// What there is to say, raw upstream texts included.
    pub text: String,
}

/// Everything about one order.
#[derive(Clone, Debug)]
pub struct OrderStory {
    /// The order and its spec.
    pub order: Sendable,
    /// What is still held for it; nothing for a child, which lives of its parent's hold.
    pub held: Money,
    /// The orders that it spawned, oldest first.
    pub children: Vec<Order>,
    /// The customer's name.
    pub customer: String,
    /// All placements, oldest first: id, panel, offer, outcome.
    pub placements: Vec<PlacementRow>,
    /// All events, oldest first.
    pub events: Vec<Event>,
    /// All transfers, oldest first: when, kind, amount, currency.
    pub transfers: Vec<TransferRow>,
    /// What speaks for a panel having it though it never said so, oldest first.
    pub evidence: Vec<Evidence>,
}

/// One placement as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacementRow {
    /// Its id.
    pub id: PlacementId,
    /// Where.
    pub panel: PanelName,
    /// What for.
    pub offer: OfferId,
    /// `None` while it is under way.
    pub outcome: Option<String>,
    /// The panel's raw answer, or the error.
    pub raw: Option<String>,
    /// When it began.
    pub at: Timestamp,
}

/// One transfer as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    /// When.
    pub at: Timestamp,
    /// Its kind.
    pub kind: String,
    /// How much, > 0.
    pub amount: Money,
    /// In which currency.
    pub currency: Currency,
    /// Its reference.
    pub reference: String,
    /// Who and why, if an operator did it.
    pub note: Option<String>,
}

/// What became of a panel's orders in one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelHour {
    /// Which panel.
    pub panel: PanelName,
    /// When the hour began.
    pub began: Timestamp,
    /// Orders it took.
    pub accepted: u64,
    /// What they were to cost, in its currency.
    pub cost: Money,
    /// Orders it refused for a reason of its own.
    pub refused: u64,
    /// Orders that ended whole.
    pub completed: u64,
    /// Orders that ended in part.
    pub partial: u64,
    /// Orders that ended canceled.
    pub canceled: u64,
}
