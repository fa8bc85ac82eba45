//! How long everything takes.

use std::time::Duration;

/// The lengths of a run's parts.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// Rounds of each peer, in turn.
    pub(crate) rounds: usize,
    /// One round of requests that only look.
    pub(crate) look: Duration,
    /// One round of orders.
    pub(crate) orders: Duration,
    /// One step of the open loop.
    pub(crate) step: Duration,
    /// The step that is too much, and the calm one after it.
    pub(crate) flood: Duration,
    pub(crate) calm: Duration,
}

impl Pace {
    /// As published: about four minutes.
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        look: Duration::from_millis(1_100),
        orders: Duration::from_secs(3),
        step: Duration::from_secs(5),
        flood: Duration::from_secs(5),
        calm: Duration::from_secs(12),
    };
    /// A look at whether everything works: less than a minute.
    pub(crate) const QUICK: Self = Self {
        rounds: 1,
        look: Duration::from_millis(300),
        orders: Duration::from_secs(1),
        step: Duration::from_secs(1),
        flood: Duration::from_secs(2),
        calm: Duration::from_secs(4),
    };
}
