//! What happens without being asked. Every task is idempotent and works from what the store and the desks say; none of them
//! holds anything that a crash could lose.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use panelgate_domain::ids::PanelName;
use tokio::sync::oneshot;

use crate::core::Core;
use crate::evidence;

mod exchange;
mod facts;
pub(crate) mod foreign;
mod gauges;
mod pace;
mod panel;
mod send;
mod wishes;

/// Starts all tasks. They end when the engine stops. Answers what [`follow_panels`] does.
pub(crate) fn start(core: &Arc<Core>) -> Vec<oneshot::Receiver<()>> {
    send::start(core);
    every(core, FACTS_EVERY, facts::run);
    every(core, WISHES_EVERY, wishes::run);
    every(core, core.settings.foreign_every, foreign::run);
    every(core, GAUGES_EVERY, gauges::run);
    every(core, OVERCHARGES_EVERY, gauges::overcharges);
    every(core, EXCHANGE_EVERY, exchange::run);
    every(core, evidence::LOOK_EVERY, evidence::gather);
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

/// Runs a task now and then, never twice at once. One that panics is a bug, and is run again all the same: a gateway whose
/// revoked keys work for ever because a task died is worse.
fn every<F>(
    core: &Arc<Core>,
    period: Duration,
    task: impl Fn(Arc<Core>) -> F + Send + Sync + 'static,
) where
    F: Future<Output = ()> + Send,
{
    let core = Arc::clone(core);
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    core.clone().tracker.spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = core.stop.cancelled() => return,
                _ = ticks.tick() => guarded(task(Arc::clone(&core))).await,
            }
        }
    });
}

/// Logs a panic instead of ending whoever awaits this.
async fn guarded(task: impl Future<Output = ()>) {
    if AssertUnwindSafe(task).catch_unwind().await.is_err() {
        tracing::error!("a background task panicked; it goes on with its next turn");
    }
}

/// What a look told is in the store this much later; together with one transaction that is less than a second.
const FACTS_EVERY: Duration = Duration::from_millis(250);

/// A wish to cancel that could not be sent is tried again.
const WISHES_EVERY: Duration = Duration::from_secs(5);

/// Gauges that are counted in the store.
const GAUGES_EVERY: Duration = Duration::from_secs(5);

/// The charges of a whole day are added up.
const OVERCHARGES_EVERY: Duration = Duration::from_secs(5 * 60);

/// An exchange rate is used for so long beyond its time at most.
const EXCHANGE_EVERY: Duration = Duration::from_secs(5);
