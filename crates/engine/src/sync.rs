//! Sync: a panel's list becomes costs. It never touches mapping or prices; the market is then built again and swapped whole.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use panelgate_domain::catalogue::{Catalogue, ImportKey};
use panelgate_domain::ids::{Currency, PanelName, ServiceId};
use panelgate_domain::offer::OfferList;
use panelgate_domain::sync::trust::trust;
use panelgate_domain::sync::{Distrust, learn};
use panelgate_store::StoreError;
use panelgate_store::model::Synced;
use panelgate_upstream::CallError;

use crate::aside::aside;
use crate::core::Core;
use crate::market::{Market, Rules};

/// What a sync brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncReport {
    /// Whose list.
    pub panel: PanelName,
    /// Entries that could be read.
    pub offers: usize,
    /// Services sold now, of all panels.
    pub services: usize,
    /// Entries that are not sold, of all panels; `services list --skipped` names them.
    pub skipped: usize,
    /// Offers of this panel that wait for `services approve`.
    pub flagged: usize,
    /// The list was not what it was.
    pub changed: bool,
}

/// Why a sync changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// There is no such panel.
    #[error("there is no panel `{0}`")]
    UnknownPanel(PanelName),
    /// The panel did not give its list.
    #[error("panel `{panel}` did not give its list: {error}")]
    Panel {
        /// Which.
        panel: PanelName,
        /// What it said.
        error: CallError,
    },
    /// A panel that sold something yesterday has not stopped to exist: such a list is not believed.
    #[error("panel `{panel}` gave a list that is not believed: {reason}{}", approvable(*reason))]
    Distrusted {
        /// Which.
        panel: PanelName,
        /// Why not.
        reason: Distrust,
    },
    /// The list could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A service made by hand has an id that an import was given.
    #[error("service id {id} belongs to the import of `{}` {} for ever: choose another id", key.0, key.1)]
    IdTaken {
        /// The id.
        id: ServiceId,
        /// The import.
        key: ImportKey,
    },
}

impl Core {
    /// Asks a panel for its list.
    pub(crate) async fn fetch(&self, panel: &PanelName) -> Result<OfferList, SyncError> {
        let desk = self
            .desk(panel)
            .ok_or_else(|| SyncError::UnknownPanel(panel.clone()))?;
        let list = desk.services(SYNC_WAIT).await;
        let mut list = list.map_err(|error| SyncError::Panel {
            panel: panel.clone(),
            error,
        })?;
        list.currency = self.currency_of(panel)?;
        Ok(list)
    }

    /// The currency of a panel's list. A reload may have changed it, or taken the panel away, while the list was on its way.
    fn currency_of(&self, panel: &PanelName) -> Result<Currency, SyncError> {
        let desk = self.desk(panel);
        let currency = desk.map(|desk| desk.settings().currency.clone());
        currency.ok_or_else(|| SyncError::UnknownPanel(panel.clone()))
    }

    /// Gets a panel's list, keeps it, and builds the market again.
    pub(crate) async fn sync(&self, panel: &PanelName) -> Result<SyncReport, SyncError> {
        let list = self.fetch(panel).await;
        let list = list.inspect_err(|error| {
            if matches!(error, SyncError::Panel { .. }) {
                self.metrics.synced(panel, "failed");
            }
        })?;
        let offers = list.offers.len();
        let changed = self.take_over_list(panel, list).await?;
        self.routes_changed.notify_one();
        let market = self.market.load();
        Ok(SyncReport {
            panel: panel.clone(),
            offers,
            services: market.catalogue.services().len(),
            skipped: market.catalogue.skipped().len(),
            flagged: self.approvals.lock().flagged(panel).len(),
            changed,
        })
    }

    /// Compares a list with the last one, and keeps what is new of it if it is believed. Answers whether anything is.
    async fn take_over_list(
        &self,
        panel: &PanelName,
        mut list: OfferList,
    ) -> Result<bool, SyncError> {
        let _one = self.syncing.lock().await;
        list.currency = self.currency_of(panel)?;
        let last = self.lists.lock().get(panel).cloned();
        if let Err(reason) = trust(last.as_ref(), &list, &self.settings.sync) {
            self.metrics.synced(panel, reason.word());
            self.set_aside(list, reason).await?;
            return Err(SyncError::Distrusted {
                panel: panel.clone(),
                reason,
            });
        }
        let (at, policy) = (self.now(), &self.settings.sync);
        let baselines = self.approvals.lock().of(panel);
        let learned = learn(last.as_ref(), &list, &baselines, policy, at);
        let same = last.as_ref() == Some(&list);
        let nothing_new = same && learned.is_nothing();
        let is_settled = !self.approvals.lock().doubts(panel) && !self.unbuilt.load(Relaxed);
        if nothing_new && is_settled {
            self.metrics.synced(panel, "unchanged");
            return Ok(false);
        }
        let sync = Synced {
            panel: panel.clone(),
            list: (!same).then(|| list.clone()),
            baselines: learned.baselines,
            changes: learned.changes,
            actor: None,
            at,
        };
        self.keep(sync, Some(list)).await?;
        let result = if nothing_new { "unchanged" } else { "changed" };
        self.metrics.synced(panel, result);
        Ok(!nothing_new)
    }

    /// Exchange rates that are too old are not used: what is paid for with them rests.
    pub(crate) fn without_expired(&self, rules: Arc<Rules>) -> Arc<Rules> {
        match rules.exchange.without_expired(self.now()) {
            Some(exchange) => Arc::new(Rules {
                exchange,
                ..(*rules).clone()
            }),
            None => rules,
        }
    }

    /// Puts rules (those in force if none are given) and the last lists together and swaps the market. One at a time, so that
    /// an older one never wins.
    pub(crate) async fn rebuild(&self, rules: Option<Arc<Rules>>) -> Result<(), SyncError> {
        let _one = self.rebuilding.lock().await;
        let built = self.build(rules).await;
        self.unbuilt.store(built.is_err(), Relaxed);
        built
    }

    async fn build(&self, rules: Option<Arc<Rules>>) -> Result<(), SyncError> {
        let rules = rules.unwrap_or_else(|| Arc::clone(&self.market.load().rules));
        let rules = self.without_expired(rules);
        let (lists, held) = self.views();
        let keys = rules.definitions.keys_to_import(&lists);
        let reserved: Vec<ServiceId> = rules
            .definitions
            .hand_made
            .iter()
            .map(|made| made.id)
            .collect();
        let ids = self.store.assign_services(keys, reserved.clone()).await?;
        check_reserved(&reserved, &ids)?;
        let before = self.market.load_full();
        // Thousands of globs: not on a thread that answers requests.
        let offers = lists.iter().map(|list| list.offers.len()).sum();
        let build = aside(offers, move || {
            let catalogue = Catalogue::build(&rules.definitions, &lists, &ids, &rules.exchange);
            let catalogue = catalogue.holding(&held, &rules.exchange);
            let market = Market::new(rules, catalogue);
            market.build_lists_of(&before);
            market
        });
        let market = build.await?;
        self.metrics
            .config_revision
            .set(i64::try_from(market.rules.revision).unwrap_or(i64::MAX));
        self.market.store(Arc::new(market));
        Ok(())
    }
}

fn approvable(reason: Distrust) -> &'static str {
    if reason.can_be_approved() {
        "; if it is true, say `panelgate services approve --panel`"
    } else {
        ""
    }
}

fn check_reserved(
    reserved: &[ServiceId],
    ids: &HashMap<ImportKey, ServiceId>,
) -> Result<(), SyncError> {
    match ids.iter().find(|(_, id)| reserved.contains(id)) {
        Some((key, id)) => Err(SyncError::IdTaken {
            id: *id,
            key: key.clone(),
        }),
        None => Ok(()),
    }
}

/// A list of thousands of services takes panels a while.
const SYNC_WAIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
