//! Placing: one route after the other, while the outcome is about the panel and nothing landed. The only code that sends
//! orders, whether they were opened just now or have waited for hours.

mod order_of_routes;
mod outcome;

use std::sync::Arc;

use panelgate_domain::catalogue::{Route, Service};
use panelgate_domain::customer::Customer;
use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, PlacementId};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::quote::{self, Guard};
use panelgate_domain::service_type::Counting;
use panelgate_domain::spec::Quantity;
use panelgate_store::StoreError;
use panelgate_store::model::{Decision, NewPlacement, Sendable};
use panelgate_upstream::{Class, Desk, Permit, Rest};
use tokio_util::task::task_tracker::TaskTrackerToken;

use self::order_of_routes::order_of_routes;
use self::outcome::{Attempt, attempt};
use crate::core::Core;
use crate::market::Market;

pub(crate) use self::outcome::{decide_placed, question_closed};

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
    /// Nobody ends the process without having waited for it.
    under_way: TaskTrackerToken,
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
    /// Its number among the orders of a weighted service; see [`Core::turn`].
    pub(crate) turn: u64,
}

/// The first route that takes orders, if its desk has a permit to give at once.
pub(crate) fn ready_route(core: &Core, market: &Market, wanted: Wanted<'_>) -> Option<Ready> {
    let under_way = core.calls.token();
    let mut routes = order_of_routes(core, market, wanted).into_iter();
    let (desk, placement) = routes.find_map(|route| usable(core, market, wanted, route).ok())?;
    desk.try_admit(Class::Money).map(|permit| Ready {
        desk,
        permit,
        placement,
        under_way,
    })
}

/// Whether a route may take this order now: its panel works, and the price still covers the cost.
fn usable(
    core: &Core,
    market: &Market,
    wanted: Wanted<'_>,
    route: &Route,
) -> Result<(Desk, NewPlacement), Skip> {
    if core.is_paused() || core.is_winding_down() {
        return Err(Skip::Panel);
    }
    let desk = core.desk(&route.panel).ok_or(Skip::Panel)?;
    desk.takes_orders(&route.offer).map_err(|rest| match rest {
        Rest::Route => Skip::ServiceOff,
        _ => Skip::Panel,
    })?;
    let charging = wanted.service.service_type.charging();
    let cost = quote::cost(route, charging, wanted.quantity).ok_or(Skip::Panel)?;
    let terms = market
        .terms(wanted.service, wanted.customer)
        .ok_or(Skip::Panel)?;
    let in_ours = quote::cost_in_ours(route, &market.rules.exchange);
    let units = wanted.quantity.total();
    match quote::guard(wanted.price, in_ours, charging, units, terms) {
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
        rate: route.cost,
        currency: route.currency.clone(),
        share: share(wanted, &desk),
        at: core.now(),
    };
    Ok((desk, placement))
}

/// What an order's children would be to its money at a panel; `None` if it has none.
fn share(wanted: Wanted<'_>, desk: &Desk) -> Option<Share> {
    if wanted.service.service_type.counting() == Counting::Posts {
        return Some(desk.settings().posts);
    }
    (wanted.quantity.runs > 1).then_some(Share::Run)
}

/// The service that an order was sold as. What is of another type by now is counted and paid for in another way, and no panel
/// would read the order as its customer meant it.
pub(crate) fn service_of<'a>(market: &'a Market, order: &Order) -> Option<&'a Service> {
    let service = market.catalogue.service(order.service)?;
    (service.service_type == order.service_type).then_some(service)
}

/// Whether trying the routes of a waiting order may lead anywhere: some route might take it, or all of them are off. Until
/// then what waits is not touched.
pub(crate) fn is_worth_a_try(core: &Core, market: &Market, wanted: Wanted<'_>) -> bool {
    let mut all_off = true;
    for route in &wanted.service.routes {
        match usable(core, market, wanted, route) {
            Ok(_) => return true,
            Err(Skip::ServiceOff) => {}
            Err(Skip::Panel | Skip::Gone) => all_off = false,
        }
    }
    all_off
}

/// Tries the routes of an order, beginning with a placement that was begun when it was opened. The claim is held to the end.
///
/// The market is the one that the placement was chosen from: if a reload has taken the service away since, what was begun is
/// still sent, for nothing else would ever end it.
pub(crate) async fn run(
    core: &Arc<Core>,
    market: &Market,
    wanted: Wanted<'_>,
    sendable: &Sendable,
    begun: Option<Begun>,
    _claim: Option<Claim>,
) -> Placing {
    let order = sendable.order.id;
    let mut all_off = true;
    let tried = begun.as_ref().map(|begun| begun.ready.placement.clone());
    if let Some(begun) = begun {
        match attempt(core, wanted, sendable, begun).await {
            Attempt::Ended(placing) => return placing,
            Attempt::Next { service_off } => all_off &= service_off,
        }
    }
    let was_tried = |route: &Route| {
        tried
            .as_ref()
            .is_some_and(|tried| tried.panel == route.panel && tried.offer == route.offer)
    };
    let routes = order_of_routes(core, market, wanted).into_iter();
    for route in routes.filter(|route| !was_tried(route)) {
        match begin(core, market, wanted, order, route).await {
            Err(Skip::Gone) => return Placing::Gone,
            Err(Skip::Panel) => all_off = false,
            Err(Skip::ServiceOff) => {}
            Ok(begun) => match attempt(core, wanted, sendable, begun).await {
                Attempt::Ended(placing) => return placing,
                Attempt::Next { service_off } => all_off &= service_off,
            },
        }
    }
    if all_off {
        close_without_service(core, order).await
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
    let under_way = core.calls.token();
    let (desk, placement) = usable(core, market, wanted, route)?;
    let permit = tokio::select! {
        biased;
        () = core.winding_down.cancelled() => return Err(Skip::Panel),
        permit = desk.admit(Class::Money, core.settings.route_wait) => permit.map_err(|_| Skip::Panel)?,
    };
    let placement = NewPlacement {
        at: core.now(),
        ..renewed(core, market, wanted, placement)?
    };
    match core.store.begin_placement(order, placement.clone()).await {
        Ok(id) => Ok(Ready {
            desk,
            permit,
            placement,
            under_way,
        }
        .begun(id)),
        Err(StoreError::WrongState { .. }) => Err(Skip::Gone),
        Err(error) => {
            tracing::error!(%order, %error, "a placement could not be begun");
            Err(Skip::Gone)
        }
    }
}

/// The placement as the market in force has it: a permit was waited for, and prices and costs may have moved meanwhile.
fn renewed(
    core: &Core,
    market: &Market,
    wanted: Wanted<'_>,
    placement: NewPlacement,
) -> Result<NewPlacement, Skip> {
    let in_force = core.market.load();
    if std::ptr::eq(in_force.as_ref(), market) {
        return Ok(placement);
    }
    let service = in_force.catalogue.service(wanted.service.id);
    let service = service
        .filter(|service| service.service_type == wanted.service.service_type)
        .ok_or(Skip::Panel)?;
    let mut routes = service.routes.iter();
    let route =
        routes.find(|route| route.panel == placement.panel && route.offer == placement.offer);
    let wanted = Wanted { service, ..wanted };
    usable(core, &in_force, wanted, route.ok_or(Skip::Panel)?).map(|(_, placement)| placement)
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
            core.given_back(closed);
            Placing::Refused(Refusal::IncorrectServiceId)
        }
        Err(error) => {
            tracing::warn!(%order, %error, "an order without a route could not be closed");
            Placing::Waiting
        }
    }
}

#[cfg(test)]
mod tests;
