//! Whatever a panel does to the connection of an `add`: it sees one request at most, and the order ends as its answer says.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::ends::{self, End, Row};
use crate::panel::RawPanel;
use crate::script::{Script, answer, send};
use crate::shop::Shop;
use crate::support::until;

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_off() {
    judge(ends::broken_off()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_come_in_an_odd_way() {
    judge(ends::odd_but_whole()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_none() {
    judge(ends::broken()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_an_end() {
    let shop = judge(ends::endless()).await;
    for (panel, (name, ..)) in shop.panels.iter().zip(ends::endless()) {
        until(format!("the gateway hangs up: {name}"), || async {
            panel.is_left().then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_lead_nowhere() {
    let target = RawPanel::start("target", Script::then([send(answer(r#"{"order":72}"#))])).await;
    judge(ends::redirects(&target.url())).await;
    assert_eq!(target.heard(), Vec::<Vec<u8>>::new());
}

/// One order per row, all at once; then the gateway is killed and starts again, which changes nothing.
async fn judge(rows: Vec<Row>) -> Shop {
    let scripts = rows.iter().map(|(name, script, _)| (*name, script.clone()));
    let after = ("after", Script::then([send(answer(r#"{"order":71}"#))]));
    let mut shop = Shop::open(scripts.chain([after])).await;
    let (orders, mut shop) = {
        let shared = Arc::new(shop);
        let orders = add_all(&shared, &rows).await;
        shop = Arc::into_inner(shared).expect("all have answered");
        (orders, shop)
    };
    check(&shop, &rows, &orders).await;

    shop.gateway.kill();
    shop.gateway.serve();
    shop.sells_all().await;
    // What a start takes up again, it has taken up by the time an order is through.
    let last = shop.add("after", "https://example.com/after").await;
    let last = last.expect("accepted");
    shop.gateway
        .until_status(&shop.key, last, "Completed")
        .await;
    check(&shop, &rows, &orders).await;
    shop.gateway.verify();
    shop
}

/// What each customer was told, by row.
type Told = Vec<Result<u64, String>>;

async fn add_all(shop: &Arc<Shop>, rows: &[Row]) -> Told {
    let mut asking = JoinSet::new();
    for (number, (name, ..)) in rows.iter().enumerate() {
        let (shop, name) = (Arc::clone(shop), *name);
        asking.spawn(async move {
            shop.panels[number].arm();
            (
                number,
                shop.add(name, &format!("https://example.com/{number}"))
                    .await,
            )
        });
    }
    let mut told = asking.join_all().await;
    told.sort_by_key(|(number, _)| *number);
    told.into_iter().map(|(_, told)| told).collect()
}

async fn check(shop: &Shop, rows: &[Row], told: &Told) {
    for ((name, _, end), told) in rows.iter().zip(told) {
        check_end(shop, name, *end, told).await;
    }
    for (panel, (name, ..)) in shop.panels.iter().zip(rows) {
        assert!(panel.adds() <= 1, "{name}: {} adds", panel.adds());
        panel.adds_are_alone();
    }
    let refused = told.iter().filter(|told| told.is_err()).count();
    let after = shop.panels.last().expect("there is one").adds();
    let paid_for = f64::from(u32::try_from(rows.len() - refused + after).expect("few"));
    assert!(
        (shop.paid_for().await - paid_for).abs() < 1e-9,
        "{} of {paid_for} are paid for",
        shop.paid_for().await
    );
}

async fn check_end(shop: &Shop, name: &str, end: End, told: &Result<u64, String>) {
    let order = match (end, told) {
        (End::Refused(text), told) => return assert_eq!(*told, Err(text.to_owned()), "{name}"),
        (_, Ok(order)) => *order,
        (_, Err(error)) => panic!("{name}: {error}"),
    };
    let is_unconfirmed = || async { shop.in_state("unconfirmed").contains(&order) };
    let is_placed = || async {
        let status = shop.gateway.status(&shop.key, order).await;
        status["status"] == "Completed"
    };
    until(format!("{name}: {end:?}"), || async {
        let is_so = match end {
            End::Unconfirmed => is_unconfirmed().await,
            End::Placed | End::PlacedLate => is_placed().await,
            End::PlacedOrUnconfirmed => is_placed().await || is_unconfirmed().await,
            End::Refused(_) => true,
        };
        is_so.then_some(())
    })
    .await;
}
