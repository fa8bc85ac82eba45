//! Questions about the past, for operators. They change nothing, and each sees one snapshot however long it takes.

use async_trait::async_trait;
use panelgate_domain::ids::{Currency, CustomerId, PanelName, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::time::Timestamp;
use tokio::sync::mpsc;

use crate::api::Result;

/// What operators ask about the past.
#[async_trait]
pub trait Reports: Send + Sync + 'static {
    /// What orders earned, from their transfers at or after `since`, by group; the groups in ascending order. Sums over all
    /// groups and all time are the balances of the ledger's accounts: revenue those of `sales`, held those of `held`, cost
    /// those of the panels' `cost`.
    async fn profit(&self, by: Grouping, since: Option<Timestamp>) -> Result<Vec<Profit>>;
    /// Sends the orders opened at or after `since` to whoever asked, by id, at most [`MAX_BATCH`] at a time, while it reads
    /// on. Returns when all are sent, or when nobody listens any more.
    async fn past_orders(
        &self,
        since: Timestamp,
        batches: mpsc::Sender<Vec<PastOrder>>,
    ) -> Result<()>;
}

/// Most orders that [`Reports::past_orders`] sends at once.
pub const MAX_BATCH: usize = 1_000;

/// An order as far as its price and what it earned go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastOrder {
    /// Whose.
    pub customer: CustomerId,
    /// What was bought.
    pub service: ServiceId,
    /// How its rate turns into its price.
    pub charging: Charging,
    /// How much was charged for: all runs together.
    pub quantity: u64,
    /// So many units its discount goes by: of a subscription and its posts, the largest post.
    pub discounted_by: u64,
    /// The published rate it was priced by.
    pub rate: Rate,
    /// What was held.
    pub price: Money,
    /// What is kept of it, later refunds subtracted; nothing while it is not closed.
    pub taken: Money,
    /// What it cost, if it ever was at a panel.
    pub spent: Option<Spent>,
}

/// What an order cost at the panel of its last placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// What it should have cost, rounded up.
    pub quoted: Money,
    /// What the panel charged in the end.
    pub charged: Money,
    /// In which currency.
    pub currency: Currency,
}

/// What transfers are grouped by; nothing chosen makes one group for each currency of costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// The UTC day of the transfer.
    pub day: bool,
    /// The panel of the order's last placement.
    pub panel: bool,
    /// What was bought.
    pub service: bool,
    /// Who bought it.
    pub customer: bool,
}

/// Whose figures these are: what was not grouped by is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// Days since 1970-01-01.
    pub day: Option<i64>,
    /// Also `None` for orders that never were at a panel.
    pub panel: Option<PanelName>,
    /// Our id.
    pub service: Option<ServiceId>,
    /// The customer's name.
    pub customer: Option<String>,
    /// The currency of costs: that of the order's last placement, ours where there never was one.
    pub currency: Currency,
}

/// What a group earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profit {
    /// Whose figures these are.
    pub group: Group,
    /// Orders that were opened.
    pub orders: u64,
    /// Taken, minus what was refunded later; in our currency.
    pub revenue: Money,
    /// Still held for these orders; in our currency.
    pub held: Money,
    /// Charged by panels, minus what they credited later; in the group's currency.
    pub cost: Money,
}
