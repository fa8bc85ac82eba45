//! Sync: a panel's list becomes costs. It never touches mapping or prices; the market is then built again and swapped whole.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::catalogue::{Catalogue, ImportKey};
use panelgate_domain::ids::{PanelName, ServiceId};
use panelgate_domain::offer::OfferList;
use panelgate_store::StoreError;
use panelgate_upstream::CallError;

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
    /// A panel that sold something yesterday has not stopped to exist: an empty list is not believed.
    #[error("panel `{0}` gave an empty list, which is not believed")]
    Empty(PanelName),
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
    /// Gets a panel's list, keeps it, and builds the market again.
    pub(crate) async fn sync(&self, panel: &PanelName) -> Result<SyncReport, SyncError> {
        let desk = self
            .desk(panel)
            .ok_or_else(|| SyncError::UnknownPanel(panel.clone()))?;
        let list = desk.services(SYNC_WAIT).await;
        let mut list = list.map_err(|error| SyncError::Panel {
            panel: panel.clone(),
            error,
        })?;
        // A reload may have changed it while the list was on its way.
        list.currency = desk.settings().currency.clone();
        if list.offers.is_empty() {
            return Err(SyncError::Empty(panel.clone()));
        }
        let offers = list.offers.len();
        let known = self
            .lists
            .lock()
            .get(panel)
            .is_some_and(|known| *known == list);
        if !known {
            self.store.save_offers(list.clone(), self.now()).await?;
            self.lists.lock().insert(panel.clone(), list);
            self.rebuild(None).await?;
        }
        self.routes_changed.notify_one();
        let market = self.market.load();
        Ok(SyncReport {
            panel: panel.clone(),
            offers,
            services: market.catalogue.services().len(),
            skipped: market.catalogue.skipped().len(),
        })
    }

    /// Puts rules (those in force if none are given) and the last lists together and swaps the market. One at a time, so that
    /// an older one never wins.
    pub(crate) async fn rebuild(&self, rules: Option<Arc<Rules>>) -> Result<(), SyncError> {
        let _one = self.rebuilding.lock().await;
        let rules = rules.unwrap_or_else(|| Arc::clone(&self.market.load().rules));
        let lists: Vec<OfferList> = self.lists.lock().values().cloned().collect();
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
        let build = tokio::task::spawn_blocking(move || {
            let catalogue = Catalogue::build(&rules.definitions, &lists, &ids, &rules.exchange);
            let market = Market::new(rules, catalogue);
            market.build_lists_of(&before);
            market
        });
        let market = build
            .await
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        self.metrics
            .config_revision
            .set(i64::try_from(market.rules.revision).unwrap_or(i64::MAX));
        self.market.store(Arc::new(market));
        Ok(())
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
