//! Words and rules of the gateway, and nothing else: no I/O, no async, no clock, no floats.
//!
//! # Glossary
//! **customer** calls us and pays in advance · **panel** is an upstream provider · **offer** is one entry of a panel's list ·
//! **service** is what we sell, reached through **routes** · **markup** turns an offer's cost into our rate · **quote** is
//! price and cost of one order · **order** is what a customer bought · **placement** is one attempt to place it at one panel ·
//! **hold, take, release** are what happens to the money · **fact** is the last known upstream state of an order.
//!
//! # Where to start
//! [`money`] and [`rate`] for numbers, [`service_type`] and [`spec`] for what can be ordered, [`markup`] and [`quote`] for
//! prices, [`sync`] for costs that change, [`order`], [`status`] and [`settlement`] for the life of an order, [`completion`]
//! for how long it takes, [`evidence`] for orders of which nobody knows whether a panel has them, [`family`] for orders that
//! spawn others, [`action`], [`reply`] and [`fault`] for the conversation with a customer.
#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod ids;
pub mod money;
pub mod rate;
pub mod time;

pub mod field;
pub mod lines;
pub mod service_type;
pub mod spec;
mod subscription;

pub mod catalogue;
pub mod exchange;
pub mod markup;
pub mod offer;
pub mod overrides;
pub mod panel_trait;
pub mod quote;
pub mod routing;
pub mod sync;

pub mod completion;
pub mod evidence;
pub mod family;
pub mod order;
pub mod placement;
pub mod settlement;
pub mod status;

pub mod action;
pub mod canary;
pub mod customer;
pub mod fault;
pub mod ledger;
pub mod reply;
