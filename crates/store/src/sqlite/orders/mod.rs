//! The life of an order. Its state and its money change in the same transaction.
//!
//! [`open`] writes it, [`place`] takes it to a panel, [`learn`] keeps what the panel says, [`close`] ends it; [`cancel`] and
//! [`refill`] are what customers may wish, [`query`] is how orders are looked at. [`steps`] and [`rows`] are shared.

pub(super) mod cancel;
pub(super) mod close;
pub(super) mod cost;
pub(super) mod learn;
pub(super) mod open;
pub(super) mod orphan;
pub(super) mod place;
pub(super) mod query;
pub(super) mod refill;
pub(super) mod rows;
pub(super) mod steps;
