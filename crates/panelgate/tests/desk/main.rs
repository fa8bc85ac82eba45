//! The status desk over real sockets: the built gateway, panels that fail in their ways, and their books as the judge.
//!
//! The gateway's times are made short by its configuration, so that minutes of an operator's life are seconds here. What
//! needs hours and days of wall time is told in the engine's own tests.

#[path = "../support/mod.rs"]
mod support;

mod closing;
mod filling;
mod gate;
mod poison;
mod restart;
mod shop;
mod silent;
mod speech;
mod storm;
mod trouble;
