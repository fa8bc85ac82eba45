//! What `/metrics` shows: no more series with more customers, nothing that nobody looks at, and all that is looked at.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::model::{NewCustomer, NewKey};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use sha2::{Digest, Sha256};

use crate::deployed;
use crate::support::{Client, Files, Gateway, panel, until};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_customers_are_no_more_series_than_one() {
    let panel = panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    add_customers(&gateway).await;
    gateway.serve();
    let service = gateway.service_named(&key(0), "Default").await;
    let ask = async |number: usize| {
        let key = key(number);
        let answer = gateway.api(&key, "balance", &[]).await;
        assert_eq!(answer["balance"], "0.00", "{answer}");
        let refused = gateway.add(&key, &service, "https://example.com/1", 100);
        refused.await.expect_err("no money");
    };
    ask(0).await;
    let before = until("the gauges are shown", || async {
        let series = series(&scrape(&gateway).await);
        let shown = |name: &str| series.iter().any(|one| one.starts_with(name));
        let gauges = ["panelgate_panel_balance", "panelgate_unconfirmed_age"];
        gauges.into_iter().all(shown).then_some(series)
    })
    .await;
    let all = stream::iter(1..CUSTOMERS);
    all.for_each_concurrent(64, ask).await;
    let after = series(&scrape(&gateway).await);
    let new: Vec<_> = after.difference(&before).collect();
    assert!(new.is_empty(), "{} new series: {new:#?}", new.len());
    assert!(after.len() < MOST_SERIES, "{} series", after.len());
    eprintln!("{CUSTOMERS} customers, {} series", after.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_looked_at_and_what_is_looked_at_is_exported() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], deployed::files());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway.add(&key, &service, "https://example.com/1", 100);
    order.await.expect("accepted");
    let looked_at = |text: &str| deployed::names(text);
    let mut used = looked_at(&deployed::rules());
    for (_, query) in deployed::queries() {
        used.extend(looked_at(&query));
    }
    let exported = until("every gauge is shown", || async {
        let exported = families(&scrape(&gateway).await);
        exported
            .contains("panelgate_panel_days_left")
            .then_some(exported)
    })
    .await;
    let unknown: Vec<_> = used.difference(&exported).collect();
    assert!(unknown.is_empty(), "not exported: {unknown:?}");
    let unused: Vec<_> = exported.difference(&used).collect();
    assert!(unused.is_empty(), "nobody looks at: {unused:?}");
}

#[test]
fn every_alert_has_a_test_and_a_runbook() {
    let tests = std::fs::read_dir(deployed::path("prometheus/tests")).expect("a folder");
    let tests: String = tests
        .map(|file| std::fs::read_to_string(file.expect("an entry").path()).expect("text"))
        .collect();
    let operating = deployed::text("../docs/operating.md");
    let alerts = deployed::alerts();
    assert!(!alerts.is_empty());
    for alert in &alerts {
        let tested = tests.matches(&format!("alertname: {alert}\n")).count();
        assert!(tested >= 2, "{alert} is tested {tested} times");
        assert!(operating.contains(&format!("`{alert}`")), "{alert}");
    }
    let rules = deployed::rules();
    let runbooks: Vec<_> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("runbook: \"docs/operating.md: "))
        .map(|heading| heading.trim_end_matches('"'))
        .collect();
    assert_eq!(runbooks.len(), alerts.len());
    for heading in runbooks {
        let line = format!("### {heading}");
        assert!(operating.lines().any(|found| found == line), "{line}");
    }
}

async fn add_customers(gateway: &Gateway) {
    let options = Options {
        create: true,
        ..Options::default()
    };
    let store = SqliteStore::open(&gateway.path("panelgate.db"), Role::Serve, options);
    let store = store.expect("opened");
    store.fix_currency(&"USD".into()).await.expect("fixed");
    let all = stream::iter(0..CUSTOMERS);
    all.for_each_concurrent(256, |number| {
        let store = &store;
        async move {
            let at = Timestamp(0);
            let new = NewCustomer {
                name: format!("customer-{number}"),
                group: None,
                credit_limit: Money::ZERO,
                at,
            };
            let customer = store.add_customer(new).await.expect("added").id;
            let key = key(number);
            let new = NewKey {
                customer,
                prefix: key[..8].to_owned(),
                hash: Sha256::digest(key.as_bytes()).into(),
                label: None,
                at,
            };
            store.issue_key(new).await.expect("issued");
        }
    })
    .await;
    store.close().await;
}

fn key(number: usize) -> String {
    format!("{number:08}{:032}", 0)
}

pub(crate) async fn scrape(gateway: &Gateway) -> String {
    let url = format!("{}/metrics", gateway.operator_url());
    Client::default().get(&url).await.expect("an answer")
}

/// Names with labels.
fn series(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let series = lines.filter_map(|line| line.rsplit_once(' '));
    series.map(|(series, _)| series.to_owned()).collect()
}

fn families(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = types.filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

const CUSTOMERS: usize = 10_000;

/// One panel and every action; much more would be labels without a bound.
const MOST_SERIES: usize = 500;
