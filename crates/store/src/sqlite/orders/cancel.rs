//! The wish to cancel an order that may be at a panel. It moves no money: what becomes of it is seen by `status`.

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::steps;
use crate::api::Result;
use crate::model::{Answer, CancelAnswer};

/// Remembers the wish; a repeated one changes nothing.
pub(in crate::sqlite) fn wish(
    connection: &Connection,
    id: OrderId,
    at: Timestamp,
) -> Result<Order> {
    let order = steps::load(connection, id)?;
    match order.state {
        OrderState::Sending | OrderState::Unconfirmed | OrderState::Placed => {}
        OrderState::Open | OrderState::Closed => return Err(steps::wrong(&order)),
    }
    if order.cancel_wish != CancelWish::None {
        return Ok(order);
    }
    set(connection, &order, CancelWish::Asked)?;
    steps::tell(connection, id, at, "cancel_asked", "")?;
    steps::load(connection, id)
}

/// Keeps what the panel answered. The order may have ended meanwhile.
pub(in crate::sqlite) fn answer(
    connection: &Connection,
    id: OrderId,
    answer: CancelAnswer,
    raw: &Answer,
) -> Result<Order> {
    let order = steps::load(connection, id)?;
    if order.cancel_wish == CancelWish::None {
        return Err(steps::wrong(&order));
    }
    let (wish, kind) = match answer {
        CancelAnswer::Sent => (CancelWish::Sent, "cancel_sent"),
        CancelAnswer::Refused => (CancelWish::None, "cancel_refused"),
    };
    set(connection, &order, wish)?;
    steps::tell(
        connection,
        id,
        raw.at,
        kind,
        &format!("{}: {}", raw.outcome, raw.raw),
    )?;
    steps::load(connection, id)
}

fn set(connection: &Connection, order: &Order, wish: CancelWish) -> Result<()> {
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET cancel_wish = ?4, version = version + 1 WHERE id = ?1 AND version = ?2 AND state = ?3",
        )?
        .execute(params![order.id.0, order.version, order.state.word(), wish.word()])?;
    steps::changed(order, rows)
}
