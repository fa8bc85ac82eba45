//! `status`: from memory if that is fresh enough, else by asking the panels' desks, and whatever happens: an answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::join_all;
use panelgate_domain::action::{AskedId, Ids};
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::reply::{OrderView, Reply, StatusView, SubscriptionView};

use super::only;
use crate::book::{Glance, Poll};
use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, ids: Ids) -> Result<Reply, Fault> {
    let mut polled = look(core, cx, &ids).await?;
    let stale = by_panel(&mut polled);
    if !stale.is_empty() {
        // One wait for all panels together. What is not known by then is answered as it was.
        let asked = join_all(stale.into_iter().filter_map(|(panel, ids)| {
            let desk = core.desk(&panel)?;
            let customer = cx.customer.id;
            Some(async move { desk.ask(customer, ids).await })
        }));
        _ = tokio::time::timeout(core.settings.status_wait, asked).await;
        look_again(core, &mut polled);
    }
    reply(core, &ids, polled).await
}

/// From memory alone.
pub(crate) async fn recall(core: &Core, cx: &Cx, ids: &Ids) -> Result<Reply, Fault> {
    reply(core, ids, look(core, cx, ids).await?).await
}

/// What was found under each id asked for that is a number, in the order asked.
type Polled = Vec<(OrderId, Glance)>;

/// The orders among the ids asked for, as they are known now. What is not in memory is read from the store, all at once.
async fn look(core: &Core, cx: &Cx, ids: &Ids) -> Result<Polled, Fault> {
    let poll = Poll {
        customer: cx.customer.id,
        currency: &core.settings.currency,
        now: core.now(),
        fresh_for: core.settings.fresh_for,
    };
    let numbers = ids.as_slice().iter().filter_map(number);
    let mut polled = core.book.poll(numbers, &poll);
    let nothing = polled
        .iter()
        .filter(|(_, glance)| *glance == Glance::Nothing);
    let missing: Vec<OrderId> = nothing.map(|(id, _)| *id).collect();
    if !missing.is_empty() {
        let mut stored = from_store(core, &poll, missing).await?;
        for (id, glance) in &mut polled {
            if let Some(found) = stored.remove(id) {
                *glance = found;
            }
        }
    }
    Ok(polled)
}

async fn from_store(
    core: &Core,
    poll: &Poll<'_>,
    ids: Vec<OrderId>,
) -> Result<HashMap<OrderId, Glance>, Fault> {
    let found = core.store.orders(ids).await;
    let found = found.map_err(|error| store_fault(&error))?;
    let glance = |order| {
        let order = core.remember(order);
        let glance = poll.glance_at(&order);
        if matches!(glance, Glance::Own(_)) {
            core.book.polled(order.id, poll.now);
        }
        (order.id, glance)
    };
    Ok(found.into_iter().map(glance).collect())
}

/// Where what is not fresh has to be asked for.
fn by_panel(polled: &mut Polled) -> BTreeMap<PanelName, Vec<UpstreamId>> {
    let mut panels: BTreeMap<PanelName, Vec<UpstreamId>> = BTreeMap::new();
    for (_, glance) in polled {
        if let Glance::Own(seen) = glance
            && let Some((panel, id)) = seen.stale.take()
        {
            panels.entry(panel).or_default().push(id);
        }
    }
    panels
}

/// The orders may have moved on while their panels were asked.
fn look_again(core: &Core, polled: &mut Polled) {
    for (id, glance) in polled {
        if let Glance::Own(seen) = glance
            && let Some(latest) = core.book.view(*id, &core.settings.currency)
        {
            (seen.view, seen.posts) = latest;
        }
    }
}

/// What is no number, nobody's or somebody else's is all the same to a customer.
async fn reply(core: &Core, ids: &Ids, polled: Polled) -> Result<Reply, Fault> {
    let mut views = Vec::with_capacity(ids.as_slice().len());
    let mut polled = polled.into_iter();
    for asked in ids.as_slice() {
        let found = number(asked).and_then(|_| polled.next());
        let view = match found {
            Some((id, Glance::Own(seen))) => Ok(match seen.posts {
                None => OrderView::Single(seen.view),
                Some(posts) => subscription(core, id, seen.view, posts).await?,
            }),
            _ => Err(Refusal::IncorrectOrderId),
        };
        views.push((asked.clone(), view));
    }
    match ids {
        Ids::One(_) => only(views).map(Reply::Status),
        Ids::Many(_) => Ok(Reply::Statuses(views)),
    }
}

/// What the customer sees of a subscription: the orders that were made for its posts, too.
async fn subscription(
    core: &Core,
    id: OrderId,
    view: StatusView,
    posts: u64,
) -> Result<OrderView, Fault> {
    let family = core.family(id).await;
    let family = family.map_err(|error| store_fault(&error))?;
    let orders: Vec<OrderId> = family.children.iter().map(|(id, _)| *id).collect();
    let made = u64::try_from(orders.len()).unwrap_or(u64::MAX);
    Ok(OrderView::Subscription(SubscriptionView {
        status: view.status,
        expiry: family
            .spec
            .field(Field::Expiry)
            .unwrap_or_default()
            .to_owned(),
        // Not every panel counts.
        posts: posts.max(made),
        orders,
    }))
}

fn number(asked: &AskedId) -> Option<OrderId> {
    asked.number().map(OrderId)
}
