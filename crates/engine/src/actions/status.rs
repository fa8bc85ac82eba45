//! `status`: from memory if that is fresh enough, else by asking the panels' desks, and whatever happens: an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use panelgate_domain::action::Ids;
use panelgate_domain::fault::Fault;
use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::reply::{PerId, Reply, StatusView};
use panelgate_upstream::Interest;

use super::{only, own_orders};
use crate::core::{Core, Cx};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, ids: Ids) -> Result<Reply, Fault> {
    let orders = own_orders(core, cx, &ids).await?;
    let stale: Vec<Arc<Order>> = orders
        .iter()
        .filter_map(|(_, order)| order.as_ref().ok())
        .filter(|order| is_stale(core, order))
        .cloned()
        .collect();
    if !stale.is_empty() {
        // One wait for all panels together. What is not known by then is answered as it was.
        let asked = join_all(by_panel(stale).into_iter().filter_map(|(panel, ids)| {
            let desk = core.desk(&panel)?;
            let interest = Interest::Customer(cx.customer.id);
            Some(async move { desk.ask(interest, ids).await })
        }));
        _ = tokio::time::timeout(core.settings.status_wait, asked).await;
    }
    reply(core, &ids, orders)
}

/// From memory alone.
pub(crate) async fn recall(core: &Core, cx: &Cx, ids: &Ids) -> Result<Reply, Fault> {
    let orders = own_orders(core, cx, ids).await?;
    reply(core, ids, orders)
}

fn is_stale(core: &Core, order: &Order) -> bool {
    order.state == OrderState::Placed
        && order
            .fact
            .is_none_or(|fact| core.now().since(fact.at) >= core.settings.fresh_for)
}

fn by_panel(orders: Vec<Arc<Order>>) -> BTreeMap<PanelName, Vec<UpstreamId>> {
    let mut panels: BTreeMap<PanelName, Vec<UpstreamId>> = BTreeMap::new();
    for order in orders {
        if let (Some(panel), Some(id)) = (&order.panel, &order.upstream_id) {
            panels.entry(panel.clone()).or_default().push(id.clone());
        }
    }
    panels
}

fn reply(core: &Core, ids: &Ids, orders: PerId<Arc<Order>>) -> Result<Reply, Fault> {
    let views: PerId<StatusView> = orders
        .into_iter()
        .map(|(asked, order)| (asked, order.map(|order| latest_view(core, &order))))
        .collect();
    match ids {
        Ids::One(_) => only(views).map(Reply::Status),
        Ids::Many(_) => Ok(Reply::Statuses(views)),
    }
}

/// The order may have moved on while its panel was asked.
fn latest_view(core: &Core, order: &Arc<Order>) -> StatusView {
    let latest = core.book.get(order.id).unwrap_or_else(|| Arc::clone(order));
    latest.view(&core.settings.currency)
}
