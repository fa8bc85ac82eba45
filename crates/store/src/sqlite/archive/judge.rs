//! Which orders may leave the store: those that nothing can happen to any more, and that nothing else is found out by.

use panelgate_domain::ids::OrderId;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, named_params};

use super::super::{meta, verify};
use super::copy::{self, Whole};
use super::stubs;
use crate::api::Result;
use crate::model::Kept;

/// What is to become of an order and its family.
pub(super) enum Judged {
    MayGo(Whole),
    /// Why not, and how many orders stay for it.
    Kept(Kept, u64),
}

/// Looks at an order that nobody spawned, and at what it has spawned.
pub(super) fn judge(connection: &Connection, root: OrderId, before: Timestamp) -> Result<Judged> {
    let mut query = connection.prepare_cached(WHY_NOT)?;
    let found = query.query_map(
        named_params! { ":root": root.0, ":before": before.0 },
        |row| Ok((OrderId(row.get(0)?), row.get::<_, Option<u8>>(1)?)),
    )?;
    let found: Vec<(OrderId, Option<u8>)> = found.collect::<rusqlite::Result<_>>()?;
    let kept = |why| {
        let orders = u64::try_from(found.len()).unwrap_or(u64::MAX);
        Ok(Judged::Kept(why, orders))
    };
    if let Some(why) = found.iter().filter_map(|(_, why)| *why).min() {
        return kept(REASONS[usize::from(why)]);
    }
    let members: Vec<OrderId> = found.iter().map(|(id, _)| *id).collect();
    if members.first() != Some(&root) {
        // It went in the meantime.
        return Ok(Judged::Kept(Kept::ChangedSince, 0));
    }
    for member in &members {
        if !verify::is_sound(connection, *member)? {
            return kept(Kept::Unsound);
        }
    }
    let currency = meta::currency(connection)?;
    let mut left = Vec::with_capacity(members.len());
    for member in &members {
        match stubs::make(connection, *member, &currency)? {
            Some(stub) => left.push(stub),
            None => return kept(Kept::NoStub),
        }
    }
    let rows = copy::read(connection, &members)?;
    Ok(Judged::MayGo(Whole {
        root,
        members,
        rows,
        stubs: left,
    }))
}

/// By the numbers of [`WHY_NOT`]; of several reasons in a family, the first.
const REASONS: [Kept; 5] = [
    Kept::Lives,
    Kept::WaitsForOperator,
    Kept::WasAQuestion,
    Kept::QuestionAtItsPanel,
    Kept::ChangedSince,
];

/// Parents have smaller ids than what they spawn. Everything that happens to an order is told in its history, and what moves its money is a
/// transfer.
const WHY_NOT: &str = "
    SELECT o.id, CASE
        WHEN o.state <> 'closed' THEN 0
        WHEN o.flag IS NOT NULL THEN 1
        WHEN EXISTS (SELECT 1 FROM evidence e WHERE e.order_id = o.id)
            OR EXISTS (SELECT 1 FROM placements p WHERE p.order_id = o.id AND coalesce(p.outcome, 'unknown')
                       IN ('unknown', 'interrupted', 'restored', 'resolved_not_placed')) THEN 2
        WHEN EXISTS (SELECT 1 FROM orders q INDEXED BY orders_by_state JOIN placements p ON p.id = q.placement
                     WHERE q.state = 'unconfirmed' AND q.panel = o.panel AND p.began < :before) THEN 3
        WHEN o.closed >= :before
            OR EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.at >= :before)
            OR EXISTS (SELECT 1 FROM transfers t WHERE t.order_id = o.id AND t.at >= :before) THEN 4
    END
    FROM orders o WHERE o.id = :root OR o.parent = :root ORDER BY o.parent IS NOT NULL, o.id";
