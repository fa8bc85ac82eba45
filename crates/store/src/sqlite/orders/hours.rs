//! What became of the panels' orders, by the hour.

use panelgate_domain::ids::PanelName;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::api::Result;
use crate::model::PanelHour;
use crate::sqlite::values;

/// The hours since then. Both halves begin at an index: an order that was sent is hardly older than its placement, and what
/// its last placement was refused for is written at the order. A subscription whose posts are charged one by one costs nothing by itself.
pub(in crate::sqlite) fn since(
    connection: &Connection,
    since: Timestamp,
) -> Result<Vec<PanelHour>> {
    let mut query = connection.prepare_cached(
        "SELECT panel, hour, sum(accepted) AS accepted, sum(cost) AS cost, sum(refused) AS refused,
                sum(completed) AS completed, sum(partial) AS partial, sum(canceled) AS canceled
         FROM (
             SELECT p.panel, p.began / ?2 AS hour,
                    p.outcome = 'accepted' AS accepted,
                    iif(p.outcome IN ('accepted', 'spawned') AND NOT (o.share IS 'post' AND o.parent IS NULL), p.cost, 0) AS cost,
                    p.outcome = 'refused' AND NOT (o.closed_by IS 'refusal' AND o.placement = p.id) AS refused,
                    0 AS completed, 0 AS partial, 0 AS canceled
             FROM orders o JOIN placements p ON p.order_id = o.id
             WHERE o.created >= ?1 AND p.outcome IN ('accepted', 'refused', 'spawned')
             UNION ALL
             SELECT panel, closed / ?2, 0, 0, 0,
                    ended = 'Completed', ended = 'Partial', ended = 'Canceled'
             FROM orders WHERE closed_by = 'fact' AND closed >= ?1 AND panel IS NOT NULL
         )
         GROUP BY panel, hour ORDER BY panel, hour",
    )?;
    let hours = query.query_map(params![since.0, HOUR], read)?;
    Ok(hours.collect::<rusqlite::Result<_>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PanelHour> {
    let count = |column: &str| values::count(row, column);
    Ok(PanelHour {
        panel: PanelName::new(row.get::<_, String>("panel")?),
        began: Timestamp(row.get::<_, i64>("hour")?.saturating_mul(HOUR)),
        accepted: count("accepted")?,
        cost: values::money(row, "cost")?,
        refused: count("refused")?,
        completed: count("completed")?,
        partial: count("partial")?,
        canceled: count("canceled")?,
    })
}

/// In milliseconds.
const HOUR: i64 = 60 * 60 * 1_000;
