//! `cancel`: an unsent order ends at once; a sent one is only asked to be canceled, and what becomes of it is seen by
//! `status`. Nothing is ever paid back because a panel said that it was asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::join_all;
use panelgate_domain::action::Ids;
use panelgate_domain::canary::Canary;
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::reply::{PerId, Reply};
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_store::StoreError;
use panelgate_store::model::{Answer, CancelAnswer, Decision};
use panelgate_upstream::{CancelOutcome, Sent};

use super::{only, own_orders};
use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, ids: Ids) -> Result<Reply, Fault> {
    let orders = own_orders(core, cx, &ids).await?;
    // Detached: wishes that were written down are sent, whoever is still listening.
    let work = core.tracker.spawn(cancel_all(Arc::clone(core), orders));
    let answers = work
        .await
        .map_err(|error| Fault::us(Refusal::TooManyRequests, error))?;
    match ids {
        Ids::One(_) => only(answers).map(|()| Reply::Canceled),
        Ids::Many(_) => Ok(Reply::Cancels(answers)),
    }
}

/// What is known of a wish before any panel was asked.
enum Wish {
    /// Answered by us alone.
    Answered(Result<(), Refusal>),
    /// For the order's panel.
    Forward(Box<Order>),
}

async fn cancel_all(core: Arc<Core>, orders: PerId<Order>) -> PerId<()> {
    let wishes = join_all(orders.into_iter().map(|(asked, order)| {
        let core = &core;
        async move {
            let wish = match order {
                Ok(order) => wish(core, order).await,
                Err(refusal) => Wish::Answered(Err(refusal)),
            };
            (asked, wish)
        }
    }));
    let wishes = wishes.await;
    let to_forward = wishes.iter().filter_map(|(_, wish)| match wish {
        Wish::Forward(order) => Some(Order::clone(order)),
        Wish::Answered(_) => None,
    });
    let forwarded = forward(&core, to_forward.collect(), Unsent::IsRefused).await;
    let answer = |wish| match wish {
        Wish::Answered(answer) => answer,
        Wish::Forward(order) => forwarded
            .get(&order.id)
            .copied()
            .unwrap_or(Err(Refusal::TooManyRequests)),
    };
    wishes
        .into_iter()
        .map(|(asked, wish)| (asked, answer(wish)))
        .collect()
}

/// Takes the wish as far as we can alone. The order may move on meanwhile, so its state is looked at again when a step
/// fails; it only ever moves towards its end.
async fn wish(core: &Core, mut order: Order) -> Wish {
    for _ in 0..STEPS_OF_AN_ORDER {
        let step = match order.state {
            OrderState::Open => close_unsent(core, order.id).await,
            OrderState::Closed => return Wish::Answered(Err(Refusal::CannotBeCanceled)),
            OrderState::Sending | OrderState::Unconfirmed => {
                core.store.wish_cancel(order.id, core.now()).await
            }
            OrderState::Placed if !order.cancel => {
                return Wish::Answered(Err(Refusal::CannotBeCanceled));
            }
            OrderState::Placed => core.store.wish_cancel(order.id, core.now()).await,
        };
        match step {
            Ok(changed) => {
                let changed = core.remember(changed);
                return if changed.state == OrderState::Placed {
                    Wish::Forward(Box::new(changed))
                } else {
                    Wish::Answered(Ok(()))
                };
            }
            Err(StoreError::WrongState { .. }) => match core.store.orders(vec![order.id]).await {
                Ok(found) => match found.into_iter().next() {
                    Some(found) => order = core.remember(found),
                    None => return Wish::Answered(Err(Refusal::IncorrectOrderId)),
                },
                Err(error) => return Wish::Answered(Err(store_fault(&error).refusal)),
            },
            Err(error) => return Wish::Answered(Err(store_fault(&error).refusal)),
        }
    }
    Wish::Answered(Err(Refusal::TooManyRequests))
}

async fn close_unsent(core: &Core, order: OrderId) -> Result<Order, StoreError> {
    let decision = Decision {
        order,
        actor: "customer".into(),
        reason: "canceled before it was sent".into(),
        at: core.now(),
    };
    let closed = core.store.close_unsent(decision).await?;
    Ok(core.given_back(closed))
}

/// What becomes of a wish that could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The customer is told, and may ask again.
    IsRefused,
    /// The customer was told 1 before: it is sent later.
    StaysAWish,
}

/// Sends the wishes of placed orders to their panels, one call per panel. A wish that is being sent already is not sent again.
pub(crate) async fn forward(
    core: &Core,
    orders: Vec<Order>,
    unsent: Unsent,
) -> HashMap<OrderId, Result<(), Refusal>> {
    let _under_way = core.calls.token();
    let mut answers = HashMap::new();
    let mut by_panel: BTreeMap<PanelName, BTreeMap<UpstreamId, OrderId>> = BTreeMap::new();
    for order in orders {
        let (Some(panel), Some(upstream_id)) = (&order.panel, &order.upstream_id) else {
            continue;
        };
        if core.forwarding.insert(order.id) {
            by_panel
                .entry(panel.clone())
                .or_default()
                .insert(upstream_id.clone(), order.id);
        } else {
            answers.insert(order.id, Ok(()));
        }
    }
    let panels = by_panel
        .into_iter()
        .map(|(panel, ids)| forward_to(core, panel, ids, unsent));
    for (order, answer) in join_all(panels).await.into_iter().flatten() {
        core.forwarding.remove(&order);
        answers.insert(order, answer);
    }
    answers
}

async fn forward_to(
    core: &Core,
    panel: PanelName,
    ids: BTreeMap<UpstreamId, OrderId>,
    unsent: Unsent,
) -> Vec<(OrderId, Result<(), Refusal>)> {
    let asked: Vec<UpstreamId> = ids.keys().cloned().collect();
    let sent = match core.desk(&panel) {
        Some(desk) => desk.cancel(asked, core.settings.route_wait).await,
        None => Sent::NotSent("the panel is not configured".to_owned()),
    };
    let answered = ids.into_iter().map(|(upstream_id, order)| {
        let outcome = match &sent {
            Sent::Sent(outcomes) => outcomes.get(&upstream_id),
            Sent::NotSent(_) => None,
        };
        answered(core, order, outcome.cloned(), unsent)
    });
    join_all(answered).await
}

async fn answered(
    core: &Core,
    order: OrderId,
    outcome: Option<CancelOutcome>,
    unsent: Unsent,
) -> (OrderId, Result<(), Refusal>) {
    let (answer, raw, reply) = match outcome {
        Some(CancelOutcome::Asked) => (CancelAnswer::Sent, "asked".to_owned(), Ok(())),
        Some(CancelOutcome::Unknown) => (CancelAnswer::Sent, "unknown".to_owned(), Ok(())),
        Some(CancelOutcome::Refused(text)) => {
            (CancelAnswer::Refused, text, Err(Refusal::CannotBeCanceled))
        }
        None if unsent == Unsent::StaysAWish => return (order, Ok(())),
        None => (
            CancelAnswer::Refused,
            "not sent".to_owned(),
            Err(Refusal::TooManyRequests),
        ),
    };
    keep(core, order, answer, raw).await;
    if Canary::RefundOnCancelAnswer.sings() && reply.is_ok() {
        give_back_at_once(core, order).await;
    }
    (order, reply)
}

/// What [`Canary::RefundOnCancelAnswer`] does: nobody has said that the order was canceled.
async fn give_back_at_once(core: &Core, order: OrderId) {
    let Ok(Some(order)) = core.order(order).await else {
        return;
    };
    let mut fact = Fact::accepted(core.now());
    fact.word = StatusWord::Canceled;
    let closed = core
        .store
        .close_order(order.id, fact, order.basis().canceled(), fact.at);
    if let Ok(closed) = closed.await {
        core.remember(closed);
    }
}

async fn keep(core: &Core, order: OrderId, answer: CancelAnswer, raw: String) {
    tracing::info!(%order, answer = raw, "cancel asked");
    let raw = Answer {
        outcome: "cancel".into(),
        raw,
        at: core.now(),
    };
    match core
        .insist("cancel", || {
            core.store.answer_cancel(order, answer, raw.clone())
        })
        .await
    {
        Ok(changed) => _ = core.remember(changed),
        // It ended meanwhile: there is nothing left to note.
        Err(error) => {
            tracing::debug!(%order, %error, "the answer to a cancel was not needed any more")
        }
    }
}

/// open → sending → unconfirmed → placed → closed, and back to open from sending once per route.
const STEPS_OF_AN_ORDER: usize = 16;
