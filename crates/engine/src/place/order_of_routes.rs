//! In which order the routes of one order are tried: what is known of the panels now, handed to the domain's rules.

use panelgate_domain::catalogue::Route;
use panelgate_domain::quote;
use panelgate_domain::routing::{self, Standing};

use super::Wanted;
use crate::core::Core;
use crate::market::Market;

/// The routes of an order, the best one first. All of them: whether one takes the order is found out by trying.
pub(super) fn order_of_routes<'a>(
    core: &Core,
    market: &Market,
    wanted: Wanted<'a>,
) -> Vec<&'a Route> {
    let routes = &wanted.service.routes;
    if routes.len() < 2 {
        return routes.iter().collect();
    }
    let standings: Vec<Standing> = routes
        .iter()
        .map(|route| standing(core, market, wanted, route))
        .collect();
    let order = routing::order_of_routes(wanted.service.strategy, &standings, wanted.turn);
    order.into_iter().map(|index| &routes[index]).collect()
}

fn standing(core: &Core, market: &Market, wanted: Wanted<'_>, route: &Route) -> Standing {
    let charging = wanted.service.service_type.charging();
    let cost = quote::cost(route, charging, wanted.quantity);
    let balance = core
        .desk(&route.panel)
        .and_then(|desk| desk.polled_balance());
    let exchange = &market.rules.exchange;
    let health = core.health.of(&route.panel, core.now());
    Standing {
        cost: cost.and_then(|cost| exchange.to_ours(cost.to_decimal(), &route.currency)),
        weight: route.weight,
        short: matches!((balance, cost), (Some(balance), Some(cost)) if balance < cost),
        avoided: wanted.service.avoid.avoids(&health),
    }
}
