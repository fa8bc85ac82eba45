//! Error texts: those we give, and what those of panels mean.

mod classifier;
mod listed;

use std::borrow::Cow;

use panelgate_domain::fault::Refusal;

pub use classifier::{Classifier, Meaning};

/// The text a customer gets: a closed list in the field's own words, which clients compare letter by letter.
#[must_use]
pub fn text(refusal: Refusal) -> Cow<'static, str> {
    let fixed = match refusal {
        Refusal::QuantityBelow(min) => return format!("Quantity less than minimal {min}").into(),
        Refusal::QuantityAbove(max) => return format!("Quantity more than maximum {max}").into(),
        Refusal::TooManyIds(most) => return format!("Maximum {most} orders").into(),
        Refusal::InvalidApiKey => "Invalid API key",
        Refusal::IncorrectRequest => "Incorrect request",
        Refusal::IncorrectServiceId => "Incorrect service ID",
        Refusal::BadLink => "Bad link",
        Refusal::NotEnoughFunds => "Not enough funds on balance",
        Refusal::ActiveLink => {
            "You have active order with this link. Please wait until order being completed."
        }
        Refusal::CommentsRequired => "Comments field is required",
        Refusal::UsernameRequired => "Username field is required",
        Refusal::IncorrectPosts => "Incorrect number of posts",
        Refusal::IncorrectDelay => "Incorrect delay",
        Refusal::IncorrectExpiry => "Incorrect expiry date",
        Refusal::IncorrectOrderId => "Incorrect order ID",
        Refusal::RefillDisabled => "Refill is disabled for this service",
        Refusal::OrderNotCompleted => "The order is not completed",
        Refusal::RefillTooSoon => {
            "The order was completed or refill was requested less than 24 hours ago"
        }
        Refusal::RefillDaysOver => "Refill days are over",
        Refusal::RefillNotFound => "Refill not found",
        Refusal::CannotBeCanceled => "This order cannot be canceled",
        Refusal::TooManyRequests => "Too many requests",
    };
    Cow::Borrowed(fixed)
}
