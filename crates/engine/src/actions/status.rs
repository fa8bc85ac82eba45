//! `status`: from memory if that is fresh enough, else by asking the panels' desks, and whatever happens: an answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::join_all;
use panelgate_domain::action::{AskedId, Ids};
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::reply::{OrderView, PerId, Reply, StatusView, SubscriptionView};

use super::only;
use crate::book::{Glance, Poll, Seen};
use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, ids: Ids) -> Result<Reply, Fault> {
    let mut seen = look(core, cx, &ids).await?;
    let stale = by_panel(&mut seen);
    if !stale.is_empty() {
        // One wait for all panels together. What is not known by then is answered as it was.
        let asked = join_all(stale.into_iter().filter_map(|(panel, ids)| {
            let desk = core.desk(&panel)?;
            let customer = cx.customer.id;
            Some(async move { desk.ask(customer, ids).await })
        }));
        _ = tokio::time::timeout(core.settings.status_wait, asked).await;
        look_again(core, &mut seen);
    }
    reply(core, &ids, seen).await
}

/// From memory alone.
pub(crate) async fn recall(core: &Core, cx: &Cx, ids: &Ids) -> Result<Reply, Fault> {
    reply(core, ids, look(core, cx, ids).await?).await
}

/// The customer's orders among the ids asked for, in the order asked, as they are known now. What is not in memory is read
/// from the store, all at once.
async fn look(core: &Core, cx: &Cx, ids: &Ids) -> Result<PerId<Seen>, Fault> {
    let poll = Poll {
        customer: cx.customer.id,
        currency: &core.settings.currency,
        now: core.now(),
        fresh_for: core.settings.fresh_for,
    };
    let numbers: Vec<OrderId> = ids.as_slice().iter().filter_map(number).collect();
    let mut glances = core.book.poll(&numbers, &poll);
    let nothing = |(_, glance): &(&OrderId, &Glance)| **glance == Glance::Nothing;
    let missing = numbers.iter().zip(&glances).filter(nothing);
    let missing: Vec<OrderId> = missing.map(|(id, _)| *id).collect();
    if !missing.is_empty() {
        let mut stored = from_store(core, &poll, missing).await?;
        for (id, glance) in numbers.iter().zip(&mut glances) {
            if let Some(found) = stored.remove(id) {
                *glance = found;
            }
        }
    }
    let mut glances = glances.into_iter();
    let own = |asked: &AskedId| {
        let answer = match number(asked).and_then(|_| glances.next()) {
            Some(Glance::Own(seen)) => Ok(seen),
            Some(Glance::Foreign | Glance::Nothing) | None => Err(Refusal::IncorrectOrderId),
        };
        (asked.clone(), answer)
    };
    Ok(ids.as_slice().iter().map(own).collect())
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
fn by_panel(seen: &mut PerId<Seen>) -> BTreeMap<PanelName, Vec<UpstreamId>> {
    let mut panels: BTreeMap<PanelName, Vec<UpstreamId>> = BTreeMap::new();
    for (_, answer) in seen {
        let stale = answer.as_mut().ok().and_then(|seen| seen.stale.take());
        if let Some((panel, id)) = stale {
            panels.entry(panel).or_default().push(id);
        }
    }
    panels
}

/// The orders may have moved on while their panels were asked.
fn look_again(core: &Core, seen: &mut PerId<Seen>) {
    for (asked, answer) in seen {
        if let (Ok(seen), Some(id)) = (answer, number(asked))
            && let Some(latest) = core.book.view(id, &core.settings.currency)
        {
            (seen.view, seen.posts) = latest;
        }
    }
}

async fn reply(core: &Core, ids: &Ids, seen: PerId<Seen>) -> Result<Reply, Fault> {
    let mut views = Vec::with_capacity(seen.len());
    for (asked, answer) in seen {
        let view = match answer {
            Ok(Seen {
                view, posts: None, ..
            }) => Ok(OrderView::Single(view)),
            Ok(Seen {
                view,
                posts: Some(posts),
                ..
            }) => Ok(subscription(core, &asked, view, posts).await?),
            Err(refusal) => Err(refusal),
        };
        views.push((asked, view));
    }
    match ids {
        Ids::One(_) => only(views).map(Reply::Status),
        Ids::Many(_) => Ok(Reply::Statuses(views)),
    }
}

/// What the customer sees of a subscription: the orders that were made for its posts, too.
async fn subscription(
    core: &Core,
    asked: &AskedId,
    view: StatusView,
    posts: u64,
) -> Result<OrderView, Fault> {
    let id = number(asked).ok_or(Refusal::IncorrectOrderId)?;
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
