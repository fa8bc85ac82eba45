//! What is left in the store of orders that were moved to an archive.

use async_trait::async_trait;
use panelgate_domain::ids::OrderId;

use crate::api::Result;
use crate::model::{Archive, ArchivedOrder, Stub};

/// Looking at what was archived. [`Store::orders`](crate::Store::orders) and [`Store::family`](crate::Store::family) answer for archived
/// orders too; what would change one fails with [`StoreError::Archived`](crate::StoreError::Archived).
#[async_trait]
pub trait Archives: Send + Sync + 'static {
    /// What is left of an archived order; `None` if it is not archived.
    async fn stub(&self, order: OrderId) -> Result<Option<Stub>>;
    /// The same with its transfers, and with its history if its archive can be read.
    async fn archived(&self, order: OrderId) -> Result<Option<ArchivedOrder>>;
    /// The archives that have orders of this store, oldest first.
    async fn archives(&self) -> Result<Vec<Archive>>;
}
