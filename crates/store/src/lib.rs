//! The durable truth. One trait, [`Store`]; each of its methods is one transaction, named after its purpose.
//!
//! Nothing else opens transactions, and nothing in here calls a panel or knows the protocol. A second database only has to
//! implement the trait and pass the suite in `tests/contract`.
//!
//! Start with [`api`], then [`model`] for what goes in and comes out, then [`sqlite`]. [`questions`] is what is not known
//! for certain, [`reports`] looks back, [`moves`] brings in what was another panel's, [`archives`] has what is left of what was moved out.

pub mod api;
pub mod archives;
pub mod error;
pub mod metrics;
pub mod model;
pub mod moves;
pub mod questions;
pub mod reports;
pub mod sqlite;

pub use api::{MAX_LEARNED, Store};
pub use archives::Archives;
pub use error::StoreError;
pub use metrics::StoreMetrics;
pub use moves::Moves;
pub use questions::Questions;
pub use reports::Reports;
