//! Every error that a customer can be told, and what it means to a client.

use panelgate_domain::fault::Refusal;
use panelgate_wire::refusal;

use super::html::{code, table};

/// The closed list.
pub(super) fn all() -> String {
    let rows = Refusal::EXAMPLES
        .into_iter()
        .map(|refused| vec![code(&refusal::text(refused)), meaning(refused).to_owned()]);
    table(&["Text", "Meaning"], rows)
}

const fn meaning(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidApiKey => "There is no such key, or it was revoked.",
        Refusal::IncorrectRequest => "No action, an unknown one, or parameters that mean nothing.",
        Refusal::TooManyRequests => "Nothing happened; ask again a little later.",
        Refusal::IncorrectServiceId => "Not a service that you can order now.",
        Refusal::BadLink => "No link, or one that does not fit.",
        Refusal::QuantityBelow(_) => "The number is the least quantity of the service.",
        Refusal::QuantityAbove(_) => "The number is the largest quantity of the service.",
        Refusal::NotEnoughFunds => "The order costs more than your balance.",
        Refusal::ActiveLink => "An order for this link is under way; nothing was charged.",
        Refusal::CommentsRequired => "The type of the service needs comments.",
        Refusal::UsernameRequired => "The type of the service needs a user name.",
        Refusal::IncorrectPosts => "A subscription needs a number of posts, of at most 1000.",
        Refusal::IncorrectDelay => "Not one of the delays of a subscription.",
        Refusal::IncorrectExpiry => "Not a date, or one that is over.",
        Refusal::IncorrectOrderId => "You have no order with this id.",
        Refusal::TooManyIds(_) => "A request may name so many ids.",
        Refusal::RefillDisabled => "The service has no refills.",
        Refusal::OrderNotCompleted => "Only completed orders are refilled.",
        Refusal::RefillTooSoon => "Ask again when 24 hours are over.",
        Refusal::RefillDaysOver => "The time for refills of this order is over.",
        Refusal::RefillNotFound => "You have no refill with this id.",
        Refusal::CannotBeCanceled => "It has ended, or its service cannot be canceled.",
    }
}
