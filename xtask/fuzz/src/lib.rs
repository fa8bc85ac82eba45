//! Every parser of bytes from outside, as a function of bytes that panics if something is read that may not be. A corpus of inputs
//! lies beside it; the tests feed it, and what it becomes by small changes, to every target. `cargo xtask prove --fuzz-seconds N`
//! searches for more.
//!
//! Start with [`TARGETS`]; [`requests`] are the customers' bytes, [`answers`] and [`add`](mod@add) the panels', [`settlement`] what
//! becomes of their numbers, [`texts`] numbers and words, [`files`] what operators write.

pub mod add;
pub mod answers;
pub mod files;
pub mod forms;
pub mod requests;
pub mod settlement;
pub mod texts;

mod json;

/// A parser, by the name of its folder in the corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 20] = [
    ("answer_add", add::add),
    ("answer_status", answers::status),
    ("answer_statuses", answers::statuses),
    ("answer_services", answers::services),
    ("answer_balance", answers::balance),
    ("answer_refill", answers::refill),
    ("answer_refill_status", answers::refill_status),
    ("answer_cancel", answers::cancel),
    ("settlement", settlement::settlement),
    ("refusal", texts::refusal),
    ("money", texts::money),
    ("rate", texts::rate),
    ("request_body", requests::body),
    ("request_query", requests::query),
    ("request_encodings", forms::encodings),
    ("request_multipart", forms::multipart),
    ("request_ids", forms::ids),
    ("fault_plan", texts::fault_plan),
    ("configuration", files::configuration),
    ("sheet", files::sheet),
];
