//! At which age the orders of each service were delivered.

use panelgate_domain::completion::Completions;
use panelgate_domain::ids::ServiceId;
use panelgate_domain::order::Order;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::values;
use crate::api::Result;

/// One more order of its service was delivered.
pub(in crate::sqlite) fn count(
    connection: &Connection,
    order: &Order,
    at: Timestamp,
) -> Result<()> {
    let bucket = Completions::bucket(at.since(order.created));
    let bucket = values::integer(u64::try_from(bucket).expect("there are few buckets"))?;
    connection
        .prepare_cached(
            "INSERT INTO completions (service, bucket, orders) VALUES (?1, ?2, 1)
             ON CONFLICT (service, bucket) DO UPDATE SET orders = orders + 1",
        )?
        .execute(params![order.service.0, bucket])?;
    Ok(())
}

/// Of all services, by id.
pub(in crate::sqlite) fn all(connection: &Connection) -> Result<Vec<(ServiceId, Completions)>> {
    let mut query = connection.prepare_cached(
        "SELECT service, bucket, orders FROM completions ORDER BY service, bucket",
    )?;
    let mut found: Vec<(ServiceId, Completions)> = Vec::new();
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let service = ServiceId(row.get("service")?);
        if found.last().is_none_or(|(last, _)| *last != service) {
            found.push((service, Completions::default()));
        }
        if let Some((_, completions)) = found.last_mut() {
            let (bucket, orders) = (values::count(row, "bucket")?, values::count(row, "orders")?);
            completions.add_counted(
                usize::try_from(bucket).unwrap_or(usize::MAX),
                u32::try_from(orders).unwrap_or(u32::MAX),
            );
        }
    }
    Ok(found)
}
