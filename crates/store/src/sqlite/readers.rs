//! A few read-only connections, on tokio's blocking pool if the store works on threads. Every read sees one snapshot.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::open::{self, Work};
use crate::api::Result;
use crate::error::StoreError;

/// The pool. Connections are opened when they are first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    work: Work,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, work: Work) -> Self {
        Self {
            path,
            work,
            permits: Arc::new(Semaphore::new(READERS)),
            idle: Arc::default(),
        }
    }

    /// Runs a read in one transaction. If the future is dropped, the read goes on unseen.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .expect("never closed");
        let (path, pool) = (self.path.clone(), self.idle.clone());
        let read = move || {
            let _permit = permit;
            let idle = pool.lock().pop();
            let connection = idle.map_or_else(|| open(&path), Ok)?;
            let result = in_snapshot(&connection, work);
            // A connection that still has a transaction would read the past: it is not used again.
            if connection.is_autocommit() {
                pool.lock().push(connection);
            }
            result
        };
        if self.work == Work::Inline {
            return read();
        }
        let read = tokio::task::spawn_blocking(read);
        read.await.unwrap_or_else(|error| match error.is_panic() {
            true => Err(StoreError::Corrupt(format!("a read panicked: {error}"))),
            false => Err(StoreError::Database("the runtime has ended".to_owned())),
        })
    }
}

fn in_snapshot<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let snapshot = connection.unchecked_transaction()?;
    let result = work(&snapshot);
    snapshot.finish()?;
    result
}

fn open(path: &PathBuf) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    open::keep_plans(&connection, STATEMENTS)?;
    Ok(connection)
}

/// Reads at one time.
const READERS: usize = 4;

/// Readers wait for nobody in WAL mode, but for the moments in which the file is recovered or closed by another process.
const PATIENCE: Duration = Duration::from_secs(5);

const STATEMENTS: usize = 64;
