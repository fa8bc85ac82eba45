//! The operator's list: orders that somebody has to look at.

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::Order;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::values::bounded;
use super::steps;
use crate::api::Result;
use crate::model::Answer;

/// Puts an order on the list. One that is there stays there, for its first reason.
pub(in crate::sqlite) fn set(
    connection: &Connection,
    id: OrderId,
    text: &str,
    at: Timestamp,
) -> Result<Order> {
    let order = steps::load(connection, id)?;
    if order.flag.is_some() {
        return Ok(order);
    }
    write(connection, &order, text)?;
    steps::tell(connection, id, at, "flagged", text)?;
    steps::load(connection, id)
}

/// Keeps an answer that came after its order was decided: the panel may have an order that belongs to nobody.
pub(in crate::sqlite) fn note_orphan(
    connection: &Connection,
    id: OrderId,
    answer: &Answer,
) -> Result<Order> {
    let order = steps::load(connection, id)?;
    write(connection, &order, ORPHAN)?;
    let text = format!("{}: {}", answer.outcome, answer.raw);
    steps::tell(connection, id, answer.at, "too_late", &text)?;
    steps::load(connection, id)
}

fn write(connection: &Connection, order: &Order, text: &str) -> Result<()> {
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET flag = coalesce(flag, ?3), version = version + 1 WHERE id = ?1 AND version = ?2",
        )?
        .execute(params![order.id.0, order.version, bounded(text)])?;
    steps::changed(order, rows)
}

const ORPHAN: &str = "the panel accepted it after it was decided that it was not placed: it may have an order of nobody's";
