//! Calls leave full: whoever asks for one order pays for looks at others.

use panelgate_simpanel::SimOrder;

use crate::shop::{Caller, place, until_looked_at, upstream_ids};
use crate::support::{Files, Gateway, panel, until};

/// One order is polled, and the calls that this makes look at all the others, whose own looks are an hour away.
#[tokio::test(flavor = "multi_thread")]
async fn a_poll_of_one_order_looks_at_others_too() {
    let panel = panel().await;
    let files = Files {
        status: "fresh_for = \"50ms\"\ngather = \"5ms\"\n".to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "1000");
    let service = gateway.service_named(&key, "Default").await;
    let orders = place(&gateway, &key, &service, 50).await;
    let upstream = upstream_ids(&gateway);
    panel.set_orders(upstream.values().copied(), SimOrder::stay_in_progress);
    let caller = Caller::new(&gateway, &key);
    until("a call of all orders", || async {
        caller.status(orders[7]).await;
        let books = panel.books();
        let last = books.status_calls().last()?;
        (last.asked.len() == orders.len()).then_some(())
    })
    .await;
    until_looked_at(&panel, upstream.into_values()).await;
}
