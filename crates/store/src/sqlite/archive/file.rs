//! The file that archived orders go to: an SQLite file with the tables of the store, without its constraints.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::ids::OrderId;
use parking_lot::Mutex;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params_from_iter};

use super::super::orders::query;
use super::super::{newest, open};
use super::copy::{self, Columns, TABLES, Whole};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::History;

/// An archive of one store.
#[derive(Clone, Debug)]
pub struct ArchiveFile {
    name: Arc<str>,
    connection: Arc<Mutex<Connection>>,
    columns: Arc<Columns>,
}

impl ArchiveFile {
    /// Opens it, or makes it, with all columns that the store has now.
    pub(super) fn open(path: &Path, mark: &str, store: &Connection) -> Result<Self> {
        let name = open::real_path(path, true)?.display().to_string();
        let no_archive = |why: &str| StoreError::NoArchive {
            file: name.clone(),
            why: why.to_owned(),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*name, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // Nothing is changed before it is known what it is.
        match whose(&connection) {
            Ok(Owner::Nobody) => {}
            Ok(Owner::Store(owner)) if owner == mark => {}
            Ok(Owner::Store(_)) => return Err(no_archive("it is the archive of another store")),
            Ok(Owner::Unknown) => return Err(no_archive("it is no archive")),
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::NotADatabase =>
            {
                return Err(no_archive("it is no archive"));
            }
            Err(error) => return Err(error.into()),
        }
        // One file, that can be copied and read anywhere, and a commit that is durable with its folder.
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        connection.pragma_update(None, "synchronous", "EXTRA")?;
        let columns = prepare(&connection, mark, store)?;
        newest::sync_folder(Path::new(&name))
            .map_err(|error| StoreError::Database(format!("{name}: {error}")))?;
        Ok(Self {
            name: name.into(),
            connection: Arc::new(Mutex::new(connection)),
            columns: Arc::new(columns),
        })
    }

    /// Its one true path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Keeps families, in one transaction that is durable afterwards. What an earlier run copied of them is replaced, unless it is the
    /// same.
    pub(super) fn keep(&self, families: &[Whole]) -> Result<()> {
        let mut connection = self.connection.lock();
        let change = connection.transaction()?;
        for family in families {
            if copy::read_archived(&change, &family.members, &self.columns)? == family.rows {
                continue;
            }
            for (((table, owner), columns), rows) in
                TABLES.iter().zip(&*self.columns).zip(&family.rows)
            {
                let mut delete =
                    change.prepare_cached(&format!("DELETE FROM {table} WHERE {owner} = ?1"))?;
                for member in &family.members {
                    delete.execute([member.0])?;
                }
                insert(&change, table, columns, rows)?;
            }
        }
        change.commit()?;
        Ok(())
    }
}

/// What an archive has of an order; `None` if there is no such file, or if it does not have it.
pub(super) fn history(path: &Path, order: OrderId) -> Result<Option<History>> {
    if !path.is_file() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    if !matches!(whose(&connection)?, Owner::Store(_)) {
        return Ok(None);
    }
    let is_there = connection
        .prepare("SELECT 1 FROM orders WHERE id = ?1")?
        .exists([order.0])?;
    if !is_there {
        return Ok(None);
    }
    Ok(Some(History {
        placements: query::placements(&connection, order)?,
        events: query::events(&connection, order)?,
    }))
}

/// Whose a file is.
enum Owner {
    /// It is empty.
    Nobody,
    /// An archive of the store with this mark.
    Store(String),
    /// It is something else.
    Unknown,
}

fn whose(connection: &Connection) -> rusqlite::Result<Owner> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(Owner::Nobody);
    }
    let is_archive = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'archive'")?
        .exists([])?;
    if !is_archive {
        return Ok(Owner::Unknown);
    }
    let mark = connection
        .query_row("SELECT store FROM archive", [], |row| row.get(0))
        .optional()?;
    Ok(mark.map_or(Owner::Unknown, Owner::Store))
}

/// Tables and columns as the store has them; answers the columns. Those of an older store are empty for newer ones.
fn prepare(connection: &Connection, mark: &str, store: &Connection) -> Result<Columns> {
    let mut all = Columns::default();
    let change = connection.unchecked_transaction()?;
    change.execute_batch("CREATE TABLE IF NOT EXISTS archive (store TEXT NOT NULL)")?;
    change.execute(
        "INSERT INTO archive (store) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM archive)",
        [mark],
    )?;
    for ((table, owner), names) in TABLES.iter().zip(&mut all) {
        let is_here = columns(&change, table)?;
        if is_here.is_empty() {
            change.execute_batch(&format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY)"))?;
        }
        for (name, kind) in columns(store, table)? {
            if name != "id" && !is_here.iter().any(|(known, _)| *known == name) {
                change.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {name} {kind}"))?;
            }
            names.push(name);
        }
        if *owner != "id" {
            change.execute_batch(&format!(
                "CREATE INDEX IF NOT EXISTS {table}_of_order ON {table} ({owner}, id)"
            ))?;
        }
    }
    change.commit()?;
    Ok(all)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare("SELECT name, type FROM pragma_table_info(?1)")?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn insert(
    connection: &Connection,
    table: &str,
    columns: &[String],
    rows: &[Vec<Value>],
) -> Result<()> {
    let places = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    let mut insert = connection.prepare_cached(&format!(
        "INSERT INTO {table} ({columns}) VALUES ({places})"
    ))?;
    for row in rows {
        insert.execute(params_from_iter(row))?;
    }
    Ok(())
}

/// How long to wait for somebody who reads the archive.
const PATIENCE: Duration = Duration::from_secs(30);
