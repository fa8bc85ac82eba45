//! What is not known for certain, and what was found out about it.

use async_trait::async_trait;
use panelgate_domain::evidence::Evidence;
use panelgate_domain::ids::{Currency, OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;

use crate::api::Result;
use crate::model::{Causes, Drift, Neighbours, OtherCharge, Polled, Question};

/// Unconfirmed orders, evidence, and balances that differ from the books.
#[async_trait]
pub trait Questions: Send + Sync + 'static {
    /// Unconfirmed orders, oldest first, at most `limit`.
    async fn questions(&self, limit: u64) -> Result<Vec<Question>>;
    /// When the oldest unconfirmed order of each panel was sent to it.
    async fn oldest_questions(&self) -> Result<Vec<(PanelName, Timestamp)>>;
    /// The panel's ids around an order that was sent to it: among the [`MOST_NEIGHBOURS`] placements before it those that began
    /// until `settled`, and among as many after it those that began until `until`. Only ids that the panel gave itself count, and
    /// below only what was sent since the store was last restored: a backup does not know what came after it.
    async fn neighbours(
        &self,
        question: &Question,
        settled: Timestamp,
        until: Timestamp,
    ) -> Result<Neighbours>;
    /// Those of these ids of a panel that are orders of ours, or orphans.
    async fn known_at(&self, panel: &PanelName, ids: Vec<UpstreamId>) -> Result<Vec<UpstreamId>>;
    /// Keeps a piece of evidence, and tells it in the order's history. Answers whether it is new: the same clue about the same id is
    /// kept once, as it was first seen.
    async fn keep_evidence(&self, order: OrderId, evidence: Evidence) -> Result<bool>;
    /// The evidence about these orders, oldest first.
    async fn evidence(&self, orders: Vec<OrderId>) -> Result<Vec<(OrderId, Evidence)>>;

    /// What the books say we have at a panel, unless an order is being sent there: then its balance may be about either.
    async fn standing(&self, panel: &PanelName, currency: &Currency) -> Result<Option<Money>>;
    /// Keeps by how much a polled balance differs from the books: nothing new if it is as much as at the last time.
    async fn keep_drift(&self, polled: Polled) -> Result<()>;
    /// How a panel's balance differed from the books since then, oldest first; the first one may have begun before.
    async fn drifts(&self, panel: Option<PanelName>, since: Timestamp) -> Result<Vec<Drift>>;
    /// The orders of a panel that may be behind a change of its drift in this time, at most
    /// [`MOST_CAUSES`](crate::model::MOST_CAUSES) of each kind.
    async fn causes(&self, panel: &PanelName, from: Timestamp, to: Timestamp) -> Result<Causes>;
    /// Orders opened since then for which the panel says another charge than was quoted, by id. Drip-feeds and subscriptions, which
    /// share one charge or have many, are left out, and so are canceled orders of which nothing is charged.
    async fn other_charges(
        &self,
        panel: Option<PanelName>,
        since: Timestamp,
    ) -> Result<Vec<OtherCharge>>;
    /// By how much the panels charge more than was quoted for orders opened since then, those that are charged less aside; no line
    /// for a panel that does not.
    async fn overcharges(&self, since: Timestamp) -> Result<Vec<(PanelName, Currency, Money)>>;
}

/// So many placements around an order, of all panels, are looked at for its neighbours.
pub const MOST_NEIGHBOURS: u64 = 20_000;
