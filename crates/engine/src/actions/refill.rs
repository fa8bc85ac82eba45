//! `refill`: our row is durable before the panel is asked, and the panel is asked once.

use std::sync::Arc;

use futures_util::future::join_all;
use panelgate_domain::action::Ids;
use panelgate_domain::family::Kind;
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::ids::{OrderId, RefillId, UpstreamId};
use panelgate_domain::order::Order;
use panelgate_domain::reply::{PerId, Reply};
use panelgate_domain::status::StatusWord;
use panelgate_store::StoreError;
use panelgate_store::model::{Answer, RefillAnswer, RefillAsked};
use panelgate_upstream::{Desk, RefillOutcome, Sent};

use super::{only, own_orders};
use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, ids: Ids) -> Result<Reply, Fault> {
    let orders = own_orders(core, cx, &ids).await?;
    let asked = orders.into_iter().map(|(asked, order)| async move {
        let refill = match order {
            Ok(order) => refill(core, order).await,
            Err(refusal) => Err(refusal),
        };
        (asked, refill)
    });
    let refills: PerId<RefillId> = join_all(asked).await;
    match ids {
        Ids::One(_) => only(refills).map(Reply::Refill),
        Ids::Many(_) => Ok(Reply::Refills(refills)),
    }
}

async fn refill(core: &Arc<Core>, order: Order) -> Result<RefillId, Refusal> {
    // The orders that a subscription spawns can be refilled, one by one.
    if !order.refill || order.kind() == Kind::Subscription {
        return Err(Refusal::RefillDisabled);
    }
    let (Some(panel), Some(upstream_id)) = (&order.panel, &order.upstream_id) else {
        return Err(Refusal::OrderNotCompleted);
    };
    if order.word() != StatusWord::Completed {
        return Err(Refusal::OrderNotCompleted);
    }
    let desk = core.desk(panel).ok_or(Refusal::TooManyRequests)?;
    // Detached: a row that says "asked" must get its answer, whoever is still listening.
    let work = ask(Arc::clone(core), desk, order.id, upstream_id.clone());
    core.tracker
        .spawn(work)
        .await
        .unwrap_or(Err(Refusal::TooManyRequests))
}

async fn ask(
    core: Arc<Core>,
    desk: Desk,
    order: OrderId,
    upstream_id: UpstreamId,
) -> Result<RefillId, Refusal> {
    let _under_way = core.calls.token();
    let asked = core
        .store
        .ask_refill(order, core.now())
        .await
        .map_err(|error| match error {
            // Nothing that happens to an order so old is kept any more.
            StoreError::Archived(_) => Refusal::RefillDaysOver,
            error => store_fault(&error).refusal,
        })?;
    let id = match asked {
        RefillAsked::Repeat(id) => return Ok(id),
        RefillAsked::New(id) => id,
    };
    let (answer, raw, reply) = match desk.refill(&upstream_id, core.settings.route_wait).await {
        Sent::Sent(RefillOutcome::Known(upstream)) => {
            (RefillAnswer::Known(upstream), "accepted".to_owned(), Ok(id))
        }
        Sent::Sent(RefillOutcome::Refused(refusal)) => (
            RefillAnswer::Refused(refusal),
            format!("{refusal:?}"),
            Err(refusal),
        ),
        Sent::Sent(RefillOutcome::Throttled { .. }) => nothing_happened("throttled"),
        Sent::NotSent(why) => nothing_happened(&why.to_string()),
        // The customer gets our id; what becomes of it is for `refill_status`, or the operator.
        Sent::Sent(RefillOutcome::Unknown) => (RefillAnswer::Unknown, "unknown".to_owned(), Ok(id)),
    };
    tracing::info!(%order, refill = %id, answer = raw, "refill asked");
    let raw = Answer {
        outcome: raw.clone(),
        raw,
        at: core.now(),
    };
    let kept = core
        .insist("refill", || {
            core.store.answer_refill(id, answer.clone(), raw.clone())
        })
        .await;
    if let Err(error) = kept {
        tracing::error!(refill = %id, %error, "the answer to a refill could not be written down");
    }
    reply
}

/// The customer may ask again at once.
fn nothing_happened(why: &str) -> (RefillAnswer, String, Result<RefillId, Refusal>) {
    let refusal = Refusal::TooManyRequests;
    (RefillAnswer::Refused(refusal), why.to_owned(), Err(refusal))
}
