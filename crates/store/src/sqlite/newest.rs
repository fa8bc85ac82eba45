//! How new a store is, in the store and in a file beside it: an older copy that somebody put in its place does not know ids that
//! customers have, and orders that panels have. Such a copy is refused, and only `restore` makes a store of it.
//!
//! Each start of a server counts, and within its run every thousandth order. The store knows first and the file a little later,
//! so a crash in between never makes a good store look old.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use panelgate_domain::ids::OrderId;
use rusqlite::{Connection, OptionalExtension, params};

use super::open::{beside, private};
use crate::api::Result;
use crate::error::StoreError;

/// How new a store is. Both only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Starts of a server.
    pub(super) starts: i64,
    /// Orders up to this number were surely given out.
    pub(super) orders: i64,
}

impl Mark {
    /// The newer of both, part by part.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            starts: self.starts.max(other.starts),
            orders: self.orders.max(other.orders),
        }
    }

    /// What the store itself says.
    pub(super) fn of(connection: &Connection) -> Result<Self> {
        let number = |key: &str| {
            let mut query = connection
                .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1")?;
            let found: Option<i64> = query.query_row([key], |row| row.get(0)).optional()?;
            Ok::<_, StoreError>(found.unwrap_or(0))
        };
        Ok(Self {
            starts: number(STARTS)?,
            orders: number(ORDERS)?,
        })
    }

    /// In the store; part of whatever transaction is open.
    pub(super) fn keep(self, connection: &Connection) -> Result<()> {
        for (key, value) in [(STARTS, self.starts), (ORDERS, self.orders)] {
            connection.execute(
                "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                params![key, value.to_string()],
            )?;
        }
        Ok(())
    }

    /// What the file beside a store says; nothing without one.
    pub(super) fn beside(store: &Path) -> Result<Self> {
        let path = path(store);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(&path, &error)),
        };
        let mut numbers = text.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(starts)), Some(Ok(orders)), None) => Ok(Self { starts, orders }),
            _ => Err(StoreError::Database(format!(
                "{} says nothing about how new the store is: it holds two numbers",
                path.display()
            ))),
        }
    }

    /// In the file beside a store: whole or not at all, and durable.
    pub(super) fn write_beside(self, store: &Path) -> Result<()> {
        let path = path(store);
        let new = beside(&path, ".new");
        let written = || {
            let mut file =
                private(OpenOptions::new().write(true).create(true).truncate(true)).open(&new)?;
            writeln!(file, "{} {}", self.starts, self.orders)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            sync_folder(&path)
        };
        written().map_err(|error| failed(&path, &error))
    }
}

/// A server starts: fails if its store is an older copy, and counts.
pub(super) fn begin(connection: &Connection, store: &Path) -> Result<()> {
    let (known, beside) = (Mark::of(connection)?, Mark::beside(store)?);
    if known.max(beside) != known {
        return Err(StoreError::OlderCopy(store.display().to_string()));
    }
    let begun = Mark {
        starts: known.starts.saturating_add(1),
        ..known
    };
    begun.keep(connection)?;
    begun.write_beside(store)
}

/// An order was given out. Where [the mark moves](is_passed_at), the file beside the store has to be told once this is committed.
pub(super) fn pass(connection: &Connection, order: OrderId) -> Result<()> {
    if is_passed_at(order) {
        let passed = Mark {
            orders: order.0,
            ..Mark::of(connection)?
        };
        passed.keep(connection)?;
    }
    Ok(())
}

/// Whether the mark moves with this order.
pub(super) const fn is_passed_at(order: OrderId) -> bool {
    order.0 % EVERY == 0
}

/// Entries of a folder are durable once the folder is.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn path(store: &Path) -> PathBuf {
    beside(store, ".newest")
}

fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Database(format!("{}: {error}", path.display()))
}

const STARTS: &str = "starts";
const ORDERS: &str = "orders_passed";
const EVERY: i64 = 1_000;
