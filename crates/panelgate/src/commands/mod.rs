//! The commands, a file each, `run` first. [`operate`] has those that a running server carries out, [`alone`] what becomes of
//! them without one.

mod alone;
mod approvals;
pub(crate) mod archive;
mod archived;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod customer;
pub(crate) mod explain;
mod family;
pub(crate) mod healthcheck;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod operate;
pub(crate) mod orders;
pub(crate) mod pages;
pub(crate) mod panels;
mod reconcile;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod services;
mod sheet;
pub(crate) mod sim;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod verify;

use std::io::IsTerminal;

use panelgate_store::model::Booked;

use crate::environment;
use crate::output::{self, Form};

/// Who is at the keyboard, for the books.
fn actor() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| environment::variable(name).filter(|user| !user.is_empty()));
    user.unwrap_or_else(|| "cli".to_owned())
}

/// Says what became of a booking; to repeat one is no mistake.
fn say_booked(booked: Booked) -> anyhow::Result<()> {
    output::say(match booked {
        Booked::Now => "booked",
        Booked::Before => "already booked",
    })?;
    Ok(())
}

/// How many rows a list shows: on a terminal no more than anybody reads. Whatever else reads it gets all of it.
fn most_rows(limit: Option<u64>, form: Form) -> u64 {
    let is_read = form == Form::Text && std::io::stdout().is_terminal();
    limit.unwrap_or(if is_read { MOST_ROWS } else { 0 })
}

const MOST_ROWS: u64 = 10_000;

/// A list asks for one more than it shows: then it knows whether there are more. 0 stays all.
fn one_more(limit: u64) -> u64 {
    match limit {
        0 => 0,
        limit => limit.saturating_add(1),
    }
}

/// Whether that one came.
fn is_cut(found: usize, limit: u64) -> bool {
    limit > 0 && u64::try_from(found).is_ok_and(|found| found > limit)
}
