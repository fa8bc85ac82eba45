//! What is true of the whole store.

use panelgate_domain::ids::Currency;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::values;
use crate::api::Result;
use crate::error::StoreError;

/// The currency of the books.
pub(super) fn currency(connection: &Connection) -> Result<Currency> {
    let fixed = fixed_currency(connection)?;
    fixed.ok_or_else(|| StoreError::NotFound {
        what: "currency",
        name: "of the books".to_owned(),
    })
}

/// Sets the currency of the books, once for ever.
pub(super) fn fix_currency(connection: &Connection, currency: &Currency) -> Result<()> {
    match fixed_currency(connection)? {
        Some(fixed) if fixed == *currency => Ok(()),
        Some(fixed) => Err(StoreError::Exists {
            what: "currency of the books",
            name: fixed.to_string(),
        }),
        None => {
            connection.execute(
                "INSERT INTO meta (key, value) VALUES ('currency', ?1)",
                [currency.as_str()],
            )?;
            Ok(())
        }
    }
}

fn fixed_currency(connection: &Connection) -> Result<Option<Currency>> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE key = 'currency'")?;
    let text: Option<String> = query.query_row([], |row| row.get(0)).optional()?;
    Ok(text.map(Currency::new))
}

/// When the store was last made of a backup; the beginning of time if it never was.
pub(super) fn restored(connection: &Connection) -> Result<Timestamp> {
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE key = 'restored'")?;
    let text: Option<String> = query.query_row([], |row| row.get(0)).optional()?;
    let at = text.and_then(|text| text.parse().ok());
    Ok(Timestamp(at.unwrap_or(i64::MIN)))
}

/// It is made of a backup now.
pub(super) fn mark_restored(connection: &Connection, at: Timestamp) -> Result<()> {
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('restored', ?1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [at.0.to_string()],
    )?;
    Ok(())
}

/// What tells this store from others, for files beside it: chosen when it is first asked for, and kept for ever.
pub(super) fn mark(connection: &Connection) -> Result<String> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('mark', lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING",
        )?
        .execute([])?;
    let mut query = connection.prepare_cached("SELECT value FROM meta WHERE key = 'mark'")?;
    Ok(query.query_row([], |row| row.get(0))?)
}

/// Proves that the file takes writes, by one.
pub(super) fn touch(connection: &Connection) -> Result<()> {
    let touched = connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('writable', '1')
             ON CONFLICT (key) DO UPDATE SET value = CAST (CAST (value AS INTEGER) + 1 AS TEXT)",
        )?
        .execute([])?;
    if touched == 1 {
        Ok(())
    } else {
        Err(StoreError::Database("nothing was written".to_owned()))
    }
}

/// The number of a set of rules: its old one if it was in force before, otherwise the next.
pub(super) fn revision(connection: &Connection, rules: &[u8; 32], at: Timestamp) -> Result<u64> {
    connection
        .prepare_cached(
            "INSERT INTO revisions (rules, at) VALUES (?1, ?2) ON CONFLICT (rules) DO NOTHING",
        )?
        .execute(params![&rules[..], at.0])?;
    let mut query = connection.prepare_cached("SELECT id FROM revisions WHERE rules = ?1")?;
    Ok(query.query_row([&rules[..]], |row| values::count(row, "id"))?)
}
