//! What happens without being asked. Every task is idempotent and works from what the store and the desks say; none of them
//! holds anything that a crash could lose.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::ids::PanelName;
use tokio::sync::oneshot;

use crate::core::Core;

mod foreign;
mod gauges;
mod look;
mod panel;
mod send;

/// Starts all tasks. They end when the engine stops. Answers what [`follow_panels`] does.
pub(crate) fn start(core: &Arc<Core>) -> Vec<oneshot::Receiver<()>> {
    send::start(core);
    every(core, LOOK_EVERY, look::run);
    every(core, FOREIGN_EVERY, foreign::run);
    every(core, GAUGES_EVERY, gauges::run);
    follow_panels(core)
}

/// Starts the tasks of panels that have none yet. Each answer resolves when the panel's first sync has ended.
pub(crate) fn follow_panels(core: &Arc<Core>) -> Vec<oneshot::Receiver<()>> {
    let panels: Vec<PanelName> = core.desks.load().keys().cloned().collect();
    panels
        .into_iter()
        .filter_map(|panel| panel::follow(core, panel))
        .collect()
}

/// Runs a task now and then, never twice at once.
fn every<F>(core: &Arc<Core>, period: Duration, task: impl Fn(Arc<Core>) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let core = Arc::clone(core);
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    core.clone().tracker.spawn(async move {
        loop {
            tokio::select! {
                () = core.stop.cancelled() => return,
                _ = ticks.tick() => task(Arc::clone(&core)).await,
            }
        }
    });
}

/// A due look waits at most this long before its desk knows.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What another process wrote is seen within a second.
const FOREIGN_EVERY: Duration = Duration::from_millis(250);

/// Gauges that are counted in the store.
const GAUGES_EVERY: Duration = Duration::from_secs(5);
