//! Ends that change later: what is better for the customer is paid, what is worse is for the operator.
//!
//! Source: `money.md`, "Ledger": a final word changes later.

use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Final, Report};
use panelgate_domain::time::Timestamp;
use panelgate_store::{MAX_LEARNED, StoreError};

use crate::belief::{Belief, Told};
use crate::brake::{Looked, SECOND_LOOK_AFTER};
use crate::core::Core;
use crate::rechecks::Recheck;

/// What a look at an ended order leads to.
enum Change {
    /// Nothing.
    None,
    /// The customer gets more back.
    Pays(Fact, Settlement, Belief),
    /// It would take money, or the formula cannot decide: nothing moves, and the operator is asked.
    Asks,
}

impl Change {
    fn turns_canceled(&self) -> bool {
        matches!(self, Self::Pays(fact, _, belief) if belief.turns_canceled(fact))
    }
}

impl Core {
    /// A panel reported on orders that have ended, or that are nobody's.
    pub(crate) async fn reported_later(&self, panel: &PanelName, reports: Vec<(UpstreamId, Told)>) {
        let mut seen = Looked::default();
        let mut changes = Vec::new();
        for (upstream_id, told) in reports {
            let Some(recheck) = self.rechecks.find(panel, &upstream_id) else {
                continue;
            };
            let Some(order) = self.ended(recheck.order).await else {
                continue;
            };
            let told = Told {
                report: told.report.of(order.kind()),
                ..told
            };
            let change = self.changed(panel, &order, &recheck, &told);
            seen.add(order.id, change.turns_canceled());
            changes.push((upstream_id, told, order, change));
        }
        let is_held = self.later_brakes.hold(panel, &seen, self.now());
        for (upstream_id, told, order, change) in changes {
            let doubt = self.follow_up(&order, &told.report, change, is_held).await;
            self.rechecks.looked(panel, &upstream_id, self.now(), doubt);
        }
    }

    /// Writes down when ended orders were looked at.
    pub(crate) async fn write_confirmed(&self) {
        loop {
            let looked = self.rechecks.take_confirmed(MAX_LEARNED);
            if looked.is_empty() {
                return;
            }
            if let Err(error) = self.store.confirm_ends(looked).await {
                tracing::warn!(%error, "looks at ended orders could not be written down; they come again after a restart");
            }
        }
    }

    /// An order that has ended, and is still watched.
    pub(crate) async fn ended(&self, id: OrderId) -> Option<Order> {
        self.order(id).await.unwrap_or_else(|error| {
            tracing::error!(order = %id, %error, "an ended order could not be read");
            None
        })
    }

    /// Answers the end that is not believed yet, and until when.
    async fn follow_up(
        &self,
        order: &Order,
        report: &Report,
        change: Change,
        is_held: bool,
    ) -> Option<(Fact, Timestamp)> {
        let turns_canceled = change.turns_canceled();
        match change {
            Change::None => {}
            Change::Asks => self.flag_change(order, report).await,
            Change::Pays(fact, _, Belief::Doubted(until)) => return Some((fact, until)),
            Change::Pays(fact, _, Belief::Believed { .. }) if is_held && turns_canceled => {
                return Some((fact, self.now().after(SECOND_LOOK_AFTER)));
            }
            Change::Pays(fact, settlement, Belief::Believed { .. }) => {
                self.settle_later(order, fact, settlement).await;
            }
        }
        None
    }

    fn changed(&self, panel: &PanelName, order: &Order, recheck: &Recheck, told: &Told) -> Change {
        let (Some(settled), Some(taken)) = (order.fact, order.taken) else {
            return Change::None;
        };
        let (known, doubt) = match recheck.doubt {
            Some((fact, until)) => (fact, Some(until)),
            None => (settled, None),
        };
        let now = self.now().max(known.at);
        let (fact, oddities) = known.after(&told.report, order.quantity.total(), now);
        self.count_odd(panel, &oddities);
        match order.basis().settle(&fact) {
            Verdict::Settle(settlement) if settlement.taken < taken => {
                let belief = Belief::of(&known, doubt, &fact, told, &oddities);
                Change::Pays(fact, settlement, belief)
            }
            Verdict::Settle(settlement) if settlement.taken > taken && !same_end(order, &fact) => {
                Change::Asks
            }
            // It lives again, though all of its money went back.
            Verdict::Live if order.ended == Some(Final::Canceled) => Change::Asks,
            Verdict::Undecided(_) if !same_end(order, &fact) => Change::Asks,
            Verdict::Settle(_) | Verdict::Ended(_) | Verdict::Live | Verdict::Undecided(_) => {
                Change::None
            }
        }
    }

    async fn settle_later(&self, order: &Order, fact: Fact, settlement: Settlement) {
        match self.store.settle_later(order.id, fact, settlement).await {
            Ok(changed) => {
                // What a child gives back stays with its parent.
                let taken = order.taken.filter(|_| order.origin.is_none());
                let released = taken.and_then(|taken| taken.checked_sub(settlement.taken));
                let released = released.unwrap_or(Money::ZERO);
                self.metrics
                    .settled(&self.settings.currency, Money::ZERO, released);
                tracing::info!(order = %order.id, word = %settlement.word, taken = %settlement.taken, "an end changed later in the customer's favour");
                self.remember(changed);
            }
            Err(StoreError::WrongState { .. } | StoreError::NothingMore(_)) => {
                self.reread(order.id).await
            }
            Err(error) => {
                tracing::error!(order = %order.id, %error, "a later end could not be paid; the next look tries again")
            }
        }
    }

    async fn flag_change(&self, order: &Order, report: &Report) {
        if order.flag.is_some() {
            return;
        }
        let text = format!("it was settled, and its panel says now: {:?}", report.heard);
        match self.store.flag_order(order.id, text, self.now()).await {
            Ok(flagged) => _ = self.remember(flagged),
            Err(error) => {
                tracing::error!(order = %order.id, %error, "an order could not be flagged")
            }
        }
    }
}

/// A refund by hand is no change of the panel's.
fn same_end(order: &Order, fact: &Fact) -> bool {
    order.fact.is_some_and(|settled| {
        settled.word == fact.word && settled.remains == fact.remains && settled.runs == fact.runs
    })
}

#[cfg(test)]
mod tests;
