//! What changes for customers from one market to another: before it bites, and after it did.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use panelgate_domain::catalogue::{Basis, Catalogue, FIRST_IMPORTED_ID, ImportKey, Service};
use panelgate_domain::ids::{OfferId, PanelName, ServiceId};
use panelgate_domain::markup::Buyer;
use panelgate_domain::offer::OfferList;
use panelgate_domain::quote::Prices;
use panelgate_domain::rate::Rate;
use panelgate_domain::sync::trust::trust;
use panelgate_domain::sync::{Distrust, Flag, learn, view};
use panelgate_store::StoreError;
use rust_decimal::Decimal;

use crate::aside::aside;
use crate::core::{Core, Engine};
use crate::market::{Market, Rules};
use crate::sync::SyncError;

/// A service as one price group sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priced {
    /// What they pay.
    pub rate: Rate,
    /// What it costs us now on the first route, in our currency.
    pub cost: Option<Decimal>,
}

/// A service that is sold at another price, or was not sold before, or will not be any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceMove {
    /// Which.
    pub service: ServiceId,
    /// Its name.
    pub name: String,
    /// For this price group only; `None` for those without one.
    pub group: Option<String>,
    /// Before; `None` if it was not sold.
    pub before: Option<Priced>,
    /// Afterwards; `None` if it is not sold.
    pub after: Option<Priced>,
}

/// An offer that waits for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whose.
    pub panel: PanelName,
    /// Which.
    pub offer: OfferId,
    /// Our services that were made from it.
    pub services: Vec<ServiceId>,
    /// Why.
    pub flags: Vec<Flag>,
}

/// What moved between two markets, for customers without a group and for each of these groups, by service. A group is told only
/// where it differs from those without one.
#[must_use]
pub fn compare(before: &Market, after: &Market, groups: &BTreeSet<String>) -> Vec<PriceMove> {
    let services = before
        .catalogue
        .services()
        .chain(after.catalogue.services());
    let ids: BTreeSet<ServiceId> = services.map(|service| service.id).collect();
    let mut moves = Vec::new();
    for id in ids {
        let (was, is) = (before.catalogue.service(id), after.catalogue.service(id));
        let Some(named) = is.or(was) else { continue };
        let (was, is) = (Seen::of(before, was), Seen::of(after, is));
        let pair = |group: Option<&String>| {
            let of = |seen: &Option<Seen<'_>>| seen.as_ref().and_then(|seen| seen.priced(group));
            (of(&was), of(&is))
        };
        let everybody = pair(None);
        let groups = groups.iter().map(|group| (Some(group), pair(Some(group))));
        let groups = groups.filter(|(_, pair)| *pair != everybody);
        for (group, (before, after)) in std::iter::once((None, everybody)).chain(groups) {
            if before.map(|priced| priced.rate) != after.map(|priced| priced.rate) {
                moves.push(PriceMove {
                    service: id,
                    name: named.name.clone(),
                    group: group.cloned(),
                    before,
                    after,
                });
            }
        }
    }
    moves
}

/// A service in one of the markets.
struct Seen<'m> {
    prices: Prices<'m, 'm>,
    /// In our currency.
    cost: Option<Decimal>,
}

impl<'m> Seen<'m> {
    fn of(market: &'m Market, service: Option<&'m Service>) -> Option<Self> {
        let service = service?;
        let basis = service.basis();
        let exchange = &market.rules.exchange;
        Some(Self {
            prices: market.prices(service)?,
            cost: exchange.to_ours(basis.cost.decimal(), &basis.currency),
        })
    }

    fn priced(&self, group: Option<&String>) -> Option<Priced> {
        let buyer = Buyer {
            customer: "",
            group: group.map(String::as_str),
        };
        let pricing = self.prices.sold_to(buyer)?;
        Some(Priced {
            rate: pricing.rate,
            cost: self.cost,
        })
    }
}

impl Engine {
    /// What other rules would change. Nothing is changed.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn preview_rules(&self, rules: Rules) -> Result<Vec<PriceMove>, SyncError> {
        let core = &self.0;
        let rules = core.without_expired(Arc::new(rules));
        let (lists, held) = core.views();
        core.preview(rules, lists, held).await
    }

    /// What the next sync of a panel would change. Its list is asked for, and not kept.
    ///
    /// # Errors
    /// The panel gives no list that is believed.
    pub async fn preview_sync(&self, panel: &PanelName) -> Result<Vec<PriceMove>, SyncError> {
        let core = &self.0;
        let list = core.fetch(panel).await?;
        let policy = &core.settings.sync;
        let last = core.lists.lock().get(panel).cloned();
        trust(last.as_ref(), &list, policy).map_err(|reason| SyncError::Distrusted {
            panel: panel.clone(),
            reason,
        })?;
        let known = core.approvals.lock().of(panel);
        let learned = learn(last.as_ref(), &list, &known, policy, core.now());
        let mut baselines = (*known).clone();
        baselines.extend(learned.baselines);
        let seen = view(&list, &baselines, policy);
        let (mut lists, mut held) = core.views();
        lists.retain(|list| list.panel != *panel);
        held.retain(|(of, _), _| of != panel);
        lists.push(seen.list);
        let costs = seen.held.into_iter();
        held.extend(costs.map(|(offer, basis)| ((panel.clone(), offer), basis)));
        core.preview(Arc::clone(&core.market.load().rules), lists, held)
            .await
    }

    /// What changed from an older market to the one in force.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn moved_since(&self, before: &Arc<Market>) -> Result<Vec<PriceMove>, StoreError> {
        let groups = self.0.groups().await?;
        let (before, after) = (Arc::clone(before), self.market());
        let offers = {
            let lists = self.0.lists.lock();
            lists.values().map(|list| list.offers.len()).sum()
        };
        aside(offers, move || compare(&before, &after, &groups)).await
    }

    /// The offers that wait for an operator.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        let core = &self.0;
        let ids = core.store.assign_services(Vec::new(), Vec::new()).await?;
        let market = core.market.load();
        let panels: Vec<PanelName> = core.desks.load().keys().cloned().collect();
        let mut waiting = Vec::new();
        for panel in panels {
            let flagged = core.approvals.lock().flagged(&panel);
            for (offer, flags) in flagged.iter() {
                waiting.push(Waiting {
                    services: market.rules.definitions.services_of(&panel, offer, &ids),
                    panel: panel.clone(),
                    offer: offer.clone(),
                    flags: flags.clone(),
                });
            }
        }
        Ok(waiting)
    }

    /// Panels whose last list is not believed, and why.
    #[must_use]
    pub fn doubts(&self) -> Vec<(PanelName, Distrust)> {
        let core = &self.0;
        let desks = core.desks.load();
        let approvals = core.approvals.lock();
        let doubts = desks.keys().map(|panel| (panel, approvals.doubt(panel)));
        doubts
            .filter_map(|(panel, doubt)| Some((panel.clone(), doubt?)))
            .collect()
    }
}

impl Core {
    async fn preview(
        &self,
        rules: Arc<Rules>,
        lists: Vec<OfferList>,
        held: HashMap<ImportKey, Basis>,
    ) -> Result<Vec<PriceMove>, SyncError> {
        let assigned = self.store.assign_services(Vec::new(), Vec::new()).await?;
        let groups = self.groups().await?;
        let before = self.market.load_full();
        let offers = lists.iter().map(|list| list.offers.len()).sum();
        let work = aside(offers, move || {
            let ids = with_ids_to_come(&rules, &lists, assigned);
            let catalogue = Catalogue::build(&rules.definitions, &lists, &ids, &rules.exchange);
            let catalogue = catalogue.holding(&held, &rules.exchange);
            let after = Market::new(rules, catalogue);
            compare(&before, &after, &groups)
        });
        Ok(work.await?)
    }

    async fn groups(&self) -> Result<BTreeSet<String>, StoreError> {
        let customers = self.store.customers().await?.into_iter();
        Ok(customers.filter_map(|row| row.customer.group).collect())
    }
}

/// The ids that new imports would get, without giving them out.
fn with_ids_to_come(
    rules: &Rules,
    lists: &[OfferList],
    mut ids: HashMap<ImportKey, ServiceId>,
) -> HashMap<ImportKey, ServiceId> {
    let made = rules.definitions.hand_made.iter();
    let reserved: BTreeSet<ServiceId> = made.map(|made| made.id).collect();
    let last = ids.values().map(|id| id.0).max().unwrap_or(0);
    let first = FIRST_IMPORTED_ID.0.max(last.saturating_add(1));
    let mut next = (first..).map(ServiceId).filter(|id| !reserved.contains(id));
    for key in rules.definitions.keys_to_import(lists) {
        if !ids.contains_key(&key)
            && let Some(id) = next.next()
        {
            ids.insert(key, id);
        }
    }
    ids
}
