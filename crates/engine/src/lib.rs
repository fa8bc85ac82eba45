//! What each action means: the only conductor.
//!
//! It sees neither HTTP nor SQL. It decides what happens in which order, asks the store for transactions and the desks for
//! calls, and answers a [`Reply`](panelgate_domain::reply::Reply) or a [`Fault`](panelgate_domain::fault::Fault). What
//! moves money runs detached from whoever asked: a customer that hangs up changes nothing.
//!
//! Start with [`Engine::run`], then `actions::add` and `place` for the life of an order, `actions::status`, `looks`, `settle`
//! and `later` for how it ends, and `tasks` for what happens without being asked.

mod actions;
mod approvals;
mod aside;
mod belief;
pub mod book;
mod brake;
mod clock;
mod compare;
mod core;
mod evidence;
mod families;
#[cfg(test)]
mod fixtures;
mod health;
mod jumps;
mod keys;
mod later;
mod looks;
mod market;
mod metrics;
mod operate;
mod place;
mod rechecks;
mod repeats;
#[cfg(test)]
mod scene;
mod settings;
mod settle;
mod simulate;
mod start;
mod sync;
mod tasks;

pub use approvals::{ApproveError, Chosen};
pub use clock::{Clock, SystemClock};
pub use compare::{PriceMove, Priced, Waiting, compare};
pub use core::{Cx, Engine};
pub use market::{Market, Rules};
pub use metrics::Metrics;
pub use operate::{OperateError, PanelReport, unbooked};
pub use repeats::{Asker, Hearing};
pub use settings::Settings;
pub use simulate::{Bought, Compared, Earned, Outcome, simulate};
pub use start::{Parts, ReloadError, StartError};
pub use sync::{SyncError, SyncReport};
