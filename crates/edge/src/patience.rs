//! How long an answer waits for its reader: a client that takes nothing must not hold a connection for ever.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

/// The patience of one connection. It begins to run when something of an answer has to wait, and is whole again when all of it
/// was taken: a reader that takes a little now and then wins nothing.
#[derive(Debug)]
pub(crate) struct Patience {
    within: Duration,
    running: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(crate) const fn new(within: Duration) -> Self {
        Self {
            within,
            running: None,
        }
    }

    /// How a write went; one that would have to wait longer than that has failed.
    pub(crate) fn bound<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let within = self.within;
        let running = self
            .running
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        ready!(running.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// All of the answer was taken.
    pub(crate) fn renew(&mut self) {
        self.running = None;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const TAKEN: Poll<io::Result<usize>> = Poll::Ready(Ok(1));
    const WAITS: Poll<io::Result<usize>> = Poll::Pending;

    fn is_out(patience: &mut Patience, written: Poll<io::Result<usize>>) -> bool {
        let bound = patience.bound(&mut Context::from_waker(Waker::noop()), written);
        matches!(bound, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::TimedOut)
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_from_the_first_wait_until_all_was_taken() {
        let mut patience = Patience::new(Duration::from_secs(60));
        let later = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        later(100).await;
        assert!(!is_out(&mut patience, WAITS));
        later(59).await;
        // A little was taken, and it waits again: that buys no time.
        assert!(!is_out(&mut patience, TAKEN) && !is_out(&mut patience, WAITS));
        later(2).await;
        assert!(!is_out(&mut patience, TAKEN) && is_out(&mut patience, WAITS));

        patience.renew();
        assert!(!is_out(&mut patience, WAITS));
        later(59).await;
        assert!(!is_out(&mut patience, WAITS));
    }
}
