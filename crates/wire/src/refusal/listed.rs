//! The definite list: error texts that panels are known to use, and what each says for certain.
//!
//! Source: `protocol.md` §3.3. A text is here only if it has been seen, because a wrong entry sends an order twice. Texts are
//! folded (lower case, single blanks, no full stop at the end), and `#` stands for a number.

use panelgate_domain::fault::Refusal;
use panelgate_domain::placement::PanelTrouble;

/// What a listed text says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Says {
    /// We ask too often.
    Throttled,
    /// This is wrong with the order.
    Order(Refusal),
    /// Below the least quantity, which the text may name.
    Below,
    /// Above the largest quantity, which the text may name.
    Above,
    /// This is wrong with the panel, or with us as its customer.
    Panel(PanelTrouble),
}

use PanelTrouble::{Funds, Key, Other, ServiceOff};
use Says::{Above, Below, Order, Panel, Throttled};

/// The list.
pub(super) const LISTED: &[(Says, &[&str])] = &[
    (
        Throttled,
        &[
            "too many requests",
            "rate limit exceeded",
            "rate limit exceeded. max # requests per minute",
        ],
    ),
    (
        Panel(Key),
        &[
            "invalid api key",
            "incorrect api key",
            "api key invalid",
            "api is disable for this user or user not found! contact the support",
            "incorrect request or api key",
        ],
    ),
    (
        Panel(Other),
        &["incorrect action", "this action is invalid"],
    ),
    (
        Order(Refusal::IncorrectRequest),
        &["incorrect request", "missing data"],
    ),
    (
        Panel(ServiceOff),
        &[
            "incorrect service id",
            "error.incorrect_service_id",
            "disabled service id",
            "service id does not exists",
            "invalid service id",
            "service not found or inactive",
        ],
    ),
    (
        Order(Refusal::BadLink),
        &[
            "bad link",
            "incorrect link",
            "neworder.error.link",
            "neworder.error.invalid_link",
            "neworder.error.link_not_found",
        ],
    ),
    (
        Below,
        &[
            "quantity less than minimal #",
            "minimum quantity is #",
            "quantity must to be greater than or equal to minimum amount #",
            "neworder.error.min_quantity",
        ],
    ),
    (
        Above,
        &[
            "quantity more than maximum #",
            "quantity less than maximum #",
            "neworder.error.max_quantity",
        ],
    ),
    (
        Panel(Funds),
        &[
            "not enough funds on balance",
            "insufficient balance",
            "your balance is insufficient",
            "neworder.error.not_enough_funds",
            "neworder.error.insufficient_balance",
        ],
    ),
    (
        Order(Refusal::ActiveLink),
        &[
            "you have active order with this link. please wait until order being completed",
            "you cannot start a new order with the same link that is active processing order",
            "neworder.error.link_duplicate",
        ],
    ),
    (
        Order(Refusal::CommentsRequired),
        &["comments field is required", "neworder.error.comment"],
    ),
    (
        Order(Refusal::IncorrectOrderId),
        &[
            "incorrect order id",
            "error.incorrect_order_id",
            "order not found",
            "invalid order id",
        ],
    ),
    (
        Order(Refusal::RefillDisabled),
        &[
            "refill is disabled for this service",
            "refill not allowed",
            "order not eligible for refill",
        ],
    ),
    (
        Order(Refusal::OrderNotCompleted),
        &["the order is not completed"],
    ),
    (
        Order(Refusal::RefillTooSoon),
        &[
            "the order was completed or refill was requested less than 24 hours ago",
            "the refill task is not completed for this order",
        ],
    ),
    (Order(Refusal::RefillDaysOver), &["refill days are over"]),
    (Order(Refusal::RefillNotFound), &["refill not found"]),
    (
        Order(Refusal::CannotBeCanceled),
        &["this order cannot be canceled"],
    ),
];
