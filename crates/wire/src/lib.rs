//! Bytes to meaning and back for the panel API v2, in both directions, without I/O.
//!
//! Nothing else in the workspace knows how the protocol spells a field. Nothing here knows a customer, a price or a panel's
//! limits, opens a connection, or keeps state between two calls. What is read comes from strangers: nothing panics on it,
//! and everything that is read is bounded.
//!
//! # Where to start
//! As a panel towards customers: [`request::read`] turns any encoding into an action, [`reply`] turns the answer into bytes.
//! As a customer of panels: [`call::encode`] writes the call, [`answer`] reads what came back, [`refusal`] says what an
//! error text means. [`answer::add`] is the strict one: it decides whether money may move.

pub mod request;

pub mod reply;

pub mod refusal;

pub mod call;

pub mod answer;

mod json;
mod names;

pub use names::field as name_of;
