//! How another panel's customers come here, with all that is theirs.

use std::sync::Arc;

use async_trait::async_trait;

use crate::api::Result;
use crate::model::{Moved, Moving};

/// Moving in. What is here already, just so, is left as it is: the same once more changes nothing.
#[async_trait]
pub trait Moves: Send + Sync + 'static {
    /// What [`move_in`](Self::move_in) would do now, and what stands in its way. Writes nothing.
    async fn plan_move(&self, moving: Arc<Moving>) -> Result<Moved>;
    /// Moves everything in, in one transaction. Writes nothing if there is a clash.
    ///
    /// # Errors
    /// [`StoreError::BadAmount`](crate::StoreError::BadAmount) if money does not fit into the books.
    async fn move_in(&self, moving: Arc<Moving>) -> Result<Moved>;
}
