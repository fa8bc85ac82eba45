//! Every call but `add`: what it asks for, and how it may end.
//!
//! Calls that only look are given up when their future is dropped. `refill` and `cancel` go the way of `add`: once sent they
//! run to their end, and are never repeated.

pub(crate) mod cancel;
pub(crate) mod merge;
pub(crate) mod refill_status;

mod exchange;
mod probe;
mod reads;
mod refill;

use std::time::Duration;

use panelgate_wire::answer::AnswerError;

pub use self::cancel::CancelOutcome;
pub use self::probe::Probed;
use crate::desk::admission::NotAdmitted;
use crate::metrics::CallResult;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It did not leave.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// It did not leave: name, connection or TLS failed.
    #[error("no connection to the panel: {0}")]
    NotSent(String),
    /// The panel took too long.
    #[error("no answer from the panel within {0:?}")]
    Timeout(Duration),
    /// The answer did not arrive whole.
    #[error("the panel's answer was lost: {0}")]
    Lost(String),
    /// An answer arrived that has no result in it. The key is redacted from its text.
    #[error(transparent)]
    Answer(AnswerError),
}

/// What became of a call that must not be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent<T> {
    /// It left; this is known of its effect.
    Sent(T),
    /// It has no effect: no permit in time, no connection, or the panel said that we ask too often. For the operator.
    NotSent(String),
}

/// Whom a failed call speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The panel: it may be down.
    Panel,
    /// One of the ids: the panel works, as others show.
    Ids,
}

/// Most ids in one `refill_status` or `cancel` call, as documented.
const MAX_IDS: usize = 100;

impl CallError {
    /// Whether the panel certainly did nothing.
    const fn had_no_effect(&self) -> bool {
        matches!(
            self,
            Self::NotAdmitted(_) | Self::NotSent(_) | Self::Answer(AnswerError::Throttled { .. })
        )
    }

    const fn result(&self) -> CallResult {
        match self {
            Self::NotAdmitted(_) | Self::NotSent(_) => CallResult::NotSent,
            Self::Timeout(_) => CallResult::Timeout,
            Self::Lost(_) => CallResult::Lost,
            Self::Answer(AnswerError::Throttled { .. }) => CallResult::Throttled,
            Self::Answer(AnswerError::Refused(_)) => CallResult::Refused,
            Self::Answer(_) => CallResult::BadAnswer,
        }
    }
}
