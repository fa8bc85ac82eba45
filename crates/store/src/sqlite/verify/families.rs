//! Invariant 4 where several orders share one hold: a parent's children take from it, in turn, and never more than there is.

use panelgate_domain::family::Share;
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::rate::Charging;
use rusqlite::{Connection, OptionalExtension};

use super::{Findings, written};
use crate::api::Result;
use crate::sqlite::orders::rows;

/// What the children of an order have taken of its hold.
pub(super) fn taken_by_children(connection: &Connection, parent: OrderId) -> Result<i128> {
    let mut query = connection.prepare_cached(
        "SELECT t.amount FROM orders o JOIN transfers t ON t.order_id = o.id
         WHERE o.parent = ?1 AND t.kind = 'take'",
    )?;
    let amounts = query.query_map([parent.0], |row| row.get::<_, i64>(0))?;
    amounts
        .map(|amount| Ok(i128::from(amount?)))
        .sum::<Result<i128>>()
}

/// Whether nothing was left of its parent's hold once this child had taken its part: then its part may be less than the
/// formula's. Nothing is left from then on, so the end is looked at, not the moment.
pub(super) fn is_used_up(connection: &Connection, child: &Order) -> Result<bool> {
    let Some(origin) = child.origin else {
        return Ok(false);
    };
    let price = connection
        .prepare_cached("SELECT price FROM orders WHERE id = ?1")?
        .query_row([origin.parent.0], |row| row.get::<_, i64>(0))
        .optional()?;
    let taken = taken_by_children(connection, origin.parent)?;
    Ok(price.is_some_and(|price| taken == i128::from(price)))
}

/// A family is of one customer and one panel, its parent is no child, its children cost what their quantity does, none lives of a
/// hold that is gone, and no more was taken than was held.
pub(super) fn families_share_one_hold(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query =
        connection.prepare("SELECT * FROM orders WHERE parent IS NOT NULL ORDER BY parent, id")?;
    let mut rows = query.query([])?;
    let mut last: Option<Order> = None;
    while let Some(row) = rows.next()? {
        let (child, id) = (rows::order(row)?, OrderId(row.get("parent")?));
        if last.as_ref().is_none_or(|parent| parent.id != id) {
            last = parent(connection, id)?;
            if let Some(parent) = &last {
                check_taken(connection, parent, found)?;
            }
        }
        match &last {
            Some(parent) => check_child(parent, &child, found),
            None => found.add(
                4,
                format!("order {} comes from {id}, which is no order", child.id),
            ),
        }
    }
    Ok(())
}

fn parent(connection: &Connection, id: OrderId) -> Result<Option<Order>> {
    let mut query = connection.prepare_cached("SELECT * FROM orders WHERE id = ?1")?;
    Ok(query.query_row([id.0], rows::order).optional()?)
}

fn check_taken(connection: &Connection, parent: &Order, found: &mut Findings) -> Result<()> {
    let taken = taken_by_children(connection, parent.id)?;
    let price = i128::from(parent.price.micros());
    found.check(4, taken <= price, || {
        format!(
            "the children of order {} have taken {} of the {} held",
            parent.id,
            written(taken),
            written(price)
        )
    });
    Ok(())
}

fn check_child(parent: &Order, child: &Order, found: &mut Findings) {
    let fits = parent.origin.is_none()
        && (parent.customer, &parent.panel, parent.share)
            == (child.customer, &child.panel, child.share);
    found.check(4, fits, || {
        format!(
            "order {} does not fit into the family of order {}",
            child.id, parent.id
        )
    });
    // A drip-feed ends by its own word, and its runs cost nothing.
    let is_gone = parent.state == OrderState::Closed && child.share != Some(Share::Run);
    found.check(4, !is_gone || child.state == OrderState::Closed, || {
        format!(
            "order {} lives on, and order {}, whose hold it lives of, is closed",
            child.id, parent.id
        )
    });
    let due = price(parent, child);
    found.check(4, due == Some(child.price), || {
        format!(
            "order {} may take {}, {} units for order {} cost {}",
            child.id,
            child.price,
            child.quantity.per_run,
            parent.id,
            due.map_or("something else".to_owned(), |due| due.to_string())
        )
    });
}

/// What a child takes at most; `None` for a size that it cannot have.
fn price(parent: &Order, child: &Order) -> Option<Money> {
    let largest = parent.quantity.per_run;
    let is_sized = child.origin.is_some_and(|origin| origin.is_sized);
    let units = child.quantity.total();
    if units > largest || !is_sized && units < largest {
        return None;
    }
    match child.share? {
        Share::Post => parent.rate.price(Charging::PerThousand, units),
        Share::EqualPost => parent.rate.price(Charging::PerThousand, largest),
        Share::Run => Some(Money::ZERO),
    }
}
