//! Ended orders leave the store for a file of their own. Transfers stay, a stub answers for each order for ever, and daily sums say what
//! its transfers come to.
//!
//! Three steps, page by page: [`select`](SqliteStore::select_old) what may go, [`copy`](SqliteStore::copy_to_archive) it durably,
//! [`leave stubs`](SqliteStore::leave_stubs) in one transaction. Whatever is cut off between two of them, an order is in the store, or a stub of
//! it is and the whole of it in the file. What was copied and not removed is copied over by the next run.

mod copy;
mod file;
mod judge;
mod pages;
pub(super) mod stubs;
pub(super) mod sums;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use panelgate_domain::ids::OrderId;
use panelgate_domain::time::Timestamp;
use rusqlite::Connection;

use self::copy::Whole;
pub use self::file::ArchiveFile;
use super::orders::query;
use super::{SqliteStore, meta, values};
use crate::api::Result;
use crate::archives::Archives;
use crate::model::{Archive, ArchivedOrder, Kept, Stub};

/// How far a walk over old orders has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    created: i64,
    order: i64,
}

/// A page of a walk over old orders.
#[derive(Debug)]
pub struct Selection {
    /// Orders that may go, each with all of its family.
    families: Vec<Whole>,
    /// Orders that may not, and why.
    pub kept: BTreeMap<Kept, u64>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<Place>,
    before: Timestamp,
}

impl Selection {
    /// How many orders may go.
    #[must_use]
    pub fn orders(&self) -> u64 {
        let orders = self.families.iter().map(|family| family.members.len());
        u64::try_from(orders.sum::<usize>()).unwrap_or(u64::MAX)
    }
}

impl SqliteStore {
    /// The next page of orders that were opened before then, and whose end and everything else that happened to them is older. Writes
    /// nothing.
    pub async fn select_old(&self, before: Timestamp, from: Option<Place>) -> Result<Selection> {
        self.read(move |c| pages::select(c, before, from)).await
    }

    /// A file for archived orders of this store: made, or opened if it is one.
    ///
    /// # Errors
    /// [`StoreError::NoArchive`](crate::StoreError::NoArchive) if the file is anything else.
    pub async fn archive_file(&self, path: &Path) -> Result<ArchiveFile> {
        let mark = self.write(meta::mark).await?;
        let path = path.to_owned();
        self.read(move |c| ArchiveFile::open(&path, &mark, c)).await
    }

    /// Copies a selection. When it returns, the copy is durable.
    pub async fn copy_to_archive(
        &self,
        file: &ArchiveFile,
        selection: &Arc<Selection>,
    ) -> Result<()> {
        let (file, selection) = (file.clone(), Arc::clone(selection));
        self.read(move |_| file.keep(&selection.families)).await
    }

    /// What was copied is removed, and stubs are left; orders that are not any more what was copied stay. Answers how many went.
    pub async fn leave_stubs(
        &self,
        file: &ArchiveFile,
        selection: &Arc<Selection>,
        at: Timestamp,
    ) -> Result<u64> {
        let (name, selection) = (file.name().to_owned(), Arc::clone(selection));
        self.write(move |c| pages::leave_stubs(c, &name, &selection, at))
            .await
    }
}

#[async_trait]
impl Archives for SqliteStore {
    async fn stub(&self, order: OrderId) -> Result<Option<Stub>> {
        self.read(move |c| stubs::by_id(c, order)).await
    }
    async fn archived(&self, order: OrderId) -> Result<Option<ArchivedOrder>> {
        self.read(move |c| archived(c, order)).await
    }
    async fn archives(&self) -> Result<Vec<Archive>> {
        self.read(archives).await
    }
}

fn archived(connection: &Connection, id: OrderId) -> Result<Option<ArchivedOrder>> {
    let Some(stub) = stubs::by_id(connection, id)? else {
        return Ok(None);
    };
    Ok(Some(ArchivedOrder {
        customer: query::customer(connection, stub.customer)?,
        transfers: query::transfers(connection, id)?,
        history: file::history(&stub.file, id)?,
        stub,
    }))
}

fn archives(connection: &Connection) -> Result<Vec<Archive>> {
    let mut query = connection
        .prepare_cached("SELECT file, orders, opened_until, at FROM archives ORDER BY id")?;
    let found = query.query_map([], |row| {
        Ok(Archive {
            file: row.get::<_, String>("file")?.into(),
            orders: values::count(row, "orders")?,
            opened_until: values::time(row, "opened_until")?,
            at: values::time(row, "at")?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
