//! Exchange rates grow old while nobody reloads: half way there somebody is told, and in the end what is paid for with them
//! rests.

use std::sync::Arc;

use panelgate_domain::ids::Currency;

use crate::core::Core;

pub(super) async fn run(core: Arc<Core>) {
    warn_of_aged(&core);
    let expired = core
        .market
        .load()
        .rules
        .exchange
        .without_expired(core.now());
    if expired.is_none() {
        return;
    }
    match core.rebuild(None).await {
        Ok(()) => tracing::error!(
            "an exchange rate is older than exchange_max_age: what is paid for in that currency is not sold any more"
        ),
        Err(error) => tracing::error!(%error, "the market could not be built again"),
    }
}

/// Once for every rate that has used up half of its time, and again for its successor.
fn warn_of_aged(core: &Core) {
    let market = core.market.load();
    let mut known = core.aged.lock();
    let mut aged: Vec<Currency> = Vec::new();
    for (currency, age) in market.rules.exchange.aged(core.now()) {
        core.metrics.exchange_aged(currency, age);
        if !known.contains(currency) {
            let days = age.as_secs() / A_DAY;
            tracing::warn!(%currency, days, "this exchange rate has used up half of exchange_max_age: renew it soon");
        }
        aged.push(currency.clone());
    }
    for renewed in known.iter().filter(|known| !aged.contains(known)) {
        core.metrics
            .exchange_aged(renewed, std::time::Duration::ZERO);
    }
    *known = aged;
}

const A_DAY: u64 = 24 * 60 * 60;
