//! The kinds of work that share a panel's limits.

use std::time::Duration;

/// The kinds of work that share a panel's tokens. An idle class lends its share to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `add`, `cancel`, `refill`.
    Money,
    /// `status`.
    Status,
    /// `balance`, `services`, `refill_status`.
    Upkeep,
}

impl Class {
    /// All of them, in the order in which equals go.
    pub const ALL: [Self; 3] = [Self::Money, Self::Status, Self::Upkeep];

    /// The label in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Status => "status",
            Self::Upkeep => "upkeep",
        }
    }

    /// Its part of the panel's tokens, of 100, while all classes wait.
    pub(crate) const fn share(self) -> u64 {
        match self {
            Self::Money => 60,
            Self::Status => 30,
            Self::Upkeep => 10,
        }
    }

    /// A class that waits and got nothing for so long goes first. Longer than the shares alone make it wait at one call a
    /// second, so that it only matters at a panel that is slower still.
    pub(crate) const fn longest_wait(self) -> Duration {
        match self {
            Self::Money => Duration::from_secs(2),
            Self::Status => Duration::from_secs(5),
            Self::Upkeep => Duration::from_secs(15),
        }
    }

    /// Its place in arrays of three.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}
