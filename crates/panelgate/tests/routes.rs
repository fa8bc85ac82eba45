//! Routes: which panel gets an order, by strategy, by balance and by how its orders end; and what the operator says instead
//! of the panels.

mod support;

use panelgate_domain::money::Money;
use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule, SimCatalogue, SimPanel, SimSettings};
use serde_json::{Value, json};
use support::{Files, Gateway, panel, panel_with, until};

/// Alpha and beta, of which beta takes half the money for its only service.
async fn dear_and_cheap(settings: SimSettings) -> (SimPanel, SimPanel) {
    let (alpha, beta) = (panel().await, panel_with(settings).await);
    sell_at(&beta, "5");
    (alpha, beta)
}

fn sell_at(panel: &SimPanel, rate: &str) {
    let list = json!([{
        "service": 1, "name": "Default", "type": "Default", "category": "Tests", "rate": rate,
        "min": "10", "max": "10000", "dripfeed": true, "refill": true, "cancel": true,
    }]);
    let catalogue = SimCatalogue::Json(list.to_string());
    panel.set_catalogue(&catalogue).expect("a list");
}

fn start(alpha: &SimPanel, beta: &SimPanel, strategy: &str, more: &str) -> (Gateway, String) {
    let files = Files {
        services: format!(
            "{more}\n[[service]]\nid = 7\nname = \"Followers\"\ncategory = \"Tests\"\nstrategy = \"{strategy}\"\n\
             routes = [ {{ panel = \"alpha\", service = \"1\"{} }}, {{ panel = \"beta\", service = \"1\" }} ]\n",
            if strategy == "weighted" {
                ", weight = 3"
            } else {
                ""
            }
        ),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", alpha), ("beta", beta)], files);
    let key = gateway.customer("ann", "1000");
    (gateway, key)
}

async fn buy(gateway: &Gateway, key: &str, orders: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    for order in 0..orders {
        let link = format!("https://example.com/{order}/{}", ids.len());
        ids.push(gateway.add(key, "7", &link, 100).await.expect("accepted"));
    }
    ids
}

fn panels(gateway: &Gateway) -> Value {
    serde_json::from_str(&gateway.run(&["panels", "list", "--json"])).expect("JSON")
}

fn placed(panel: &SimPanel) -> usize {
    panel.books().orders().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cheapest_panel_gets_the_orders_at_a_price_that_covers_the_dearest() {
    let (alpha, beta) = dear_and_cheap(SimSettings::default()).await;
    let (gateway, key) = start(&alpha, &beta, "cheapest", "");
    let listed = gateway.services(&key).await;
    assert_eq!(listed[0]["rate"], "12.00", "{listed:?}");
    let orders = buy(&gateway, &key, 3).await;
    assert_eq!((placed(&alpha), placed(&beta)), (0, 3));
    let explained = gateway.run(&["services", "explain", "7"]);
    for line in [
        "strategy  cheapest",
        "route     alpha offer 1 at 10.00 USD per 1000, the basis of the price",
        "route     beta offer 1 at 5.00 USD per 1000",
    ] {
        assert!(explained.contains(line), "{explained}");
    }

    // The next order follows the cost; what is done about an old one stays with the panel that has it.
    sell_at(&beta, "11");
    gateway.run(&["services", "sync"]);
    buy(&gateway, &key, 1).await;
    assert_eq!((placed(&alpha), placed(&beta)), (1, 3));
    let answer = gateway
        .api(&key, "cancel", &[("orders", &orders[0].to_string())])
        .await;
    assert_eq!(answer[0]["cancel"], 1, "{answer}");
    let cancels = |panel: &SimPanel| panel.books().count(ActionName::Cancel);
    assert_eq!((cancels(&alpha), cancels(&beta)), (0, 1));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_share_the_orders_and_a_panel_that_refuses_leaves_its_share_to_the_other() {
    let (alpha, beta) = (panel().await, panel().await);
    let (gateway, key) = start(&alpha, &beta, "weighted", "");
    gateway.services(&key).await;
    buy(&gateway, &key, 40).await;
    assert_eq!((placed(&alpha), placed(&beta)), (30, 10));
    gateway.run(&["panels", "pause", "alpha"]);
    buy(&gateway, &key, 4).await;
    assert_eq!((placed(&alpha), placed(&beta)), (30, 14));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_with_too_little_balance_is_tried_last() {
    let poor = SimSettings {
        balance: Money::from_micros(400_000),
        ..SimSettings::default()
    };
    let (alpha, beta) = dear_and_cheap(poor).await;
    let (gateway, key) = start(&alpha, &beta, "cheapest", "");
    until("the balance was polled", || async {
        let rows = panels(&gateway);
        (rows[1]["balance"] == "0.40").then_some(())
    })
    .await;
    // 100 cost 0.50 at beta: too much. They are not even tried there. 50 are not.
    buy(&gateway, &key, 2).await;
    assert_eq!(beta.books().count(ActionName::Add), 0);
    assert_eq!((placed(&alpha), placed(&beta)), (2, 0));
    gateway
        .add(&key, "7", "https://example.com/few", 50)
        .await
        .expect("accepted");
    assert_eq!((placed(&alpha), placed(&beta)), (2, 1));
    // Last is not never: what was polled may be old.
    beta.set_balance(Money::from_micros(5_000_000));
    gateway.run(&["panels", "pause", "alpha"]);
    buy(&gateway, &key, 1).await;
    assert_eq!((placed(&alpha), placed(&beta)), (2, 2));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_cancels_too_much_is_avoided_but_not_dropped_and_a_restart_remembers() {
    let (alpha, beta) = (panel().await, panel().await);
    let avoid = "[routing]\nmax_canceled_percent = 40\nmin_orders = 2\n";
    let (mut gateway, key) = start(&alpha, &beta, "priority", avoid);
    let orders = buy(&gateway, &key, 2).await;
    assert_eq!((placed(&alpha), placed(&beta)), (2, 0));
    let ids: Vec<i64> = alpha
        .books()
        .orders()
        .iter()
        .map(|order| order.id)
        .collect();
    alpha.set_order(ids[0], |order| order.end(Fate::Canceled));
    alpha.set_order(ids[1], |order| order.end(Fate::Completed));
    gateway.until_status(&key, orders[0], "Canceled").await;
    gateway.until_status(&key, orders[1], "Completed").await;
    for restart in [false, true] {
        if restart {
            assert_eq!(gateway.terminate(), 0);
            gateway.serve();
        }
        assert_eq!(
            panels(&gateway)[0]["canceled"],
            "50 %",
            "restart: {restart}"
        );
        buy(&gateway, &key, 1).await;
    }
    assert_eq!((placed(&alpha), placed(&beta)), (2, 2));
    gateway.run(&["panels", "pause", "beta"]);
    buy(&gateway, &key, 1).await;
    assert_eq!((placed(&alpha), placed(&beta)), (3, 2));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_counted_where_they_are_the_panels_own() {
    let (alpha, beta) = (panel().await, panel().await);
    let (gateway, key) = start(&alpha, &beta, "priority", "");
    gateway.services(&key).await;
    for text in ["Incorrect link", "Incorrect service ID"] {
        alpha.plan(FaultRule::once(Fault::Refuse(text.into())).on(ActionName::Add));
        _ = gateway.add(&key, "7", "https://example.com/x", 100).await;
    }
    gateway.run(&["services", "sync"]);
    buy(&gateway, &key, 3).await;
    let rows = panels(&gateway);
    assert_eq!(rows[0]["refused"], "25 %", "{rows}");
    assert_eq!(rows[1]["refused"], "0 %", "{rows}");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn panels_say_how_long_their_balance_lasts_and_what_the_books_do_not_have() {
    let settings = SimSettings {
        balance: Money::from_micros(25_000_000),
        ..SimSettings::default()
    };
    let alpha = panel_with(settings).await;
    let files = Files {
        services: "[[service]]\nid = 7\nname = \"Followers\"\ncategory = \"Tests\"\n\
                   routes = [ { panel = \"alpha\", service = \"1\" } ]\n"
            .to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &alpha)], files);
    let key = gateway.customer("ann", "1000");
    gateway.services(&key).await;
    gateway.run(&["panels", "deposit", "alpha", "20", "--reference", "bank 1"]);
    buy(&gateway, &key, 1).await;
    let row = until("what was paid is known", || async {
        let row = panels(&gateway)[0].clone();
        (row["prepaid"] == "19.00" && row["balance"] == "25.00").then_some(row)
    })
    .await;
    // 1.00 in the first hour is 24.00 a day.
    assert_eq!(row["days_left"], "1.0", "{row}");
    assert_eq!(row["unbooked"], "6.00", "{row}");
    let client = support::Client::default();
    let url = format!("{}/metrics", gateway.operator_url());
    until("the gauges are there", || async {
        let text = client.get(&url).await.ok()?;
        (text.contains("panelgate_panel_days_left{panel=\"alpha\"} 1")
            && text.contains("panelgate_panel_unbooked{currency=\"USD\",panel=\"alpha\"} 6"))
        .then_some(())
    })
    .await;
    assert!(alpha.books().count(ActionName::Balance) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_says_what_is_sold_and_survives_a_reload_with_its_id() {
    let alpha = panel().await;
    let import = "[[import]]\npanel = \"alpha\"\ntype = [\"Default\"]\n";
    let files = Files {
        services: format!(
            "{import}[[override]]\nservice = 1001\nname = \"Fans\"\nmin = 50\nmax = 50000\ndescription = \"Quick\"\n"
        ),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &alpha)], files);
    let key = gateway.customer("ann", "1000");
    let listed = gateway.services(&key).await;
    let fans = &listed[0];
    assert_eq!(
        (&fans["service"], &fans["name"], &fans["min"], &fans["max"]),
        (&json!(1001), &json!("Fans"), &json!("50"), &json!("10000"))
    );
    assert!(
        fans.get("description").is_none(),
        "the API has no such field"
    );
    let refused = gateway.add(&key, "1001", "https://example.com/1", 49).await;
    assert_eq!(refused, Err("Quantity less than minimal 50".to_owned()));
    let sold: Value =
        serde_json::from_str(&gateway.run(&["services", "list", "--json"])).expect("JSON");
    assert_eq!(sold[0]["description"], "Quick");
    let notes = gateway.run(&["services", "list", "--notes"]);
    assert!(
        notes.contains("service 1001\tmax is 10000, not 50000"),
        "{notes}"
    );

    let off = format!("{import}[[override]]\npanel = \"alpha\"\noffer = \"1\"\nsell = false\n");
    std::fs::write(gateway.path("services.toml"), off).expect("written");
    gateway.run(&["reload"]);
    let names: Vec<Value> = gateway.services(&key).await;
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(names[0]["service"], 1002, "{names:?}");
    let skipped = gateway.run(&["services", "list", "--skipped"]);
    assert!(skipped.contains("sell = false"), "{skipped}");
}
