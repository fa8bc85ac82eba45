//! Unconfirmed orders, and what else is at their panels.

use panelgate_domain::ids::{OfferId, PanelName, UpstreamId};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, named_params, params};

use super::super::archive::stubs;
use super::super::orders::rows;
use super::super::{meta, values};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Neighbours, Question};
use crate::questions::MOST_NEIGHBOURS;

/// The oldest of them.
pub(super) fn all(connection: &Connection, limit: u64) -> Result<Vec<Question>> {
    let mut query = connection.prepare_cached(
        "SELECT o.*, p.panel AS sent_to, p.offer AS sent_for, p.cost AS expected, p.began AS sent_at,
             p.outcome IS 'unknown' AS in_vain
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
            asked_in_vain: row.get("in_vain")?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Since when the oldest of each panel is on its way.
pub(super) fn oldest(connection: &Connection) -> Result<Vec<(PanelName, Timestamp)>> {
    let mut query = connection.prepare_cached(
        "SELECT p.panel, min(p.began) AS began FROM orders o JOIN placements p ON p.id = o.placement
         WHERE o.state = 'unconfirmed' GROUP BY p.panel",
    )?;
    let found = query.query_map([], |row| {
        Ok((
            PanelName::new(row.get::<_, String>("panel")?),
            values::time(row, "began")?,
        ))
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
    let greatest = |from: i64, to: i64, after: Timestamp, until: Timestamp| {
        let mut query = connection.prepare_cached(GREATEST)?;
        let values = named_params! {
            ":panel": question.panel.as_str(),
            ":from": from,
            ":to": to,
            ":after": after.0,
            ":until": until.0,
        };
        query.query_row(values, |row| {
            Ok((
                row.get::<_, Option<i64>>(0)?,
                row.get::<_, Option<i64>>(1)?.map(Timestamp),
            ))
        })
    };
    let restored = meta::restored(connection)?;
    let (first, last) = (
        placement.saturating_sub(reach),
        placement.saturating_add(reach),
    );
    let (below, since) = greatest(first, placement.saturating_sub(1), restored, settled)?;
    let (above, _) = greatest(
        placement.saturating_add(1),
        last,
        Timestamp(i64::MIN),
        until,
    )?;
    let number = |id: Option<i64>| id.and_then(|id| u64::try_from(id).ok());
    let none_forgotten = match since {
        Some(since) => !may_be_forgotten(connection, question, since)?,
        None => false,
    };
    Ok(Neighbours {
        below: number(below),
        above: number(above),
        none_forgotten,
    })
}

/// Whether the panel may have orders of ours since then that are neither known nor of unknown outcome.
fn may_be_forgotten(
    connection: &Connection,
    question: &Question,
    since: Timestamp,
) -> Result<bool> {
    let values = params![question.panel.as_str(), since.0];
    let said_not_to_be_there = connection
        .prepare_cached(
            "SELECT 1 FROM placements INDEXED BY doubtful_placements
             WHERE outcome IN ('unknown', 'interrupted', 'restored', 'resolved_not_placed')
                 AND outcome = 'resolved_not_placed' AND panel = ?1 AND began >= ?2",
        )?
        .exists(values)?;
    let spawning = connection
        .prepare_cached(
            "SELECT 1 FROM orders INDEXED BY parents_of_panel
             WHERE share IS NOT NULL AND parent IS NULL AND panel = ?1 AND (closed IS NULL OR closed >= ?2)
                 AND upstream_id IS NOT NULL",
        )?
        .exists(values)?;
    let spawned = connection
        .prepare_cached(
            "SELECT 1 FROM stubs INDEXED BY stubs_of_parents
             WHERE share IS NOT NULL AND parent IS NULL AND panel = ?1 AND closed >= ?2 AND upstream_id IS NOT NULL",
        )?
        .exists(values)?;
    Ok(said_not_to_be_there || spawning || spawned)
}

/// Ids that are written as whole numbers which SQLite can count with, and when the order with the greatest was sent. Without an order
/// SQLite answers a row of nothing.
const GREATEST: &str = "
    SELECT max(CAST(o.upstream_id AS INTEGER)), p.began
    FROM placements p JOIN orders o ON o.id = p.order_id AND o.placement = p.id
    WHERE p.id BETWEEN :from AND :to AND p.panel = :panel AND p.began > :after AND p.began <= :until
        AND p.outcome = 'accepted'
        AND o.upstream_id NOT GLOB '*[^0-9]*' AND length(o.upstream_id) BETWEEN 1 AND 18";

/// Those of these ids that are orders of ours, or of nobody's.
pub(super) fn known(
    connection: &Connection,
    panel: &PanelName,
    ids: Vec<UpstreamId>,
) -> Result<Vec<UpstreamId>> {
    let mut ours =
        connection.prepare_cached("SELECT 1 FROM orders WHERE panel = ?1 AND upstream_id = ?2")?;
    let mut orphans = connection.prepare_cached(
        "SELECT 1 FROM evidence e JOIN orders o ON o.id = e.order_id
         WHERE e.clue = 'orphan' AND o.panel = ?1 AND e.upstream_id = ?2",
    )?;
    let mut known = Vec::new();
    for id in ids {
        let values = [panel.as_str(), id.as_str()];
        let is_archived =
            || Ok::<_, StoreError>(stubs::at_panel(connection, values[0], values[1])?.is_some());
        if ours.exists(values)? || orphans.exists(values)? || is_archived()? {
            known.push(id);
        }
    }
    Ok(known)
}
