//! Refills: a row of ours is durable before the panel is asked, and it is asked once.

use std::time::Duration;

use panelgate_domain::ids::{CustomerId, OrderId, PanelName, RefillId, UpstreamId};
use panelgate_domain::status::RefillWord;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::values;
use super::steps;
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Answer, Refill, RefillAnswer, RefillAsked};

/// A new row, or the one that was asked within 24 h and not refused.
pub(in crate::sqlite) fn ask(
    connection: &Connection,
    id: OrderId,
    at: Timestamp,
) -> Result<RefillAsked> {
    let order = steps::load(connection, id)?;
    let (Some(panel), Some(_)) = (&order.panel, &order.upstream_id) else {
        return Err(steps::wrong(&order));
    };
    let recent = connection
        .prepare_cached(
            "SELECT id FROM refills WHERE order_id = ?1 AND state <> 'refused' AND asked > ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![id.0, at.before(ONE_REFILL_IN).0], |row| row.get(0).map(RefillId))
        .optional()?;
    if let Some(recent) = recent {
        return Ok(RefillAsked::Repeat(recent));
    }
    connection
        .prepare_cached(
            "INSERT INTO refills (order_id, panel, state, word, asked, learned) VALUES (?1, ?2, 'asked', ?3, ?4, ?4)",
        )?
        .execute(params![id.0, panel.as_str(), RefillWord::Pending.word(), at.0])?;
    let refill = RefillId(connection.last_insert_rowid());
    steps::tell(
        connection,
        id,
        at,
        "refill_asked",
        &format!("refill {refill}"),
    )?;
    Ok(RefillAsked::New(refill))
}

/// asked → known | refused | unknown, once.
pub(in crate::sqlite) fn answer(
    connection: &Connection,
    refill: RefillId,
    answer: &RefillAnswer,
    raw: &Answer,
) -> Result<()> {
    let (state, upstream_id) = match answer {
        RefillAnswer::Known(upstream_id) => ("known", Some(upstream_id.as_str())),
        RefillAnswer::Refused(_) => ("refused", None),
        RefillAnswer::Unknown => ("unknown", None),
    };
    let order = connection
        .prepare_cached(
            "UPDATE refills SET state = ?2, upstream_id = ?3, learned = ?4 WHERE id = ?1 AND state = 'asked'
             RETURNING order_id",
        )?
        .query_row(params![refill.0, state, upstream_id, raw.at.0], |row| row.get(0).map(OrderId))
        .optional()?;
    let missing = || StoreError::NotFound {
        what: "unanswered refill",
        name: refill.to_string(),
    };
    let text = format!("refill {refill}, {}: {}", raw.outcome, raw.raw);
    steps::tell(
        connection,
        order.ok_or_else(missing)?,
        raw.at,
        &format!("refill_{state}"),
        &text,
    )
}

/// The customer's refills among these; refused ones are not found.
pub(in crate::sqlite) fn of_customer(
    connection: &Connection,
    customer: CustomerId,
    ids: &[RefillId],
) -> Result<Vec<Refill>> {
    let mut query = connection.prepare_cached(
        // They outlive their orders.
        "SELECT r.* FROM refills r LEFT JOIN orders o ON o.id = r.order_id LEFT JOIN stubs s ON s.id = r.order_id
         WHERE r.id = ?1 AND coalesce(o.customer, s.customer) = ?2 AND r.state <> 'refused'",
    )?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(query.query_row([id.0, customer.0], refill).optional()?);
    }
    Ok(found)
}

/// Keeps the last word of refills that a panel knows.
pub(in crate::sqlite) fn learn(
    connection: &Connection,
    words: &[(RefillId, RefillWord)],
    at: Timestamp,
) -> Result<()> {
    let mut update = connection
        .prepare_cached("UPDATE refills SET word = ?2, learned = ?3 WHERE id = ?1 AND state = 'known' AND learned <= ?3")?;
    for (refill, word) in words {
        update.execute(params![refill.0, word.word(), at.0])?;
    }
    Ok(())
}

fn refill(row: &Row<'_>) -> rusqlite::Result<Refill> {
    Ok(Refill {
        id: RefillId(row.get("id")?),
        order: OrderId(row.get("order_id")?),
        panel: PanelName::new(row.get::<_, String>("panel")?),
        upstream_id: row
            .get::<_, Option<String>>("upstream_id")?
            .map(UpstreamId::new),
        word: values::read(row, "word", RefillWord::parse)?,
        at: values::time(row, "learned")?,
    })
}

/// A panel is asked for one refill of an order in this time.
const ONE_REFILL_IN: Duration = Duration::from_secs(24 * 60 * 60);
