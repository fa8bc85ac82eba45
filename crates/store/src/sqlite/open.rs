//! How a file becomes a store: lock, pragmas, schema.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::newest;
use super::writer::{Limits, OnFatal};
use crate::api::Result;
use crate::error::StoreError;
use crate::metrics::StoreMetrics;

/// What a process does with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It serves: one process at a time.
    Serve,
    /// It writes a little beside a server, or reads: the CLI.
    Beside,
}

/// Where a store does its work, which blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// On threads of its own, beside the runtime.
    #[default]
    Threads,
    /// On the runtime, in a task: nothing happens beside it, so the same calls have the same outcome in the same order, and a
    /// paused clock stands still meanwhile. For simulations: every commit makes all of the runtime wait.
    Inline,
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Make the file, and its folder, if there is none.
    pub create: bool,
    /// New orders that may wait for the writer; beyond that they are refused with [`StoreError::Busy`].
    pub queue: usize,
    /// Everything else that may wait besides; beyond that it waits in its caller.
    pub reserved: usize,
    /// Most transactions that share one commit.
    pub batch: usize,
    /// Called once if a COMMIT fails: nothing of its group is answered, nothing is written any more, and the process
    /// should end.
    pub on_fatal: Arc<dyn Fn(String) + Send + Sync>,
    /// Where commits are counted.
    pub metrics: StoreMetrics,
    /// Where the work is done.
    pub work: Work,
}

impl Default for Options {
    /// No file is made, 4096 new orders and 4096 others wait, 512 share a commit, a failing COMMIT is logged.
    fn default() -> Self {
        Self {
            create: false,
            queue: 4_096,
            reserved: 4_096,
            batch: 512,
            on_fatal: Arc::new(|why| {
                tracing::error!(why, "the store is lost: this process should end")
            }),
            metrics: StoreMetrics::unregistered(),
            work: Work::default(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            create,
            queue,
            reserved,
            batch,
            work,
            ..
        } = self;
        write!(
            f,
            "Options {{ create: {create}, queue: {queue}, reserved: {reserved}, batch: {batch}, work: {work:?}, .. }}"
        )
    }
}

impl Options {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            queue: self.queue,
            reserved: self.reserved,
            batch: self.batch,
            work: self.work,
        }
    }

    pub(super) fn on_fatal(&self) -> OnFatal {
        self.on_fatal.clone()
    }
}

/// A file that is ready to be written.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    /// Held while this process serves.
    pub(super) lock: Option<File>,
}

/// Opens the file, with the schema of this program.
pub(super) fn open(path: &Path, role: Role, create: bool) -> Result<Opened> {
    assert_sqlite(rusqlite::version_number())?;
    let path = real_path(path, create)?;
    let lock = match role {
        Role::Serve => Some(take_lock(&path)?),
        Role::Beside => None,
    };
    let mut connection = connect(&path)?;
    migrate(&mut connection, &path, lock.is_some())?;
    // What undoes one job of a transaction is kept until the job is done. Beyond 64 KiB it would be written to a file in
    // the system's folder for temporary ones, made anew for every transaction.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    if lock.is_some() {
        newest::begin(&connection, &path)?;
    }
    Ok(Opened {
        path,
        connection,
        lock,
    })
}

/// Older ones can silently lose commits when two connections write and checkpoint at the same moment.
fn assert_sqlite(version: i32) -> Result<()> {
    if version >= OLDEST_SQLITE {
        Ok(())
    } else {
        Err(StoreError::Database(format!(
            "SQLite {version} can lose commits; at least {OLDEST_SQLITE} is needed"
        )))
    }
}

/// The one true path of the file, so that two ways to it share one lock. Makes the file, readable by its owner only.
pub(super) fn real_path(path: &Path, create: bool) -> Result<PathBuf> {
    if !create && !path.exists() {
        return Err(StoreError::NotFound {
            what: "store",
            name: path.display().to_string(),
        });
    }
    let failed =
        |error: std::io::Error| StoreError::Database(format!("{}: {error}", path.display()));
    if create {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(path)
            .map_err(failed)?;
    }
    path.canonicalize().map_err(failed)
}

/// Files of a store are their owner's business only.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// A file that belongs to another one: of the same name, with this at its end.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

pub(super) fn take_lock(path: &Path) -> Result<File> {
    let name = beside(path, ".lock");
    let failed =
        |error: std::io::Error| StoreError::Database(format!("{}: {error}", name.display()));
    let file = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(&name)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path.display().to_string())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

pub(super) fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    keep_plans(&connection, STATEMENTS)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Database(format!(
            "the journal is `{mode}`, not a write-ahead log"
        )));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES)?;
    Ok(connection)
}

/// So many statements are prepared once, whatever is bound to them. Otherwise SQLite plans a statement anew whenever a value is
/// bound that its plan may depend on: `LIMIT ?1` and joins over a bound column did so each time.
pub(super) fn keep_plans(connection: &Connection, statements: usize) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(statements);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

pub(super) mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Brings the schema up to date, under the lock: beside a server only if there is none.
pub(super) fn migrate(connection: &mut Connection, path: &Path, locked: bool) -> Result<()> {
    let runner = embedded::migrations::runner();
    let known = runner
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0);
    let found = schema_version(connection)?;
    if found > known {
        let (found, known) = (
            u32::try_from(found).unwrap_or(u32::MAX),
            u32::try_from(known).unwrap_or(0),
        );
        return Err(StoreError::NewerSchema { found, known });
    }
    if found == known && !locked {
        return Ok(());
    }
    let _lock = if locked { None } else { Some(take_lock(path)?) };
    // One transaction for all: otherwise a migration and the note that it was done are two, and a power cut between them leaves
    // a file that no version can open.
    runner
        .set_grouped(true)
        .run(connection)
        .map_err(|error| StoreError::Database(format!("the schema: {error}")))?;
    Ok(())
}

pub(super) fn schema_version(connection: &Connection) -> Result<i64> {
    let exists =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history')";
    if !connection.query_row(exists, [], |row| row.get::<_, bool>(0))? {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    Ok(connection.query_row(newest, [], |row| row.get(0))?)
}

/// 3.51.3.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a transaction waits for one of another process. Those are short; only a forgotten shell lasts longer.
const PATIENCE: Duration = Duration::from_secs(30);

const STATEMENTS: usize = 256;

/// A log that a long read let grow is cut back to this.
const JOURNAL_BYTES: i64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn an_sqlite_that_loses_commits_is_refused() {
        assert!(assert_sqlite(rusqlite::version_number()).is_ok());
        assert!(assert_sqlite(3_051_003).is_ok());
        assert!(matches!(
            assert_sqlite(3_051_002),
            Err(StoreError::Database(_))
        ));
    }

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = open(&folder.path().join("s.db"), Role::Serve, true)
            .expect("opened")
            .connection;
        let sql = "SELECT id FROM orders WHERE state = 'open' ORDER BY id LIMIT ?1";
        let planned = |connection: &Connection| {
            let mut statement = connection.prepare(sql).expect("a query");
            for limit in 1..10_i64 {
                let rows = statement.query_map([limit], |row| row.get::<_, i64>(0));
                assert_eq!(rows.expect("read").count(), 0);
            }
            statement.get_status(StatementStatus::RePrepare)
        };
        assert_eq!(planned(&connection), 0);
        let plain = Connection::open(connection.path().expect("a file")).expect("opened");
        assert_ne!(planned(&plain), 0, "SQLite does it by itself now");
    }
}
