//! `serve`: the gateway with a configuration, signals and a control socket.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::assemble;
use crate::clock;
use crate::config::{Config, Keys};
use crate::control::server::ControlSocket;
use crate::output;
use crate::reload::Reloader;
use crate::retention;
use crate::sockets::Handed;
use crate::supervisor;
use crate::wiring::Gateway;

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run(config_path: &Path, handed: Handed) -> anyhow::Result<()> {
    let config = Config::load(config_path, Keys::Read)?;
    if !config.warnings.is_empty() {
        output::note(&config.warnings.render(output::colours()));
    }
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;

    let gateway = Gateway::start(assemble::gateway(&config, clock::now()), handed).await?;
    let store_path = config.store_path.clone();
    let retention = config.retention.clone().map(|retention| {
        let kept = retention::keep_up(gateway.file.clone(), retention, config.status.recheck_for);
        tokio::spawn(kept)
    });
    let reloader = Arc::new(Reloader::new(config_path, config, &gateway));
    let control = ControlSocket::start(&store_path, gateway.engine.clone(), Arc::clone(&reloader));
    let control = control.context("cannot open the control socket")?;
    let (customers, operators) = (gateway.address(), gateway.operator_address());
    let scheme = gateway.tls().map_or("http", |_| "https");
    let listening = format!("customers: {scheme}://{customers}  operators: http://{operators}");
    output::note(&listening);
    supervisor::ready(&listening);
    let watch = tokio::spawn(supervisor::keep_watch(gateway.engine.clone()));

    let mut saved = tokio::time::interval(LOOK_AT_FILES_EVERY);
    loop {
        tokio::select! {
            () = asked_to_stop(&mut interrupted, &mut terminated) => break,
            _ = hung_up.recv() => {
                supervisor::reloading();
                reloader.hung_up().await;
                supervisor::ready(&listening);
            }
            _ = saved.tick() => reloader.saved().await,
        }
    }
    tracing::info!("stopping");
    supervisor::stopping();
    drop(control);
    // What it has begun is done or not, and never half.
    if let Some(retention) = retention {
        retention.abort();
    }
    let stopped = tokio::select! {
        () = gateway.stop() => Ok(()),
        // Whoever asks twice means now. What is durable is durable; the next start parks what was on its way.
        () = asked_to_stop(&mut interrupted, &mut terminated) => Err(anyhow!("stopped before everything under way was written down")),
    };
    watch.abort();
    stopped
}

async fn asked_to_stop(interrupted: &mut Signal, terminated: &mut Signal) {
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
}

/// The same new content seen twice in a row is taken over.
const LOOK_AT_FILES_EVERY: Duration = Duration::from_secs(2);
