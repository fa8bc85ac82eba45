//! The gateway's one binary.
//!
//! [`cli`] says what can be typed, [`commands`] does it, [`config`] reads what the operator decided, [`output`] writes, and
//! [`exit`] turns errors into exit codes. [`serve`] and [`demo`] run the gateway that [`wiring`] puts together; [`control`] is
//! how commands reach it.

mod assemble;
mod cli;
mod clock;
mod commands;
mod config;
mod control;
mod demo;
#[cfg(test)]
mod documents;
mod environment;
mod exit;
mod logging;
mod output;
mod reload;
mod retention;
mod serve;
mod signals;
mod sockets;
mod store;
mod supervisor;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use sockets::Handed;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}

fn start(cli: Cli) -> anyhow::Result<()> {
    // Before there are other threads.
    let handed = match cli.command {
        Command::Serve => Handed::take()?,
        _ => Handed::default(),
    };
    tokio::runtime::Runtime::new()?.block_on(run(cli, handed))
}

async fn run(cli: Cli, handed: Handed) -> anyhow::Result<()> {
    let config = &cli.config;
    match cli.command {
        Command::Demo(args) => {
            logging::start("warn");
            demo::run(args).await
        }
        Command::Serve => {
            logging::start("info");
            serve::run(config, handed).await
        }
        Command::Check { online } => commands::check::run(config, online).await,
        Command::Verify => commands::verify::run(config).await,
        Command::Customer(command) => commands::customer::run(config, command).await,
        Command::Key(command) => commands::key::run(config, command).await,
        Command::Services(command) => commands::services::run(config, command).await,
        Command::Orders(command) => commands::orders::run(config, command).await,
        Command::Panels(command) => commands::panels::run(config, command).await,
        Command::Report(command) => commands::report::run(config, command).await,
        Command::SimulateMarkup(args) => commands::simulate::run(config, args).await,
        Command::Migrate(args) => commands::migrate::run(config, args).await,
        Command::Pause => commands::operate::pause(config, None, true).await,
        Command::Resume => commands::operate::pause(config, None, false).await,
        Command::Status { json } => commands::status::run(config, json).await,
        Command::LogLevel { levels } => commands::operate::log_level(config, levels).await,
        Command::Reload => commands::operate::reload(config).await,
        Command::Backup { file } => commands::backup::backup(config, &file).await,
        Command::Archive(args) => commands::archive::run(config, args).await,
        Command::Restore { file } => commands::backup::restore(config, &file).await,
        Command::Healthcheck => commands::healthcheck::run(config),
        Command::Completions { shell } => commands::pages::completions(shell),
        Command::Man { folder } => commands::pages::man(&folder),
        Command::Sim(args) => commands::sim::run(args).await,
    }
}
