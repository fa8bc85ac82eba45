//! From nothing to a running engine, and from one configuration to the next.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use dashmap::{DashMap, DashSet};
use futures_util::future::join_all;
use panelgate_domain::catalogue::Catalogue;
use panelgate_domain::ids::PanelName;
use panelgate_domain::order::OrderState;
use panelgate_store::{Store, StoreError};
use panelgate_upstream::{Desk, OpenError, PanelSettings, Reports};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::Book;
use crate::clock::Clock;
use crate::core::{Core, Desks, Engine};
use crate::keys::Keys;
use crate::looks::Looks;
use crate::market::{Market, Rules};
use crate::metrics::Metrics;
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
        let panels: Vec<PanelName> = parts
            .panels
            .iter()
            .map(|panel| panel.name.clone())
            .collect();
        check_panels(parts.store.as_ref(), &panels).await?;
        let rules = Arc::new(parts.rules);
        let core = Arc::new(Core {
            store: parts.store,
            clock: parts.clock,
            settings: parts.settings,
            market: ArcSwap::from_pointee(Market::new(Arc::clone(&rules), Catalogue::default())),
            lists: Mutex::new(BTreeMap::new()),
            desks: ArcSwap::from_pointee(Desks::new()),
            book: Book::new(),
            keys: Keys::new(),
            looks: Looks::default(),
            placing: DashSet::new(),
            questions: DashSet::new(),
            suspects: DashMap::new(),
            followed: DashSet::new(),
            paused: false.into(),
            routes_changed: Notify::new(),
            funds_refused: Notify::new(),
            rebuilding: tokio::sync::Mutex::new(()),
            metrics: parts.metrics,
            upstream_metrics: parts.upstream_metrics,
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        core.open_desks(parts.panels)?;
        core.load_lists().await?;
        core.rebuild(rules).await?;
        core.load_pauses().await?;
        for order in core.store.placed_orders().await? {
            core.remember(order);
        }
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
        let names: Vec<PanelName> = panels.iter().map(|panel| panel.name.clone()).collect();
        check_panels(core.store.as_ref(), &names).await?;
        core.rebuild(Arc::new(rules)).await?;
        for gone in core.open_desks(panels)? {
            core.lists.lock().remove(gone.panel());
            gone.close().await;
        }
        core.load_pauses().await?;
        core.load_lists().await?;
        core.rebuild(Arc::clone(&core.market.load().rules)).await?;
        // New panels sync by themselves; nobody has to wait for that.
        drop(tasks::follow_panels(core));
        core.routes_changed.notify_one();
        Ok(())
    }
}

impl Core {
    /// Opens or reconfigures the desks of these panels; answers the desks of panels that are gone.
    fn open_desks(self: &Arc<Self>, panels: Vec<PanelSettings>) -> Result<Vec<Desk>, StartError> {
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
                    Desk::open(settings, reports, &self.upstream_metrics).map_err(failed)?
                }
            };
            desks.insert(panel, desk);
        }
        let gone = known
            .iter()
            .filter(|(panel, _)| !desks.contains_key(*panel))
            .map(|(_, desk)| desk.clone())
            .collect();
        self.desks.store(Arc::new(desks));
        Ok(gone)
    }

    /// The last lists of the panels that are configured, in the currency that is configured now.
    async fn load_lists(&self) -> Result<(), StoreError> {
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

/// A panel that is missing while orders of it live is an error, never silence.
async fn check_panels(store: &dyn Store, panels: &[PanelName]) -> Result<(), StartError> {
    let mut lost: HashMap<PanelName, u64> = HashMap::new();
    for (panel, state, orders) in store.count_live().await? {
        // What is open was never sent: it only needs some route.
        if let (Some(panel), true) = (panel, state != OrderState::Open)
            && !panels.contains(&panel)
        {
            *lost.entry(panel).or_default() += orders;
        }
    }
    match lost.into_iter().next() {
        Some((panel, orders)) => Err(StartError::MissingPanel { panel, orders }),
        None => Ok(()),
    }
}

/// A start waits at most this long for the panels' lists.
const FIRST_SYNCS: Duration = Duration::from_secs(5);
