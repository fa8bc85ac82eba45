//! An order that its panel does not report on.

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule, SimOrder, SimPanel};

use crate::shop::{Caller, ids, place, until_closed_but, upstream_ids};
use crate::support::{Files, Gateway, panel, until};

/// Looks at the silent order begin so far apart.
const FRESH_FOR: Duration = Duration::from_millis(100);
/// So many looks in a row, and the operator is told.
const TOLD_AFTER: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_left_out_is_asked_less_and_less_and_harms_nobody() {
    a_silent_order_harms_nobody(|id| Fault::LeaveOut(vec![id])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_its_panel_does_not_know_is_asked_less_and_less_and_harms_nobody() {
    a_silent_order_harms_nobody(|id| Fault::OrderErrors {
        orders: vec![id],
        error: "Incorrect order ID".to_owned(),
    })
    .await;
}

async fn a_silent_order_harms_nobody(fault: impl Fn(i64) -> Fault) {
    let panel = panel().await;
    let files = Files {
        status: "fresh_for = \"100ms\"\ngather = \"5ms\"\nwait = \"100ms\"\nlook_at_least_every = \"10s\"\n".to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "100");
    let service = gateway.service_named(&key, "Default").await;
    let orders = place(&gateway, &key, &service, 50).await;
    let (silent, upstream) = (orders[20], upstream_ids(&gateway));
    panel.set_orders(upstream.values().copied(), SimOrder::stay_in_progress);
    panel.plan(FaultRule::always(fault(upstream[&silent])).on(ActionName::Status));
    let before = looks(&panel, upstream[&silent]).len();

    // Its customer and the others go on polling.
    let caller = Caller::new(&gateway, &key);
    let told = until("the operator is told", || async {
        let all = caller.statuses(&orders).await;
        for order in &orders {
            assert!(all[order.to_string()]["status"].is_string(), "{all}");
        }
        let looks = looks(&panel, upstream[&silent]);
        (ids(&gateway, &["--flagged"]) == [silent]).then_some(looks)
    })
    .await;
    let told = &told[before..];
    assert!(told.len() >= TOLD_AFTER, "told after {} looks", told.len());
    let gaps: Vec<Duration> = told.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (doubled, gap) in gaps.iter().enumerate() {
        let least = FRESH_FOR * (1 << doubled);
        assert!(*gap >= least, "look {doubled} too early: {gaps:?}");
    }

    let others = upstream.iter().filter(|(ours, _)| **ours != silent);
    panel.set_orders(others.map(|(_, id)| *id), |order| {
        order.end(Fate::Completed)
    });
    until_closed_but(&gateway, &[silent]).await;
    panel.clear_faults();
    panel.set_order(upstream[&silent], |order| order.end(Fate::Canceled));
    until_closed_but(&gateway, &[]).await;
    gateway.verify();
}

/// When an order was looked at.
fn looks(panel: &SimPanel, id: i64) -> Vec<Duration> {
    let books = panel.books();
    let looks = books.requests_naming(ActionName::Status, id);
    looks
        .map(|look| Duration::from_millis(u64::try_from(look.at.0).expect("after 1970")))
        .collect()
}
