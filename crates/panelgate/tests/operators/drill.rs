//! Faults, and the alerts that a real Prometheus fires at them; what dashboards show of the same run.

use std::collections::BTreeSet;

use panelgate_domain::money::Money;
use panelgate_simpanel::{ActionName, Fault, FaultRule, SimSettings};

use crate::deployed;
use crate::prometheus::Prometheus;
use crate::support::{Gateway, panel, panel_with, until};

#[tokio::test(flavor = "multi_thread")]
async fn alerts_fire_at_their_faults_and_dashboards_show_the_run() {
    let balance = Money::parse("3").expect("money");
    let settings = SimSettings {
        balance,
        ..SimSettings::default()
    };
    let alpha = panel_with(settings).await;
    let beta = panel().await;
    beta.plan(FaultRule::always(Fault::ResetBeforeReading));
    let mut gateway = Gateway::start(&[("alpha", &alpha), ("beta", &beta)], deployed::files());
    let Some(prometheus) = Prometheus::start(&gateway, &SHORTER) else {
        return;
    };
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let add = async |link: &str| {
        let order = gateway.add(&key, &service, link, 100).await;
        order.expect("accepted")
    };
    until("it is scraped", || async {
        let balances = prometheus.query("panelgate_panel_balance").await;
        (!balances.is_empty()).then_some(())
    })
    .await;
    let before = prometheus.firing().await;
    for quiet in [
        "PanelgateDown",
        "PanelgateReloadFailed",
        "PanelgateUnconfirmed",
    ] {
        let fires = before.iter().any(|(alert, _)| alert == quiet);
        assert!(!fires, "{quiet} fires without a fault");
    }

    // What is spent since the last look at the balance is more than it was: less than a day is left.
    alpha.set_balance(Money::parse("100").expect("money"));
    for link in 1..=SPENT {
        add(&format!("https://example.com/{link}")).await;
    }
    // An order that nobody knows of, and no more words about the others.
    alpha.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Add));
    add("https://example.com/lost").await;
    alpha.plan(FaultRule::always(Fault::CloseBeforeReading).on(ActionName::Status));
    // So many calls open a circuit; by themselves they come slowly to a panel that is down.
    for _ in 0..5 {
        let synced = gateway.output(&["services", "sync", "--panel", "beta"]);
        assert_eq!(synced.status.code(), Some(1));
    }
    std::fs::write(gateway.path("markup.toml"), "[default]\n").expect("written");
    gateway.hang_up();
    let faults = [
        ("PanelgatePanelDown", "beta"),
        ("PanelgateBreakerOpen", "beta"),
        ("PanelgateBalanceLow", "alpha"),
        ("PanelgateUnconfirmed", "alpha"),
        ("PanelgateStatusOld", "alpha"),
        ("PanelgateReloadFailed", ""),
    ];
    fires(&prometheus, &faults).await;
    shows(&prometheus).await;

    gateway.kill();
    fires(&prometheus, &[("PanelgateDown", "")]).await;
}

#[track_caller]
fn fires<'a>(
    prometheus: &'a Prometheus,
    alerts: &'a [(&str, &str)],
) -> impl Future<Output = ()> + 'a {
    let wanted: BTreeSet<_> = alerts
        .iter()
        .map(|(alert, panel)| ((*alert).to_owned(), (*panel).to_owned()))
        .collect();
    until(format!("{alerts:?} fire"), move || {
        let wanted = wanted.clone();
        async move { wanted.is_subset(&prometheus.firing().await).then_some(()) }
    })
}

/// Every query of the dashboards is one, nearly all have an answer, and figures are those of the run.
async fn shows(prometheus: &Prometheus) {
    let mut silent = Vec::new();
    for (panel, query) in deployed::queries() {
        let query = query
            .replace("$__rate_interval", "1m")
            .replace("$__range", "1h")
            .replace("$instance", ".*");
        if prometheus.query(&query).await.is_empty() && !query.ends_with('0') {
            silent.push(format!("{panel}: {query}"));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    for (query, value) in [
        ("sum(panelgate_orders_total{outcome=\"accepted\"})", "4"),
        ("sum(panelgate_orders_open{state=\"unconfirmed\"})", "1"),
        ("sum(panelgate_money_total{kind=\"held\"})", "6"),
        ("sum(panelgate_cost_total{panel=\"alpha\"})", "4"),
        (
            "panelgate_panel_state{panel=\"beta\",state=\"breaker\"}",
            "1",
        ),
        ("sum(panelgate_requests_total{action=\"add\"})", "5"),
    ] {
        until(format!("{query} is {value}"), || async move {
            let answer = prometheus.query(query).await;
            let values: Vec<_> = answer.iter().map(|(_, value)| rounded(value)).collect();
            (values == [rounded(value)]).then_some(())
        })
        .await;
    }
}

/// Sums of floats differ in their last digits.
fn rounded(value: &str) -> String {
    format!("{:.6}", value.parse::<f64>().expect("a number"))
}

/// Ages that a drill can wait for.
const SHORTER: [(&str, &str); 2] = [
    (
        "panelgate_unconfirmed_age_seconds > 900",
        "panelgate_unconfirmed_age_seconds > 1",
    ),
    (
        "panelgate_status_age_seconds > 7200",
        "panelgate_status_age_seconds > 3",
    ),
];

/// So many orders, each of which costs 1.
const SPENT: usize = 4;
