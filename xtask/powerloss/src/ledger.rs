//! What a store says, as one number per table, so that two stores can be compared.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// All rows of all tables, but for how often the store was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger(BTreeMap<String, u64>);

impl Ledger {
    /// Reads a store that is open or not, past every disk.
    pub(crate) fn of(path: &Path) -> rusqlite::Result<Self> {
        let connection = raw(path)?;
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let tables: Vec<String> = connection
            .prepare(sql)?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let rows = |table: String| Ok((table.clone(), rows(&connection, &table)?));
        Ok(Self(
            tables
                .into_iter()
                .map(rows)
                .collect::<rusqlite::Result<_>>()?,
        ))
    }

    /// The tables that differ.
    pub(crate) fn differs<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let names = self.0.keys().chain(other.0.keys());
        let mut names: Vec<_> = names
            .filter(|name| self.0.get(*name) != other.0.get(*name))
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// What SQLite itself finds wrong with a file.
pub(crate) fn damage(path: &Path) -> rusqlite::Result<Option<String>> {
    let verdict: String = raw(path)?.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    Ok((verdict != "ok").then_some(verdict))
}

/// By the file system beneath: nothing is counted, and nothing fails.
fn raw(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags_and_vfs(path, flags, c"unix")
}

fn rows(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    let mut query = connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"))?;
    let width = query.column_count();
    let mut rows = query.query([])?;
    let mut hasher = DefaultHasher::new();
    while let Some(row) = rows.next()? {
        if table == "meta" && row.get_ref(0)? == ValueRef::Text(b"starts") {
            continue;
        }
        // When a schema was applied is told by the wall clock.
        let width = if table == "refinery_schema_history" {
            2
        } else {
            width
        };
        for column in 0..width {
            match row.get_ref(column)? {
                ValueRef::Null => 0_u8.hash(&mut hasher),
                ValueRef::Integer(number) => (1_u8, number).hash(&mut hasher),
                ValueRef::Real(number) => (2_u8, number.to_bits()).hash(&mut hasher),
                ValueRef::Text(text) => (3_u8, text).hash(&mut hasher),
                ValueRef::Blob(bytes) => (4_u8, bytes).hash(&mut hasher),
            }
        }
    }
    Ok(hasher.finish())
}
