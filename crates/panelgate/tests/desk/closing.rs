//! Orders end although nobody asks.

use panelgate_simpanel::{Fate, SimOrder};

use crate::shop::{place, until_closed_but, until_looked_at, upstream_ids};
use crate::support::{Files, Gateway, panel};

/// Thirty of three hundred are canceled and paid back to the last digit.
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_nobody_polls_are_closed_and_paid_back() {
    let panel = panel().await;
    let files = Files {
        markup: "[default]\npercent = \"17.77\"\n".to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "1000");
    let service = gateway.service_named(&key, "Default").await;
    let orders = place(&gateway, &key, &service, 300).await;
    // 10 and 17.77 % for a thousand, 137 at a time.
    assert_eq!(gateway.balance(&key).await, "515.9653");
    let upstream = upstream_ids(&gateway);
    panel.set_orders(upstream.values().copied(), SimOrder::stay_in_progress);
    // The brake for mass cancels measures by what was looked at.
    until_looked_at(&panel, upstream.values().copied()).await;
    for (n, order) in orders.iter().enumerate() {
        let fate = if n % 10 == 3 {
            Fate::Canceled
        } else {
            Fate::Completed
        };
        panel.set_order(upstream[order], |order| order.end(fate));
    }
    until_closed_but(&gateway, &[]).await;
    assert_eq!(gateway.balance(&key).await, "564.36877");
    gateway.verify();
}
