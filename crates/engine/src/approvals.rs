//! What was approved of the panels' offers, what waits, and how operators approve it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use panelgate_domain::catalogue::{Basis, ImportKey};
use panelgate_domain::ids::{OfferId, PanelName, ServiceId};
use panelgate_domain::offer::OfferList;
use panelgate_domain::sync::change::approve;
use panelgate_domain::sync::{Baselines, Distrust, Flag, view};
use panelgate_store::StoreError;
use panelgate_store::model::{Suspect, Synced};

use crate::core::{Core, Engine};
use crate::sync::SyncError;

/// What is known beside the lists themselves.
#[derive(Default)]
pub(crate) struct Approvals {
    baselines: HashMap<PanelName, Arc<Baselines>>,
    suspects: HashMap<PanelName, Suspect>,
    flagged: BTreeMap<PanelName, Arc<Flagged>>,
}

/// Offers that wait, and why.
pub(crate) type Flagged = Vec<(OfferId, Vec<Flag>)>;

/// What an operator approves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The offers behind these services.
    Services(Vec<ServiceId>),
    /// Everything of a panel, its whole list too if that is not believed.
    Panel(PanelName),
    /// Everything.
    All,
}

/// Why nothing was approved.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// There is no such panel.
    #[error("there is no panel `{0}`")]
    UnknownPanel(PanelName),
    /// There is no such service.
    #[error("there is no service {0}")]
    UnknownService(ServiceId),
    /// The list that waits cannot be sold from.
    #[error("the list of panel `{panel}` cannot be approved: {reason}")]
    Unusable {
        /// Whose.
        panel: PanelName,
        /// Why.
        reason: Distrust,
    },
    /// The store, or the market built from it.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Approvals {
    pub(crate) fn of(&self, panel: &PanelName) -> Arc<Baselines> {
        self.baselines.get(panel).cloned().unwrap_or_default()
    }

    /// Whether the last list of a panel is not believed.
    pub(crate) fn doubts(&self, panel: &PanelName) -> bool {
        self.suspects.contains_key(panel)
    }

    pub(crate) fn flagged(&self, panel: &PanelName) -> Arc<Flagged> {
        self.flagged.get(panel).cloned().unwrap_or_default()
    }

    pub(crate) fn doubt(&self, panel: &PanelName) -> Option<Distrust> {
        self.suspects.get(panel).map(|suspect| suspect.reason)
    }
}

impl Engine {
    /// Says that offers are right as they are now. Answers how many were approved.
    ///
    /// # Errors
    /// There is nothing of that name, or it cannot be kept.
    pub async fn approve(&self, chosen: Chosen, actor: &str) -> Result<usize, ApproveError> {
        let core = &self.0;
        let _one = core.syncing.lock().await;
        let wanted = match &chosen {
            Chosen::Services(ids) => Some(core.offers_of(ids).await?),
            Chosen::Panel(_) | Chosen::All => None,
        };
        let panels: Vec<PanelName> = match &chosen {
            Chosen::Panel(panel) if core.desk(panel).is_none() => {
                return Err(ApproveError::UnknownPanel(panel.clone()));
            }
            Chosen::Panel(panel) => vec![panel.clone()],
            _ => core.desks.load().keys().cloned().collect(),
        };
        let mut approved = 0;
        for panel in panels {
            let only = wanted.as_ref().map(|wanted| {
                let of_panel = wanted.iter().filter(|(of, _)| *of == panel);
                of_panel.map(|(_, offer)| offer.clone()).collect()
            });
            let whole = matches!(chosen, Chosen::Panel(_));
            approved += core.approve(&panel, only.as_ref(), whole, actor).await?;
        }
        core.routes_changed.notify_one();
        Ok(approved)
    }
}

impl Core {
    pub(crate) async fn load_approvals(&self) -> Result<(), StoreError> {
        let baselines = self.store.baselines().await?.into_iter();
        let suspects = self.store.suspects().await?.into_iter();
        let mut approvals = self.approvals.lock();
        approvals.baselines = baselines
            .map(|(panel, baselines)| (panel, Arc::new(baselines)))
            .collect();
        approvals.suspects = suspects
            .map(|suspect| (suspect.list.panel.clone(), suspect))
            .collect();
        Ok(())
    }

    /// How the lists are sold now, with the costs that wait; notes what does.
    pub(crate) fn views(&self) -> (Vec<OfferList>, HashMap<ImportKey, Basis>) {
        let lists = self.lists.lock().clone();
        let (mut shown, mut held) = (Vec::new(), HashMap::new());
        for (panel, list) in lists {
            let baselines = self.approvals.lock().of(&panel);
            let view = view(&list, &baselines, &self.settings.sync);
            let flags = view.flagged.iter().flat_map(|(_, flags)| flags);
            self.metrics.flagged(&panel, flags);
            let costs = view.held.into_iter();
            held.extend(costs.map(|(offer, basis)| ((panel.clone(), offer), basis)));
            let flagged = Arc::new(view.flagged);
            self.approvals.lock().flagged.insert(panel, flagged);
            shown.push(view.list);
        }
        (shown, held)
    }

    /// A list that is not believed waits for an operator. The same one again is written once.
    pub(crate) async fn set_aside(
        &self,
        list: OfferList,
        reason: Distrust,
    ) -> Result<(), StoreError> {
        let panel = list.panel.clone();
        let known = self.approvals.lock().suspects.get(&panel).cloned();
        if known.is_some_and(|known| known.reason == reason && known.list == list) {
            return Ok(());
        }
        let at = self.now();
        let suspect = Suspect { list, reason, at };
        self.store.suspect(suspect.clone()).await?;
        self.approvals.lock().suspects.insert(panel, suspect);
        Ok(())
    }

    /// Writes a sync down, then remembers it and builds the market again.
    pub(crate) async fn keep(
        &self,
        sync: Synced,
        list: Option<OfferList>,
    ) -> Result<(), SyncError> {
        self.store.keep_sync(sync.clone()).await?;
        {
            let mut approvals = self.approvals.lock();
            approvals.suspects.remove(&sync.panel);
            let known = approvals.baselines.entry(sync.panel.clone()).or_default();
            Arc::make_mut(known).extend(sync.baselines);
        }
        if let Some(list) = list {
            self.lists.lock().insert(sync.panel, list);
        }
        self.rebuild(None).await
    }

    async fn approve(
        &self,
        panel: &PanelName,
        only: Option<&BTreeSet<OfferId>>,
        whole: bool,
        actor: &str,
    ) -> Result<usize, ApproveError> {
        let suspect = self.approvals.lock().suspects.get(panel).cloned();
        let suspect = suspect.filter(|_| whole);
        if let Some(suspect) = suspect.as_ref().filter(|one| !one.reason.can_be_approved()) {
            return Err(ApproveError::Unusable {
                panel: panel.clone(),
                reason: suspect.reason,
            });
        }
        let known = self.lists.lock().get(panel).cloned();
        let newer = suspect.map(|suspect| suspect.list);
        let Some(list) = newer.as_ref().or(known.as_ref()) else {
            return Ok(0);
        };
        let baselines = self.approvals.lock().of(panel);
        let (at, policy) = (self.now(), &self.settings.sync);
        let wanted = |offer: &OfferId| only.is_none_or(|only| only.contains(offer));
        let learned = approve(list, &baselines, policy, wanted, at);
        if learned.is_nothing() && newer.is_none() {
            return Ok(0);
        }
        let approved = learned.changes.len();
        let sync = Synced {
            panel: panel.clone(),
            list: newer.clone(),
            baselines: learned.baselines,
            changes: learned.changes,
            actor: Some(actor.to_owned()),
            at,
        };
        self.keep(sync, newer).await?;
        tracing::info!(%panel, approved, actor, "offers approved");
        Ok(approved)
    }

    /// The offers behind services, those that are off just now too.
    async fn offers_of(&self, ids: &[ServiceId]) -> Result<BTreeSet<ImportKey>, ApproveError> {
        let assigned = self.store.assign_services(Vec::new(), Vec::new()).await?;
        let market = self.market.load();
        let mut offers = BTreeSet::new();
        for id in ids {
            let found = market.rules.definitions.offers_of(*id, &assigned);
            if found.is_empty() {
                return Err(ApproveError::UnknownService(*id));
            }
            offers.extend(found);
        }
        Ok(offers)
    }
}
