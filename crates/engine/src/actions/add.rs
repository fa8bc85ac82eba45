//! `add`: price, hold, place. The hold is durable before anything leaves the house, and the answer never waits for a panel
//! longer than `add_wait`.

use std::sync::Arc;

use panelgate_domain::action::{Add, AskedId};
use panelgate_domain::catalogue::Service;
use panelgate_domain::customer::Customer;
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::ids::{OrderId, ServiceId};
use panelgate_domain::order::OrderState;
use panelgate_domain::quote::Quote;
use panelgate_domain::reply::Reply;
use panelgate_domain::spec::OrderSpec;
use panelgate_store::StoreError;
use panelgate_store::model::{NewOrder, Opened, Sendable};
use tokio::sync::oneshot;

use crate::core::{Core, Cx, store_fault};
use crate::market::Market;
use crate::place::{self, Placing, Ready, Wanted};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, add: Add) -> Result<Reply, Fault> {
    let deadline = tokio::time::Instant::now() + core.settings.add_wait;
    let market = core.market.load_full();
    let service = service_asked_for(&market, &add)?;
    let new = quoted(core, &market, cx, service, add)?;

    // From here on a customer that hangs up changes nothing.
    let (tell_opened, opened) = oneshot::channel();
    let work = open_and_place(Arc::clone(core), Arc::clone(&cx.customer), new, tell_opened);
    let work = core.tracker.spawn(work);

    // There is no deadline here: an error now could be a lie, for the hold may become durable a moment later.
    let order = match opened.await {
        Ok(opened) => opened?,
        Err(_) => {
            return Err(Fault::us(
                Refusal::TooManyRequests,
                "opening the order ended early",
            ));
        }
    };
    match tokio::time::timeout_at(deadline, work).await {
        Ok(Ok(Placing::Refused(refusal))) => {
            Err(Fault::panel(refusal, format!("order {order} was refused")))
        }
        _ => Ok(Reply::Added(order)),
    }
}

fn service_asked_for<'a>(market: &'a Market, add: &Add) -> Result<&'a Service, Refusal> {
    let id = add
        .service
        .as_deref()
        .map(AskedId::read)
        .and_then(|id| id.number());
    id.and_then(|id| market.catalogue.service(ServiceId(id)))
        .ok_or(Refusal::IncorrectServiceId)
}

fn quoted(
    core: &Core,
    market: &Market,
    cx: &Cx,
    service: &Service,
    add: Add,
) -> Result<NewOrder, Refusal> {
    let pricing = market
        .pricing(service, &cx.customer)
        .ok_or(Refusal::IncorrectServiceId)?;
    let spec = OrderSpec::read(&service.limits(), &add.fields)?;
    let charging = service.service_type.charging();
    let price = pricing
        .rate
        .price(charging, spec.quantity().total())
        .ok_or(Refusal::QuantityAbove(service.max))?;
    Ok(NewOrder {
        customer: cx.customer.id,
        service: service.id,
        service_type: service.service_type,
        spec,
        quote: Quote {
            rate: pricing.rate,
            price,
            revision: market.rules.revision,
        },
        refill: service.refill,
        cancel: service.cancel,
        idempotency_key: add.idempotency_key,
        open_max: core.settings.open_max,
        at: core.now(),
    })
}

fn ready_route(core: &Core, customer: &Customer, new: &NewOrder) -> Option<Ready> {
    let market = core.market.load();
    let service = market.catalogue.service(new.service)?;
    let (price, quantity) = (new.quote.price, new.spec.quantity());
    place::ready_route(
        core,
        &market,
        Wanted {
            service,
            customer,
            price,
            quantity,
        },
    )
}

/// Opens the order and tells its id, then places it as far as that goes now.
async fn open_and_place(
    core: Arc<Core>,
    customer: Arc<Customer>,
    new: NewOrder,
    tell_opened: oneshot::Sender<Result<OrderId, Fault>>,
) -> Placing {
    // Opening and the first placement share one transaction when a desk has a permit to give at once.
    let ready = ready_route(&core, &customer, &new);
    let placement = ready.as_ref().map(|ready| ready.placement.clone());
    let spec = new.spec.clone();
    match core.store.open_order(new, placement).await {
        Ok(Opened::New(order, placement)) => {
            let id = order.id;
            core.metrics.held(&core.settings.currency, order.price);
            tracing::info!(order = %id, customer = %order.customer, service = %order.service, price = %order.price, "order opened");
            let sending = order.state == OrderState::Sending;
            let begun = ready
                .zip(placement)
                .filter(|_| sending)
                .map(|(ready, id)| ready.begun(id));
            let claim = place::claim(&core, id);
            core.remember((*order).clone());
            // Nobody may be listening any more; the order goes on all the same.
            _ = tell_opened.send(Ok(id));
            match claim {
                Some(claim) => {
                    place::run(
                        &core,
                        Sendable {
                            order: *order,
                            spec,
                        },
                        &customer,
                        begun,
                        claim,
                    )
                    .await
                }
                None => Placing::Waiting,
            }
        }
        Ok(Opened::Repeat(order)) => {
            _ = tell_opened.send(Ok(order.id));
            Placing::Waiting
        }
        Ok(Opened::OtherUnderSameKey) => {
            _ = tell_opened.send(Err(Fault::customer(Refusal::IncorrectRequest)));
            Placing::Gone
        }
        Err(error) => {
            if !matches!(error, StoreError::NotEnoughFunds) {
                tracing::warn!(%error, "an order could not be opened");
            }
            _ = tell_opened.send(Err(store_fault(&error)));
            Placing::Gone
        }
    }
}
