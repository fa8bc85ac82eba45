//! What every step of an order's life does: load, check, write if nobody was faster, tell.

use panelgate_domain::ids::{OrderId, PlacementId};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::archive::stubs;
use super::super::values::bounded;
use super::rows;
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Answer, Sendable};

/// An order by its id.
pub(in crate::sqlite) fn load(connection: &Connection, id: OrderId) -> Result<Order> {
    read(connection, id, rows::order)
}

/// The same, with what exactly was ordered.
pub(in crate::sqlite) fn load_sendable(connection: &Connection, id: OrderId) -> Result<Sendable> {
    read(connection, id, rows::sendable)
}

fn read<T>(
    connection: &Connection,
    id: OrderId,
    row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T> {
    let mut query = connection.prepare_cached("SELECT * FROM orders WHERE id = ?1")?;
    let found = query.query_row([id.0], row).optional()?;
    match found {
        Some(found) => Ok(found),
        None if stubs::exists(connection, id)? => Err(StoreError::Archived(id)),
        None => Err(StoreError::NotFound {
            what: "order",
            name: id.to_string(),
        }),
    }
}

/// The order whose last placement this is. What becomes of an earlier one changes nothing any more.
pub(in crate::sqlite) fn load_placed_by(
    connection: &Connection,
    placement: PlacementId,
) -> Result<Order> {
    let mut query = connection.prepare_cached(
        "SELECT p.order_id, o.placement IS p.id FROM placements p JOIN orders o ON o.id = p.order_id WHERE p.id = ?1",
    )?;
    let found = query
        .query_row([placement.0], |row| {
            Ok((OrderId(row.get(0)?), row.get::<_, bool>(1)?))
        })
        .optional()?;
    let missing = || StoreError::NotFound {
        what: "placement",
        name: placement.to_string(),
    };
    let (order, is_last) = found.ok_or_else(missing)?;
    let order = load(connection, order)?;
    if is_last {
        Ok(order)
    } else {
        Err(wrong(&order))
    }
}

/// Fails if the order is in none of the states that this step begins in.
pub(in crate::sqlite) fn allow(order: &Order, from: &[OrderState], next: OrderState) -> Result<()> {
    if !from.contains(&order.state) {
        return Err(wrong(order));
    }
    if !order.state.may_become(next) {
        return Err(StoreError::Corrupt(format!(
            "order {} cannot go from {} to {next}",
            order.id, order.state
        )));
    }
    Ok(())
}

/// Takes the order to its next state, if it is still what was loaded.
pub(in crate::sqlite) fn go(
    connection: &Connection,
    order: &Order,
    next: OrderState,
) -> Result<()> {
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET state = ?4, version = version + 1 WHERE id = ?1 AND version = ?2 AND state = ?3",
        )?
        .execute(params![order.id.0, order.version, order.state.word(), next.word()])?;
    changed(order, rows)
}

/// A compare-and-set has to hit exactly one row.
pub(in crate::sqlite) fn changed(order: &Order, rows: usize) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(wrong(order)) }
}

/// The error of a step that the order's state does not allow.
pub(in crate::sqlite) fn wrong(order: &Order) -> StoreError {
    StoreError::WrongState {
        order: order.id,
        found: order.state,
    }
}

/// Appends to the order's history.
pub(in crate::sqlite) fn tell(
    connection: &Connection,
    order: OrderId,
    at: Timestamp,
    kind: &str,
    text: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO order_events (order_id, at, kind, text) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![order.0, at.0, kind, bounded(text)])?;
    Ok(())
}

/// Keeps the outcome of a placement, and tells it.
pub(in crate::sqlite) fn tell_answer(
    connection: &Connection,
    order: &Order,
    placement: PlacementId,
    kind: &str,
    answer: &Answer,
) -> Result<()> {
    connection
        .prepare_cached("UPDATE placements SET outcome = ?2, raw = ?3 WHERE id = ?1")?
        .execute(params![placement.0, answer.outcome, bounded(&answer.raw)])?;
    tell(
        connection,
        order.id,
        answer.at,
        kind,
        &format!("{}: {}", answer.outcome, answer.raw),
    )
}

/// The order's last placement.
pub(in crate::sqlite) fn last_placement(
    connection: &Connection,
    order: &Order,
) -> Result<PlacementId> {
    let mut query = connection.prepare_cached("SELECT placement FROM orders WHERE id = ?1")?;
    let placement: Option<i64> = query.query_row([order.id.0], |row| row.get(0))?;
    placement.map(PlacementId).ok_or_else(|| wrong(order))
}
