//! Sends wishes to cancel that have not reached their panel: it was down, or a process died between the placement and the
//! wish.

use std::sync::Arc;

use crate::actions::cancel::{self, Unsent};
use crate::core::Core;

pub(crate) async fn run(core: Arc<Core>) {
    let wishes = core.book.unsent_wishes();
    if !wishes.is_empty() {
        cancel::forward(&core, wishes, Unsent::StaysAWish).await;
    }
}
