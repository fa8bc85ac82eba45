//! Sees that another process (the command line) has written to the store, and forgets what may be outdated.

use std::sync::Arc;

use crate::core::Core;

pub(crate) async fn run(core: Arc<Core>) {
    match core.store.foreign_commits().await {
        Ok(commits) => core.keys.see_foreign_commits(commits),
        Err(error) => {
            // Not knowing is no reason to trust a key that may be revoked.
            tracing::error!(%error, "the store could not be asked for other processes' commits");
            core.keys.forget();
        }
    }
}
