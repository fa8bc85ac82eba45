//! Gauges that are counted now and then instead of with each step.

use std::sync::Arc;

use crate::core::Core;
use crate::operate::unbooked;

pub(crate) async fn run(core: Arc<Core>) {
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
    show_money(&core).await;
    for (panel, placed) in core.book.oldest_facts() {
        let Some(oldest) = placed.oldest else {
            continue;
        };
        let age = core.now().since(oldest).as_secs_f64();
        core.metrics
            .status_age
            .with_label_values(&[panel.as_str()])
            .set(age);
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
