//! `healthcheck`: for whoever runs the gateway in a box and looks in by a command.

use std::path::Path;

use anyhow::{Context, bail};

use super::operate;
use crate::config::{Config, Keys};
use crate::control::client;
use crate::control::protocol::Request;
use crate::output::Form;

/// Asks the running server by its own socket: wherever it listens, and however much customers keep it busy.
pub(crate) fn run(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let answer = client::call(&config.store_path, &Request::Health {});
    let Some(response) = answer.context("it is not well")? else {
        bail!("no server is running");
    };
    operate::show(response, Form::Text)
}
