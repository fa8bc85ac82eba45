//! From a backup to a store: what was under way when it was made may have happened since, and ids that it does not know may
//! have been given out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use panelgate_domain::family::Share;
use panelgate_domain::ids::{Currency, MAX_ID, OrderId, PanelName, ServiceId};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::newest::{self, Mark};
use super::open::beside;
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
    /// How each panel charges.
    pub charges: HashMap<PanelName, Charges>,
}

/// How a panel charges.
#[derive(Clone, Debug)]
pub struct Charges {
    /// What in.
    pub currency: Currency,
    /// What a post of a subscription is to its money.
    pub posts: Share,
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
    let there = existed.then_some(&*to);
    let done = prepare(from, &new, &to, there, homes, at);
    // What was made for the lock only is in nobody's way.
    let emptied = if existed { Ok(()) } else { remove_file(&to) };
    let (unconfirmed, next_order, mark) = match done {
        Ok(done) => done,
        Err(error) => {
            // What was there is still there.
            remove(&new)?;
            return Err(error);
        }
    };
    emptied?;
    // A log without its store is kept, too: in its old place it would be taken for one of the new store.
    let kept = beside(&to, &format!(".before-restore-{}", at.0));
    let is_something_there = ENDS.iter().any(|end| beside(&to, end).exists());
    put_in_place(&new, &to, &kept)
        .map_err(|error| StoreError::Database(format!("{}: {error}", to.display())))?;
    if let Err(error) = mark.write_beside(&to) {
        // The store knows, and the next start tells.
        tracing::warn!(%error, "how new the store is could not be written down beside it");
    }
    Ok(Restored {
        unconfirmed,
        next_order,
        before: is_something_there.then_some(kept),
    })
}

/// All or nothing, as long as this process lives.
fn put_in_place(new: &Path, to: &Path, kept: &Path) -> std::io::Result<()> {
    let mut aside = Vec::new();
    let mut put = || {
        for end in ENDS {
            let (old, kept) = (beside(to, end), beside(kept, end));
            if old.exists() {
                std::fs::rename(&old, &kept)?;
                aside.push((old, kept));
            }
        }
        std::fs::rename(new, to)
    };
    if let Err(error) = put() {
        for (old, kept) in aside {
            std::fs::rename(kept, old)?;
        }
        return Err(error);
    }
    newest::sync_folder(to)
}

/// Makes the new store aside.
fn prepare(
    from: &Path,
    new: &Path,
    to: &Path,
    there: Option<&Path>,
    homes: &Homes,
    at: Timestamp,
) -> Result<(u64, OrderId, Mark)> {
    let source = read_only(from)?;
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
    // A store that is damaged need not say anything.
    let given = there.and_then(|there| Given::of(&read_only(there).ok()?).ok());
    let mut given = given.unwrap_or_default();
    given.orders = given.orders.max(mark.orders);
    let change = store.transaction()?;
    let unconfirmed = doubt_what_was_under_way(&change, homes, at)?;
    let next_order = jump(&change, given)?;
    let mark = Mark {
        orders: next_order.0,
        ..mark
    };
    mark.keep(&change)?;
    forget(&change)?;
    meta::mark_restored(&change, at)?;
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
            let charges = charges(connection, homes, &home)?;
            place(connection, *order, &home, &charges, at)?;
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

/// One that is not configured any more charges in what it charged in last.
fn charges(connection: &Connection, homes: &Homes, home: &PanelName) -> Result<Charges> {
    if let Some(charges) = homes.charges.get(home) {
        return Ok(charges.clone());
    }
    let last: Option<String> = connection
        .prepare_cached(
            "SELECT currency FROM placements WHERE panel = ?1 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([home.as_str()], |row| row.get(0))
        .optional()?;
    let currency = last.map_or_else(
        || meta::currency(connection),
        |last| Ok(Currency::new(last)),
    )?;
    Ok(Charges {
        currency,
        posts: Share::Post,
    })
}

/// As if it had been sent: what its panel would charge is not known.
fn place(
    connection: &Connection,
    order: OrderId,
    home: &PanelName,
    charges: &Charges,
    at: Timestamp,
) -> Result<()> {
    connection.execute(
        "INSERT INTO placements (order_id, panel, offer, cost, currency, began, outcome)
         VALUES (?1, ?2, '', 0, ?3, ?4, 'restored')",
        params![order.0, home.as_str(), charges.currency.as_str(), at.0],
    )?;
    connection.execute(
        "UPDATE orders SET placement = ?2, panel = ?3,
                share = coalesce(share, CASE WHEN service_type = 'Subscriptions' THEN ?4 WHEN runs > 1 THEN 'run' END)
         WHERE id = ?1",
        params![
            order.0,
            connection.last_insert_rowid(),
            home.as_str(),
            charges.posts.word()
        ],
    )?;
    Ok(())
}

/// The last ids that a store has given out.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    orders: i64,
    refills: i64,
    services: i64,
}

impl Given {
    fn of(connection: &Connection) -> Result<Self> {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        let last = |table: &str| {
            number(&format!(
                "SELECT max(seq) FROM sqlite_sequence WHERE name = '{table}'"
            ))
        };
        let services = number("SELECT max(id) FROM service_ids WHERE panel IS NOT NULL")?;
        Ok(Self {
            orders: last("orders")?.unwrap_or(0),
            refills: last("refills")?.unwrap_or(0),
            services: services.unwrap_or(0),
        })
    }
}

/// Ids go on where none can have been given out since: neither by the store that is there, nor by one that is lost. Answers the
/// next order's.
fn jump(connection: &Connection, given: Given) -> Result<OrderId> {
    let own = Given::of(connection)?;
    let from = |own: i64, given: i64| own.max(given).saturating_add(JUMP);
    let orders = from(own.orders, given.orders);
    let refills = from(own.refills, given.refills);
    let services = from(own.services, given.services);
    for (what, from) in [
        ("orders", orders),
        ("refills", refills),
        ("services", services),
    ] {
        if from >= MAX_ID {
            return Err(StoreError::BadAmount(format!(
                "there are no ids left for {what} after {}",
                from.saturating_sub(JUMP)
            )));
        }
    }
    for (table, from) in [("orders", orders), ("refills", refills)] {
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
            params![table, from],
        )?;
    }
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('first_service', ?1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [services.to_string()],
    )?;
    Ok(OrderId(orders.saturating_add(1)))
}

/// What only the process of then could know.
fn forget(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "DELETE FROM idempotency_keys; DELETE FROM unheard; DELETE FROM meta WHERE key = 'stopped';",
    )?;
    Ok(())
}

fn read_only(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

fn remove(path: &Path) -> Result<()> {
    ENDS.iter()
        .try_for_each(|end| remove_file(&beside(path, end)))
}

fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::Database(format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// The files of a store.
const ENDS: [&str; 3] = ["", "-wal", "-shm"];
/// More than anybody orders between a backup and its restoration.
const JUMP: i64 = 1_000_000;
