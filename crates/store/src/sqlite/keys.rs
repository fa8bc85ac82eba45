//! Keys: issued, found again by hash, ended for ever.

use panelgate_domain::customer::Customer;
use panelgate_domain::ids::CustomerId;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::customers::customer;
use super::values;
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{KeyRow, NewKey};

/// Keeps a key. The same one again is no error, unless it was revoked: that is for ever.
pub(super) fn issue(connection: &Connection, key: &NewKey) -> Result<()> {
    let existing = connection
        .prepare_cached("SELECT customer, revoked IS NULL FROM keys WHERE hash = ?1")?
        .query_row([&key.hash[..]], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
        })
        .optional()?;
    match existing {
        Some((customer, true)) if customer == key.customer.0 => return Ok(()),
        Some(_) => {
            return Err(StoreError::Exists {
                what: "key",
                name: key.prefix.clone(),
            });
        }
        None => {}
    }
    super::ledger::account(connection, key.customer)?;
    let added = connection
        .prepare_cached(
            "INSERT INTO keys (customer, prefix, hash, label, created) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (prefix) DO NOTHING",
        )?
        .execute(params![
            key.customer.0,
            key.prefix,
            &key.hash[..],
            key.label,
            key.at.0
        ])?;
    match added {
        0 => Err(StoreError::Exists {
            what: "key",
            name: key.prefix.clone(),
        }),
        _ => Ok(()),
    }
}

/// Ends a key; ending it twice changes nothing.
pub(super) fn revoke(connection: &Connection, prefix: &str, at: Timestamp) -> Result<()> {
    let found = connection
        .prepare_cached("UPDATE keys SET revoked = coalesce(revoked, ?2) WHERE prefix = ?1")?
        .execute(params![prefix, at.0])?;
    match found {
        0 => Err(StoreError::NotFound {
            what: "key",
            name: prefix.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// All keys of a customer, oldest first.
pub(super) fn of_customer(connection: &Connection, customer: CustomerId) -> Result<Vec<KeyRow>> {
    let mut query =
        connection.prepare_cached("SELECT * FROM keys WHERE customer = ?1 ORDER BY id")?;
    let rows = query.query_map([customer.0], |row| {
        Ok(KeyRow {
            prefix: row.get("prefix")?,
            label: row.get("label")?,
            created: values::time(row, "created")?,
            revoked: row.get::<_, Option<i64>>("revoked")?.map(Timestamp),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Who owns the unrevoked key with this hash.
pub(super) fn owner(connection: &Connection, hash: &[u8; 32]) -> Result<Option<Customer>> {
    let mut query = connection.prepare_cached(
        "SELECT c.* FROM keys k JOIN customers c ON c.id = k.customer WHERE k.hash = ?1 AND k.revoked IS NULL",
    )?;
    Ok(query.query_row([&hash[..]], customer).optional()?)
}
