//! Keys that go on working.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::keys;
use super::customers;
use super::plan::Standing;
use crate::api::Result;
use crate::model::{Moving, MovingKey, NewKey};

pub(super) fn look(connection: &Connection, key: &MovingKey) -> Result<Standing> {
    let same = connection
        .prepare_cached(
            "SELECT c.name, k.revoked IS NULL FROM keys k JOIN customers c ON c.id = k.customer WHERE k.hash = ?1",
        )?
        .query_row([&key.hash[..]], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
        })
        .optional()?;
    let clash = |why: String| Standing::Clash("key", why);
    Ok(match same {
        Some((owner, true)) if owner == key.customer => Standing::Before,
        Some((_, true)) => clash(format!("{} is another customer's key", key.prefix)),
        Some((_, false)) => clash(format!("{} was revoked, and that is for ever", key.prefix)),
        None if is_taken(connection, &key.prefix)? => {
            clash(format!("another key begins with {}", key.prefix))
        }
        None => Standing::New,
    })
}

fn is_taken(connection: &Connection, prefix: &str) -> Result<bool> {
    let mut query = connection.prepare_cached("SELECT 1 FROM keys WHERE prefix = ?1")?;
    Ok(query.exists(params![prefix])?)
}

pub(super) fn write(connection: &Connection, moving: &Moving, key: &MovingKey) -> Result<()> {
    let new = NewKey {
        customer: customers::named(connection, &key.customer)?,
        prefix: key.prefix.clone(),
        hash: key.hash,
        label: key.label.clone(),
        at: moving.at,
    };
    keys::issue(connection, &new)
}
