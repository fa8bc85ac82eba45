//! Work without I/O that is too long for a thread that answers requests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use panelgate_store::StoreError;

/// Lists up to this many offers are worked on where they are: that takes less than a moment, and no thread is needed.
const SHORT: usize = 200;

/// Runs work whose length grows with a number of offers; on a thread that may block if there are many of them.
///
/// # Errors
/// The work panicked: what it was about is broken, its caller is not.
pub(crate) async fn aside<T: Send + 'static>(
    offers: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    if offers <= SHORT {
        return catch_unwind(AssertUnwindSafe(work))
            .map_err(|_| StoreError::Corrupt("work on a short list panicked".to_owned()));
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Corrupt(error.to_string()))
}
