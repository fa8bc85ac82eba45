//! A simulated upstream panel: the whole panel API over HTTP, orders that progress on a clock, faults by plan, and books of
//! its own that say what it was really asked and what it really did.
//!
//! It is the body of `panelgate sim` and of the demo, and the other side in tests and benches. It keeps nothing between two
//! starts, knows one key, and answers on every path. It takes no subscriptions, and a drip-feed is answered like any order.
//!
//! # Where to start
//! [`SimPanel::start`] with [`SimSettings`]; then [`SimPanel::plan`] makes things go wrong ([`Fault`] lists how) and
//! [`SimPanel::books`] tells what came of it. Inside, [`server`] carries a request to the `office`, which books it, decides
//! what goes wrong with it, and lets the `panel` do its work.
//!
//! # What a link decides
//! Without a word from a test, a link that contains `partial` ends Partial with 30 % remaining, one with `cancel` ends
//! Canceled, and one with `slow` stays Pending for a day. Everything else follows [`settings::Outcomes`].

pub mod books;
pub mod catalogue;
pub mod clock;
pub mod error;
pub mod family;
pub mod fault;
pub mod order;
pub mod server;
pub mod settings;

mod life;
mod limit;
mod office;
mod panel;

pub use books::Books;
pub use catalogue::SimCatalogue;
pub use clock::SimClock;
pub use error::SimError;
pub use family::{Charges, DripAnswer, SimFamily};
pub use fault::Fault;
pub use fault::plan::FaultPlan;
pub use fault::rule::{ActionName, FaultRule};
pub use order::{CANCEL_TAKES, Fate, SimOrder};
pub use server::SimPanel;
pub use settings::SimSettings;
