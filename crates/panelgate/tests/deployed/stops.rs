//! What becomes of customers and orders when the gateway is asked to end.

use std::time::{Duration, Instant};

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use serde_json::Value;

use crate::support::{Files, Gateway, panel, until};

/// One slot for orders.
const NARROW: &str = r#"
requests_per_second = 2000
max_in_flight = 2
timeout = "20s"
"#;

/// Until the panel answers.
const SLOW: Duration = Duration::from_secs(3);
/// Well below the 8 s that customers wait otherwise.
const NOT_ADD_WAIT: Duration = Duration::from_secs(5);

async fn shop(server: &str) -> (SimPanel, Gateway, String) {
    let panel = panel().await;
    let files = Files {
        server: server.to_owned(),
        panels: NARROW.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "100");
    gateway.services(&key).await;
    (panel, gateway, key)
}

/// How many orders are in a state.
fn orders(gateway: &Gateway, state: &str) -> usize {
    let text = gateway.run(&["orders", "list", "--state", state, "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&text).expect("rows");
    rows.len()
}

async fn ended(gateway: &mut Gateway) -> i32 {
    until("it has ended", || std::future::ready(gateway.ended())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_answered_and_reads_go_on_until_the_last_call_has_ended() {
    let (panel, mut gateway, key) = shop("").await;
    let slow = Fault::AcceptThenSlow(SLOW);
    panel.plan(FaultRule::once(slow).on(ActionName::Add));
    let (answers, asked) = {
        let (gateway, key) = (&gateway, &key);
        let add = |link: &'static str| async move {
            let order = gateway.add(key, "1001", link, 100).await;
            (order.expect("an order"), Instant::now())
        };
        let end = async {
            // One is at the panel, the other has no slot.
            panel.until(|books| books.count(ActionName::Add) == 1).await;
            until("both are opened", || async {
                (orders(gateway, "sending") == 1 && orders(gateway, "open") == 1).then_some(())
            })
            .await;
            gateway.ask_to_end();
            Instant::now()
        };
        let (first, second, asked) = tokio::join!(
            add("https://example.com/1"),
            async {
                panel.until(|books| books.count(ActionName::Add) == 1).await;
                add("https://example.com/2").await
            },
            end
        );
        ([first, second], asked)
    };
    for (order, at) in answers {
        let waited = at.saturating_duration_since(asked);
        assert!(waited < NOT_ADD_WAIT, "order {order}: {waited:?}");
        assert_eq!(gateway.status(&key, order).await["status"], "Pending");
    }
    // Who comes now is served, too, and waits for nobody.
    let third = gateway
        .add(&key, "1001", "https://example.com/3", 100)
        .await;
    let third = third.expect("an order");
    assert_eq!(gateway.balance(&key).await, "96.40");
    assert_eq!(gateway.ended(), None, "the call to the panel goes on");

    // The panel's clock goes only here.
    panel.clock().advance(SLOW);
    assert_eq!(ended(&mut gateway).await, 0);
    assert_eq!(panel.books().count(ActionName::Add), 1);
    assert_eq!(
        (orders(&gateway, "placed"), orders(&gateway, "open")),
        (1, 2)
    );
    gateway.verify();
    gateway.serve();
    until("what waited is sent", || async {
        (orders(&gateway, "placed") == 3).then_some(())
    })
    .await;
    assert_eq!(gateway.status(&key, third).await["remains"], "100");
    assert_eq!(panel.books().count(ActionName::Add), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_longer_is_cut_off_and_its_order_unconfirmed() {
    let (panel, mut gateway, key) = shop("stop_within = \"300ms\"\n").await;
    panel.plan(FaultRule::always(Fault::AcceptThenTimeout).on(ActionName::Add));
    let began = {
        let add = gateway.add(&key, "1001", "https://example.com/1", 100);
        let end = async {
            panel.until(|books| books.count(ActionName::Add) == 1).await;
            gateway.ask_to_end();
            Instant::now()
        };
        let (order, began) = tokio::join!(add, end);
        order.expect("an order");
        began
    };
    assert_eq!(ended(&mut gateway).await, 0);
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(10),
        "{took:?} of the panel's 20 s"
    );
    gateway.serve();
    assert_eq!(orders(&gateway, "unconfirmed"), 1);
    assert_eq!(panel.books().count(ActionName::Add), 1, "never sent again");
    gateway.verify();
}
