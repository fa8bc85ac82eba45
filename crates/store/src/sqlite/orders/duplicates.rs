//! Orders that may be others once more: what was chosen for a customer against that. Both looks are part of the transaction that
//! opens an order, so that two at once cannot both find nothing.

use std::time::Duration;

use panelgate_domain::field::Field;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::Order;
use rusqlite::{Connection, OptionalExtension, params};

use super::open::spec_text;
use super::rows;
use crate::api::Result;
use crate::model::NewOrder;

/// The last order of the same that the customer opened within their duplicate window, unless it came to nothing.
pub(super) fn same_lately(connection: &Connection, new: &NewOrder) -> Result<Option<Order>> {
    let Some(window) = new.options.duplicate_window else {
        return Ok(None);
    };
    let since = new.at.before(Duration::from_secs(u64::from(window)));
    // Ids grow with time, but for a clock that is set back; what would be later than now is no repeat.
    let mut query = connection.prepare_cached(
        "SELECT * FROM orders INDEXED BY live_orders_of_customer
         WHERE ended IS NULL AND customer = ?2
             AND id >= (SELECT id FROM orders WHERE created > ?1 ORDER BY created LIMIT 1)
             AND created > ?1 AND created <= ?5 AND service = ?3 AND spec = ?4 AND parent IS NULL
         UNION ALL
         SELECT * FROM orders INDEXED BY ended_orders_of_customer
         WHERE ended IS NOT NULL AND ended <> 'Canceled' AND customer = ?2
             AND id >= (SELECT id FROM orders WHERE created > ?1 ORDER BY created LIMIT 1)
             AND created > ?1 AND created <= ?5 AND service = ?3 AND spec = ?4 AND parent IS NULL
         ORDER BY id DESC LIMIT 1",
    )?;
    let values = params![
        since.0,
        new.customer.0,
        new.service.0,
        spec_text(&new.spec)?,
        new.at.0
    ];
    Ok(query.query_row(values, rows::order).optional()?)
}

/// A live order of the customer for the same service and link, if they are guarded against a second one.
pub(super) fn with_this_link(connection: &Connection, new: &NewOrder) -> Result<Option<OrderId>> {
    let link = new.spec.field(Field::Link);
    let Some(link) = link.filter(|_| new.options.link_guard) else {
        return Ok(None);
    };
    let mut query = connection.prepare_cached(
        "SELECT id FROM orders INDEXED BY live_orders_by_link
         WHERE ended IS NULL AND customer = ?1 AND spec ->> '$.fields.link' = ?2 AND service = ?3 AND parent IS NULL
         LIMIT 1",
    )?;
    let values = params![new.customer.0, link, new.service.0];
    let found = query.query_row(values, |row| row.get(0).map(OrderId));
    Ok(found.optional()?)
}
