//! Orders of which a panel's charge is not what was expected, or is not known.

use panelgate_domain::ids::{Currency, OfferId, OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, named_params, params};

use super::super::values;
use crate::api::Result;
use crate::model::{Causes, MOST_CAUSES, OtherCharge};

/// What the books may not know of a time.
pub(super) fn causes(
    connection: &Connection,
    panel: &PanelName,
    from: Timestamp,
    to: Timestamp,
) -> Result<Causes> {
    let values = params![panel.as_str(), from.0, to.0, values::integer(MOST_CAUSES)?];
    let mut unknown = connection.prepare_cached(
        "SELECT order_id, cost FROM placements INDEXED BY doubtful_placements
         WHERE outcome IN ('unknown', 'interrupted', 'restored', 'resolved_not_placed')
             AND outcome <> 'resolved_not_placed' AND panel = ?1 AND began > ?2 AND began <= ?3
         ORDER BY began, id LIMIT ?4",
    )?;
    let unknown = unknown.query_map(values, |row| {
        Ok((OrderId(row.get(0)?), values::money(row, 1)?))
    })?;
    let mut uncharged = connection.prepare_cached(
        "SELECT id FROM orders INDEXED BY orders_recently_ended
         WHERE closed_by = 'fact' AND closed > ?2 AND closed <= ?3 AND panel = ?1 AND fact_charge IS NULL
         ORDER BY closed, id LIMIT ?4",
    )?;
    let uncharged = uncharged.query_map(values, |row| row.get(0).map(OrderId))?;
    Ok(Causes {
        unknown: unknown.collect::<rusqlite::Result<_>>()?,
        uncharged: uncharged.collect::<rusqlite::Result<_>>()?,
    })
}

/// Other charges than were quoted.
pub(super) fn other(
    connection: &Connection,
    panel: Option<&PanelName>,
    since: Timestamp,
) -> Result<Vec<OtherCharge>> {
    let mut query = connection.prepare_cached(
        "SELECT o.id, o.panel, o.upstream_id, o.fact_charge, o.ended, p.offer, p.currency, p.cost
         FROM orders o INDEXED BY orders_by_time JOIN placements p ON p.id = o.placement
         WHERE o.created >= :since AND (:panel IS NULL OR o.panel = :panel)
             AND o.upstream_id IS NOT NULL AND o.share IS NULL AND o.fact_charge <> p.cost
             AND NOT (o.ended IS 'Canceled' AND o.fact_charge = 0)
         ORDER BY o.id",
    )?;
    let values = named_params! { ":since": since.0, ":panel": panel.map(PanelName::as_str) };
    let found = query.query_map(values, |row| {
        Ok(OtherCharge {
            order: OrderId(row.get("id")?),
            panel: PanelName::new(row.get::<_, String>("panel")?),
            upstream_id: UpstreamId::new(row.get::<_, String>("upstream_id")?),
            offer: OfferId::new(row.get::<_, String>("offer")?),
            currency: Currency::new(row.get::<_, String>("currency")?),
            ended: values::read_opt(row, "ended", Final::parse)?,
            quoted: values::money(row, "cost")?,
            charged: values::money(row, "fact_charge")?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// What is charged beyond what was quoted.
pub(super) fn over(
    connection: &Connection,
    since: Timestamp,
) -> Result<Vec<(PanelName, Currency, Money)>> {
    let mut query = connection.prepare_cached(
        "SELECT o.panel, p.currency, sum(o.fact_charge - p.cost) AS over
         FROM orders o INDEXED BY orders_by_time JOIN placements p ON p.id = o.placement
         WHERE o.created >= ?1 AND o.upstream_id IS NOT NULL AND o.share IS NULL AND o.fact_charge > p.cost
         GROUP BY o.panel, p.currency",
    )?;
    let found = query.query_map([since.0], |row| {
        Ok((
            PanelName::new(row.get::<_, String>("panel")?),
            Currency::new(row.get::<_, String>("currency")?),
            values::money(row, "over")?,
        ))
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
