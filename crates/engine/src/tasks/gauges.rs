//! Gauges that are counted now and then instead of with each step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::ids::PanelName;
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use panelgate_upstream::Desk;
use tokio::time::Instant;

use crate::core::Core;
use crate::operate::unbooked;

pub(super) async fn run(core: Arc<Core>) {
    show_jumps(&core);
    show_open(&core).await;
    show_money(&core).await;
    show_ages(&core).await;
}

/// What the panels charge too much. Reads the orders of a whole day.
pub(super) async fn overcharges(core: Arc<Core>) {
    let desks = core.desks.load_full();
    let found = match core.store.overcharges(core.now().before(A_DAY)).await {
        Ok(found) => found,
        Err(error) => return tracing::error!(%error, "the panels' charges could not be read"),
    };
    let none = desks.iter().map(|(panel, desk)| {
        let account = (panel.clone(), desk.settings().currency.clone());
        (account, Money::ZERO)
    });
    let mut shown: BTreeMap<_, _> = none.collect();
    for (panel, currency, over) in found {
        if desks.contains_key(&panel) {
            shown.insert((panel, currency), over);
        }
    }
    let shown = shown.into_iter();
    core.metrics
        .show_overcharged(shown.map(|((panel, currency), over)| (panel, currency, over)));
}

fn show_jumps(core: &Core) {
    if let Some(jump) = core.jumps.look(core.now(), Instant::now()) {
        let (direction, seconds) = (jump.direction(), jump.size().as_secs());
        core.metrics.jumped(direction);
        tracing::warn!(
            direction,
            seconds,
            "the machine's clock went another way than time"
        );
    }
}

async fn show_open(core: &Core) {
    match core.store.count_live().await {
        Ok(counts) => {
            core.metrics.orders_open.reset();
            for (panel, state, orders) in counts {
                let panel = panel.as_ref().map_or("", |panel| panel.as_str());
                let gauge = core
                    .metrics
                    .orders_open
                    .with_label_values(&[panel, state.word()]);
                gauge.set(i64::try_from(orders).unwrap_or(i64::MAX));
            }
        }
        Err(error) => tracing::error!(%error, "live orders could not be counted"),
    }
}

/// How long something has been waited for: calls for their panel's limits, orders for a fact or a first answer.
async fn show_ages(core: &Core) {
    let desks = core.desks.load_full();
    desks.values().for_each(Desk::show_queue_ages);
    let now = core.now();
    let age_of = |oldest: &BTreeMap<PanelName, Timestamp>, panel: &PanelName| {
        oldest
            .get(panel)
            .map_or(Duration::ZERO, |at| now.since(*at))
    };
    let facts = core.book.oldest_facts();
    let facts = facts
        .into_iter()
        .filter_map(|(panel, placed)| Some((panel, placed.oldest?)));
    let facts: BTreeMap<_, _> = facts.collect();
    let ages = desks
        .keys()
        .map(|panel| (panel.clone(), age_of(&facts, panel)));
    core.metrics.show_status_ages(ages);
    match core.store.oldest_questions().await {
        Ok(questions) => {
            let questions: BTreeMap<_, _> = questions.into_iter().collect();
            let ages = desks
                .keys()
                .map(|panel| (panel.clone(), age_of(&questions, panel)));
            core.metrics.show_unconfirmed_ages(ages);
        }
        Err(error) => tracing::error!(%error, "unconfirmed orders could not be read"),
    }
}

/// How far the money at the panels reaches, and whether the books know of it.
async fn show_money(core: &Core) {
    let desks = core.desks.load_full();
    let left = desks.iter().filter_map(|(panel, desk)| {
        let tenths = core.days_left(desk)?;
        Some((panel.clone(), tenths))
    });
    core.metrics.show_days_left(left);
    let accounts = match core.store.panel_accounts().await {
        Ok(accounts) => accounts,
        Err(error) => return tracing::error!(%error, "the panels' accounts could not be read"),
    };
    core.metrics.forget_unbooked();
    for (panel, desk) in desks.iter() {
        let currency = desk.settings().currency.clone();
        let unbooked = desk
            .polled_balance()
            .and_then(|balance| unbooked(&accounts, panel, &currency, balance));
        if let Some(unbooked) = unbooked {
            core.metrics.show_unbooked(panel, &currency, unbooked);
        }
    }
}

/// Whose charges are looked at.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
