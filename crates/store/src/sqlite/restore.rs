//! From a backup to a store: what was under way when it was made may have happened since, and ids that it does not know may
//! have been given out.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use panelgate_domain::ids::{MAX_ID, OrderId, PanelName, ServiceId};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use super::newest::{self, Mark};
use super::orders::steps;
use super::{backup, meta, open, pauses};
use crate::api::Result;
use crate::error::StoreError;

/// Where an order that was not sent may have been sent since.
#[derive(Clone, Debug)]
pub struct Homes {
    /// The first panel of each service made by hand. Those of imports are known to the store.
    pub services: HashMap<ServiceId, PanelName>,
    /// Of services that are not sold any more.
    pub otherwise: PanelName,
}

/// What became of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Orders whose panel has to be asked about them: whether they were sent since is not known.
    pub unconfirmed: u64,
    /// The next order has this number.
    pub next_order: OrderId,
    /// Where the store is that was there before.
    pub before: Option<PathBuf>,
}

/// See [`SqliteStore::restore`](super::SqliteStore::restore).
pub(super) fn restore(from: &Path, to: &Path, homes: &Homes, at: Timestamp) -> Result<Restored> {
    if !from.is_file() {
        return Err(StoreError::NotFound {
            what: "backup",
            name: from.display().to_string(),
        });
    }
    let existed = to.exists();
    let to = open::real_path(to, true)?;
    let _lock = open::take_lock(&to)?;
    let new = beside(&to, ".restoring");
    remove(&new)?;
    let done = prepare(from, &new, &to, homes, at);
    let (unconfirmed, next_order, mark) = match done {
        Ok(done) => done,
        Err(error) => {
            // What was there is still there.
            remove(&new)?;
            if !existed {
                remove(&to)?;
            }
            return Err(error);
        }
    };
    let before = existed.then(|| beside(&to, &format!(".before-restore-{}", at.0)));
    let moved = || {
        for end in ["", "-wal", "-shm"] {
            let (old, kept) = (
                beside(&to, end),
                before.as_ref().map(|kept| beside(kept, end)),
            );
            match kept {
                Some(kept) if old.exists() => std::fs::rename(&old, kept)?,
                _ => {}
            }
        }
        std::fs::rename(&new, &to)?;
        newest::sync_folder(&to)
    };
    moved().map_err(|error| StoreError::Database(format!("{}: {error}", to.display())))?;
    mark.write_beside(&to)?;
    Ok(Restored {
        unconfirmed,
        next_order,
        before,
    })
}

/// Makes the new store aside.
fn prepare(
    from: &Path,
    new: &Path,
    to: &Path,
    homes: &Homes,
    at: Timestamp,
) -> Result<(u64, OrderId, Mark)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    backup::to_file(&source, new)?;
    drop(source);
    let mut store = open::connect(new)?;
    if open::schema_version(&store)? == 0 {
        return Err(StoreError::NotFound {
            what: "store",
            name: from.display().to_string(),
        });
    }
    open::migrate(&mut store, new, true)?;
    meta::currency(&store)?;
    let mark = Mark::of(&store)?.max(Mark::beside(to)?);
    let change = store.transaction()?;
    let unconfirmed = doubt_what_was_under_way(&change, homes, at)?;
    let next_order = jump(&change, mark)?;
    let mark = Mark {
        orders: next_order.0,
        ..mark
    };
    mark.keep(&change)?;
    forget(&change)?;
    pauses::set(&change, None, true, at)?;
    change.commit()?;
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    store.close().map_err(|(_, error)| error)?;
    Ok((unconfirmed, next_order, mark))
}

/// open, sending → unconfirmed.
fn doubt_what_was_under_way(connection: &Connection, homes: &Homes, at: Timestamp) -> Result<u64> {
    let orders: Vec<(OrderId, ServiceId)> = {
        let mut query = connection.prepare(
            "SELECT id, service FROM orders WHERE state IN ('open', 'sending') ORDER BY id",
        )?;
        let rows = query.query_map([], |row| Ok((OrderId(row.get(0)?), ServiceId(row.get(1)?))))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for (order, service) in &orders {
        let was = steps::load(connection, *order)?;
        if was.panel.is_none() {
            let home = home(connection, homes, *service)?;
            place(connection, *order, &home, at)?;
        }
        connection.execute(
            "UPDATE orders SET state = 'unconfirmed', version = version + 1 WHERE id = ?1",
            [order.0],
        )?;
        let text = format!("from a backup; it was {} then", was.state);
        steps::tell(connection, *order, at, "restored", &text)?;
    }
    Ok(u64::try_from(orders.len()).unwrap_or(u64::MAX))
}

fn home(connection: &Connection, homes: &Homes, service: ServiceId) -> Result<PanelName> {
    if let Some(home) = homes.services.get(&service) {
        return Ok(home.clone());
    }
    let mut query = connection
        .prepare_cached("SELECT panel FROM service_ids WHERE id = ?1 AND panel IS NOT NULL")?;
    let mut rows = query.query([service.0])?;
    Ok(match rows.next()? {
        Some(row) => PanelName::new(row.get::<_, String>(0)?),
        None => homes.otherwise.clone(),
    })
}

/// As if it had been sent: what its panel would charge is not known.
fn place(connection: &Connection, order: OrderId, home: &PanelName, at: Timestamp) -> Result<()> {
    connection.execute(
        "INSERT INTO placements (order_id, panel, offer, cost, currency, began, outcome)
         VALUES (?1, ?2, '', 0, ?3, ?4, 'restored')",
        params![
            order.0,
            home.as_str(),
            meta::currency(connection)?.as_str(),
            at.0
        ],
    )?;
    connection.execute(
        "UPDATE orders SET placement = ?2, panel = ?3,
                share = coalesce(share, CASE WHEN service_type = 'Subscriptions' THEN 'post' WHEN runs > 1 THEN 'run' END)
         WHERE id = ?1",
        params![order.0, connection.last_insert_rowid(), home.as_str()],
    )?;
    Ok(())
}

/// Ids go on where none can have been given out since. Answers the next order's.
fn jump(connection: &Connection, mark: Mark) -> Result<OrderId> {
    let mut next = 0;
    for (table, least) in [("orders", mark.orders), ("refills", 0)] {
        let last: i64 = connection.query_row(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?1), 0)",
            [table],
            |row| row.get(0),
        )?;
        let from = last.max(least).saturating_add(JUMP);
        if from >= MAX_ID {
            return Err(StoreError::BadAmount(format!(
                "there are no ids left for {table} after {last}"
            )));
        }
        let moved = connection.execute(
            "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1",
            params![table, from],
        )?;
        if moved == 0 {
            connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                params![table, from],
            )?;
        }
        if table == "orders" {
            next = from.saturating_add(1);
        }
    }
    connection.execute(
        "INSERT INTO meta (key, value)
         SELECT 'first_service', coalesce(max(id), 0) + ?1 FROM service_ids WHERE panel IS NOT NULL
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [JUMP],
    )?;
    Ok(OrderId(next))
}

/// What only the process of then could know.
fn forget(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "DELETE FROM idempotency_keys; DELETE FROM unheard; DELETE FROM meta WHERE key = 'stopped';",
    )?;
    Ok(())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<()> {
    for end in ["", "-wal", "-shm"] {
        match std::fs::remove_file(beside(path, end)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Database(format!("{}: {error}", path.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// More than anybody orders between a backup and its restoration.
const JUMP: i64 = 1_000_000;
