//! Placements: how an order gets to a panel, and what comes of it.

use panelgate_domain::canary::Canary;
use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, PlacementId, UpstreamId};
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, ToSql, params};

use super::super::archive::stubs;
use super::close::{self, Ending};
use super::rows::{FactParams, SET_FACT};
use super::{cost, steps};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Answer, NewPlacement};

/// open → sending.
pub(in crate::sqlite) fn begin(
    connection: &Connection,
    id: OrderId,
    new: &NewPlacement,
) -> Result<PlacementId> {
    let order = steps::load(connection, id)?;
    steps::allow(&order, &[OrderState::Open], OrderState::Sending)?;
    connection
        .prepare_cached(
            "INSERT INTO placements (order_id, panel, offer, cost, currency, began, rate) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id.0,
            new.panel.as_str(),
            new.offer.as_str(),
            new.cost.micros(),
            new.currency.as_str(),
            new.at.0,
            new.rate.to_string(),
        ])?;
    let placement = PlacementId(connection.last_insert_rowid());
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET state = 'sending', placement = ?3, panel = ?4, share = ?5, version = version + 1
             WHERE id = ?1 AND version = ?2 AND state = 'open'",
        )?
        .execute(params![
            id.0,
            order.version,
            placement.0,
            new.panel.as_str(),
            new.share.map(Share::word),
        ])?;
    steps::changed(&order, rows)?;
    let text = format!(
        "to {}, offer {}, for {} {}",
        new.panel, new.offer, new.cost, new.currency
    );
    steps::tell(connection, id, new.at, "sending", &text)?;
    Ok(placement)
}

/// sending | unconfirmed → placed.
pub(in crate::sqlite) fn confirm(
    connection: &Connection,
    placement: PlacementId,
    upstream_id: &UpstreamId,
    answer: &Answer,
) -> Result<Order> {
    let order = steps::load_placed_by(connection, placement)?;
    steps::allow(
        &order,
        &[OrderState::Sending, OrderState::Unconfirmed],
        OrderState::Placed,
    )?;
    accept(connection, &order, upstream_id, answer.at)?;
    steps::tell_answer(connection, &order, placement, "placed", answer)?;
    steps::load(connection, order.id)
}

/// The panel has it under this id: placed, and the quoted cost is spent.
pub(in crate::sqlite) fn accept(
    connection: &Connection,
    order: &Order,
    upstream_id: &UpstreamId,
    at: Timestamp,
) -> Result<()> {
    check_new_at_panel(connection, order, upstream_id)?;
    let sql = format!(
        "UPDATE orders SET state = 'placed', upstream_id = :upstream_id, version = version + 1, {SET_FACT}
         WHERE id = :id AND version = :version AND state = :state"
    );
    let fact = FactParams::new(&Fact::accepted(at));
    let more: [(&str, &dyn ToSql); 4] = [
        (":upstream_id", &upstream_id.as_str()),
        (":id", &order.id.0),
        (":version", &order.version),
        (":state", &order.state.word()),
    ];
    let rows = connection
        .prepare_cached(&sql)?
        .execute(&*fact.with(&more))?;
    steps::changed(order, rows)?;
    cost::book_quoted(connection, order, at)
}

fn check_new_at_panel(
    connection: &Connection,
    order: &Order,
    upstream_id: &UpstreamId,
) -> Result<()> {
    let known = connection
        .prepare_cached("SELECT 1 FROM orders WHERE panel = ?1 AND upstream_id = ?2")?
        .exists(params![
            order.panel.as_ref().map(|panel| panel.as_str()),
            upstream_id.as_str()
        ])?;
    let archived = match &order.panel {
        Some(panel) => stubs::at_panel(connection, panel.as_str(), upstream_id.as_str())?.is_some(),
        None => false,
    };
    if known || archived {
        Err(StoreError::DuplicateUpstreamId(upstream_id.to_string()))
    } else {
        Ok(())
    }
}

/// sending → open; or → closed(Canceled) if its customer wanted it canceled meanwhile: it is nowhere, and need not leave.
pub(in crate::sqlite) fn give_back(
    connection: &Connection,
    placement: PlacementId,
    answer: &Answer,
) -> Result<Order> {
    let order = steps::load_placed_by(connection, placement)?;
    steps::allow(&order, &[OrderState::Sending], OrderState::Open)?;
    steps::tell_answer(connection, &order, placement, "returned", answer)?;
    if order.cancel_wish != CancelWish::None {
        let ending = Ending::canceled(&order, close::By::Unsent, answer.at);
        return close::end(
            connection,
            &order,
            &ending,
            "canceled while a panel was asked",
        );
    }
    steps::go(connection, &order, OrderState::Open)?;
    steps::load(connection, order.id)
}

/// sending | unconfirmed → closed(Canceled).
pub(in crate::sqlite) fn refuse(
    connection: &Connection,
    placement: PlacementId,
    refusal: Refusal,
    answer: &Answer,
) -> Result<Order> {
    let order = steps::load_placed_by(connection, placement)?;
    steps::allow(
        &order,
        &[OrderState::Sending, OrderState::Unconfirmed],
        OrderState::Closed,
    )?;
    steps::tell_answer(connection, &order, placement, "refused", answer)?;
    let ending = Ending::canceled(&order, close::By::Refusal, answer.at);
    close::end(
        connection,
        &order,
        &ending,
        &format!("the panel refused: {refusal:?}"),
    )
}

/// sending → unconfirmed.
pub(in crate::sqlite) fn park(
    connection: &Connection,
    placement: PlacementId,
    answer: &Answer,
) -> Result<Order> {
    let order = steps::load_placed_by(connection, placement)?;
    steps::allow(&order, &[OrderState::Sending], OrderState::Unconfirmed)?;
    steps::go(connection, &order, OrderState::Unconfirmed)?;
    steps::tell_answer(connection, &order, placement, "unconfirmed", answer)?;
    steps::load(connection, order.id)
}

/// Every `sending` → unconfirmed: their process is dead, and so is what it knew.
pub(in crate::sqlite) fn park_orphans(
    connection: &Connection,
    at: Timestamp,
) -> Result<Vec<Order>> {
    let placements: Vec<i64> = connection
        .prepare_cached("SELECT placement FROM orders WHERE state = 'sending' ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let raw = "the gateway stopped while the panel was being asked".to_owned();
    let answer = Answer {
        // Not its panel's silence.
        outcome: "interrupted".to_owned(),
        raw,
        at,
    };
    let settle = if Canary::ResendAfterCrash.sings() {
        give_back
    } else {
        park
    };
    placements
        .into_iter()
        .map(|placement| settle(connection, PlacementId(placement), &answer))
        .collect()
}
