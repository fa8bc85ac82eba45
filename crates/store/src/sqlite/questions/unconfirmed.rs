//! Unconfirmed orders, and what else is at their panels.

use panelgate_domain::ids::{OfferId, PanelName, UpstreamId};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, named_params};

use super::super::orders::rows;
use super::super::values;
use crate::api::Result;
use crate::model::{Neighbours, Question};
use crate::questions::MOST_NEIGHBOURS;

/// The oldest of them.
pub(super) fn all(connection: &Connection, limit: u64) -> Result<Vec<Question>> {
    let mut query = connection.prepare_cached(
        "SELECT o.*, p.panel AS sent_to, p.offer AS sent_for, p.cost AS expected, p.began AS sent_at
         FROM orders o JOIN placements p ON p.id = o.placement
         WHERE o.state = 'unconfirmed' ORDER BY o.id LIMIT ?1",
    )?;
    let found = query.query_map([values::integer(limit)?], |row| {
        Ok(Question {
            order: rows::sendable(row)?,
            panel: PanelName::new(row.get::<_, String>("sent_to")?),
            offer: OfferId::new(row.get::<_, String>("sent_for")?),
            cost: values::money(row, "expected")?,
            began: values::time(row, "sent_at")?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The panel's ids around an order.
pub(super) fn neighbours(
    connection: &Connection,
    question: &Question,
    settled: Timestamp,
    until: Timestamp,
) -> Result<Neighbours> {
    let placement: i64 = connection
        .prepare_cached("SELECT placement FROM orders WHERE id = ?1")?
        .query_row([question.order.order.id.0], |row| row.get(0))?;
    let reach = values::integer(MOST_NEIGHBOURS)?;
    let greatest = |from: i64, to: i64, until: Timestamp| -> Result<Option<u64>> {
        let mut query = connection.prepare_cached(GREATEST)?;
        let values = named_params! {
            ":panel": question.panel.as_str(),
            ":from": from,
            ":to": to,
            ":until": until.0,
        };
        let greatest: Option<i64> = query.query_row(values, |row| row.get(0))?;
        Ok(greatest.and_then(|id| u64::try_from(id).ok()))
    };
    Ok(Neighbours {
        below: greatest(
            placement.saturating_sub(reach),
            placement.saturating_sub(1),
            settled,
        )?,
        above: greatest(
            placement.saturating_add(1),
            placement.saturating_add(reach),
            until,
        )?,
    })
}

/// Ids that are written as whole numbers which SQLite can count with.
const GREATEST: &str = "
    SELECT max(CAST(o.upstream_id AS INTEGER)) FROM placements p JOIN orders o ON o.placement = p.id AND o.id = p.order_id
    WHERE p.id BETWEEN :from AND :to AND p.panel = :panel AND p.began <= :until
        AND o.upstream_id NOT GLOB '*[^0-9]*' AND length(o.upstream_id) BETWEEN 1 AND 18";

/// Those of these ids that are orders of ours.
pub(super) fn known(
    connection: &Connection,
    panel: &PanelName,
    ids: Vec<UpstreamId>,
) -> Result<Vec<UpstreamId>> {
    let mut query =
        connection.prepare_cached("SELECT 1 FROM orders WHERE panel = ?1 AND upstream_id = ?2")?;
    let mut known = Vec::new();
    for id in ids {
        if query.exists([panel.as_str(), id.as_str()])? {
            known.push(id);
        }
    }
    Ok(known)
}
