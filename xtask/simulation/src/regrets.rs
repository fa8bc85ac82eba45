//! Panels that change their minds: what they had said was done is done in part, or not at all, or done after all. Whoever looks at
//! what has ended notices, hours later.

use std::time::Duration;

use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::status::Final;
use panelgate_simpanel::{Fate, SimPanel};
use panelgate_store::Store;
use panelgate_store::model::OrderFilter;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::world::World;

/// Some of the orders that have ended end otherwise from now on, one of them in any case.
pub(crate) async fn begin(world: &World) {
    let mut rng = StdRng::seed_from_u64(world.plan.seed.rotate_left(30));
    let store = world.open();
    let orders = store.list_orders(OrderFilter::default()).await;
    store.close().await;
    let mut is_first = true;
    for order in orders.expect("readable") {
        let Some((panel, id)) = at_panel(world, &order) else {
            continue;
        };
        let Some(fate) = another(&order, &mut rng) else {
            continue;
        };
        if is_first || rng.random_bool(0.3) {
            is_first = false;
            let number = order.id;
            world.trace.note(format_args!("{number} becomes {fate:?}"));
            panel.set_order(id, |order| order.end(fate));
        }
    }
}

/// Whether what panels say now is what we say, or what an operator is asked about.
pub(crate) fn are_noticed(world: &World, orders: &[Order]) -> bool {
    orders.iter().all(|order| {
        let Some((panel, id)) = at_panel(world, order) else {
            return true;
        };
        let books = panel.books();
        let said = books.order(id).map(|order| order.status(books.now()));
        said.and_then(|word| word.final_word()) == order.ended
    })
}

/// Where an order is that has ended and is nobody's question.
fn at_panel<'a>(world: &'a World, order: &Order) -> Option<(&'a SimPanel, i64)> {
    let is_settled = order.state == OrderState::Closed && order.flag.is_none();
    let panel = world.panel(order.panel.as_ref().filter(|_| is_settled)?);
    let id = order.upstream_id.as_ref()?.as_str().parse().ok()?;
    panel.books().order(id)?;
    Some((panel, id))
}

/// How an order that ended like this one could have ended instead.
fn another(order: &Order, rng: &mut StdRng) -> Option<Fate> {
    let quantity = order.quantity.total();
    match order.ended? {
        Final::Completed if quantity > 1 && rng.random_bool(0.6) => Some(Fate::Partial {
            remains: rng.random_range(1..quantity),
        }),
        Final::Completed | Final::Partial => Some(Fate::Canceled),
        Final::Canceled => rng.random_bool(0.1).then_some(Fate::Completed),
    }
}

/// So long panels' second thoughts meet trouble. The first look at what has ended comes after an hour.
pub(crate) const TROUBLED_FOR: Duration = Duration::from_secs(2 * 60 * 60);
