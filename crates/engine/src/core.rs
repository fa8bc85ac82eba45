//! The engine's one struct of shared things, and the way into it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use dashmap::{DashMap, DashSet};
use panelgate_domain::action::{Action, Add};
use panelgate_domain::catalogue::Service;
use panelgate_domain::customer::Customer;
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::ids::{Currency, OrderId, PanelName, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::offer::OfferList;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::reply::Reply;
use panelgate_domain::routing::Strategy;
use panelgate_domain::time::Timestamp;
use panelgate_store::{Store, StoreError};
use panelgate_upstream::Desk;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actions;
use crate::approvals::Approvals;
use crate::book::Book;
use crate::brake::Brakes;
use crate::clock::Clock;
use crate::evidence::Searches;
use crate::families::Families;
use crate::health::Healths;
use crate::jumps::Jumps;
use crate::keys::Keys;
use crate::looks::Looks;
use crate::market::Market;
use crate::metrics::Metrics;
use crate::rechecks::Rechecks;
use crate::repeats::{Asker, Hearing, Repeats};
use crate::settings::Settings;
use crate::tasks;

/// The engine: cheap to clone, the same behind every clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Core>);

/// Who asks.
#[derive(Clone, Debug)]
pub struct Cx {
    /// The customer behind the key.
    pub customer: Arc<Customer>,
}

/// What the engine works with.
pub(crate) struct Core {
    /// The truth.
    pub(crate) store: Arc<dyn Store>,
    /// Wall time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The knobs.
    pub(crate) settings: Settings,
    /// What is sold at what price; swapped whole.
    pub(crate) market: ArcSwap<Market>,
    /// The last believed list of each panel.
    pub(crate) lists: Mutex<BTreeMap<PanelName, OfferList>>,
    /// What was approved of them, and lists that are not believed.
    pub(crate) approvals: Mutex<Approvals>,
    /// Currencies whose exchange rates have used up half of their time, as was told already.
    pub(crate) aged: Mutex<Vec<Currency>>,
    /// One list is compared and kept at a time, and none while the configuration changes.
    pub(crate) syncing: tokio::sync::Mutex<()>,
    /// One desk per panel; swapped whole.
    pub(crate) desks: ArcSwap<Desks>,
    /// Orders in memory.
    pub(crate) book: Book,
    /// Parents and their children.
    pub(crate) families: Families,
    /// Answers to `add` that are on their way or were lost.
    pub(crate) repeats: Repeats,
    /// Owners of keys.
    pub(crate) keys: Keys,
    /// When which order is looked at next.
    pub(crate) looks: Looks,
    /// Ended orders that are looked at once more now and then.
    pub(crate) rechecks: Rechecks,
    /// Panels that say of too many orders at once that they are canceled.
    pub(crate) brakes: Brakes,
    /// The same for orders that have ended: those that live say nothing about them, nor they about those.
    pub(crate) later_brakes: Brakes,
    /// Orders that some task is placing right now; the store's compare-and-set would stop a second one, but only after it
    /// took a permit.
    pub(crate) placing: DashSet<OrderId>,
    /// Orders whose wish to cancel is being sent right now.
    pub(crate) forwarding: DashSet<OrderId>,
    /// Unconfirmed orders that count against their panel's `max_unconfirmed`, and what is held for each.
    pub(crate) questions: DashMap<OrderId, Money>,
    /// When which unconfirmed order is asked about.
    pub(crate) searches: Searches,
    /// How many orders of each weighted service chose their route. The size of the catalogue bounds it.
    pub(crate) turns: DashMap<ServiceId, u64>,
    /// What became of the panels' orders lately.
    pub(crate) health: Healths,
    /// Whether the machine's clock goes as time does.
    pub(crate) jumps: Jumps,
    /// Panels whose background tasks run, and what ends these when a panel goes.
    pub(crate) followed: DashMap<PanelName, CancellationToken>,
    /// No new order leaves.
    pub(crate) paused: AtomicBool,
    /// Rung when an order that waits might find a route.
    pub(crate) routes_changed: Notify,
    /// Rung when a panel refused an order because our balance there is too low.
    pub(crate) funds_refused: Notify,
    /// One rebuild of the market at a time.
    pub(crate) rebuilding: tokio::sync::Mutex<()>,
    /// The last rebuild failed: the market lacks what lists and approvals say, though nothing is new about them.
    pub(crate) unbuilt: AtomicBool,
    /// Counted and timed things.
    pub(crate) metrics: Metrics,
    /// For desks that are opened later.
    pub(crate) upstream_metrics: panelgate_upstream::Metrics,
    /// Everything that outlives the request it came from.
    pub(crate) tracker: TaskTracker,
    /// Calls that buy or change something at a panel, from before they are begun until what became of them is written down.
    pub(crate) calls: TaskTracker,
    /// No order leaves any more, and nobody is kept waiting for one.
    pub(crate) winding_down: CancellationToken,
    /// Ends the background tasks.
    pub(crate) stop: CancellationToken,
}

/// The desks by panel.
pub(crate) type Desks = BTreeMap<PanelName, Desk>;

impl Engine {
    /// Does what a customer asks. Dropping the future stops the waiting, never the work: what moves money goes on.
    ///
    /// # Errors
    /// The fault says who is to blame, what became of it, and what to tell the customer.
    pub async fn run(&self, cx: &Cx, action: Action) -> Result<Reply, Fault> {
        let core = &self.0;
        match action {
            Action::Services => Ok(Reply::Services(core.market.load().price_list(&cx.customer))),
            Action::Balance => actions::balance::run(core, cx).await,
            Action::Add(add) => {
                let (reply, hearing) = self.add(cx, add, None).await?;
                if let Some(hearing) = hearing {
                    hearing.heard();
                }
                Ok(reply)
            }
            Action::Status(ids) => actions::status::run(core, cx, ids).await,
            Action::Refill(ids) => actions::refill::run(core, cx, ids).await,
            Action::RefillStatus(ids) => actions::refill_status::run(core, cx, ids).await,
            Action::Cancel(ids) => actions::cancel::run(core, cx, ids).await,
        }
    }

    /// As [`run`](Self::run), for `add` and with the answer's hearing: whoever hands the answer over says so, or lets go of it if the
    /// customer is not there any more. Dropping the future does that too. Where an asker can be seen to have gone, nobody has to be
    /// answered before the same `add` counts as a repeat.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn add(
        &self,
        cx: &Cx,
        add: Add,
        asker: Option<Weak<dyn Asker>>,
    ) -> Result<(Reply, Option<Hearing>), Fault> {
        actions::add::run(&self.0, cx, add, asker).await
    }

    /// Answers a poll from what is known, without asking a panel or waiting: for customers over their limit. `None` for
    /// actions that are no polls.
    pub async fn recall(&self, cx: &Cx, action: &Action) -> Option<Result<Reply, Fault>> {
        let core = &self.0;
        match action {
            Action::Services => Some(Ok(Reply::Services(
                core.market.load().price_list(&cx.customer),
            ))),
            Action::Balance => Some(actions::balance::run(core, cx).await),
            Action::Status(ids) => Some(actions::status::recall(core, cx, ids).await),
            Action::RefillStatus(ids) => Some(actions::refill_status::recall(core, cx, ids).await),
            Action::Add(_) | Action::Refill(_) | Action::Cancel(_) => None,
        }
    }

    /// The customer whose key has this SHA-256, if the key may be used.
    ///
    /// # Errors
    /// The store failed.
    pub async fn owner_of_key(&self, hash: [u8; 32]) -> Result<Option<Arc<Customer>>, StoreError> {
        self.0.keys.owner(self.0.store.as_ref(), hash).await
    }

    /// Sees what another process has written to the store, so that it is in force: keys and customers are asked for anew, balances
    /// read anew. Done now and then by itself.
    pub async fn see_foreign_commits(&self) {
        tasks::foreign::run(Arc::clone(&self.0)).await;
    }

    /// Fails if the store cannot be written.
    ///
    /// # Errors
    /// What the store said.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.0.store.check_writable().await
    }

    /// What is sold at what price right now.
    #[must_use]
    pub fn market(&self) -> Arc<Market> {
        self.0.market.load_full()
    }

    /// Sends no order any more. Customers who wait for one get its id at once; what is opened from now on stays open for the next
    /// start. Everything else goes on. Answers when no call that buys or changes something is under way; dropping the future
    /// ends the waiting and nothing else.
    pub async fn wind_down(&self) {
        let core = &self.0;
        core.winding_down.cancel();
        core.calls.close();
        core.calls.wait().await;
    }

    /// Ends the background tasks, waits until everything under way is written down, and closes the desks.
    pub async fn stop(&self) {
        self.stop_within(Duration::MAX).await;
    }

    /// As [`stop`](Self::stop), and cuts off what takes longer. An order that is on its way then is unconfirmed at the next start.
    pub async fn stop_within(&self, within: Duration) {
        let core = &self.0;
        core.winding_down.cancel();
        core.stop.cancel();
        core.tracker.close();
        let ended = async {
            core.tracker.wait().await;
            for desk in core.desks.load().values() {
                desk.close().await;
            }
        };
        if tokio::time::timeout(within, ended).await.is_err() {
            tracing::warn!(
                calls = core.calls.len(),
                "calls to panels took too long and were cut off; the next start has their orders as unconfirmed"
            );
        }
        // What the last looks told.
        core.write_learned().await;
        let unheard = core.repeats.lost_lately(core.now());
        if let Err(error) = core.store.keep_unheard(unheard).await {
            tracing::warn!(%error, "which answers were lost could not be written down; the next start takes all of the last moments for lost");
        }
    }
}

impl Core {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn desk(&self, panel: &PanelName) -> Option<Desk> {
        self.desks.load().get(panel).cloned()
    }

    /// The number of an order among those of its weighted service, from which its first route follows. An order has no id
    /// before it is opened together with its first placement, and ids that go to several services would not be spread evenly
    /// over the routes of one. Others need no number.
    pub(crate) fn turn(&self, service: &Service) -> u64 {
        if service.strategy != Strategy::Weighted {
            return 0;
        }
        let mut turns = self.turns.entry(service.id).or_default();
        let turn = *turns;
        *turns = turn.wrapping_add(1);
        turn
    }

    /// The gateway is ending: nothing new is begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Orders are taken, and stay open.
    pub(crate) fn is_winding_down(&self) -> bool {
        self.winding_down.is_cancelled()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Keeps a committed change of an order in memory, and what follows from its state.
    pub(crate) fn remember(&self, order: Order) -> Order {
        let order = self.book.put(order);
        if order.state == OrderState::Placed {
            self.watch(&order);
        }
        order
    }

    /// An order ended of which nothing was taken: its whole hold went back.
    pub(crate) fn given_back(&self, closed: Order) -> Order {
        let (order, released) = (closed.id, closed.price);
        let ours = &self.settings.currency;
        self.metrics.settled(ours, Money::ZERO, released);
        tracing::info!(%order, taken = %Money::ZERO, %released, "order closed");
        self.remember(closed)
    }

    /// Its panel's desk looks at an order from now on, or sees what has changed about it.
    pub(crate) fn watch(&self, order: &Order) {
        let (Some(panel), Some(id)) = (&order.panel, &order.upstream_id) else {
            return;
        };
        if let Some(desk) = self.desk(panel) {
            desk.follow(std::slice::from_ref(id));
        }
    }

    /// An order from memory, or from the store.
    pub(crate) async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.orders(&[id]).await?.remove(&id))
    }

    /// Orders from memory, or from the store.
    pub(crate) async fn orders(
        &self,
        ids: &[OrderId],
    ) -> Result<BTreeMap<OrderId, Order>, StoreError> {
        let mut found = BTreeMap::new();
        let mut missing = Vec::new();
        for id in ids {
            match self.book.get(*id) {
                Some(order) => _ = found.insert(*id, order),
                None => missing.push(*id),
            }
        }
        if !missing.is_empty() {
            for order in self.store.orders(missing).await? {
                found.insert(order.id, self.remember(order));
            }
        }
        Ok(found)
    }

    /// Somebody else has taken an order further: what memory has of it is outdated.
    pub(crate) async fn reread(&self, order: OrderId) {
        match self.store.orders(vec![order]).await {
            Ok(found) => found.into_iter().for_each(|order| _ = self.remember(order)),
            Err(error) => tracing::warn!(%order, %error, "an order could not be read again"),
        }
    }

    /// Runs a transaction that must not get lost, because the world outside has already changed: failures of the database
    /// are tried again until they pass or the process ends. What the store refuses for good is answered.
    pub(crate) async fn insist<T, F>(
        &self,
        what: &str,
        transaction: impl Fn() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        loop {
            match transaction().await {
                Err(error @ (StoreError::Database(_) | StoreError::Busy)) => {
                    tracing::error!(%error, what, "the store failed; trying again");
                    tokio::time::sleep(INSIST_EVERY).await;
                }
                outcome => return outcome,
            }
        }
    }
}

/// How the store's refusals reach customers; nothing happened in any of these cases.
pub(crate) fn store_fault(error: &StoreError) -> Fault {
    match error {
        StoreError::NotEnoughFunds => Fault::customer(Refusal::NotEnoughFunds),
        _ => Fault::us(Refusal::TooManyRequests, error),
    }
}

const INSIST_EVERY: Duration = Duration::from_millis(500);
