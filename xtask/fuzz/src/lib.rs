//! Every parser of bytes from outside, as a function of bytes that panics if something is read that may not be. A corpus of inputs
//! lies beside it; the tests feed it, and what it becomes by small changes, to every target.
//!
//! Start with [`TARGETS`]; [`requests`] are the customers' bytes, [`answers`] the panels', [`texts`] numbers and files.

pub mod answers;
pub mod requests;
pub mod texts;

/// A parser, by the name of its folder in the corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 14] = [
    ("request_body", requests::body),
    ("request_query", requests::query),
    ("request_encodings", requests::encodings),
    ("answer_add", answers::add),
    ("answer_status", answers::status),
    ("answer_statuses", answers::statuses),
    ("answer_services", answers::services),
    ("answer_balance", answers::balance),
    ("answer_refill", answers::refill),
    ("answer_refill_status", answers::refill_status),
    ("answer_cancel", answers::cancel),
    ("money", texts::money),
    ("rate", texts::rate),
    ("fault_plan", texts::fault_plan),
];
