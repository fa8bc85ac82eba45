//! Placing: one route after the other, while the outcome is about the panel and nothing landed. The only code that sends
//! orders, whether they were opened just now or have waited for hours.

use std::sync::Arc;

use panelgate_domain::catalogue::{Route, Service};
use panelgate_domain::customer::Customer;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, PanelName, PlacementId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order};
use panelgate_domain::placement::{About, AddOutcome, PanelTrouble};
use panelgate_domain::quote::{self, Guard};
use panelgate_domain::spec::Quantity;
use panelgate_store::StoreError;
use panelgate_store::model::{Answer, Decision, NewPlacement, Sendable};
use panelgate_upstream::{Class, Desk, Late, Permit, Rest};

use crate::actions::cancel;
use crate::core::Core;
use crate::market::Market;

/// Where placing an order ended for now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Placing {
    /// A panel has it.
    Placed,
    /// Closed: nobody can send this order any more.
    Refused(Refusal),
    /// The outcome is not known; never sent again.
    Parked,
    /// No route now; it stays open and is sent later.
    Waiting,
    /// Somebody else has taken it further, or there is nothing to place.
    Gone,
}

/// A route with a permit in hand.
pub(crate) struct Ready {
    desk: Desk,
    permit: Permit,
    /// What the store is told before a byte leaves.
    pub(crate) placement: NewPlacement,
}

/// A placement that is durable and may be sent, once.
pub(crate) struct Begun {
    ready: Ready,
    id: PlacementId,
}

/// The right to place an order; given back when dropped.
pub(crate) struct Claim {
    core: Arc<Core>,
    order: OrderId,
}

/// Why a route was passed over.
enum Skip {
    /// The offer is off there.
    ServiceOff,
    /// Anything else about the panel.
    Panel,
    /// The order is not open any more.
    Gone,
}

/// Takes the right to place an order; `None` if another task has it.
pub(crate) fn claim(core: &Arc<Core>, order: OrderId) -> Option<Claim> {
    core.placing.insert(order).then(|| Claim {
        core: Arc::clone(core),
        order,
    })
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.core.placing.remove(&self.order);
    }
}

impl Ready {
    pub(crate) fn begun(self, id: PlacementId) -> Begun {
        Begun { ready: self, id }
    }
}

/// What is to be placed, as the loss guard sees it.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) service: &'a Service,
    pub(crate) customer: &'a Customer,
    pub(crate) price: Money,
    pub(crate) quantity: Quantity,
}

/// The first route that takes orders, if its desk has a permit to give at once.
pub(crate) fn ready_route(core: &Core, market: &Market, wanted: Wanted<'_>) -> Option<Ready> {
    let mut routes = wanted.service.routes.iter();
    let (desk, placement) = routes.find_map(|route| usable(core, market, wanted, route).ok())?;
    desk.try_admit(Class::Money).map(|permit| Ready {
        desk,
        permit,
        placement,
    })
}

/// Whether a route may take this order now: its panel works, and the price still covers the cost.
fn usable(
    core: &Core,
    market: &Market,
    wanted: Wanted<'_>,
    route: &Route,
) -> Result<(Desk, NewPlacement), Skip> {
    if core.is_paused() {
        return Err(Skip::Panel);
    }
    let desk = core.desk(&route.panel).ok_or(Skip::Panel)?;
    desk.takes_orders(&route.offer).map_err(|rest| match rest {
        Rest::Route => Skip::ServiceOff,
        _ => Skip::Panel,
    })?;
    let charging = wanted.service.service_type.charging();
    let cost = quote::cost(route, charging, wanted.quantity).ok_or(Skip::Panel)?;
    let terms = market.terms(wanted.service, wanted.customer);
    match quote::guard(
        wanted.price,
        cost,
        &route.currency,
        terms,
        &market.rules.exchange,
    ) {
        Guard::Covered => {}
        Guard::AcceptedLoss => core.metrics.loss(&route.panel, "accepted"),
        Guard::RefusedLoss => {
            core.metrics.loss(&route.panel, "refused");
            return Err(Skip::Panel);
        }
    }
    let placement = NewPlacement {
        panel: route.panel.clone(),
        offer: route.offer.clone(),
        cost,
        currency: route.currency.clone(),
        at: core.now(),
    };
    Ok((desk, placement))
}

/// Whether any route might take an order now: what waits is not touched before.
pub(crate) fn has_usable_route(core: &Core, market: &Market, wanted: Wanted<'_>) -> bool {
    wanted
        .service
        .routes
        .iter()
        .any(|route| usable(core, market, wanted, route).is_ok())
}

/// Tries the routes of an order, beginning with a placement that was begun when it was opened.
pub(crate) async fn run(
    core: &Arc<Core>,
    sendable: Sendable,
    customer: &Customer,
    begun: Option<Begun>,
    claim: Claim,
) -> Placing {
    let _claim = claim;
    let market = core.market.load_full();
    let Some(service) = market.catalogue.service(sendable.order.service) else {
        return Placing::Waiting;
    };
    let Order {
        price,
        quantity,
        id,
        ..
    } = sendable.order;
    let wanted = Wanted {
        service,
        customer,
        price,
        quantity,
    };

    let mut all_off = true;
    let mut tried: Option<PanelName> = None;
    if let Some(begun) = begun {
        tried = Some(begun.ready.placement.panel.clone());
        match attempt(core, wanted, &sendable, begun).await {
            Attempt::Ended(placing) => return placing,
            Attempt::Next { service_off } => all_off &= service_off,
        }
    }
    for route in service
        .routes
        .iter()
        .filter(|route| Some(&route.panel) != tried.as_ref())
    {
        match begin(core, &market, wanted, id, route).await {
            Err(Skip::Gone) => return Placing::Gone,
            Err(Skip::Panel) => all_off = false,
            Err(Skip::ServiceOff) => {}
            Ok(begun) => match attempt(core, wanted, &sendable, begun).await {
                Attempt::Ended(placing) => return placing,
                Attempt::Next { service_off } => all_off &= service_off,
            },
        }
    }
    if all_off {
        close_without_service(core, id).await
    } else {
        Placing::Waiting
    }
}

/// Waits for a permit of a route and makes the placement durable. Nothing has left the house afterwards.
async fn begin(
    core: &Core,
    market: &Market,
    wanted: Wanted<'_>,
    order: OrderId,
    route: &Route,
) -> Result<Begun, Skip> {
    let (desk, mut placement) = usable(core, market, wanted, route)?;
    let permit = desk
        .admit(Class::Money, core.settings.route_wait)
        .await
        .map_err(|_| Skip::Panel)?;
    placement.at = core.now();
    match core.store.begin_placement(order, placement.clone()).await {
        Ok(id) => Ok(Ready {
            desk,
            permit,
            placement,
        }
        .begun(id)),
        Err(StoreError::WrongState { .. }) => Err(Skip::Gone),
        Err(error) => {
            tracing::error!(%order, %error, "a placement could not be begun");
            Err(Skip::Gone)
        }
    }
}

/// What one placement came to.
enum Attempt {
    /// Nothing more is to be tried.
    Ended(Placing),
    /// The order is open again: the next route.
    Next {
        /// The offer is off there.
        service_off: bool,
    },
}

/// Sends the order, once, and writes down what became of it.
async fn attempt(
    core: &Arc<Core>,
    wanted: Wanted<'_>,
    sendable: &Sendable,
    begun: Begun,
) -> Attempt {
    let order = sendable.order.id;
    let Begun {
        ready: Ready {
            desk,
            permit,
            placement,
        },
        id,
    } = begun;
    let placed = desk.add(permit, &placement.offer, &sendable.spec).await;
    let answer = answer(core, &placed.outcome, placed.raw);
    core.metrics.placed(&placement.panel, placed.outcome.name());
    tracing::info!(%order, panel = %placement.panel, outcome = placed.outcome.name(), "placement ended");
    match placed.outcome {
        AddOutcome::Accepted(upstream_id) => {
            match confirm(core, id, upstream_id, answer.clone()).await {
                Ok(confirmed) => {
                    core.metrics
                        .cost(&placement.panel, &placement.currency, placement.cost);
                    after_placed(core, &confirmed);
                    Attempt::Ended(Placing::Placed)
                }
                Err(error) => {
                    park(
                        core,
                        id,
                        order,
                        &desk,
                        None,
                        Answer {
                            outcome: error.to_string(),
                            ..answer
                        },
                    )
                    .await
                }
            }
        }
        AddOutcome::Refused(About::Order(refusal)) => {
            let refusal = with_limit(refusal, wanted.service);
            let closed = core
                .insist("refuse", || {
                    core.store.refuse_order(id, refusal, answer.clone())
                })
                .await;
            keep(core, order, closed);
            Attempt::Ended(Placing::Refused(refusal))
        }
        AddOutcome::Refused(About::Panel(trouble)) => {
            reopen(core, id, order, answer, trouble == PanelTrouble::ServiceOff).await
        }
        AddOutcome::NotSent | AddOutcome::Throttled { .. } => {
            reopen(core, id, order, answer, false).await
        }
        AddOutcome::Unknown => park(core, id, order, &desk, placed.late, answer).await,
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

async fn confirm(
    core: &Core,
    placement: PlacementId,
    upstream_id: UpstreamId,
    answer: Answer,
) -> Result<Arc<Order>, StoreError> {
    let confirmed = core.insist("confirm", || {
        core.store
            .confirm_placement(placement, upstream_id.clone(), answer.clone())
    });
    confirmed.await.map(|order| core.remember(order))
}

/// A wish to cancel that came while the order was on its way is sent after it.
pub(crate) fn after_placed(core: &Arc<Core>, order: &Arc<Order>) {
    if order.cancel_wish == CancelWish::Asked {
        let (core, order) = (Arc::clone(core), Arc::clone(order));
        core.clone()
            .tracker
            .spawn(async move { cancel::forward(&core, vec![order]).await });
    }
}

async fn reopen(
    core: &Core,
    id: PlacementId,
    order: OrderId,
    answer: Answer,
    service_off: bool,
) -> Attempt {
    let opened = core
        .insist("return", || core.store.return_order(id, answer.clone()))
        .await;
    keep(core, order, opened);
    Attempt::Next { service_off }
}

/// The outcome is not known: the order is never sent again. A late answer may still decide it.
async fn park(
    core: &Arc<Core>,
    id: PlacementId,
    order: OrderId,
    desk: &Desk,
    late: Option<Late>,
    answer: Answer,
) -> Attempt {
    let parked = core
        .insist("park", || core.store.park_placement(id, answer.clone()))
        .await;
    keep(core, order, parked);
    core.questions.insert(order);
    tracing::warn!(%order, panel = %desk.panel(), "the outcome of a placement is not known");
    if let Some(late) = late {
        let core = Arc::clone(core);
        core.clone()
            .tracker
            .spawn(async move { listen(&core, id, order, late).await });
    }
    Attempt::Ended(Placing::Parked)
}

/// Waits for the answer that came too late. An id places the order; any definite refusal closes it: it is not sent again.
async fn listen(core: &Arc<Core>, id: PlacementId, order: OrderId, late: Late) {
    let heard = tokio::select! {
        heard = late.answer() => heard,
        () = core.stop.cancelled() => None,
    };
    let Some((outcome, raw)) = heard else { return };
    let answer = answer(core, &outcome, raw);
    tracing::info!(%order, outcome = outcome.name(), "a late answer came");
    let decided = match outcome {
        AddOutcome::Accepted(upstream_id) => {
            confirm(core, id, upstream_id, answer).await.map(|placed| {
                after_placed(core, &placed);
            })
        }
        AddOutcome::Refused(about) => {
            let refusal = match about {
                About::Order(refusal) => refusal,
                About::Panel(_) => Refusal::TooManyRequests,
            };
            let closed = core
                .insist("refuse", || {
                    core.store.refuse_order(id, refusal, answer.clone())
                })
                .await;
            closed.map(|closed| _ = core.remember(closed))
        }
        AddOutcome::NotSent | AddOutcome::Throttled { .. } | AddOutcome::Unknown => return,
    };
    match decided {
        Ok(()) => question_closed(core, order),
        Err(error) => tracing::warn!(%order, %error, "a late answer changed nothing"),
    }
}

/// An unconfirmed order was decided: its panel may take another one.
pub(crate) fn question_closed(core: &Core, order: OrderId) {
    let panel = core.book.get(order).and_then(|order| order.panel.clone());
    if core.questions.remove(&order).is_some()
        && let Some(desk) = panel.and_then(|panel| core.desk(&panel))
    {
        desk.question_closed();
    }
}

/// Every route said that the service is off: nobody can send this order.
async fn close_without_service(core: &Core, order: OrderId) -> Placing {
    let decision = Decision {
        order,
        actor: "gateway".into(),
        reason: "every route says that the service is off".into(),
        at: core.now(),
    };
    match core.store.close_unsent(decision).await {
        Ok(closed) => {
            core.remember(closed);
            Placing::Refused(Refusal::IncorrectServiceId)
        }
        Err(error) => {
            tracing::warn!(%order, %error, "an order without a route could not be closed");
            Placing::Waiting
        }
    }
}

fn keep(core: &Core, order: OrderId, outcome: Result<Order, StoreError>) {
    match outcome {
        Ok(changed) => _ = core.remember(changed),
        Err(error) => {
            tracing::error!(%order, %error, "the outcome of a placement could not be written down")
        }
    }
}

fn answer(core: &Core, outcome: &AddOutcome, raw: String) -> Answer {
    Answer {
        outcome: outcome.name().to_owned(),
        raw,
        at: core.now(),
    }
}
