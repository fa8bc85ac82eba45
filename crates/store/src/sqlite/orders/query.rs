//! Looking at orders.

use panelgate_domain::ids::{Currency, CustomerId, OfferId, OrderId, PanelName, PlacementId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::super::archive::stubs;
use super::super::{questions, values};
use super::{rows, stake, steps};
use crate::api::Result;
use crate::model::{Event, OrderStory, PlacementRow, Sendable, TransferRow};

/// The orders among these ids; of archived ones, what is left.
pub(in crate::sqlite) fn among(connection: &Connection, ids: &[OrderId]) -> Result<Vec<Order>> {
    let mut query = connection.prepare_cached("SELECT * FROM orders WHERE id = ?1")?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        match query.query_row([id.0], rows::order).optional()? {
            Some(order) => found.push(order),
            None => found.extend(stubs::by_id(connection, *id)?.map(|stub| stub.order())),
        }
    }
    Ok(found)
}

/// The oldest open orders.
pub(in crate::sqlite) fn waiting(connection: &Connection, limit: u64) -> Result<Vec<Sendable>> {
    let mut query = connection
        .prepare_cached("SELECT * FROM orders WHERE state = 'open' ORDER BY id LIMIT ?1")?;
    let found = query.query_map([at_most(limit)], rows::sendable)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The newest orders, but those that others spawned or that moved in, and those that have a name of their customer's.
pub(in crate::sqlite) fn opened(
    connection: &Connection,
    since: Timestamp,
    limit: u64,
) -> Result<Vec<Sendable>> {
    let mut query = connection.prepare_cached(
        "SELECT * FROM orders WHERE created >= ?1 AND parent IS NULL AND moved IS NULL
            AND id NOT IN (SELECT order_id FROM idempotency_keys WHERE at >= ?1)
         ORDER BY created DESC LIMIT ?2",
    )?;
    let found = query.query_map([since.0, at_most(limit)], rows::sendable)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A page of placed orders.
pub(in crate::sqlite) fn placed(
    connection: &Connection,
    after: OrderId,
    limit: u64,
) -> Result<Vec<Order>> {
    let mut query = connection.prepare_cached(
        "SELECT * FROM orders WHERE state = 'placed' AND id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let found = query.query_map([after.0, at_most(limit)], rows::order)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A page of orders that a fact closed, oldest end first.
pub(in crate::sqlite) fn ended(
    connection: &Connection,
    since: Timestamp,
    after: OrderId,
    limit: u64,
) -> Result<Vec<Order>> {
    let mut query = connection.prepare_cached(
        "SELECT * FROM orders WHERE closed_by = 'fact' AND (closed, id) > (?1, ?2)
         ORDER BY closed, id LIMIT ?3",
    )?;
    let found = query.query_map([since.0, after.0, at_most(limit)], rows::order)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn at_most(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Live orders by state and panel, as triggers count them. An open one has no panel: any may take it.
pub(in crate::sqlite) fn count_live(
    connection: &Connection,
) -> Result<Vec<(Option<PanelName>, OrderState, u64)>> {
    let mut query = connection.prepare_cached(
        "SELECT nullif(panel, '') AS at_panel, state, orders FROM live_orders WHERE orders > 0 ORDER BY panel, state",
    )?;
    let counts = query.query_map([], |row| {
        let panel = row
            .get::<_, Option<String>>("at_panel")?
            .map(PanelName::new);
        Ok((
            panel,
            values::read(row, "state", OrderState::parse)?,
            values::count(row, "orders")?,
        ))
    })?;
    Ok(counts.collect::<rusqlite::Result<_>>()?)
}

/// Everything about one order.
pub(in crate::sqlite) fn story(connection: &Connection, id: OrderId) -> Result<OrderStory> {
    let order = steps::load_sendable(connection, id)?;
    let customer = customer(connection, order.order.customer)?;
    let held = match (order.order.state, order.order.origin) {
        (OrderState::Closed, _) | (_, Some(_)) => Money::ZERO,
        _ => stake::of(connection, &order.order)?,
    };
    Ok(OrderStory {
        order,
        held,
        children: children(connection, id)?,
        customer,
        placements: placements(connection, id)?,
        events: events(connection, id)?,
        transfers: transfers(connection, id)?,
        evidence: questions::of_order(connection, id)?,
    })
}

/// A customer's name.
pub(in crate::sqlite) fn customer(connection: &Connection, id: CustomerId) -> Result<String> {
    let mut query = connection.prepare_cached("SELECT name FROM customers WHERE id = ?1")?;
    Ok(query.query_row([id.0], |row| row.get(0))?)
}

fn children(connection: &Connection, id: OrderId) -> Result<Vec<Order>> {
    let mut query =
        connection.prepare_cached("SELECT * FROM orders WHERE parent = ?1 ORDER BY id")?;
    let found = query.query_map([id.0], rows::order)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Of a store, or of an archive.
pub(in crate::sqlite) fn placements(
    connection: &Connection,
    id: OrderId,
) -> Result<Vec<PlacementRow>> {
    let mut query =
        connection.prepare_cached("SELECT * FROM placements WHERE order_id = ?1 ORDER BY id")?;
    let rows = query.query_map([id.0], |row| {
        Ok(PlacementRow {
            id: PlacementId(row.get("id")?),
            panel: PanelName::new(row.get::<_, String>("panel")?),
            offer: OfferId::new(row.get::<_, String>("offer")?),
            outcome: row.get("outcome")?,
            raw: row.get("raw")?,
            at: values::time(row, "began")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Of a store, or of an archive.
pub(in crate::sqlite) fn events(connection: &Connection, id: OrderId) -> Result<Vec<Event>> {
    let mut query =
        connection.prepare_cached("SELECT * FROM order_events WHERE order_id = ?1 ORDER BY id")?;
    let rows = query.query_map([id.0], |row| {
        Ok(Event {
            at: values::time(row, "at")?,
            kind: row.get("kind")?,
            text: row.get("text")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All transfers of an order, archived or not.
pub(in crate::sqlite) fn transfers(
    connection: &Connection,
    id: OrderId,
) -> Result<Vec<TransferRow>> {
    let mut query = connection.prepare_cached(
        "SELECT at, kind, amount, currency, reference,
                CASE WHEN actor IS NULL THEN note ELSE actor || ': ' || coalesce(note, '') END AS why
         FROM transfers WHERE order_id = ?1 ORDER BY id",
    )?;
    let rows = query.query_map([id.0], |row| {
        Ok(TransferRow {
            at: values::time(row, "at")?,
            kind: row.get("kind")?,
            amount: values::money(row, "amount")?,
            currency: Currency::new(row.get::<_, String>("currency")?),
            reference: row.get("reference")?,
            note: row.get("why")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
