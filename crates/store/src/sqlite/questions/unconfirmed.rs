//! Unconfirmed orders, and what else is at their panels.

use panelgate_domain::ids::{OfferId, PanelName, UpstreamId};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, Params, named_params, params};

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

/// What the panel called the orders around one.
pub(super) fn neighbours(
    connection: &Connection,
    question: &Question,
    before: u64,
    until: Timestamp,
) -> Result<Neighbours> {
    let order = question.order.order.id;
    let before = ids(
        connection,
        "SELECT upstream_id FROM orders
         WHERE panel = ?1 AND id < ?2 AND upstream_id IS NOT NULL ORDER BY id DESC LIMIT ?3",
        params![question.panel.as_str(), order.0, values::integer(before)?],
    )?;
    let after = ids(
        connection,
        "SELECT o.upstream_id FROM orders o JOIN placements p ON p.id = o.placement
         WHERE o.panel = :panel AND o.id > :id AND o.upstream_id IS NOT NULL
             AND p.began > :began AND p.began <= :until
         ORDER BY o.id LIMIT :most",
        named_params! {
            ":panel": question.panel.as_str(),
            ":id": order.0,
            ":began": question.began.0,
            ":until": until.0,
            ":most": values::integer(MOST_NEIGHBOURS)?,
        },
    )?;
    Ok(Neighbours { before, after })
}

fn ids(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<UpstreamId>> {
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_map(params, |row| row.get::<_, String>(0).map(UpstreamId::new))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

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
