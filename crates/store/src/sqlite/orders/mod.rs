//! The life of an order. Its state and its money change in the same transaction.
//!
//! [`open`] writes it, [`place`] takes it to a panel, [`learn`] keeps what the panel says, [`close`] ends it and counts it in
//! [`completions`], [`families`] knows which orders it spawned and [`stake`] what of a hold is an order's, [`later`] pays what a changed end owes; [`cancel`] and [`refill`] are what customers may wish, [`flag`] is for
//! operators, [`query`] and [`list`] are how orders are looked at. [`steps`], [`rows`] and [`refund`] are shared.

pub(super) mod cancel;
pub(super) mod close;
pub(super) mod completions;
pub(super) mod cost;
mod duplicates;
pub(super) mod families;
pub(super) mod flag;
pub(super) mod hours;
pub(super) mod later;
pub(super) mod learn;
pub(super) mod list;
pub(super) mod open;
pub(super) mod place;
pub(super) mod query;
pub(super) mod refill;
pub(super) mod refund;
pub(super) mod rows;
pub(super) mod stake;
pub(super) mod steps;
