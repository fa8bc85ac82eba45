//! What one placement came to: it is written down before anything else happens, and an answer that may still come is waited
//! for.

use std::sync::Arc;

use panelgate_domain::canary::Canary;
use panelgate_domain::catalogue::Service;
use panelgate_domain::evidence::{Clue, Evidence};
use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, PlacementId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::placement::{About, AddOutcome, PanelTrouble};
use panelgate_store::StoreError;
use panelgate_store::model::{Answer, Decision, Sendable};
use panelgate_upstream::{Desk, Late};

use super::{Begun, Placing, Ready, Wanted};
use crate::actions::cancel::{self, Unsent};
use crate::core::Core;
use crate::evidence;
use crate::health::Outcome;

/// Whether another route is to be tried.
pub(super) enum Attempt {
    /// Nothing more is to be tried.
    Ended(Placing),
    /// The order is open again: the next route.
    Next {
        /// The offer is off there.
        service_off: bool,
    },
}

/// A placement that was sent.
struct Sent {
    core: Arc<Core>,
    order: OrderId,
    /// What is held for it.
    stake: Money,
    id: PlacementId,
    desk: Desk,
}

/// Sends the order, once, and writes down what became of it.
pub(super) async fn attempt(
    core: &Arc<Core>,
    wanted: Wanted<'_>,
    sendable: &Sendable,
    begun: Begun,
) -> Attempt {
    let Begun {
        ready:
            Ready {
                desk,
                permit,
                placement,
                under_way: _under_way,
            },
        id,
    } = begun;
    let stake = sendable.order.price;
    let placed = desk
        .add(permit, &placement.offer, &sendable.spec, stake)
        .await;
    let outcome = placed.outcome.name();
    core.metrics.placed(&placement.panel, outcome);
    let sent = Sent {
        core: Arc::clone(core),
        order: sendable.order.id,
        stake,
        id,
        desk,
    };
    tracing::info!(order = %sent.order, panel = %placement.panel, outcome, "placement ended");
    let answer = answer(core, &placed.outcome, placed.raw);
    match placed.outcome {
        AddOutcome::Accepted(upstream_id) => match sent.confirm(upstream_id, &answer).await {
            Ok(()) => {
                // What each post costs counts when its order is made.
                let cost = match placement.share {
                    Some(Share::Post) => Money::ZERO,
                    _ => placement.cost,
                };
                core.metrics
                    .cost(&placement.panel, &placement.currency, cost);
                let accepted = Outcome::Accepted(cost);
                core.health.count(&placement.panel, accepted, core.now());
                Attempt::Ended(Placing::Placed)
            }
            // An id that another order has already: nobody knows what the panel did.
            Err(error) => {
                sent.desk.question_opened(stake);
                sent.park(
                    None,
                    Answer {
                        outcome: error.to_string(),
                        ..answer
                    },
                )
                .await
            }
        },
        AddOutcome::Refused(About::Order(refusal)) => {
            let refusal = with_limit(refusal, wanted.service);
            let refused = sent.refuse(refusal, &answer).await;
            if refusal == Refusal::ActiveLink {
                let panel = &placement.panel;
                evidence::link_is_active(core, panel, sent.order, &sendable.spec).await;
            }
            match refused {
                Ok(()) => Attempt::Ended(Placing::Refused(refusal)),
                Err(_) => Attempt::Ended(Placing::Gone),
            }
        }
        AddOutcome::Refused(About::Panel(trouble)) => {
            core.health
                .count(&placement.panel, Outcome::Refused, core.now());
            if trouble == PanelTrouble::Funds {
                core.funds_refused.notify_waiters();
            }
            sent.reopen(&answer, trouble == PanelTrouble::ServiceOff)
                .await
        }
        AddOutcome::NotSent | AddOutcome::Throttled { .. } => sent.reopen(&answer, false).await,
        AddOutcome::Unknown if Canary::ResendOnTimeout.sings() => sent.reopen(&answer, false).await,
        AddOutcome::Unknown if Canary::UnknownIsRefused.sings() => {
            _ = sent.refuse(Refusal::TooManyRequests, &answer).await;
            Attempt::Ended(Placing::Refused(Refusal::TooManyRequests))
        }
        AddOutcome::Unknown => sent.park(placed.late, answer).await,
    }
}

impl Sent {
    async fn confirm(&self, upstream_id: UpstreamId, answer: &Answer) -> Result<(), StoreError> {
        let store = &self.core.store;
        let confirm = || store.confirm_placement(self.id, upstream_id.clone(), answer.clone());
        let placed = self.keep(self.core.insist("confirm", confirm).await)?;
        after_placed(&self.core, &placed);
        Ok(())
    }

    async fn refuse(&self, refusal: Refusal, answer: &Answer) -> Result<(), StoreError> {
        let refuse = || {
            self.core
                .store
                .refuse_order(self.id, refusal, answer.clone())
        };
        let refused = self.core.insist("refuse", refuse).await;
        self.keep(refused)
            .map(|closed| drop(self.core.given_back(closed)))
    }

    async fn reopen(&self, answer: &Answer, service_off: bool) -> Attempt {
        let reopen = || self.core.store.return_order(self.id, answer.clone());
        match self.keep(self.core.insist("return", reopen).await) {
            Ok(order) if order.state == OrderState::Open => Attempt::Next { service_off },
            // Its customer wanted it canceled meanwhile.
            Ok(closed) => {
                self.core.given_back(closed);
                Attempt::Ended(Placing::Gone)
            }
            // It could not be written down.
            Err(_) => Attempt::Ended(Placing::Gone),
        }
    }

    /// The outcome is not known: the order is never sent again. A late answer may still decide it.
    async fn park(self, late: Option<Late>, answer: Answer) -> Attempt {
        let park = || self.core.store.park_placement(self.id, answer.clone());
        // Before anybody can decide it, or it would count for ever.
        self.core.questions.insert(self.order, self.stake);
        // If even that fails, the next start parks what it finds `sending`.
        _ = self.keep(self.core.insist("park", park).await);
        tracing::warn!(order = %self.order, panel = %self.desk.panel(), "the outcome of a placement is not known");
        if let Some(late) = late {
            self.core.tracker.clone().spawn(self.listen(late));
        }
        Attempt::Ended(Placing::Parked)
    }

    /// Waits for the answer that came too late. An id places the order; anything that says that nothing happened closes it: it
    /// is not sent again.
    async fn listen(self, late: Late) {
        let heard = tokio::select! {
            biased;
            heard = late.answer() => heard,
            () = self.core.stop.cancelled() => None,
        };
        let Some((outcome, raw)) = heard else { return };
        tracing::info!(order = %self.order, outcome = outcome.name(), "a late answer came");
        let answer = answer(&self.core, &outcome, raw);
        let decided = match outcome {
            AddOutcome::Accepted(upstream_id) => {
                let confirmed = self.confirm(upstream_id.clone(), &answer).await;
                // An operator was faster, or the id is another order's: the panel may have an order that belongs to nobody.
                if confirmed.is_err() && !self.is_known_as(&upstream_id).await {
                    self.orphaned(upstream_id, answer).await;
                }
                confirmed
            }
            AddOutcome::Refused(About::Order(refusal)) => self.refuse_late(refusal, &answer).await,
            AddOutcome::Refused(About::Panel(_))
            | AddOutcome::Throttled { .. }
            | AddOutcome::NotSent => self.refuse_late(Refusal::TooManyRequests, &answer).await,
            AddOutcome::Unknown => return,
        };
        if decided.is_ok() {
            question_closed(&self.core, self.order);
        }
    }

    /// If somebody has said meanwhile that the panel has it, one of the two is wrong.
    async fn refuse_late(&self, refusal: Refusal, answer: &Answer) -> Result<(), StoreError> {
        let refused = self.refuse(refusal, answer).await;
        if refused.is_err()
            && let Ok(Some(order)) = self.core.order(self.order).await
            && order.state == OrderState::Placed
        {
            let text = format!("its panel said late that it refused it: {}", answer.raw);
            let flag = || {
                self.core
                    .store
                    .flag_order(self.order, text.clone(), answer.at)
            };
            _ = self.keep(self.core.insist("flag", flag).await);
        }
        refused
    }

    /// Whether the order has this id already, because an operator or evidence said so before the panel did.
    async fn is_known_as(&self, id: &UpstreamId) -> bool {
        let order = self.core.order(self.order).await;
        order.is_ok_and(|order| order.is_some_and(|order| order.upstream_id.as_ref() == Some(id)))
    }

    async fn orphaned(&self, id: UpstreamId, answer: Answer) {
        let found = Evidence {
            clue: Clue::Orphan,
            upstream_id: Some(id),
            text: "the panel has it under this id, which came after it was decided".to_owned(),
            at: answer.at,
        };
        let keep = || self.core.store.keep_evidence(self.order, found.clone());
        _ = self.core.insist("keep an orphan's id", keep).await;
        let note = || self.core.store.note_orphan(self.order, answer.clone());
        _ = self.keep(self.core.insist("note an orphan", note).await);
    }

    fn keep(&self, outcome: Result<Order, StoreError>) -> Result<Order, StoreError> {
        match outcome {
            Ok(changed) => Ok(self.core.remember(changed)),
            Err(error) => {
                tracing::error!(order = %self.order, %error, "the outcome of a placement could not be written down");
                Err(error)
            }
        }
    }
}

/// A wish to cancel that came while the order was on its way is sent after it.
pub(super) fn after_placed(core: &Arc<Core>, order: &Order) {
    if order.cancel_wish == CancelWish::Asked {
        let (core, order) = (Arc::clone(core), order.clone());
        core.clone()
            .tracker
            .spawn(async move { cancel::forward(&core, vec![order], Unsent::StaysAWish).await });
    }
}

/// Somebody, or what was found out, says that an unconfirmed order is at its panel under this id.
pub(crate) async fn decide_placed(
    core: &Arc<Core>,
    decision: Decision,
    id: UpstreamId,
) -> Result<Order, StoreError> {
    let placed = core.remember(core.store.resolve_placed(decision, id).await?);
    question_closed(core, placed.id);
    after_placed(core, &placed);
    Ok(placed)
}

/// An unconfirmed order was decided: its panel may take another one.
pub(crate) fn question_closed(core: &Core, order: OrderId) {
    let panel = core.book.get(order).and_then(|order| order.panel);
    if let Some((_, stake)) = core.questions.remove(&order)
        && let Some(desk) = panel.and_then(|panel| core.desk(&panel))
    {
        desk.question_closed(stake);
    }
}

/// Some panels refuse a quantity without naming their limit; the customer is told ours.
const fn with_limit(refusal: Refusal, service: &Service) -> Refusal {
    match refusal {
        Refusal::QuantityBelow(0) => Refusal::QuantityBelow(service.min),
        Refusal::QuantityAbove(0) => Refusal::QuantityAbove(service.max),
        other => other,
    }
}

fn answer(core: &Core, outcome: &AddOutcome, raw: String) -> Answer {
    Answer {
        outcome: outcome.name().to_owned(),
        raw,
        at: core.now(),
    }
}
