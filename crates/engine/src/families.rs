//! Orders that spawn others. A look at a parent names its children: each becomes an order of ours before anything else is made of
//! the look, so that none is an orphan and no hold is resolved before all that live of it are known.
//!
//! A panel that mixes up its answers would show one customer the orders of another: what names a child that is not known yet
//! only leads to a look at the parent alone, and that look is believed.
//!
//! Source: decision 0012.

use std::collections::HashSet;
use std::sync::Arc;

use dashmap::DashSet;
use moka::sync::Cache;
use panelgate_domain::family::{self, Share};
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::status::{Fact, Report};
use panelgate_store::StoreError;
use panelgate_store::model::Family;
use panelgate_upstream::Look;

use crate::core::Core;
use crate::health::Outcome;

/// What is remembered of families. The store has them all.
#[derive(Debug)]
pub(crate) struct Families {
    /// Those that were looked at lately.
    known: Cache<OrderId, Arc<Family>>,
    /// What panels name as children and is none, by parent: it is told once, and not asked about again.
    refused: Cache<OrderId, Arc<HashSet<UpstreamId>>>,
    /// Parents with children that nobody knows yet. As many as there are placed orders, at most.
    unmet: DashSet<OrderId>,
}

impl Families {
    pub(crate) fn new() -> Self {
        Self {
            known: Cache::builder()
                .weigher(|_, family: &Arc<Family>| weight(family))
                .max_capacity(MOST)
                .build(),
            refused: Cache::builder()
                .weigher(|_, refused: &Arc<HashSet<UpstreamId>>| {
                    u32::try_from(refused.len()).unwrap_or(u32::MAX)
                })
                .max_capacity(MOST)
                .build(),
            unmet: DashSet::new(),
        }
    }

    /// Its children have to be asked for by a look at it alone.
    pub(crate) fn is_unmet(&self, parent: OrderId) -> bool {
        self.unmet.contains(&parent)
    }
}

impl Core {
    /// A parent's family.
    pub(crate) async fn family(&self, parent: OrderId) -> Result<Arc<Family>, StoreError> {
        if let Some(known) = self.families.known.get(&parent) {
            return Ok(known);
        }
        let family = Arc::new(self.store.family(parent).await?);
        self.families.known.insert(parent, Arc::clone(&family));
        Ok(family)
    }

    /// Takes from looks what they tell of families: who is a child, and how large. What else was told of a parent that
    /// [is unmet](Families::is_unmet) afterwards waits for its next look.
    pub(crate) async fn meet_families(&self, panel: &PanelName, looks: &[(UpstreamId, Look)]) {
        let is_alone = looks.len() == 1;
        for (upstream_id, look) in looks {
            // What may be about other orders makes nobody's children.
            let Look::Report(report) = look else { continue };
            let Some(order) = self.member(panel, upstream_id, report).await else {
                continue;
            };
            let met = match order.origin {
                Some(origin) if !origin.is_sized => self.size_child(&order, report).await,
                None if order.share.is_some() => {
                    self.meet(&order, &report.children, is_alone).await
                }
                _ => continue,
            };
            if let Err(error) = met {
                tracing::error!(order = %order.id, %error, "what a panel said of a family could not be written down; the next look tries again");
            }
        }
    }

    /// Makes orders of the children that are not known yet, if nothing but their parent was asked for.
    async fn meet(
        &self,
        parent: &Order,
        named: &[UpstreamId],
        is_alone: bool,
    ) -> Result<(), StoreError> {
        let is_live = parent.state == OrderState::Placed;
        if !named.is_empty() && self.names_strangers(parent.id, named).await? {
            if is_live {
                self.families.unmet.insert(parent.id);
            }
            // What is named after the end only goes to the operator.
            if is_live && !is_alone {
                return Ok(());
            }
            self.adopt(parent, named).await?;
        }
        if is_alone {
            self.families.unmet.remove(&parent.id);
        }
        Ok(())
    }

    /// The placed order that a report is about. One that has ended, and is still watched, only if the panel names children of it.
    async fn member(&self, panel: &PanelName, id: &UpstreamId, report: &Report) -> Option<Order> {
        if let Some(placed) = self.book.placed_as(panel, id) {
            return Some(placed);
        }
        if report.children.is_empty() {
            return None;
        }
        self.ended(self.rechecks.find(panel, id)?.order).await
    }

    async fn names_strangers(
        &self,
        parent: OrderId,
        named: &[UpstreamId],
    ) -> Result<bool, StoreError> {
        let family = self.family(parent).await?;
        let known = names(&family);
        let refused = self.families.refused.get(&parent).unwrap_or_default();
        let is_strange = |id: &&UpstreamId| !known.contains(id) && !refused.contains(*id);
        Ok(named.iter().any(|id| is_strange(&id)))
    }

    async fn adopt(&self, parent: &Order, named: &[UpstreamId]) -> Result<(), StoreError> {
        let adopted = self
            .store
            .adopt(parent.id, named.to_vec(), self.now())
            .await?;
        self.families.known.invalidate(&parent.id);
        for child in adopted.children {
            tracing::info!(order = %child.id, parent = %parent.id, customer = %child.customer, "an order was spawned");
            self.remember(child);
        }
        self.remember(adopted.parent);
        self.keep_refused(parent.id, named).await
    }

    /// What the store has made no order of.
    async fn keep_refused(&self, parent: OrderId, named: &[UpstreamId]) -> Result<(), StoreError> {
        let family = self.family(parent).await?;
        let known = names(&family);
        let refused = named.iter().filter(|id| !known.contains(id)).cloned();
        let refused: HashSet<UpstreamId> = refused.collect();
        if !refused.is_empty() {
            self.families.refused.insert(parent, Arc::new(refused));
        }
        Ok(())
    }

    async fn size_child(&self, child: &Order, report: &Report) -> Result<(), StoreError> {
        let Some(origin) = child.origin else {
            return Ok(());
        };
        let family = self.family(origin.parent).await?;
        let Some(per_post) = family.spec.per_post() else {
            return Ok(());
        };
        let report = report.clone().of(child.kind());
        let Some(size) = family::size(&report, per_post, family.rate) else {
            return Ok(());
        };
        let sized = self.store.size_child(child.id, size, self.now()).await?;
        // One that has ended stays as it was.
        if sized.origin.is_some_and(|origin| origin.is_sized) {
            self.count_cost(&sized, family.rate);
        }
        self.remember(sized);
        Ok(())
    }

    /// What a post costs us is known with its size.
    fn count_cost(&self, child: &Order, rate: Option<Rate>) {
        let cost = rate.and_then(|rate| rate.price(Charging::PerThousand, child.quantity.total()));
        let is_charged = child.share == Some(Share::Post);
        let (Some(cost), Some(panel), true) = (cost, &child.panel, is_charged) else {
            return;
        };
        if let Some(desk) = self.desk(panel) {
            self.metrics.cost(panel, &desk.settings().currency, cost);
        }
        let spawned = Outcome::Spawned(cost);
        self.health.count(panel, spawned, self.now());
    }

    /// The last child of a subscription may have ended: if the subscription has too, what is left of its hold goes back.
    pub(crate) async fn child_ended(&self, child: &Order) {
        let Some(origin) = child.origin else { return };
        // It was the last one of those that are known, and others are to be asked for first.
        if self.families.is_unmet(origin.parent) {
            return;
        }
        let parent = self.order(origin.parent).await.unwrap_or_else(|error| {
            tracing::warn!(order = %origin.parent, %error, "a parent could not be read; its next look tries again");
            None
        });
        let Some(parent) = parent.filter(|parent| parent.state == OrderState::Placed) else {
            return;
        };
        let believed = parent.fact.filter(|_| parent.doubt.is_none());
        if let Some(fact) = believed.filter(|fact| fact.word.final_word().is_some())
            && parent.posts().is_some()
        {
            self.close_parent(parent.id, fact, false).await;
        }
    }

    /// A subscription has ended, and its panel is believed. `again`: it said so before; what is missing then is told to the
    /// operator.
    pub(crate) async fn close_parent(&self, parent: OrderId, fact: Fact, again: bool) {
        match self.store.close_parent(parent, fact).await {
            Ok((closed, released)) => {
                let word = closed.word();
                self.metrics
                    .settled(&self.settings.currency, Money::ZERO, released);
                tracing::info!(order = %parent, %word, %released, "subscription closed");
                if let (Some(panel), Some(ended)) = (&closed.panel, closed.ended) {
                    self.health.count(panel, ended.into(), self.now());
                }
                self.rechecks.watch(&closed);
                self.remember(closed);
            }
            Err(StoreError::Unresolved(_, why)) => {
                let missing = matches!(why, family::Unresolved::ChildrenMissing { .. });
                let flag = (missing && again).then(|| why.to_string());
                self.book.keep(parent, fact, flag, None);
            }
            Err(StoreError::WrongState { .. }) => self.reread(parent).await,
            Err(error) => {
                tracing::error!(order = %parent, %error, "a subscription could not be closed; its next look tries again");
            }
        }
    }
}

/// What its panel calls the children.
fn names(family: &Family) -> HashSet<&UpstreamId> {
    family.children.iter().map(|(_, id)| id).collect()
}

/// In children: what a parent was ordered with takes as much room as ten of them.
fn weight(family: &Family) -> u32 {
    u32::try_from(family.children.len())
        .unwrap_or(u32::MAX)
        .saturating_add(10)
}

/// Bound of this memory: about 100 MB.
const MOST: u64 = 1_000_000;

#[cfg(test)]
mod tests;
