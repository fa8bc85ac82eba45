//! One desk per panel: the only place from which calls to panels leave.
//!
//! A [`Desk`] owns a panel's limits and sends every call to it: it hands out [`Permit`]s by class, places orders exactly
//! once, remembers what the panel refused, and turns the questions of many into few `status` calls of many ids each.
//!
//! It does **not** know orders of ours, customers' money or routes, keeps nothing that must survive a restart, and never
//! decides what an answer is worth: `panelgate_wire` reads answers, the engine acts on them.
//!
//! # Where to start
//! [`Desk::add`] for the call that buys, [`lookout`] for which orders the next `status` asks for, [`Desk::admit`] for the
//! limits in front of both, [`Desk::takes_orders`] for the memory.

mod desk;

pub mod lookout;

mod calls;
mod looking;

mod breaker;
mod client;
mod redact;

mod metrics;
mod settings;
mod transport;

pub use panelgate_wire::answer::{AnswerError, Balance, RefillOutcome};

pub use self::calls::{CallError, CancelOutcome, Probed, Sent};
pub use self::client::is_public;
pub use self::desk::admission::{NotAdmitted, Permit};
pub use self::desk::class::Class;
pub use self::desk::rests::Rest;
pub use self::desk::{Desk, DeskSnapshot, Late, Placed, Usage};
pub use self::looking::{Look, Reports};
pub use self::lookout::{Kind, Outlook};
pub use self::metrics::Metrics;
pub use self::settings::{OpenError, PanelSettings, Refusals};
pub use self::transport::{Connect, Connecting, Line, Transport};
