//! What is not known for certain: orders whose panel never said whether it has them, and panels whose balance is not what the
//! books say.

use panelgate_domain::ids::{Currency, OfferId, OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;

use super::orders::Sendable;

/// An unconfirmed order and the placement that left it so.
#[derive(Clone, Debug)]
pub struct Question {
    /// The order, and what exactly was ordered.
    pub order: Sendable,
    /// Where it was sent.
    pub panel: PanelName,
    /// For which offer.
    pub offer: OfferId,
    /// What it was to cost, in the panel's currency.
    pub cost: Money,
    /// When it was sent.
    pub began: Timestamp,
    /// Whether its panel was silent, or unclear. If not, the process that sent it died, or a backup does not know.
    pub asked_in_vain: bool,
}

/// The panel's ids, as far as they are numbers, around an order that was sent to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The greatest of the last ones that were sent before it.
    pub below: Option<u64>,
    /// The greatest of those that were sent after it.
    pub above: Option<u64>,
    /// Since the one below was sent, nothing at the panel can be an order of ours that we do not know, but for those of unknown
    /// outcome: none was said not to be there, and none spawned others.
    pub none_forgotten: bool,
}

/// A panel's balance as it was polled, and what the books said then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// Whose.
    pub panel: PanelName,
    /// Its currency.
    pub currency: Currency,
    /// What it said.
    pub balance: Money,
    /// What the books said before and after: the same, or nobody knows which of both the answer is about.
    pub booked: Money,
    /// When.
    pub at: Timestamp,
}

/// A time in which a panel's balance was by the same amount more, or less, than the books say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which panel.
    pub panel: PanelName,
    /// Its currency.
    pub currency: Currency,
    /// Balance − books.
    pub drift: Money,
    /// First seen.
    pub since: Timestamp,
    /// Last seen.
    pub until: Timestamp,
}

/// What may be behind a change of a drift: orders of the panel of which the books do not know all, in that time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    /// Sent then, and nobody knows yet whether the panel has them; with what they were to cost.
    pub unknown: Vec<(OrderId, Money)>,
    /// Ended then, without a charge of their panel's.
    pub uncharged: Vec<OrderId>,
}

/// An order for which its panel charges something else than was expected. The books have what it charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherCharge {
    /// Ours.
    pub order: OrderId,
    /// Where it is.
    pub panel: PanelName,
    /// What the panel calls it.
    pub upstream_id: UpstreamId,
    /// What for.
    pub offer: OfferId,
    /// The panel's currency.
    pub currency: Currency,
    /// How it ended; `None` while it lives.
    pub ended: Option<Final>,
    /// What was expected when it was sent.
    pub quoted: Money,
    /// What the panel says.
    pub charged: Money,
}

/// Most orders that are named as the causes of one change.
pub const MOST_CAUSES: u64 = 50;

/// Most drifts that are kept of a panel and currency; the oldest go.
pub const DRIFTS_OF_A_PANEL: u64 = 1_000;
