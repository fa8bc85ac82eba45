//! Answers that came after their order was decided: the panel may have an order that belongs to nobody.

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::Order;
use rusqlite::{Connection, params};

use super::steps;
use crate::api::Result;
use crate::model::Answer;

/// Keeps the answer in the order's history, and puts the order on the operator's list.
pub(in crate::sqlite) fn note(
    connection: &Connection,
    order: OrderId,
    answer: &Answer,
) -> Result<Order> {
    let order = steps::load(connection, order)?;
    let rows = connection
        .prepare_cached("UPDATE orders SET flag = coalesce(flag, ?3), version = version + 1 WHERE id = ?1 AND version = ?2")?
        .execute(params![order.id.0, order.version, FLAG])?;
    steps::changed(&order, rows)?;
    let text = format!("{}: {}", answer.outcome, answer.raw);
    steps::tell(connection, order.id, answer.at, "too_late", &text)?;
    steps::load(connection, order.id)
}

const FLAG: &str = "the panel accepted it after it was decided that it was not placed: it may have an order of nobody's";
