//! From nothing to a running engine, and from one configuration to the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use dashmap::{DashMap, DashSet};
use futures_util::future::join_all;
use panelgate_domain::catalogue::Catalogue;
use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::order::OrderState;
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;
use panelgate_store::model::Sendable;
use panelgate_store::{Store, StoreError};
use panelgate_upstream::{Desk, OpenError, PanelSettings, Reports};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::Book;
use crate::brake::Brakes;
use crate::clock::Clock;
use crate::core::{Core, Desks, Engine};
use crate::evidence::Searches;
use crate::families::Families;
use crate::health::{self, Healths};
use crate::jumps::Jumps;
use crate::keys::Keys;
use crate::looks::Looks;
use crate::market::{Market, Rules};
use crate::metrics::Metrics;
use crate::rechecks::Rechecks;
use crate::repeats::{self, Repeats};
use crate::settings::Settings;
use crate::sync::SyncError;
use crate::tasks;

/// What an engine is made of.
pub struct Parts {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// The knobs.
    pub settings: Settings,
    /// What to sell at what price.
    pub rules: Rules,
    /// The panels.
    pub panels: Vec<PanelSettings>,
    /// The engine's metrics.
    pub metrics: Metrics,
    /// The desks' metrics.
    pub upstream_metrics: panelgate_upstream::Metrics,
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A panel's settings.
    #[error("panel `{panel}` cannot be used: {error}")]
    Panel {
        /// Which.
        panel: PanelName,
        /// Why.
        error: OpenError,
    },
    /// The catalogue.
    #[error(transparent)]
    Catalogue(#[from] SyncError),
    /// Orders live at a panel whose host has changed: another host never had them.
    #[error(
        "{orders} orders live at panel `{panel}` on {known}, and it is now on {host}: if that is the same panel, say `panelgate panels adopt {panel}`"
    )]
    MovedPanel {
        /// Which.
        panel: PanelName,
        /// How many.
        orders: u64,
        /// Where they were placed.
        known: String,
        /// Where the configuration says it is.
        host: String,
    },
    /// Orders live at a panel that is not configured: nobody could follow them.
    #[error("{orders} orders live at panel `{panel}`, which is not in the configuration")]
    MissingPanel {
        /// Which.
        panel: PanelName,
        /// How many.
        orders: u64,
    },
}

/// Why a reload changed nothing.
pub type ReloadError = StartError;

impl Engine {
    /// Starts: settles what a dead process left behind, loads the last catalogue and the live orders, opens the desks and
    /// begins to send, look and sync. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// Nothing runs then; orders that a dead process was sending are `unconfirmed` all the same.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let now = parts.clock.now();
        parts.store.fix_currency(&parts.settings.currency).await?;
        let orphans = parts.store.park_orphans(now).await?;
        if !orphans.is_empty() {
            tracing::warn!(
                orders = orphans.len(),
                "orders were on their way when the last process ended; they are unconfirmed"
            );
        }
        check_panels(parts.store.as_ref(), &parts.panels).await?;
        remember_hosts(parts.store.as_ref(), &parts.panels, now).await?;
        let rules = Arc::new(parts.rules);
        let core = Arc::new(Core {
            store: parts.store,
            clock: parts.clock,
            settings: parts.settings,
            market: ArcSwap::from_pointee(Market::new(Arc::clone(&rules), Catalogue::default())),
            lists: Mutex::new(BTreeMap::new()),
            approvals: Mutex::default(),
            aged: Mutex::default(),
            syncing: tokio::sync::Mutex::new(()),
            desks: ArcSwap::from_pointee(Desks::new()),
            book: Book::new(),
            families: Families::new(),
            repeats: Repeats::new(),
            keys: Keys::new(),
            looks: Looks::new(now),
            rechecks: Rechecks::default(),
            brakes: Brakes::default(),
            later_brakes: Brakes::default(),
            placing: DashSet::new(),
            questions: DashMap::new(),
            searches: Searches::default(),
            forwarding: DashSet::new(),
            turns: DashMap::new(),
            health: Healths::default(),
            jumps: Jumps::new(now, Instant::now()),
            followed: DashMap::new(),
            paused: false.into(),
            routes_changed: Notify::new(),
            funds_refused: Notify::new(),
            rebuilding: tokio::sync::Mutex::new(()),
            unbuilt: false.into(),
            metrics: parts.metrics,
            upstream_metrics: parts.upstream_metrics,
            tracker: TaskTracker::new(),
            calls: TaskTracker::new(),
            winding_down: CancellationToken::new(),
            stop: CancellationToken::new(),
        });
        core.metrics.begin(&core.settings.currency);
        core.open_desks(parts.panels)?;
        core.load_lists().await?;
        core.rebuild(None).await?;
        core.load_pauses().await?;
        core.looks.load(core.store.completions().await?);
        let lately = core.now().before(health::WINDOW);
        core.health.load(core.store.panel_hours(lately).await?);
        core.load_traits().await?;
        core.load_unheard().await?;
        core.load_questions().await?;
        core.load_placed().await?;
        core.load_ended().await?;
        let first_syncs = join_all(tasks::start(&core));
        // A panel that is down does not keep the gateway from serving what it knows.
        _ = tokio::time::timeout(FIRST_SYNCS, first_syncs).await;
        Ok(Self(core))
    }

    /// Takes new rules and panels over, whole. Desks that stay keep their queues and what they remember.
    ///
    /// # Errors
    /// Nothing changes then.
    pub async fn reload(
        &self,
        rules: Rules,
        panels: Vec<PanelSettings>,
    ) -> Result<(), ReloadError> {
        let core = &self.0;
        // What is read from the store below must not be older than what a sync or an approval has put into memory meanwhile.
        let _one = core.syncing.lock().await;
        let staying: Vec<PanelName> = panels.iter().map(|panel| panel.name.clone()).collect();
        let leaving: Vec<Desk> = core
            .desks
            .load()
            .values()
            .filter(|desk| !staying.contains(desk.panel()))
            .cloned()
            .collect();
        let moved: Vec<PanelName> = panels
            .iter()
            .filter(|panel| {
                let known = core.desk(&panel.name);
                known.is_some_and(|desk| desk.settings().url != panel.url)
            })
            .map(|panel| panel.name.clone())
            .collect();
        // No order may begin at a panel that is about to go, or nobody would follow it.
        leaving.iter().for_each(|desk| desk.set_paused(true));
        let before = Arc::clone(&core.market.load().rules);
        let taken_over = core.take_over(Arc::new(rules), panels).await;
        if let Err(error) = taken_over {
            core.load_pauses().await?;
            core.rebuild(Some(before)).await?;
            return Err(error);
        }
        for desk in leaving {
            core.lists.lock().remove(desk.panel());
            core.metrics.forget_sync(desk.panel());
            core.unfollow(desk.panel());
            desk.close().await;
        }
        moved.iter().for_each(|panel| core.unfollow(panel));
        core.load_pauses().await?;
        core.load_lists().await?;
        core.rebuild(None).await?;
        // New panels sync by themselves; nobody has to wait for that.
        drop(tasks::follow_panels(core));
        core.routes_changed.notify_one();
        Ok(())
    }
}

impl Core {
    /// A panel goes, or is another one from now on. If it is there yet or again, it is followed anew: its list is asked for at
    /// once, not when an old pause is over.
    fn unfollow(&self, panel: &PanelName) {
        if let Some((_, gone)) = self.followed.remove(panel) {
            gone.cancel();
        }
    }

    /// Who heard an answer is known to nobody but the process that gave it. One that did not stop by itself has told nobody: what
    /// was opened in its last moments counts as unheard.
    async fn load_unheard(&self) -> Result<(), StoreError> {
        let unheard = match self.store.take_unheard().await? {
            Some(unheard) => unheard,
            None => {
                let since = self.now().before(repeats::LOST_FOR);
                let most = u64::try_from(repeats::MOST).unwrap_or(u64::MAX);
                let opened = self.store.opened_since(since, most).await?;
                let opened = opened.into_iter().rev();
                let with_time = |opened: Sendable| {
                    let at = opened.order.created;
                    (opened, at)
                };
                opened.map(with_time).collect()
            }
        };
        for (Sendable { order, spec }, lost) in unheard {
            // One that was refused is no answer to the same again.
            if order.ended != Some(Final::Canceled) {
                let same = self.repeats.same(order.customer, order.service, &spec);
                self.repeats.load(same, order.id, lost);
            }
        }
        Ok(())
    }

    /// Panels that were silent before the start still owe their answers: a restart gives them no room for more of the same. What is
    /// unknown because a process died says nothing about its panel.
    async fn load_questions(&self) -> Result<(), StoreError> {
        for question in self.store.questions(MOST_QUESTIONS).await? {
            let desk = self.desk(&question.panel);
            if let Some(desk) = desk.filter(|_| question.asked_in_vain) {
                let order = question.order.order;
                self.questions.insert(order.id, order.price);
                desk.question_opened(order.price);
                self.remember(order);
            }
        }
        Ok(())
    }

    /// Page by page, so that few orders are in memory twice; the next page is read while one is taken in.
    async fn load_placed(&self) -> Result<(), StoreError> {
        let mut page = self.store.placed_orders(OrderId(0), PLACED_PAGE).await?;
        while let Some(last) = page.last().map(|order| order.id) {
            let next = self.store.placed_orders(last, PLACED_PAGE);
            let taken_in = async { page.into_iter().for_each(|order| _ = self.remember(order)) };
            let (next, ()) = tokio::join!(next, taken_in);
            page = next?;
        }
        Ok(())
    }

    /// What ended a short while ago may change yet. The same way.
    async fn load_ended(&self) -> Result<(), StoreError> {
        let since = self.now().before(self.settings.recheck_for);
        let mut page = self
            .store
            .ended_since(since, OrderId(0), PLACED_PAGE)
            .await?;
        while let Some((closed, last)) = page
            .last()
            .map(|order| (order.closed.unwrap_or(since), order.id))
        {
            let next = self.store.ended_since(closed, last, PLACED_PAGE);
            let taken_in = async {
                for order in page {
                    self.rechecks.watch(&order);
                    self.watch(&order);
                }
            };
            let (next, ()) = tokio::join!(next, taken_in);
            page = next?;
        }
        Ok(())
    }

    /// How panels speak, as far as it was found out; what a desk has forgotten, because its panel is another one now, is
    /// forgotten here too.
    async fn load_traits(&self) -> Result<(), StoreError> {
        for (panel, what) in self.store.panel_traits().await? {
            if let Some(desk) = self.desk(&panel) {
                desk.remember(what);
            }
        }
        Ok(())
    }

    async fn forget_traits(&self) -> Result<(), StoreError> {
        for (panel, what) in self.store.panel_traits().await? {
            if let Some(desk) = self.desk(&panel)
                && !desk.snapshot().traits.contains(&what)
            {
                self.store
                    .set_panel_trait(&panel, what, false, self.now())
                    .await?;
            }
        }
        Ok(())
    }

    async fn take_over(
        self: &Arc<Self>,
        rules: Arc<Rules>,
        panels: Vec<PanelSettings>,
    ) -> Result<(), StartError> {
        check_panels(self.store.as_ref(), &panels).await?;
        self.rebuild(Some(rules)).await?;
        self.open_desks(panels.clone())?;
        self.forget_traits().await?;
        Ok(remember_hosts(self.store.as_ref(), &panels, self.now()).await?)
    }

    /// Opens or reconfigures the desks of these panels, and forgets all others.
    fn open_desks(self: &Arc<Self>, panels: Vec<PanelSettings>) -> Result<(), StartError> {
        let known = self.desks.load_full();
        let mut desks = Desks::new();
        for settings in panels {
            let panel = settings.name.clone();
            let failed = |error| StartError::Panel {
                panel: panel.clone(),
                error,
            };
            let desk = match known.get(&panel) {
                Some(desk) => {
                    desk.reconfigure(settings).map_err(failed)?;
                    desk.clone()
                }
                None => {
                    let reports: Weak<dyn Reports> = Arc::<Self>::downgrade(self);
                    self.metrics
                        .begin_panel(&panel, &settings.currency, &self.settings.currency);
                    Desk::open(settings, reports, &self.upstream_metrics).map_err(failed)?
                }
            };
            desks.insert(panel, desk);
        }
        self.desks.store(Arc::new(desks));
        Ok(())
    }

    /// The last lists of the panels that are configured, in the currency that is configured now, and what was approved of
    /// them.
    async fn load_lists(&self) -> Result<(), StoreError> {
        self.load_approvals().await?;
        let desks = self.desks.load_full();
        for mut list in self.store.offers().await? {
            if let Some(desk) = desks.get(&list.panel) {
                list.currency = desk.settings().currency.clone();
                self.lists.lock().insert(list.panel.clone(), list);
            }
        }
        Ok(())
    }

    async fn load_pauses(&self) -> Result<(), StoreError> {
        let pauses = self.store.pauses().await?;
        self.paused
            .store(pauses.contains(&None), std::sync::atomic::Ordering::Relaxed);
        for (panel, desk) in self.desks.load().iter() {
            desk.set_paused(pauses.contains(&Some(panel.clone())));
        }
        Ok(())
    }
}

/// A panel that is missing, or at another host, while orders of it live is an error, never silence.
async fn check_panels(store: &dyn Store, panels: &[PanelSettings]) -> Result<(), StartError> {
    let mut live: BTreeMap<PanelName, u64> = BTreeMap::new();
    for (panel, state, orders) in store.count_live().await? {
        // What is open was never sent: it only needs some route.
        if let (Some(panel), true) = (panel, state != OrderState::Open) {
            *live.entry(panel).or_default() += orders;
        }
    }
    let hosts = store.panel_hosts().await?;
    for (panel, orders) in live {
        let Some(settings) = panels.iter().find(|settings| settings.name == panel) else {
            return Err(StartError::MissingPanel { panel, orders });
        };
        let (known, host) = (hosts.get(&panel), host(settings));
        if let Some(known) = known.filter(|known| **known != host) {
            let known = known.clone();
            return Err(StartError::MovedPanel {
                panel,
                orders,
                known,
                host,
            });
        }
    }
    Ok(())
}

async fn remember_hosts(
    store: &dyn Store,
    panels: &[PanelSettings],
    at: Timestamp,
) -> Result<(), StoreError> {
    for settings in panels {
        store
            .set_panel_host(&settings.name, &host(settings), at)
            .await?;
    }
    Ok(())
}

fn host(settings: &PanelSettings) -> String {
    settings.url.host_str().unwrap_or_default().to_owned()
}

/// A start waits at most this long for the panels' lists.
const FIRST_SYNCS: Duration = Duration::from_secs(5);

/// More open questions than any panel may have.
const MOST_QUESTIONS: u64 = 100_000;

/// Placed orders that a start reads at once.
const PLACED_PAGE: u64 = 1_000;
