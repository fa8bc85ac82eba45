//! What operators do while the engine runs: decisions about orders, pauses, syncs, a look at the panels.

use std::sync::atomic::Ordering;
use std::time::Duration;

use panelgate_domain::ids::{Currency, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::routing::Health;
use panelgate_domain::sync::Distrust;
use panelgate_domain::time::Timestamp;
use panelgate_store::StoreError;
use panelgate_store::model::{Decision, PanelAccount};
use panelgate_store::reports::{Grouping, Profit};
use panelgate_upstream::{Balance, CallError, Desk, DeskSnapshot};

use crate::core::{Core, Engine};
use crate::place;
use crate::settings::Settings;
use crate::sync::{SyncError, SyncReport};

/// Why an operator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such panel.
    #[error("there is no panel `{0}`")]
    UnknownPanel(PanelName),
}

/// A panel, for people.
#[derive(Clone, Debug)]
pub struct PanelReport {
    /// Its name.
    pub panel: PanelName,
    /// The currency of its charges.
    pub currency: Currency,
    /// Its desk right now.
    pub desk: DeskSnapshot,
    /// Offers in its last believed list.
    pub offers: usize,
    /// Why its last list is not believed.
    pub doubt: Option<Distrust>,
    /// Offers that wait for an operator.
    pub flagged: usize,
    /// Orders that live there.
    pub orders: u64,
    /// How long ago the oldest of their facts was learned.
    pub oldest_fact: Option<Duration>,
    /// What became of its orders in the last 24 hours.
    pub health: Health,
    /// For how many tenths of days the balance lasts at the rate of the last 24 hours, or since the first order of that time.
    pub tenths_of_days_left: Option<i64>,
}

impl Engine {
    /// The knobs.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Says that an unconfirmed order is at its panel under this id.
    ///
    /// # Errors
    /// The order is not unconfirmed, or the id belongs to another one.
    pub async fn resolve_placed(
        &self,
        decision: Decision,
        id: UpstreamId,
    ) -> Result<Order, OperateError> {
        Ok(place::decide_placed(&self.0, decision, id).await?)
    }

    /// Says that an unconfirmed order never reached its panel; its hold goes back.
    ///
    /// # Errors
    /// The order is not unconfirmed.
    pub async fn resolve_not_placed(&self, decision: Decision) -> Result<Order, OperateError> {
        let core = &self.0;
        let closed = core.given_back(core.store.resolve_not_placed(decision).await?);
        place::question_closed(core, closed.id);
        Ok(closed)
    }

    /// Gives back `refund` of a placed or closed order.
    ///
    /// # Errors
    /// The order's state or the amount does not allow it.
    pub async fn settle(&self, decision: Decision, refund: Money) -> Result<Order, OperateError> {
        let core = &self.0;
        let was = core.order(decision.order).await?;
        let settled = core.remember(core.store.settle_by_hand(decision, refund).await?);
        // What was taken before counts already.
        let is_new = was.is_none_or(|was| was.taken.is_none());
        let taken = settled.taken.filter(|_| is_new).unwrap_or(Money::ZERO);
        core.metrics.settled(&core.settings.currency, taken, refund);
        tracing::info!(order = %settled.id, %taken, released = %refund, "order settled by hand");
        core.child_ended(&settled).await;
        Ok(settled)
    }

    /// Closes an order that was not sent; its hold goes back.
    ///
    /// # Errors
    /// The order is not open.
    pub async fn cancel_unsent(&self, decision: Decision) -> Result<Order, OperateError> {
        let core = &self.0;
        Ok(core.given_back(core.store.close_unsent(decision).await?))
    }

    /// Stops or starts new orders at a panel, or everywhere. Kept over restarts; everything else goes on.
    ///
    /// # Errors
    /// There is no such panel, or the store said no.
    pub async fn set_pause(
        &self,
        panel: Option<PanelName>,
        paused: bool,
    ) -> Result<(), OperateError> {
        let core = &self.0;
        let desk = match &panel {
            None => None,
            Some(name) => Some(
                core.desk(name)
                    .ok_or_else(|| OperateError::UnknownPanel(name.clone()))?,
            ),
        };
        core.store.set_pause(panel, paused, core.now()).await?;
        match desk {
            Some(desk) => desk.set_paused(paused),
            None => core.paused.store(paused, Ordering::Relaxed),
        }
        core.routes_changed.notify_one();
        Ok(())
    }

    /// Gets a panel's list now.
    ///
    /// # Errors
    /// The panel did not give one, or it cannot be kept; the last one stays.
    pub async fn sync(&self, panel: &PanelName) -> Result<SyncReport, SyncError> {
        self.0.sync(panel).await
    }

    /// Asks a panel for our balance there, through its desk.
    ///
    /// # Errors
    /// There is no such panel, or it did not answer with a balance.
    pub async fn balance_at(
        &self,
        panel: &PanelName,
    ) -> Result<Result<Balance, CallError>, OperateError> {
        let desk = self
            .0
            .desk(panel)
            .ok_or_else(|| OperateError::UnknownPanel(panel.clone()))?;
        Ok(desk.balance(self.0.settings.add_wait).await)
    }

    /// All panels.
    #[must_use]
    pub fn panels(&self) -> Vec<PanelReport> {
        let core = &self.0;
        let placed = core.book.oldest_facts();
        let lists = core.lists.lock();
        let approvals = core.approvals.lock();
        let desks = core.desks.load();
        let report = |panel: &PanelName, desk: &Desk| {
            let placed = placed.get(panel);
            let oldest = placed.and_then(|placed| placed.oldest);
            PanelReport {
                panel: panel.clone(),
                currency: desk.settings().currency.clone(),
                desk: desk.snapshot(),
                health: core.health.of(panel, core.now()),
                tenths_of_days_left: core.days_left(desk),
                offers: lists.get(panel).map_or(0, |list| list.offers.len()),
                doubt: approvals.doubt(panel),
                flagged: approvals.flagged(panel).len(),
                orders: placed.map_or(0, |placed| placed.orders),
                oldest_fact: oldest.map(|at| core.now().since(at)),
            }
        };
        desks
            .iter()
            .map(|(panel, desk)| report(panel, desk))
            .collect()
    }

    /// What the books say of the panels' money.
    ///
    /// # Errors
    /// The store said no.
    pub async fn panel_accounts(&self) -> Result<Vec<PanelAccount>, StoreError> {
        self.0.store.panel_accounts().await
    }

    /// How many orders have not ended, by panel (`None` while none is chosen) and state.
    ///
    /// # Errors
    /// The store said no.
    pub async fn count_live(
        &self,
    ) -> Result<Vec<(Option<PanelName>, OrderState, u64)>, StoreError> {
        self.0.store.count_live().await
    }

    /// What was earned since then, by the currency of costs.
    ///
    /// # Errors
    /// The store said no.
    pub async fn profit_since(&self, since: Timestamp) -> Result<Vec<Profit>, StoreError> {
        self.0.store.profit(Grouping::default(), Some(since)).await
    }

    /// No order leaves.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.is_paused()
    }
}

impl Core {
    /// For how many tenths of days the last polled balance of a panel lasts.
    pub(crate) fn days_left(&self, desk: &Desk) -> Option<i64> {
        let balance = desk.polled_balance()?;
        self.health
            .tenths_of_days_left(desk.panel(), balance, self.now())
    }
}

/// What a panel's balance is more than its books say: a payment that nobody booked, if it is more than what is on its way.
#[must_use]
pub fn unbooked(
    accounts: &[PanelAccount],
    panel: &PanelName,
    currency: &Currency,
    balance: Money,
) -> Option<Money> {
    let its = |account: &&PanelAccount| account.panel == *panel && account.currency == *currency;
    let prepaid = accounts.iter().find(its);
    balance.checked_sub(prepaid.map_or(Money::ZERO, |account| account.prepaid))
}
