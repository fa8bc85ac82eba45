//! Panels whose lists change while the gateway sells from them: what is believed, what waits, what operators see and approve.

mod support;

use panelgate_simpanel::{SimCatalogue, SimPanel};
use serde_json::{Value, json};
use support::{Client, Files, Gateway, panel, until};

fn entry(id: u32, rate: &str) -> Value {
    json!({
        "service": id, "name": format!("Followers {id}"), "type": "Default", "category": "Tests", "rate": rate,
        "min": "10", "max": "1000", "dripfeed": false, "refill": true, "cancel": true,
    })
}

fn four() -> Vec<Value> {
    (1..=4).map(|id| entry(id, "1")).collect()
}

fn lists(panel: &SimPanel, entries: &[Value]) {
    let text = Value::from(entries.to_vec()).to_string();
    panel
        .set_catalogue(&SimCatalogue::Json(text))
        .expect("a list");
}

/// A gateway on a panel with four offers at 1.00; they are the services 1001 to 1004 at 1.20.
async fn shop(main: &str) -> (SimPanel, Gateway, String) {
    let panel = panel().await;
    lists(&panel, &four());
    let files = Files {
        main: main.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "100");
    assert_eq!(gateway.services(&key).await.len(), 4);
    (panel, gateway, key)
}

fn sync(gateway: &Gateway) {
    gateway.run(&["services", "sync"]);
}

/// What is listed: ids and prices.
async fn prices(gateway: &Gateway, key: &str) -> Vec<(u64, String)> {
    let list = gateway.services(key).await;
    let price = |entry: &Value| {
        let id = entry["service"].as_u64().expect("an id");
        (id, entry["rate"].as_str().expect("a rate").to_owned())
    };
    list.iter().map(price).collect()
}

fn diff(gateway: &Gateway, more: &[&str]) -> Vec<Value> {
    let text = gateway.run(&[&["services", "diff", "--json"], more].concat());
    serde_json::from_str(&text).expect("JSON")
}

fn at(ids: &[(u64, &str)]) -> Vec<(u64, String)> {
    ids.iter()
        .map(|(id, rate)| (*id, (*rate).to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_that_jumps_waits_and_is_not_sold_below_it() {
    let (panel, gateway, key) = shop("").await;
    // Within bounds; up by half; down by half; and so that the old price still covers it.
    let entries = [
        entry(1, "1.1"),
        entry(2, "1.5"),
        entry(3, "0.5"),
        entry(4, "1.2000001"),
    ];
    lists(&panel, &entries);
    sync(&gateway);
    assert_eq!(
        prices(&gateway, &key).await,
        at(&[(1001, "1.32"), (1003, "1.20")])
    );
    let refused = gateway
        .add(&key, "1002", "https://example.com/2", 100)
        .await;
    assert_eq!(refused, Err("Incorrect service ID".to_owned()));
    assert!(
        gateway
            .add(&key, "1003", "https://example.com/3", 100)
            .await
            .is_ok()
    );

    let rows = diff(&gateway, &[]);
    let waiting: Vec<_> = rows
        .iter()
        .map(|row| (&row["what"], &row["service"], &row["text"]))
        .collect();
    assert_eq!(
        waiting,
        [
            (
                &json!("waits"),
                &json!(1002),
                &json!("cost 1.00 → 1.50 (+50 %)")
            ),
            (
                &json!("waits"),
                &json!(1003),
                &json!("cost 1.00 → 0.50 (-50 %)")
            ),
            (
                &json!("waits"),
                &json!(1004),
                &json!("cost 1.00 → 1.2000001 (+20 %)")
            ),
        ]
    );
    let explained = gateway.run(&["services", "explain", "1003"]);
    assert!(
        explained.contains("waits for approval; the price is made from 1.00 USD"),
        "{explained}"
    );

    assert_eq!(
        gateway.run(&["services", "approve", "1002"]),
        "1 offer approved\n"
    );
    assert_eq!(
        prices(&gateway, &key).await,
        at(&[(1001, "1.32"), (1002, "1.80"), (1003, "1.20")])
    );
    assert_eq!(
        gateway.run(&["services", "approve", "--all"]),
        "2 offers approved\n"
    );
    assert_eq!(prices(&gateway, &key).await.len(), 4);
    assert_eq!(diff(&gateway, &[]), Vec::<Value>::new());
    let unknown = gateway.output(&["services", "approve", "7"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no service 7"));
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn small_steps_add_up_and_a_restart_remembers() {
    let (panel, mut gateway, key) = shop("").await;
    for (cost, price) in [("1.1", "1.32"), ("1.2", "1.44"), ("1.3", "1.44")] {
        lists(
            &panel,
            &(1..=4).map(|id| entry(id, cost)).collect::<Vec<_>>(),
        );
        sync(&gateway);
        assert_eq!(prices(&gateway, &key).await[0].1, price);
    }
    assert_eq!(gateway.terminate(), 0);
    // Without a server the same is told and done.
    assert_eq!(diff(&gateway, &[]).len(), 4);
    assert_eq!(
        gateway.run(&["services", "approve", "1001"]),
        "1 offer approved\n"
    );
    gateway.serve();
    assert_eq!(
        prices(&gateway, &key).await,
        at(&[
            (1001, "1.56"),
            (1002, "1.44"),
            (1003, "1.44"),
            (1004, "1.44")
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vanishes_or_turns_into_something_else_is_off_until_it_is_back() {
    let (panel, gateway, key) = shop("").await;
    let mut package = entry(2, "1");
    package["type"] = json!("Package");
    let mut renamed = entry(3, "1");
    renamed["name"] = json!("Likes");
    renamed["category"] = json!("Elsewhere");
    let mut narrowed = entry(4, "1");
    narrowed["min"] = json!("50");
    narrowed["refill"] = json!(false);
    lists(&panel, &[package, renamed, narrowed]);
    sync(&gateway);
    let list = gateway.services(&key).await;
    let shown: Vec<_> = list
        .iter()
        .map(|entry| {
            (
                &entry["service"],
                &entry["name"],
                &entry["min"],
                &entry["refill"],
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                &json!(1003),
                &json!("Followers 3"),
                &json!("10"),
                &json!(true)
            ),
            (
                &json!(1004),
                &json!("Followers 4"),
                &json!("50"),
                &json!(false)
            ),
        ]
    );
    let url = format!("{}/metrics", gateway.operator_url());
    let metrics = Client::default().get(&url).await;
    let metrics = metrics.expect("an answer");
    for line in [
        r#"panelgate_offers_flagged{kind="vanished",panel="alpha"} 1"#,
        r#"panelgate_offers_flagged{kind="retyped",panel="alpha"} 1"#,
        r#"panelgate_offers_flagged{kind="narrowed",panel="alpha"} 1"#,
        r#"panelgate_sync_total{panel="alpha",result="changed"} 2"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    // The same offers again are the same services again.
    lists(&panel, &four());
    sync(&gateway);
    let prices = prices(&gateway, &key).await;
    assert_eq!(
        prices.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [1001, 1002, 1003, 1004]
    );
    assert_eq!(diff(&gateway, &[]), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_offers_rest_if_that_is_wanted() {
    let (panel, gateway, key) = shop("[sync]\non_rename = \"disable\"\n").await;
    let mut entries = four();
    entries[0]["name"] = json!("Likes");
    lists(&panel, &entries);
    sync(&gateway);
    assert_eq!(gateway.services(&key).await.len(), 3);
    gateway.run(&["services", "approve", "1001"]);
    assert_eq!(gateway.services(&key).await[0]["name"], "Likes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_tells_too_little_is_not_believed_until_somebody_says_so() {
    let (panel, gateway, key) = shop("").await;
    for few in [&[][..], &[entry(1, "1")]] {
        lists(&panel, few);
        for _ in 0..3 {
            let failed = gateway.output(&["services", "sync"]);
            let said = String::from_utf8_lossy(&failed.stderr).into_owned();
            assert!(said.contains("not believed"), "{said}");
        }
        assert_eq!(gateway.services(&key).await.len(), 4);
        assert_eq!(diff(&gateway, &[])[0]["what"], "doubt");
        if few.is_empty() {
            let nothing = gateway.output(&["services", "approve", "--panel", "alpha"]);
            assert!(!nothing.status.success());
        }
    }
    let panels = gateway.run(&["panels", "list"]);
    assert!(panels.contains("list not believed: shrunk"), "{panels}");
    gateway.run(&["services", "approve", "--all"]);
    assert_eq!(gateway.services(&key).await.len(), 4);
    gateway.run(&["services", "approve", "--panel", "alpha"]);
    assert_eq!(prices(&gateway, &key).await, at(&[(1001, "1.20")]));
    sync(&gateway);
    assert_eq!(diff(&gateway, &[]), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_shown_before_they_bite() {
    let (panel, gateway, key) = shop("").await;
    lists(
        &panel,
        &[entry(1, "1.1"), entry(2, "1"), entry(4, "1"), entry(5, "2")],
    );
    let rows = diff(&gateway, &["--fetch"]);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["what"].as_str().expect("a word"),
                row["service"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("up", Some(1001)),
            ("lost", Some(1003)),
            ("gained", Some(1005))
        ]
    );
    assert_eq!(rows[0]["price"], "1.20");
    assert_eq!(rows[0]["new_price"], "1.32");
    assert_eq!(
        (&rows[0]["margin"], &rows[0]["new_margin"]),
        (&json!("20 %"), &json!("20 %"))
    );
    // Nothing has happened yet.
    assert_eq!(prices(&gateway, &key).await.len(), 4);
    sync(&gateway);
    assert_eq!(
        prices(&gateway, &key).await,
        at(&[
            (1001, "1.32"),
            (1002, "1.20"),
            (1004, "1.20"),
            (1005, "2.40")
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_files_are_shown_before_they_bite_and_a_reload_says_what_moved() {
    let (_panel, gateway, key) = shop("").await;
    let reloaded = gateway.path("markup.toml");
    std::fs::write(&reloaded, "[default]\npercent = \"30\"\n").expect("written");
    let said = gateway.run(&["reload"]);
    assert!(
        said.contains("0 ids gained, 0 lost; 4 prices up, 0 down"),
        "{said}"
    );
    assert_eq!(prices(&gateway, &key).await[0].1, "1.30");
    std::fs::write(&reloaded, "[default]\npercent = \"10\"\n").expect("written");
    // It is either shown or already in force.
    until("the files are taken over", || async {
        let rows = diff(&gateway, &[]);
        let shown = rows
            .iter()
            .all(|row| row["what"] == "down" && row["source"] == "files");
        assert!(shown, "{rows:?}");
        (prices(&gateway, &key).await[0].1 == "1.10").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_currency_waits() {
    let (_panel, mut gateway, key) = shop("[money]\nexchange = { EUR = \"2\" }\n").await;
    gateway.terminate();
    let path = gateway.path("panelgate.toml");
    let text = std::fs::read_to_string(&path).expect("read");
    let changed = text.replace("currency = \"USD\"\nallow", "currency = \"EUR\"\nallow");
    let changed = if changed == text {
        text.replace("[panels.alpha]\n", "[panels.alpha]\ncurrency = \"EUR\"\n")
    } else {
        changed
    };
    std::fs::write(&path, changed).expect("written");
    let rows = diff(&gateway, &[]);
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert_eq!(rows[0]["text"], "currency USD → EUR");
    gateway.serve();
    // At 1.20 what costs 2.00 is not sold.
    let list = gateway.api(&key, "services", &[]).await;
    assert_eq!(list, json!([]));
    gateway.run(&["services", "approve", "--all"]);
    assert_eq!(prices(&gateway, &key).await[0].1, "2.40");
    // The command line says what is sold.
    let explained = gateway.run(&["services", "explain", "1001"]);
    assert!(explained.contains("offer 1 at 1.00 EUR"), "{explained}");
    let listed = gateway.run(&["services", "list", "--json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed[0]["rate"], "2.40");
}
