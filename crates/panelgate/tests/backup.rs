//! Backups, what a store that is made of one may not do, and copies that somebody put in the place of a store.

mod support;

use std::path::{Path, PathBuf};

use panelgate_simpanel::{ActionName, SimPanel};
use serde_json::Value;
use support::{Files, Gateway, panel, until};

async fn shop() -> (SimPanel, Gateway, String) {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10000");
    gateway.services(&key).await;
    (panel, gateway, key)
}

async fn buy(gateway: &Gateway, key: &str, n: u64) -> u64 {
    let link = format!("https://example.com/{n}");
    let order = gateway.add(key, "1001", &link, 100).await;
    order.expect("an order")
}

fn states(gateway: &Gateway, state: &str) -> Vec<u64> {
    let text = gateway.run(&["orders", "list", "--state", state, "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&text).expect("a table");
    let ids = rows.iter().map(|row| row["order"].as_u64().expect("an id"));
    ids.collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Puts a file in the place of the store, as somebody would who does not know better.
fn put_in_place(gateway: &Gateway, copy: &Path) {
    let store = gateway.path("panelgate.db");
    for end in ["-wal", "-shm"] {
        _ = std::fs::remove_file(format!("{}{end}", store.display()));
    }
    std::fs::copy(copy, store).expect("copied");
}

fn backup(gateway: &Gateway) -> PathBuf {
    let copy = gateway.path("backup.db");
    gateway.run(&["backup", text(&copy)]);
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_at_a_backup_is_never_sent_again_by_itself() {
    let (panel, mut gateway, key) = shop().await;
    let placed = buy(&gateway, &key, 1).await;
    gateway.run(&["pause"]);
    let waiting = buy(&gateway, &key, 2).await;
    let copy = backup(&gateway);
    // Since then it was sent, and more came.
    gateway.run(&["resume"]);
    gateway.until_status(&key, waiting, "Pending").await;
    panel.until(|books| books.count(ActionName::Add) == 2).await;
    let lost = buy(&gateway, &key, 3).await;
    gateway.kill();

    let said = gateway.run(&["restore", text(&copy)]);
    for line in [
        "1 orders may have been sent since the backup",
        "the next order is 1000004",
        "all invariants hold",
        "before-restore-",
    ] {
        assert!(said.contains(line), "`{line}` is not in\n{said}");
    }
    gateway.serve();
    assert_eq!(states(&gateway, "unconfirmed"), [waiting]);
    assert_eq!(states(&gateway, "placed"), [placed]);
    let answer = gateway.status(&key, lost).await;
    assert_eq!(answer["error"], "Incorrect order ID");
    // Nothing leaves, until somebody says so.
    let next = buy(&gateway, &key, 4).await;
    assert_eq!(next, 1_000_004);
    assert_eq!(states(&gateway, "open"), [next]);
    gateway.run(&["resume"]);
    until("it is sent", || async {
        states(&gateway, "placed").contains(&next).then_some(())
    })
    .await;
    assert_eq!(panel.books().adds_for("https://example.com/2").len(), 1);
    let upstream = panel.books().orders_with_link("https://example.com/2")[0].id;
    let (waiting, upstream) = (waiting.to_string(), upstream.to_string());
    let found = [
        "orders",
        "resolve",
        &waiting,
        "--placed",
        &upstream,
        "--reason",
        "seen there",
    ];
    gateway.run(&found);
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_harms_nothing_that_is_in_use_or_good() {
    let (_panel, mut gateway, key) = shop().await;
    let order = buy(&gateway, &key, 1).await;
    let copy = backup(&gateway);
    assert_eq!(
        gateway.output(&["backup", text(&copy)]).status.code(),
        Some(1)
    );
    let in_use = gateway.output(&["restore", text(&copy)]);
    assert_eq!(in_use.status.code(), Some(75), "{in_use:?}");
    assert_eq!(gateway.terminate(), 0);
    let nonsense = gateway.path("nonsense.db");
    std::fs::write(&nonsense, "this is no store").expect("written");
    for file in [nonsense, gateway.path("missing.db")] {
        let output = gateway.output(&["restore", text(&file)]);
        assert!(!output.status.success(), "{file:?}: {output:?}");
    }
    gateway.serve();
    assert_eq!(states(&gateway, "placed"), [order]);
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_an_earlier_run_does_not_serve() {
    let (_panel, mut gateway, _key) = shop().await;
    let copy = backup(&gateway);
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    assert_eq!(gateway.terminate(), 0);
    put_in_place(&gateway, &copy);
    let refused = gateway.output(&["serve"]);
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("an older copy") && said.contains("restore"),
        "{said}"
    );
    // It is no better for having been refused once; restored, it serves.
    assert_eq!(gateway.output(&["serve"]).status.code(), Some(78));
    gateway.run(&["restore", text(&copy)]);
    gateway.serve();
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_thousand_orders_ago_does_not_serve() {
    let (_panel, mut gateway, key) = shop().await;
    let copy = backup(&gateway);
    for n in 1..=1_000 {
        assert_eq!(buy(&gateway, &key, n).await, n);
    }
    gateway.kill();
    put_in_place(&gateway, &copy);
    assert_eq!(gateway.output(&["serve"]).status.code(), Some(78));
}
