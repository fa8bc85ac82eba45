//! Ends that change later: what is better for the customer is paid, what is worse is for the operator.
//!
//! Source: `money.md`, "Ledger": a final word changes later.

use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::order::Order;
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Final, Report};
use panelgate_store::StoreError;

use crate::brake::{Looked, SECOND_LOOK_AFTER};
use crate::core::Core;
use crate::rechecks::Recheck;
use crate::settle::Belief;

/// What a look at an ended order leads to.
enum Change {
    /// Nothing.
    None,
    /// The customer gets more back.
    Pays(Fact, Settlement, Belief),
    /// It would take money; nothing moves.
    Costs,
}

impl Core {
    /// A panel reported on an order that has ended, or that is nobody's.
    pub(crate) async fn reported_later(
        &self,
        panel: &PanelName,
        upstream_id: &UpstreamId,
        report: &Report,
    ) {
        let Some(recheck) = self.rechecks.find(panel, upstream_id) else {
            return;
        };
        let order = match self.orders(&[recheck.order]).await {
            Ok(mut found) => found.remove(&recheck.order),
            Err(error) => {
                return tracing::error!(order = %recheck.order, %error, "an ended order could not be read");
            }
        };
        let Some(order) = order else { return };
        let mut doubt = None;
        match self.changed(panel, &order, &recheck, report) {
            Change::None => {}
            Change::Costs => self.flag_change(&order, report).await,
            Change::Pays(fact, settlement, Belief::Believed { is_confirmed }) => {
                let turned = settlement.word == Final::Canceled && !is_confirmed;
                let canceled = if turned { vec![order.id] } else { Vec::new() };
                let seen = Looked {
                    orders: vec![order.id],
                    canceled,
                };
                if self.brakes.hold(panel, &seen, self.now()) {
                    doubt = Some((fact, self.now().after(SECOND_LOOK_AFTER)));
                } else {
                    self.settle_later(&order, fact, settlement).await;
                }
            }
            Change::Pays(fact, _, Belief::Doubted(until)) => doubt = Some((fact, until)),
        }
        self.rechecks.looked(panel, upstream_id, self.now(), doubt);
    }

    fn changed(
        &self,
        panel: &PanelName,
        order: &Order,
        recheck: &Recheck,
        report: &Report,
    ) -> Change {
        let (Some(settled), Some(taken)) = (order.fact, order.taken) else {
            return Change::None;
        };
        let (known, doubt) = match recheck.doubt {
            Some((fact, until)) => (fact, Some(until)),
            None => (settled, None),
        };
        let (fact, oddities) = known.after(report, order.quantity.total(), self.now());
        self.count_odd(panel, &oddities);
        match order.basis().settle(&fact) {
            Verdict::Settle(settlement) if settlement.taken < taken => {
                let belief = Belief::of(&known, doubt, &fact, report, &oddities);
                Change::Pays(fact, settlement, belief)
            }
            Verdict::Settle(settlement) if settlement.taken > taken && !same_end(order, &fact) => {
                Change::Costs
            }
            // It lives again, though all of its money went back.
            Verdict::Live if order.ended == Some(Final::Canceled) => Change::Costs,
            Verdict::Settle(_) | Verdict::Live | Verdict::Undecided(_) => Change::None,
        }
    }

    async fn settle_later(&self, order: &Order, fact: Fact, settlement: Settlement) {
        match self.store.settle_later(order.id, fact, settlement).await {
            Ok(changed) => {
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
