//! The store in one SQLite file: one writer with group commit, a few readers, and the transactions of
//! [`Store`](crate::Store) in plain SQL.
//!
//! `writer` and `readers` know nothing of orders; `ledger` moves money and nothing else does; `orders` has a file for every
//! part of an order's life; `transactions` names what each method of the trait runs; `archive` lets orders go and leaves stubs; `verify`
//! checks the books without any of them.

mod accounts;
mod archive;
mod backup;
mod bookings;
mod customers;
mod decisions;
mod hosts;
mod keys;
mod ledger;
mod meta;
mod moves;
mod newest;
mod offers;
mod open;
mod orders;
mod pauses;
#[cfg(test)]
mod plans;
mod questions;
mod readers;
mod reports;
mod restore;
mod syncs;
mod traits;
mod transactions;
mod unheard;
mod values;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use panelgate_domain::ids::OrderId;
use panelgate_domain::time::Timestamp;
use parking_lot::Mutex;
use rusqlite::Connection;

use self::accounts::{Accounts, Follower};
pub use self::archive::{ArchiveFile, Place, Selection};
pub use self::open::{Options, Role, Work};
use self::readers::Readers;
pub use self::restore::{Charges, Homes, Restored};
use self::writer::{Room, Witness, Writer};
use crate::api::Result;
use crate::error::StoreError;

/// A store in a file. Dropping it lets what is queued be written; [`close`](Self::close) also waits for that.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Readers,
    /// Of a store that serves: whoever only writes beside it does not see what is committed.
    accounts: Option<Arc<Accounts>>,
    /// Marks are written down one at a time: a newer one is not overtaken by an older one.
    telling: Arc<Mutex<()>>,
}

impl SqliteStore {
    /// Opens the file and brings its schema up to date. Blocks for as long as that takes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without a file, [`StoreError::Locked`] if another process serves it (or has to bring its
    /// schema up to date), [`StoreError::NewerSchema`], [`StoreError::Database`].
    pub fn open(path: &Path, role: Role, options: Options) -> Result<Self> {
        let mut file = open::open(path, role, options.create)?;
        let (limits, on_fatal) = (options.limits(), options.on_fatal());
        let accounts = (role == Role::Serve).then(Arc::<Accounts>::default);
        let follower = accounts
            .clone()
            .map(|accounts| Follower::of(&mut file.connection, accounts))
            .transpose()?;
        let writer = Writer::start(
            file.connection,
            file.lock,
            &limits,
            on_fatal,
            options.metrics,
            follower.map(|follower| Box::new(follower) as Box<dyn Witness>),
        )?;
        Ok(Self {
            path: file.path.clone(),
            writer,
            readers: Readers::new(file.path, options.work),
            accounts,
            telling: Arc::default(),
        })
    }

    /// Writes what is queued, gives up the lock and ends the writer. If the future is dropped, that happens unseen.
    pub async fn close(self) {
        let Self {
            writer, readers, ..
        } = self;
        drop(readers);
        writer.close().await;
    }

    /// Whether anything was changed through this handle, as far as that was answered.
    #[must_use]
    pub fn has_written(&self) -> bool {
        self.writer.has_written()
    }

    /// Copies the store as it is now to a new file, while it is in use, and checks the copy.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the file is there already. After any other error a broken file may be left behind.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        let to = to.to_owned();
        self.read(move |c| backup::to_file(c, &to)).await
    }

    /// Makes a store of a backup, in the place of what is there, which is kept under another name. Whether orders that were open or
    /// on their way were sent since is not known: they are unconfirmed. Ids go on a million later, idempotency keys are dropped, and
    /// everything is paused. Blocks.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without a backup, [`StoreError::Locked`] if a process serves the store, [`StoreError::NewerSchema`],
    /// [`StoreError::Corrupt`] for a damaged file. What was there before is still there then.
    pub fn restore(from: &Path, to: &Path, homes: &Homes, at: Timestamp) -> Result<Restored> {
        restore::restore(from, to, homes, at)
    }

    /// The mark moves beside the store, too, once it is durable in it. The order is there whether that works or not.
    async fn tell_passed(&self, order: OrderId) {
        if newest::is_passed_at(order) {
            self.tell_newest().await;
        }
    }

    /// The mark beside the store becomes the one in it.
    async fn tell_newest(&self) {
        let (path, telling) = (self.path.clone(), Arc::clone(&self.telling));
        let told = self.read(move |c| {
            let _one = telling.lock();
            newest::Mark::of(c)?.write_beside(&path)
        });
        if let Err(error) = told.await {
            tracing::warn!(%error, "how new the store is could not be written down beside it");
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.run(Room::Reserved, work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.run(work).await
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}
