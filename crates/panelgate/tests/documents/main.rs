//! What the documentation says, done: its commands are run, its configuration is checked, its links are followed, the
//! examples on the customers' page are sent.

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod configuration;
mod demo;
mod links;
mod markdown;
mod page;
mod reader;
