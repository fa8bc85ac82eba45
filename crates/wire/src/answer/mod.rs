//! What panels answer, in the shapes that real panels use.
//!
//! Two temperaments live here. [`add`], and to a lesser degree [`refill`], decide what becomes of money: what they do not
//! know for certain is unknown. The others are tolerant, because the worst they can do is to learn a fact later; but no
//! fact is ever given to an id by guessing.

mod add;
mod amount;
mod balance;
mod cancel;
mod document;
mod entries;
mod error;
mod object;
mod refill;
mod refill_status;
mod services;
mod status;

use std::time::Duration;

pub use add::add;
pub use balance::{Balance, balance};
pub use cancel::cancel;
pub use refill::{RefillOutcome, refill};
pub use refill_status::refill_status;
pub use services::services;
pub use status::{Statuses, status};

/// What came back over HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Http<'a> {
    /// The status code.
    pub status: u16,
    /// The header of this name, if it was a number of seconds or a date that the caller could read.
    pub retry_after: Option<Duration>,
    /// The whole body, decompressed. Whoever read it has bounded it.
    pub body: &'a [u8],
}

/// Why an answer says nothing about what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// We ask too often.
    #[error("the panel says that we ask too often")]
    Throttled {
        /// How long it wants us to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// An error text about the whole call.
    #[error("the panel refuses: {0}")]
    Refused(String),
    /// Not an answer of the API at all.
    #[error("the panel answers HTTP {0}")]
    HttpStatus(u16),
    /// Empty, cut, or a page for people.
    #[error("the panel answers no JSON")]
    NotJson,
    /// JSON in a shape that means nothing here.
    #[error("the panel answers in an unknown shape: {0}")]
    WrongShape(&'static str),
    /// More than 32 MiB.
    #[error("the panel's answer is too large")]
    TooLarge,
}
