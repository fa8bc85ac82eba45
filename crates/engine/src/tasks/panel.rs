//! What is done for each panel as long as it is configured: its list is synced, its balance polled.

use std::sync::Arc;
use std::time::Duration;

use dashmap::Entry;
use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::Money;
use panelgate_store::model::Polled;
use panelgate_upstream::Rest;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pace::{Pace, jittered};
use crate::core::Core;

/// Starts the tasks of a panel, unless they run already. What is answered resolves when its first sync has ended, one way
/// or the other.
pub(crate) fn follow(core: &Arc<Core>, panel: PanelName) -> Option<oneshot::Receiver<()>> {
    let gone = match core.followed.entry(panel.clone()) {
        Entry::Occupied(_) => return None,
        Entry::Vacant(free) => free.insert(CancellationToken::new()).clone(),
    };
    let (tell_synced, synced) = oneshot::channel();
    let sync = sync_for_ever(Arc::clone(core), panel.clone(), tell_synced);
    let poll = poll_balance_for_ever(Arc::clone(core), panel.clone());
    core.tracker.spawn(until_gone(
        Arc::clone(core),
        panel.clone(),
        gone.clone(),
        sync,
    ));
    core.tracker
        .spawn(until_gone(Arc::clone(core), panel, gone, poll));
    Some(synced)
}

async fn until_gone(
    core: Arc<Core>,
    panel: PanelName,
    gone: CancellationToken,
    task: impl Future<Output = ()>,
) {
    tokio::select! {
        biased;
        () = core.stop.cancelled() => {}
        () = gone.cancelled() => {}
        () = task => { core.followed.remove_if(&panel, |_, _| !gone.is_cancelled()); }
    }
}

async fn sync_for_ever(core: Arc<Core>, panel: PanelName, tell_synced: oneshot::Sender<()>) {
    let mut tell_synced = Some(tell_synced);
    let settings = &core.settings;
    let mut pace = Pace::new(settings.sync_at_most_every, settings.sync_at_least_every);
    while core.desk(&panel).is_some() {
        let began = Instant::now();
        let again = match core.sync(&panel).await {
            Ok(report) => {
                let ms = began.elapsed().as_millis();
                tracing::info!(%panel, offers = report.offers, services = report.services, flagged = report.flagged, ms, "list synced");
                pace.after(report.changed)
            }
            Err(error) => {
                tracing::warn!(%panel, %error, "the last list stays");
                SYNC_AGAIN_AFTER_FAILURE.min(settings.sync_at_most_every)
            }
        };
        if let Some(tell) = tell_synced.take() {
            // Whoever started us may have stopped waiting.
            _ = tell.send(());
        }
        tokio::time::sleep(jittered(again, &panel, core.now())).await;
    }
}

async fn poll_balance_for_ever(core: Arc<Core>, panel: PanelName) {
    let mut last: Option<Money> = None;
    while let Some(desk) = core.desk(&panel) {
        let currency = desk.settings().currency.clone();
        let before = standing(&core, &panel, &currency).await;
        match desk.balance(core.settings.balance_every).await {
            Ok(balance) => {
                keep_drift(&core, &panel, currency, before, balance.amount).await;
                // More money there may mean that an order that waits can go.
                if last.is_some_and(|last| balance.amount > last) {
                    core.routes_changed.notify_one();
                }
                last = Some(balance.amount);
            }
            Err(error) => tracing::debug!(%panel, %error, "the balance could not be polled"),
        }
        let rests_for_funds = desk.snapshot().rests.contains(&Rest::Funds);
        let pause = if rests_for_funds {
            WITHOUT_FUNDS
        } else {
            core.settings.balance_every
        };
        tokio::select! {
            biased;
            () = tokio::time::sleep(pause.min(core.settings.balance_every)) => {}
            // What is there now is what a payment will be a rise from.
            () = core.funds_refused.notified() => {}
        }
    }
}

/// What the books say we have at a panel, if no order is on its way there.
async fn standing(core: &Core, panel: &PanelName, currency: &Currency) -> Option<Money> {
    let standing = core.store.standing(panel, currency).await;
    standing.unwrap_or_else(|error| {
        tracing::warn!(%panel, %error, "the panel's account could not be read");
        None
    })
}

/// A balance can be held against the books only if nothing moved in them while the panel was asked.
async fn keep_drift(
    core: &Core,
    panel: &PanelName,
    currency: Currency,
    before: Option<Money>,
    balance: Money,
) {
    let after = standing(core, panel, &currency).await;
    let Some(booked) = before.filter(|_| before == after) else {
        return;
    };
    let polled = Polled {
        panel: panel.clone(),
        currency,
        balance,
        booked,
        at: core.now(),
    };
    if let Err(error) = core.store.keep_drift(polled).await {
        tracing::warn!(%panel, %error, "how a balance differs from the books could not be kept");
    }
}

/// While orders wait for money at a panel, its balance is looked at more often.
const WITHOUT_FUNDS: Duration = Duration::from_secs(5);

const SYNC_AGAIN_AFTER_FAILURE: Duration = Duration::from_secs(15);
