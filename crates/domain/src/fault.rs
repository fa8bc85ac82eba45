//! What goes wrong, told twice: to the customer from a closed list, to the operator in full.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything a customer can be told instead of a result. `wire` has the exact texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// No such key, a revoked one, or a disabled customer.
    InvalidApiKey,
    /// No action, or parameters that mean nothing.
    IncorrectRequest,
    /// Not a service this customer can order now.
    IncorrectServiceId,
    /// No link, or one that cannot be.
    BadLink,
    /// Below the least quantity.
    QuantityBelow(u64),
    /// Above the largest quantity.
    QuantityAbove(u64),
    /// The order costs more than the customer can spend.
    NotEnoughFunds,
    /// The panel already works on this link.
    ActiveLink,
    /// No comments.
    CommentsRequired,
    /// No user name.
    UsernameRequired,
    /// A subscription without a number of posts, where none is allowed, or with one that cannot be.
    IncorrectPosts,
    /// A delay that is not on the API's list.
    IncorrectDelay,
    /// Not a date, or one that is over.
    IncorrectExpiry,
    /// Unknown, or somebody else's: the two cannot be told apart.
    IncorrectOrderId,
    /// The service has no refills.
    RefillDisabled,
    /// Only completed orders are refilled.
    OrderNotCompleted,
    /// A refill was asked for less than 24 hours ago.
    RefillTooSoon,
    /// The days of refill are over.
    RefillDaysOver,
    /// Unknown, or somebody else's.
    RefillNotFound,
    /// Ended, or of a service without cancel.
    CannotBeCanceled,
    /// Over a limit; nothing happened.
    TooManyRequests,
    /// More ids than one request may name.
    TooManyIds(usize),
}

impl Refusal {
    /// One of each, in the order in which they are documented. A new one belongs here too: what customers read is made of this.
    pub const EXAMPLES: [Self; 22] = [
        Self::InvalidApiKey,
        Self::IncorrectRequest,
        Self::TooManyRequests,
        Self::IncorrectServiceId,
        Self::BadLink,
        Self::QuantityBelow(100),
        Self::QuantityAbove(10_000),
        Self::NotEnoughFunds,
        Self::ActiveLink,
        Self::CommentsRequired,
        Self::UsernameRequired,
        Self::IncorrectPosts,
        Self::IncorrectDelay,
        Self::IncorrectExpiry,
        Self::IncorrectOrderId,
        Self::TooManyIds(crate::action::MAX_IDS),
        Self::RefillDisabled,
        Self::OrderNotCompleted,
        Self::RefillTooSoon,
        Self::RefillDaysOver,
        Self::RefillNotFound,
        Self::CannotBeCanceled,
    ];
}

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The customer asked for something that cannot be.
    Customer,
    /// A panel.
    Panel,
    /// The gateway.
    Us,
}

/// What became of the thing that was asked for. Code that moves money branches on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It did not happen, and will not.
    DidNotHappen,
    /// It happened.
    Happened,
    /// Nobody knows yet.
    Unknown,
}

/// A failed action. Logged once, where it is rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operator}")]
pub struct Fault {
    /// Who is to blame.
    pub who: Who,
    /// What became of it.
    pub effect: Effect,
    /// The customer's text.
    pub refusal: Refusal,
    /// The operator's text; may quote panels, never holds keys.
    pub operator: String,
}

impl Fault {
    /// The customer's own mistake: nothing happened.
    #[must_use]
    pub fn customer(refusal: Refusal) -> Self {
        Self {
            who: Who::Customer,
            effect: Effect::DidNotHappen,
            refusal,
            operator: format!("{refusal:?}"),
        }
    }

    /// We could not do it, and nothing happened.
    #[must_use]
    pub fn us(refusal: Refusal, operator: impl fmt::Display) -> Self {
        Self {
            who: Who::Us,
            effect: Effect::DidNotHappen,
            refusal,
            operator: operator.to_string(),
        }
    }

    /// A panel refused, and nothing happened.
    #[must_use]
    pub fn panel(refusal: Refusal, operator: impl fmt::Display) -> Self {
        Self {
            who: Who::Panel,
            effect: Effect::DidNotHappen,
            refusal,
            operator: operator.to_string(),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::customer(refusal)
    }
}
