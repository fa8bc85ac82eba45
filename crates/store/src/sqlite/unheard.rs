//! Answers that customers did not hear, from one process to the next.

use panelgate_domain::ids::OrderId;
use panelgate_domain::time::Timestamp;
use rusqlite::Connection;

use super::orders::rows;
use super::values::time;
use crate::api::Result;
use crate::model::Sendable;

/// A process stops by itself, and knows these.
pub(super) fn keep(connection: &Connection, lost: &[(OrderId, Timestamp)]) -> Result<()> {
    connection.execute("DELETE FROM unheard", [])?;
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO unheard (order_id, lost) VALUES (?1, ?2)")?;
    for (order, at) in lost {
        insert.execute((order.0, at.0))?;
    }
    connection.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('stopped', 'by itself')",
        [],
    )?;
    Ok(())
}

/// Once: a process that is killed later must not find what the one before it knew.
pub(super) fn take(connection: &Connection) -> Result<Option<Vec<(Sendable, Timestamp)>>> {
    if connection.execute("DELETE FROM meta WHERE key = 'stopped'", [])? == 0 {
        return Ok(None);
    }
    let mut query = connection.prepare_cached(
        "SELECT o.*, u.lost FROM unheard u JOIN orders o ON o.id = u.order_id ORDER BY u.lost",
    )?;
    let lost = query.query_map([], |row| Ok((rows::sendable(row)?, time(row, "lost")?)))?;
    let lost = lost.collect::<rusqlite::Result<_>>()?;
    connection.execute("DELETE FROM unheard", [])?;
    Ok(Some(lost))
}
