//! The panels' books, the customers' histories and the gateway's store have to tell the same story.

use std::collections::{BTreeMap, BTreeSet};

use panelgate_domain::field::Field;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::{Order, OrderState};
use panelgate_simpanel::ActionName;
use panelgate_simpanel::books::file::{self, Line};
use panelgate_tally::Tally;

use crate::customers::Histories;
use crate::http::post;
use crate::shop::{PANELS, Shop};

/// What panels say.
#[derive(Default)]
struct Truth {
    /// Links of orders, by panel and id.
    orders: BTreeMap<(String, String), String>,
    /// Every request for a link that may have come to something.
    requests: BTreeMap<String, u64>,
    wrong: Vec<String>,
}

/// Answers what is wrong; ends the gateway.
pub(crate) fn judge(
    shop: &mut Shop,
    seen: &Histories,
    tally: &mut Tally,
) -> anyhow::Result<Vec<String>> {
    let truth = Truth::of(shop)?;
    let mut wrong: Vec<String> = seen.wrong.iter().chain(&truth.wrong).cloned().collect();
    for order in seen.orders.keys() {
        let id = order.to_string();
        let form = [("key", shop.key()), ("action", "status"), ("order", &id)];
        let answer = post(&shop.url()?, &form)?;
        if !answer["status"].is_string() {
            wrong.push(format!("order {order} is forgotten: {answer}"));
        }
    }
    let code = shop.gateway()?.end()?;
    if code != Some(0) {
        wrong.push(format!("the gateway ended with {code:?}"));
    }
    let rows = rows(shop)?;
    wrong.extend(once(&truth));
    wrong.extend(told(&rows, seen, &truth));
    wrong.extend(mapped(&rows, &truth));
    if let Err(error) = shop.run(&["verify"]) {
        wrong.push(format!("{error:#}"));
    }
    tally.count(
        "kills · orders that customers saw",
        seen.orders.len() as u64,
    );
    tally.count(
        "kills · adds that nobody answered",
        seen.unheard.len() as u64,
    );
    tally.count("kills · orders at panels", truth.orders.len() as u64);
    let unconfirmed = rows
        .iter()
        .filter(|(row, _)| row.state == OrderState::Unconfirmed);
    tally.count(
        "kills · orders that were on their way",
        unconfirmed.count() as u64,
    );
    Ok(wrong)
}

impl Truth {
    fn of(shop: &Shop) -> anyhow::Result<Self> {
        let mut truth = Self::default();
        for (number, panel) in PANELS.iter().enumerate() {
            for line in file::read(&shop.books(number))? {
                truth.add(panel, line);
            }
        }
        Ok(truth)
    }

    fn add(&mut self, panel: &str, line: Line) {
        match line {
            Line::Order(order) => {
                let key = (panel.to_owned(), order.id.to_string());
                if self.orders.insert(key, order.link).is_some() {
                    let text = format!("panel {panel} gave the id {} twice", order.id);
                    self.wrong.push(text);
                }
            }
            Line::Request(request) => {
                let is_order = request.action == Some(ActionName::Add);
                // One that was told to come again was not taken.
                let counts = request.fault.is_none_or(|fault| fault_takes(&fault));
                if let Some(link) = request.link
                    && is_order
                    && counts
                {
                    *self.requests.entry(link).or_default() += 1;
                }
            }
        }
    }
}

fn fault_takes(fault: &panelgate_simpanel::Fault) -> bool {
    !matches!(fault, panelgate_simpanel::Fault::Throttle { .. })
}

/// Our orders, and the link of each.
fn rows(shop: &Shop) -> anyhow::Result<Vec<(Order, String)>> {
    shop.look(async |store| {
        let mut rows = Vec::new();
        for order in store.list_orders(Default::default()).await? {
            let story = store.story(order.id).await?;
            let link = story.order.spec.field(Field::Link).unwrap_or_default();
            rows.push((order, link.to_owned()));
        }
        Ok(rows)
    })
}

/// Nothing was sent twice. Each link is ordered once.
fn once(truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    for (link, times) in &truth.requests {
        if *times > 1 {
            wrong.push(format!("{link} was sent {times} times"));
        }
    }
    let mut links = BTreeSet::new();
    for (at, link) in &truth.orders {
        if !links.insert(link) {
            wrong.push(format!("{link} was placed twice, also as {at:?}"));
        }
    }
    wrong
}

/// What customers were told is so.
fn told(rows: &[(Order, String)], seen: &Histories, truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    let by_id: BTreeMap<OrderId, &str> = rows
        .iter()
        .map(|(row, link)| (row.id, link.as_str()))
        .collect();
    for (order, link) in &seen.orders {
        let found = by_id.get(&OrderId(*order));
        if found != Some(&link.as_str()) {
            wrong.push(format!("order {order} for {link} is {found:?} now"));
        }
    }
    let placed: BTreeSet<&String> = truth.orders.values().collect();
    for (link, error) in &seen.errors {
        if placed.contains(link) {
            wrong.push(format!("{link} was answered `{error}`, and is at a panel"));
        }
    }
    wrong
}

/// Every order of a panel is one of ours, and no other; or it is not known yet, or it is on the operator's list.
fn mapped(rows: &[(Order, String)], truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut by_link: BTreeMap<&str, &Order> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for (row, link) in rows {
        if let Some(other) = by_link.insert(link, row) {
            wrong.push(format!("{link} is order {} and order {}", row.id, other.id));
        }
        if let (Some(panel), Some(id)) = (&row.panel, &row.upstream_id) {
            let at = (panel.as_str().to_owned(), id.as_str().to_owned());
            if truth.orders.get(&at) != Some(link) {
                let found = truth.orders.get(&at);
                wrong.push(format!(
                    "order {} for {link} is said to be {at:?}, which is {found:?}",
                    row.id
                ));
            }
            if !known.insert(at.clone()) {
                wrong.push(format!("two orders of ours are {at:?}"));
            }
        }
    }
    for (at, link) in &truth.orders {
        if known.contains(at) {
            continue;
        }
        match by_link.get(link.as_str()) {
            None => wrong.push(format!("{at:?} for {link} is no order of ours")),
            Some(row) if row.state == OrderState::Unconfirmed || row.flag.is_some() => {}
            Some(row) => wrong.push(format!(
                "{at:?} for {link} is nobody's: order {} is {row:?}",
                row.id
            )),
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_found() {
        let mut truth = Truth::default();
        truth.requests.insert("a".to_owned(), 2);
        for id in ["1", "2"] {
            let at = ("alpha".to_owned(), id.to_owned());
            truth.orders.insert(at, "a".to_owned());
        }
        // Sent twice, and placed twice.
        assert_eq!(once(&truth).len(), 2);
        let mut seen = Histories::default();
        seen.orders.insert(7, "b".to_owned());
        seen.errors.insert("a".to_owned(), "no".to_owned());
        // Forgotten, and placed in spite of an error.
        assert_eq!(told(&[], &seen, &truth).len(), 2);
        // Both are nobody's.
        assert_eq!(mapped(&[], &truth).len(), 2);
    }
}
