//! Whoever supervises the process, told how it is doing: systemd's `Type=notify` and its watchdog. Without a supervisor nothing
//! is sent.

use std::time::Duration;

use panelgate_engine::Engine;
use sd_notify::NotifyState;

/// Customers are served.
pub(crate) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again; [`ready`] ends that.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(%error, "there is no monotonic clock"),
    }
}

/// The end has begun.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// Says that the process lives, as often as the supervisor wants to hear it: each time after the runtime has run this task and the
/// store's writer has answered. Whether it can write is for `/readyz`: a full disk is not mended by a restart.
///
/// It never ends. Without a watchdog it does nothing.
pub(crate) async fn keep_watch(engine: Engine) {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    // Twice in its time, so that one ping may come late.
    let mut ticks = tokio::time::interval((patience / 2).max(SHORTEST));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match tokio::time::timeout(patience, engine.check_writable()).await {
            Ok(_) => tell(&[NotifyState::Watchdog]),
            Err(_) => tracing::error!(
                "the store's writer does not answer: the watchdog is not told that all is well"
            ),
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor could not be told how it goes");
    }
}

/// No interval may be 0.
const SHORTEST: Duration = Duration::from_millis(10);
