//! A whole panel: a thousand customers with what they have, and fifty thousand orders.

use panelgate_simpanel::Fate;
use serde_json::json;

use crate::house::{empty, figure, migrate, moved, old_key, placed_before, sheet};

const CUSTOMERS: usize = 1_000;
const CLOSED: usize = 49_990;
const LIVE: usize = 10;
/// What one live order was paid for with, and holds.
const PRICE: &str = "1.5";

/// What a customer has, in millionths: none have the same.
fn balance(customer: usize) -> usize {
    customer * 1_000_003
}

/// As it is written: two decimals at least.
fn money(micros: usize) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let kept = text.trim_end_matches('0').len();
    text[..kept.max(text.len() - 4)].to_owned()
}

fn customers() -> String {
    let row = |n| [format!("customer {n}"), money(balance(n)), "old".to_owned()];
    sheet("name,balance,group", (0..CUSTOMERS).map(row))
}

fn keys() -> String {
    let row = |n| [format!("customer {n}"), old_key(n)];
    sheet("customer,key", (0..CUSTOMERS).map(row))
}

/// Ids are far apart, as they are where others had some of them.
fn id(order: usize) -> usize {
    700_000 + 3 * order
}

fn orders(at_panel: &[i64]) -> String {
    let heading = "id,customer,service,link,quantity,charge,status,created,start_count,remains,panel,upstream_id,cost";
    let row = |n: usize| {
        let live = n.checked_sub(CLOSED).map(|live| at_panel[live]);
        let (status, remains) = match (live, n % 10) {
            (Some(_), _) => ("In progress", "1000"),
            (_, 0) => ("Partial", "250"),
            (_, 1) => ("Canceled", "1000"),
            _ => ("Completed", "0"),
        };
        let (panel, cost) = live.map_or(("", ""), |_| ("alpha", "0.9"));
        [
            id(n).to_string(),
            format!("customer {}", n % CUSTOMERS),
            "7001".to_owned(),
            format!("https://example.com/before/{n}"),
            "1000".to_owned(),
            PRICE.to_owned(),
            status.to_owned(),
            "2026-03-04 05:06:07".to_owned(),
            "17".to_owned(),
            remains.to_owned(),
            panel.to_owned(),
            live.map_or_else(String::new, |id| id.to_string()),
            cost.to_owned(),
        ]
    };
    sheet(heading, (0..CLOSED + LIVE).map(row))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panels_customers_move_here() {
    let (panel, mut gateway) = empty().await;
    let at_panel = placed_before(&panel, LIVE, 1_000).await;
    let files = [
        ("customers", &*customers()),
        ("keys", &keys()),
        ("services", "id,panel,offer\n7001,alpha,1\n"),
        ("orders", &orders(&at_panel)),
    ];

    let told = moved(&gateway, &files, &[]);
    let all: usize = (0..CUSTOMERS).map(balance).sum();
    assert_eq!(
        told,
        format!(
            "what\tnew\there\tmoney\tsum\tcurrency\n\
             customers\t1000\t0\topening balances\t{}\tUSD\n\
             keys\t1000\t0\t\t\t\n\
             services\t1\t0\t\t\t\n\
             closed orders\t49990\t0\tcharged before\t67486.50\tUSD\n\
             live orders\t10\t0\theld\t15.00\tUSD\n\
             live orders\t\t\tpaid to panels\t9.00\tUSD\n",
            money(all)
        )
    );
    assert!(!gateway.path("panelgate.db").exists(), "it only looked");

    assert_eq!(moved(&gateway, &files, &["--yes"]), told);
    gateway.verify();
    let opening = "SELECT sum(amount) FROM transfers WHERE reference LIKE 'opening:%'";
    assert_eq!(
        figure(&gateway, opening),
        i64::try_from(all).expect("it fits")
    );

    // The same once more is here already.
    let again = moved(&gateway, &files, &["--yes"]);
    let new: Vec<&str> = again
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    assert_eq!(new, ["0", "0", "0", "0", "0"], "{again}");

    gateway.serve();
    // Who serves is not disturbed.
    let output = migrate(&gateway, &files, &["--yes"]);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    reads_go_on(&gateway).await;
    orders_go_on(&gateway).await;
    ends_are_settled(&panel, &gateway, &at_panel).await;
    gateway.verify();
}

/// Old ids and old keys are good, and nobody sees what is another's.
async fn reads_go_on(gateway: &crate::support::Gateway) {
    let (key, own) = (old_key(10), [10, 1_010, 2_011].map(|n| id(n) as u64));
    assert_eq!(gateway.balance(&key).await, "10.00003");
    assert_eq!(
        gateway.status(&key, own[0]).await,
        json!({"charge": "1.50", "start_count": "17", "status": "Partial", "remains": "250", "currency": "USD"})
    );
    let foreign = json!({"error": "Incorrect order ID"});
    assert_eq!(gateway.status(&key, own[2]).await, foreign);
    let (key, canceled) = (old_key(11), id(1_011) as u64);
    let status = gateway.status(&key, canceled).await;
    assert_eq!(
        (&status["status"], &status["charge"]),
        (&json!("Canceled"), &json!("0.00"))
    );
    assert_eq!(
        gateway
            .api(&key, "cancel", &[("orders", &canceled.to_string())])
            .await,
        json!([{"order": canceled, "cancel": {"error": "This order cannot be canceled"}}])
    );
}

/// Services keep their ids, and new orders have numbers above all old ones.
async fn orders_go_on(gateway: &crate::support::Gateway) {
    let key = old_key(500);
    let listed = gateway.services(&key).await;
    assert!(
        listed.iter().any(|entry| entry["service"] == 7001),
        "{listed:?}"
    );
    let order = gateway
        .add(&key, "7001", "https://example.com/new", 100)
        .await;
    assert_eq!(order, Ok(id(CLOSED + LIVE - 1) as u64 + 1));
}

/// What lived when it moved ends like what was ordered here.
async fn ends_are_settled(
    panel: &panelgate_simpanel::SimPanel,
    gateway: &crate::support::Gateway,
    at_panel: &[i64],
) {
    let fates = [
        (Fate::Completed, "Completed", "1.50"),
        (Fate::Partial { remains: 400 }, "Partial", "0.90"),
        (Fate::Canceled, "Canceled", "0.00"),
    ];
    for (live, (fate, word, charge)) in fates.into_iter().enumerate() {
        let customer = (CLOSED + live) % CUSTOMERS;
        let (key, order) = (old_key(customer), id(CLOSED + live) as u64);
        panel.set_order(at_panel[live], |order| order.end(fate));
        let status = gateway.until_status(&key, order, word).await;
        assert_eq!(status["charge"], charge, "{status}");
        let back = [0, 600_000, 1_500_000][live];
        let expected = balance(customer) + back;
        let shown = gateway.balance(&key).await;
        assert_eq!(
            shown.parse::<f64>().ok(),
            money(expected).parse().ok(),
            "{shown}"
        );
    }
}
