//! Gauges that are counted now and then instead of with each step.

use std::sync::Arc;

use crate::core::Core;

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
