//! Looking back over all orders.

mod past;
mod profit;

use async_trait::async_trait;
use panelgate_domain::time::Timestamp;
use tokio::sync::mpsc;

use super::SqliteStore;
use crate::api::Result;
use crate::reports::{Grouping, PastOrder, Profit, Reports};

#[async_trait]
impl Reports for SqliteStore {
    async fn profit(&self, by: Grouping, since: Option<Timestamp>) -> Result<Vec<Profit>> {
        self.read(move |c| profit::profit(c, by, since)).await
    }
    async fn past_orders(
        &self,
        since: Timestamp,
        batches: mpsc::Sender<Vec<PastOrder>>,
    ) -> Result<()> {
        self.read(move |c| past::send(c, since, &batches)).await
    }
}
