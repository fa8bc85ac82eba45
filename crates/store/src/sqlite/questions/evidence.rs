//! What was found out about unconfirmed orders.

use panelgate_domain::evidence::{Clue, Evidence};
use panelgate_domain::ids::{OrderId, UpstreamId};
use rusqlite::{Connection, Row, params};

use super::super::orders::steps;
use super::super::values::{self, bounded};
use crate::api::Result;

/// Keeps a piece of it, once.
pub(super) fn keep(connection: &Connection, order: OrderId, evidence: &Evidence) -> Result<bool> {
    let id = evidence.upstream_id.as_ref().map_or("", UpstreamId::as_str);
    let added = connection
        .prepare_cached(
            "INSERT INTO evidence (order_id, clue, upstream_id, text, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            order.0,
            evidence.clue.word(),
            id,
            bounded(&evidence.text),
            evidence.at.0
        ])?;
    if added == 1 {
        steps::tell(connection, order, evidence.at, "evidence", &evidence.text)?;
    }
    Ok(added == 1)
}

/// About these orders, oldest first.
pub(super) fn of(connection: &Connection, orders: &[OrderId]) -> Result<Vec<(OrderId, Evidence)>> {
    let mut found = Vec::new();
    for order in orders {
        found.extend(
            of_order(connection, *order)?
                .into_iter()
                .map(|evidence| (*order, evidence)),
        );
    }
    Ok(found)
}

/// About one.
pub(in crate::sqlite) fn of_order(
    connection: &Connection,
    order: OrderId,
) -> Result<Vec<Evidence>> {
    let mut query = connection.prepare_cached(
        "SELECT clue, upstream_id, text, at FROM evidence WHERE order_id = ?1 ORDER BY at, clue, upstream_id",
    )?;
    let found = query.query_map([order.0], evidence)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn evidence(row: &Row<'_>) -> rusqlite::Result<Evidence> {
    let id: String = row.get("upstream_id")?;
    Ok(Evidence {
        clue: values::read(row, "clue", Clue::parse)?,
        upstream_id: (!id.is_empty()).then(|| UpstreamId::new(id)),
        text: row.get("text")?,
        at: values::time(row, "at")?,
    })
}
