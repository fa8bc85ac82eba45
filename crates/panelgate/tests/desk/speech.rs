//! Panels that speak otherwise are found out, shown, and remembered.

use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule, SimOrder, SimPanel};
use serde_json::{Value, json};

use crate::shop::{place, until_closed_but, upstream_ids};
use crate::support::{Files, Gateway, panel, until};

const ORDERS: u64 = 30;

/// Whether `panels list` says so of the only panel.
fn speaks(gateway: &Gateway, word: &str) -> bool {
    let rows: Vec<Value> =
        serde_json::from_str(&gateway.run(&["panels", "list", "--json"])).expect("a list");
    let speaks = rows[0]["speaks"].as_str().unwrap_or_default();
    speaks.split(", ").any(|one| one == word)
}

fn plural_calls(panel: &SimPanel) -> usize {
    let books = panel.books();
    books.status_calls().filter(|call| call.plural).count()
}

/// Waits until the gateway has found out, and kills it; all orders live.
async fn found_out(fault: Fault, word: &str) -> (SimPanel, Gateway, Vec<i64>) {
    let panel = panel().await;
    panel.plan(FaultRule::always(fault).on(ActionName::Status).plural());
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "100");
    let service = gateway.service_named(&key, "Default").await;
    place(&gateway, &key, &service, ORDERS).await;
    let upstream: Vec<i64> = upstream_ids(&gateway).into_values().collect();
    panel.set_orders(upstream.iter().copied(), SimOrder::stay_in_progress);
    until(format!("it speaks {word}"), || {
        std::future::ready(speaks(&gateway, word).then_some(()))
    })
    .await;
    gateway.kill();
    (panel, gateway, upstream)
}

async fn a_panel_is_asked_one_by_one_from_then_on(fault: Fault) {
    let (panel, mut gateway, upstream) = found_out(fault, "singular_status").await;
    let plural = plural_calls(&panel);
    assert!(
        (1..=MOST_TO_FIND_OUT).contains(&plural),
        "{plural} calls to find out"
    );
    gateway.serve();
    assert!(speaks(&gateway, "singular_status"));
    panel.set_orders(upstream, |order| order.end(Fate::Completed));
    until_closed_but(&gateway, &[]).await;
    assert_eq!(plural_calls(&panel), plural, "it was forgotten");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_without_plural_is_asked_one_by_one_and_that_is_remembered() {
    a_panel_is_asked_one_by_one_from_then_on(Fault::Refuse("Incorrect request".into())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_whose_lists_name_nobody_is_asked_one_by_one_and_that_is_remembered() {
    a_panel_is_asked_one_by_one_from_then_on(Fault::ListInsteadOfMap).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_answers_with_lists_is_understood_and_that_is_remembered() {
    let list = |word: &str| {
        let entry = |id| json!({"order": id, "status": word, "charge": "1", "start_count": "5", "remains": "0"});
        let entries = (1..=ORDERS).map(entry);
        Fault::Text {
            status: 200,
            body: Value::from_iter(entries).to_string(),
        }
    };
    let (panel, mut gateway, _) = found_out(list("In progress"), "list_status").await;
    gateway.serve();
    assert!(speaks(&gateway, "list_status"));
    panel.clear_faults();
    panel.plan(
        FaultRule::always(list("Completed"))
            .on(ActionName::Status)
            .plural(),
    );
    until_closed_but(&gateway, &[]).await;
    assert!(!speaks(&gateway, "singular_status"));
    gateway.verify();
}

/// Calls that leave at the same moment all find out.
const MOST_TO_FIND_OUT: usize = 4;
