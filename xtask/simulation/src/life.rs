//! One life of the gateway's process: from a start to a stop or a crash.
//!
//! A process that has crashed is not taken apart; it is cut off. From that moment on its store answers nothing, its
//! connections are gone, and nobody hears what it says: it can do no more than a dead one.

use std::future::pending;

use tokio_util::sync::CancellationToken;

/// Whether a process lives. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life(CancellationToken);

impl Life {
    /// It has crashed: whatever it was doing has stopped in the middle.
    pub(crate) fn end(&self) {
        self.0.cancel();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Resolves when it crashes.
    pub(crate) async fn ended(&self) {
        self.0.cancelled().await;
    }

    /// Goes on as long as the process lives, and for ever does nothing afterwards.
    pub(crate) async fn lived<T>(&self, work: impl Future<Output = T>) -> T {
        match self.or_end(work).await {
            Some(done) => done,
            None => pending().await,
        }
    }

    /// Resolves with what the work came to, or with `None` if the process ended before.
    pub(crate) async fn or_end<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.ended() => None,
            done = work => Some(done),
        }
    }
}
