//! Where wall time comes from: a seam, so that tests can drive it.

use panelgate_domain::time::Timestamp;

/// A source of wall time. Waiting is tokio's business, not this one's.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the machine's clock"
        )]
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since_epoch.map_or(0, |passed| passed.as_millis());
        Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}
