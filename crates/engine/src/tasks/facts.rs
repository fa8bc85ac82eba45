//! Writes behind what looks told: a crash forgets at most the last moment, and the next look brings it again.

use std::sync::Arc;

use crate::core::Core;

pub(crate) async fn run(core: Arc<Core>) {
    core.write_learned().await;
}
