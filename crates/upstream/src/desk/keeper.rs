//! What a desk does by itself: ends rests in the gauges when their time is over, and probes a panel that was down.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::Desk;
use crate::breaker::Pass;
use crate::calls::CallError;

/// How long a probe waits for the panel's limits.
const PROBE_WITHIN: Duration = Duration::from_secs(10);
/// How long a probe that found no room waits before it queues again.
const PROBE_AGAIN: Duration = Duration::from_secs(1);

/// Runs until the desk closes.
pub(super) async fn run(desk: Desk) {
    tokio::select! {
        biased;
        () = desk.closing() => {}
        () = keep(&desk) => {}
    }
}

async fn keep(desk: &Desk) {
    loop {
        let changed = desk.state_changed();
        desk.show_state();
        let pass = desk.admission().pass();
        if pass == Pass::Probe {
            // Any other call that is no order does as well; this one is for a panel that nobody asks anything.
            match desk.balance(PROBE_WITHIN).await {
                Err(CallError::NotAdmitted(_)) => sleep(PROBE_AGAIN).await,
                Err(error) => {
                    tracing::info!(panel = %desk.panel(), %error, "the panel is still down")
                }
                Ok(_) => tracing::info!(panel = %desk.panel(), "the panel is back"),
            }
            continue;
        }
        let ends = [desk.next_rest_end(), probe_at(pass)]
            .into_iter()
            .flatten()
            .min();
        match ends {
            Some(at) => tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(at) => {}
            },
            None => changed.await,
        }
    }
}

const fn probe_at(pass: Pass) -> Option<Instant> {
    match pass {
        Pass::NothingBefore(at) => Some(at),
        Pass::All | Pass::Probe | Pass::NothingDuringProbe => None,
    }
}
