//! Invariant 4 where several orders share one hold: a parent's children take from it, in turn, and never more than there is.

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::Order;
use rusqlite::{Connection, OptionalExtension};

use super::{Findings, written};
use crate::api::Result;

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

/// A family is of one customer and one panel, its parent is no child, a closed parent has no live children, and no more was
/// taken than was held.
pub(super) fn families_share_one_hold(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query = connection.prepare(
        "SELECT p.id, p.price, p.customer = o.customer AND p.panel IS o.panel AND p.parent IS NULL,
                p.state = 'closed' AND o.state <> 'closed', o.id
         FROM orders o JOIN orders p ON p.id = o.parent ORDER BY p.id, o.id",
    )?;
    let mut rows = query.query([])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        let (parent, price): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (fits, outlives): (bool, bool) = (row.get(2)?, row.get(3)?);
        let child: i64 = row.get(4)?;
        found.check(4, fits, || {
            format!("order {child} does not fit into the family of order {parent}")
        });
        found.check(4, !outlives, || {
            format!("order {child} lives on, and order {parent}, whose hold it lives of, is closed")
        });
        if last.replace(parent) == Some(parent) {
            continue;
        }
        let taken = taken_by_children(connection, OrderId(parent))?;
        found.check(4, taken <= i128::from(price), || {
            format!(
                "the children of order {parent} have taken {} of the {} held",
                written(taken),
                written(price.into())
            )
        });
    }
    Ok(())
}
