//! `serve`: the gateway with a configuration, signals and a control socket.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::assemble;
use crate::clock;
use crate::config::{Config, Keys};
use crate::control::server::ControlSocket;
use crate::reload::Reloader;
use crate::wiring::Gateway;

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(config_path: &Path) -> anyhow::Result<()> {
    let config = Config::load(config_path, Keys::Read)?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;

    let gateway = Gateway::start(assemble::gateway(&config, clock::now())).await?;
    let store_path = config.store_path.clone();
    let reloader = Arc::new(Reloader::new(config_path, config, &gateway));
    let control = ControlSocket::start(&store_path, gateway.engine.clone(), Arc::clone(&reloader));
    let control = control.context("cannot open the control socket")?;
    eprintln!(
        "customers: http://{}  operators: http://{}",
        gateway.address(),
        gateway.operator_address()
    );

    let mut saved = tokio::time::interval(LOOK_AT_FILES_EVERY);
    loop {
        tokio::select! {
            _ = interrupted.recv() => break,
            _ = terminated.recv() => break,
            _ = hung_up.recv() => reloader.hung_up().await,
            _ = saved.tick() => reloader.saved().await,
        }
    }
    tracing::info!("stopping");
    drop(control);
    gateway.stop().await;
    Ok(())
}

/// The same new content seen twice in a row is taken over.
const LOOK_AT_FILES_EVERY: Duration = Duration::from_secs(2);
