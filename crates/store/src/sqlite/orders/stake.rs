//! What of a hold is an order's to end: a family has one hold, and each of its members only a part of it.

use panelgate_domain::family::Kind;
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use rusqlite::Connection;

use super::steps;
use crate::api::Result;
use crate::error::StoreError;

/// A child's: its price, or what is left of its parent's hold if that is less. A parent's: what its children did not take. Of
/// any other order: all that was held.
pub(in crate::sqlite) fn of(connection: &Connection, order: &Order) -> Result<Money> {
    match (order.origin, order.kind()) {
        (Some(origin), _) => {
            let parent = steps::load(connection, origin.parent)?;
            Ok(order.price.min(left(connection, &parent)?))
        }
        (None, Kind::Subscription) => left(connection, order),
        (None, _) => Ok(order.price),
    }
}

/// Whether a child is only short of what rounding took: each price is rounded up, and so is their sum, which is the hold.
pub(in crate::sqlite) fn is_rounding(
    connection: &Connection,
    child: &Order,
    short: Money,
) -> Result<bool> {
    let Some(origin) = child.origin else {
        return Ok(false);
    };
    // Less than the smallest amount for each post.
    let posts = steps::load(connection, origin.parent)?.quantity.runs;
    Ok(u64::try_from(short.micros()).is_ok_and(|short| short < posts))
}

fn left(connection: &Connection, parent: &Order) -> Result<Money> {
    let taken = taken_by_children(connection, parent.id)?;
    let left = parent.price.checked_sub(taken);
    left.filter(|left| *left >= Money::ZERO).ok_or_else(|| {
        StoreError::Corrupt(format!(
            "the children of order {} have taken {taken} of the {} held",
            parent.id, parent.price
        ))
    })
}

/// Refunds do not count: they come from what we earned, and never go back into a hold.
fn taken_by_children(connection: &Connection, parent: OrderId) -> Result<Money> {
    let mut query = connection.prepare_cached(
        "SELECT coalesce(sum(t.amount), 0) FROM orders o JOIN transfers t ON t.order_id = o.id
         WHERE o.parent = ?1 AND t.kind = 'take'",
    )?;
    Ok(query.query_row([parent.0], |row| row.get(0).map(Money::from_micros))?)
}
