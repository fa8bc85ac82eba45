//! Sends what waits: orders that found no route when they were opened, or that a dead process left open. Oldest first.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use panelgate_domain::order::Order;
use panelgate_store::StoreError;
use panelgate_store::model::{Decision, Sendable};

use super::guarded;
use crate::core::Core;
use crate::place::{self, Placing, Wanted};

/// Tries every so often, and at once when a route may have opened.
pub(crate) fn start(core: &Arc<Core>) {
    let core = Arc::clone(core);
    core.clone().tracker.spawn(async move {
        loop {
            guarded(send_all(&core)).await;
            tokio::select! {
                biased;
                () = core.stop.cancelled() => return,
                () = core.routes_changed.notified() => {}
                () = tokio::time::sleep(core.settings.resend_every) => {}
            }
        }
    });
}

async fn send_all(core: &Arc<Core>) {
    let waiting = match core.store.waiting_orders(core.settings.open_max).await {
        Ok(waiting) => waiting,
        Err(error) => return tracing::error!(%error, "waiting orders could not be read"),
    };
    stream::iter(waiting)
        .for_each_concurrent(SENT_AT_ONCE, |sendable| send(core, sendable))
        .await;
}

async fn send(core: &Arc<Core>, sendable: Sendable) {
    if core.is_stopping() {
        return;
    }
    let order = &sendable.order;
    let Some(claim) = place::claim(core, order.id) else {
        return;
    };
    core.remember(order.clone());
    if core.now().since(order.created) >= core.settings.open_for {
        return give_back(core, order).await;
    }
    let customer = match core.store.customer(order.customer).await {
        Ok(customer) => customer,
        Err(error) => {
            return tracing::error!(order = %order.id, %error, "the customer of an order could not be read");
        }
    };
    let market = core.market.load_full();
    let Some(service) = place::service_of(&market, order) else {
        return;
    };
    let wanted = Wanted {
        service,
        customer: &customer,
        price: order.price,
        quantity: order.quantity,
        turn: order.id.0.unsigned_abs(),
    };
    if !place::is_worth_a_try(core, &market, wanted) {
        return;
    }
    let placing = place::run(core, &market, wanted, &sendable, None, Some(claim)).await;
    if placing != Placing::Waiting {
        tracing::info!(order = %order.id, ?placing, "an order that waited was taken further");
    }
}

/// It was never sent, so this timer is safe.
async fn give_back(core: &Core, order: &Order) {
    let decision = Decision {
        order: order.id,
        actor: "gateway".into(),
        reason: "no route took it within open_for".into(),
        at: core.now(),
    };
    match core.store.close_unsent(decision).await {
        Ok(closed) => {
            tracing::warn!(order = %order.id, "an order was given back: no route took it in time");
            core.given_back(closed);
        }
        Err(StoreError::WrongState { .. }) => core.reread(order.id).await,
        Err(error) => {
            tracing::error!(order = %order.id, %error, "an order could not be given back")
        }
    }
}

/// Bound of the orders that are tried side by side; the desks' limits are tighter.
const SENT_AT_ONCE: usize = 64;
