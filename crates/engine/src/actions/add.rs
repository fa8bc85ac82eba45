//! `add`: price, hold, place. The hold is durable before anything leaves the house, and the answer never waits for a panel
//! longer than `add_wait`.

use std::fmt;
use std::sync::{Arc, Weak};

use panelgate_domain::action::{Add, AskedId};
use panelgate_domain::canary::Canary;
use panelgate_domain::catalogue::Service;
use panelgate_domain::customer::Customer;
use panelgate_domain::fault::{Effect, Fault, Refusal};
use panelgate_domain::ids::{OrderId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::quote::{self, Quote};
use panelgate_domain::reply::Reply;
use panelgate_domain::spec::{OrderSpec, Quantity, Subscribing};
use panelgate_domain::status::Final;
use panelgate_store::StoreError;
use panelgate_store::model::{NewOrder, Opened, Sendable};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::core::{Core, Cx, store_fault};
use crate::market::Market;
use crate::place::{self, Placing, Wanted};
use crate::repeats::{Asker, Hearing, Outcome, Repeats};

pub(crate) async fn run(
    core: &Arc<Core>,
    cx: &Cx,
    add: Add,
    asker: Option<Weak<dyn Asker>>,
) -> Result<(Reply, Option<Hearing>), Fault> {
    if core.is_stopping() {
        // It may be a repeat: no answer is the only one that is true.
        return Err(Fault {
            effect: Effect::Unknown,
            ..Fault::us(Refusal::TooManyRequests, "an add came after the end")
        });
    }
    let deadline = Instant::now() + core.settings.add_wait;
    let market = core.market.load_full();
    let service = service_asked_for(&market, &add)?.clone();
    let new = quoted(core, &market, cx, &service, add)?;
    // A name of the customer's own says more than what looks the same.
    let same = new
        .idempotency_key
        .is_none()
        .then(|| core.repeats.same(new.customer, new.service, &new.spec));
    let unheard = same.and_then(|same| Repeats::take_up(core, same, asker.clone()));
    if let Some((hearing, outcome)) = unheard {
        if let Some(order) = opened_before(core, outcome, deadline).await? {
            core.metrics.unheard("repeated");
            tracing::info!(%order, customer = %cx.customer.id, "an order was asked for again whose answer was lost");
            return Ok((Reply::Added(order), Some(hearing)));
        }
        // It stands in the way of what comes next.
        hearing.heard();
    }
    let (hearing, tell) = same.map(|same| Repeats::begin(core, same, asker)).unzip();
    let opening = Opening {
        core: Arc::clone(core),
        market,
        customer: Arc::clone(&cx.customer),
        turn: core.turn(&service),
        deadline,
        service,
        tell,
    };
    match open(core, opening, new, deadline).await {
        Ok(reply) => Ok((reply, hearing)),
        Err(fault) => {
            // There is no order, and an error that nobody hears may be asked for again.
            if fault.effect == Effect::DidNotHappen
                && let Some(hearing) = hearing
            {
                hearing.heard();
            }
            Err(fault)
        }
    }
}

/// The order that an earlier `add` became; `None` if it became none, or came to nothing since.
async fn opened_before(
    core: &Core,
    mut outcome: watch::Receiver<Outcome>,
    deadline: Instant,
) -> Result<Option<OrderId>, Fault> {
    let settled = outcome.wait_for(|outcome| *outcome != Outcome::Opening);
    let unknown = |why: &dyn fmt::Display| Fault {
        effect: Effect::Unknown,
        ..Fault::us(
            Refusal::TooManyRequests,
            format!("what the first attempt became is not known: {why}"),
        )
    };
    let outcome = match tokio::time::timeout_at(deadline, settled).await {
        Ok(Ok(outcome)) => *outcome,
        Ok(Err(died)) => return Err(unknown(&died)),
        Err(late) => return Err(unknown(&late)),
    };
    let Outcome::Opened(order) = outcome else {
        return Ok(None);
    };
    let found = core.order(order).await;
    let found = found.map_err(|error| unknown(&error))?;
    // Refused after its answer, by a panel that was asked later: the same again is a new attempt.
    let came_to_nothing = found.is_some_and(|found| found.ended == Some(Final::Canceled));
    Ok((!came_to_nothing).then_some(order))
}

/// Opens and places an order, and answers as soon as there is an answer.
async fn open(
    core: &Arc<Core>,
    opening: Opening,
    new: NewOrder,
    deadline: Instant,
) -> Result<Reply, Fault> {
    // From here on a customer that hangs up changes nothing.
    let (tell_opened, opened) = oneshot::channel();
    let work = core.tracker.spawn(opening.open_and_place(new, tell_opened));

    // There is no deadline here: an error now could be a lie, for the hold may become durable a moment later.
    let order = match opened.await {
        Ok(opened) => opened?,
        // The task died; whether the hold is durable is not known here.
        Err(_) => {
            return Err(Fault {
                effect: Effect::Unknown,
                ..Fault::us(Refusal::TooManyRequests, "opening an order panicked")
            });
        }
    };
    let ended = tokio::select! {
        biased;
        ended = tokio::time::timeout_at(deadline, work) => ended,
        // Nobody waits for a panel while the gateway ends: the order is durable, and shows what became of it.
        () = core.winding_down.cancelled() => return Ok(Reply::Added(order)),
    };
    match ended {
        Ok(Ok(Placing::Refused(refusal))) => {
            Err(Fault::panel(refusal, format!("order {order} was refused")))
        }
        Err(_) if Canary::ErrorThoughOrdered.sings() => Err(Refusal::TooManyRequests.into()),
        _ => Ok(Reply::Added(order)),
    }
}

/// A repeat under the same name hears the same. Without this it hears of an order that was canceled.
async fn keep_refusal(core: &Core, order: OrderId, refusal: Refusal) {
    if let Err(error) = core.store.keep_refusal(order, refusal).await {
        tracing::warn!(%order, %error, "what a customer was told could not be kept");
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
    let subscribing = Subscribing {
        max_posts: core.settings.max_posts,
        now: core.now(),
    };
    let spec = OrderSpec::read(&service.limits(subscribing), &add.fields)?;
    let charging = service.service_type.charging();
    let quantity = spec.quantity();
    // Each post of a subscription is an order of its own, also when it comes to discounts.
    let units = match spec.per_post() {
        Some(per_post) => per_post.max,
        None => quantity.total(),
    };
    let rate = quote::rate_of_order(service, &pricing, &market.rules.exchange, units);
    let (rate, price) = rate
        .and_then(|rate| Some((rate, rate.price(charging, quantity.total())?)))
        .ok_or(Refusal::QuantityAbove(service.max))?;
    Ok(NewOrder {
        customer: cx.customer.id,
        service: service.id,
        service_type: service.service_type,
        spec,
        quote: Quote {
            rate,
            price,
            revision: market.rules.revision,
        },
        refill: service.refill,
        cancel: service.cancel,
        idempotency_key: add.idempotency_key,
        options: cx.customer.options,
        open_max: core.settings.open_max,
        at: core.now(),
    })
}

/// What an order is opened with: one snapshot from the price to the last route.
struct Opening {
    core: Arc<Core>,
    market: Arc<Market>,
    customer: Arc<Customer>,
    service: Service,
    turn: u64,
    /// Until when somebody waits for the answer.
    deadline: Instant,
    /// To whoever asks for the same again.
    tell: Option<watch::Sender<Outcome>>,
}

impl Opening {
    /// Nobody may be listening.
    fn tell(&self, outcome: Outcome) {
        if let Some(tell) = &self.tell {
            tell.send_replace(outcome);
        }
    }

    fn wanted(&self, price: Money, quantity: Quantity) -> Wanted<'_> {
        Wanted {
            service: &self.service,
            customer: &self.customer,
            price,
            quantity,
            turn: self.turn,
        }
    }

    /// Opens the order and tells its id, then places it as far as that goes now.
    async fn open_and_place(
        self,
        new: NewOrder,
        tell_opened: oneshot::Sender<Result<OrderId, Fault>>,
    ) -> Placing {
        let placing = self.place(new, tell_opened).await;
        if matches!(placing, Placing::Refused(_)) {
            self.tell(Outcome::Nothing);
        }
        placing
    }

    async fn place(
        &self,
        new: NewOrder,
        tell_opened: oneshot::Sender<Result<OrderId, Fault>>,
    ) -> Placing {
        let core = &self.core;
        let wanted = self.wanted(new.quote.price, new.spec.quantity());
        // Opening and the first placement share one transaction when a desk has a permit to give at once.
        let ready = place::ready_route(core, &self.market, wanted);
        let placement = ready.as_ref().map(|ready| ready.placement.clone());
        let spec = new.spec.clone();
        let is_named = new.idempotency_key.is_some();
        let (answer, placing) = match core.store.open_order(new, placement).await {
            Ok(Opened::New(order, placement)) => {
                let claim = place::claim(core, order.id);
                let begun = ready.zip(placement).map(|(ready, id)| ready.begun(id));
                self.opened(&order);
                self.tell(Outcome::Opened(order.id));
                // Nobody may be listening any more; the order goes on all the same.
                _ = tell_opened.send(Ok(order.id));
                // Without a claim the order waited so long for this line that another task is placing it.
                if begun.is_none() && claim.is_none() {
                    return Placing::Waiting;
                }
                let sendable = Sendable {
                    order: *order,
                    spec,
                };
                let placing = place::run(core, &self.market, wanted, &sendable, begun, claim).await;
                // Later the customer is told of an order, and a repeat hears of it, too.
                if let Placing::Refused(refusal) = placing
                    && is_named
                    && Instant::now() < self.deadline
                    && !core.is_winding_down()
                {
                    keep_refusal(core, sendable.order.id, refusal).await;
                }
                return placing;
            }
            Ok(Opened::Repeat(order)) => {
                tracing::info!(order = %order.id, customer = %order.customer, "an order was asked for again");
                self.tell(Outcome::Opened(order.id));
                (Ok(order.id), Placing::Waiting)
            }
            Ok(Opened::RefusedBefore(refusal)) => (Err(refusal.into()), Placing::Gone),
            Ok(Opened::LinkIsActive(order)) => {
                tracing::info!(%order, customer = %self.customer.id, "an order for the same link lives");
                (Err(Refusal::ActiveLink.into()), Placing::Gone)
            }
            Ok(Opened::OtherUnderSameKey) => (Err(Refusal::IncorrectRequest.into()), Placing::Gone),
            Err(error) => {
                if !matches!(error, StoreError::NotEnoughFunds) {
                    tracing::warn!(%error, "an order could not be opened");
                }
                (Err(store_fault(&error)), Placing::Gone)
            }
        };
        if let Err(fault) = &answer
            && fault.effect == Effect::DidNotHappen
        {
            self.tell(Outcome::Nothing);
        }
        _ = tell_opened.send(answer);
        placing
    }

    fn opened(&self, order: &Order) {
        let core = &self.core;
        core.metrics.held(&core.settings.currency, order.price);
        tracing::info!(order = %order.id, customer = %order.customer, service = %order.service, price = %order.price, "order opened");
        core.remember(order.clone());
    }
}
