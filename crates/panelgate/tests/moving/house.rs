//! What there is to move, and where it moves.

use std::fmt::Write as _;
use std::process::Output;

use panelgate_simpanel::SimPanel;
use rusqlite::Connection;

use crate::support::{Client, Files, Gateway, panel};

/// A gateway that nobody has used yet.
pub(crate) async fn empty() -> (SimPanel, Gateway) {
    let panel = panel().await;
    let gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    (panel, gateway)
}

/// Writes the files, and lets them move.
pub(crate) fn migrate(gateway: &Gateway, files: &[(&str, &str)], more: &[&str]) -> Output {
    let mut arguments = vec!["migrate".to_owned()];
    for (what, text) in files {
        let path = gateway.path(&format!("{what}.csv"));
        std::fs::write(&path, text).expect("written");
        arguments.push(format!("--{what}"));
        arguments.push(path.to_str().expect("UTF-8").to_owned());
    }
    arguments.extend(more.iter().map(|&flag| flag.to_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    gateway.output(&arguments)
}

/// What it printed; it went well.
#[track_caller]
pub(crate) fn moved(gateway: &Gateway, files: &[(&str, &str)], more: &[&str]) -> String {
    let output = migrate(gateway, files, more);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Why it did not go; nothing is printed then.
#[track_caller]
pub(crate) fn refused(gateway: &Gateway, files: &[(&str, &str)], more: &[&str]) -> String {
    let output = migrate(gateway, files, more);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let folder = gateway.path("");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    text.replace(folder.to_str().expect("UTF-8"), "")
}

/// A key that another panel gave out.
pub(crate) fn old_key(customer: usize) -> String {
    format!("{customer:04}f0e1d2c3b4a5968778695a4b3c2d1e0f")
}

/// So many orders at a panel, as its old owner placed them; answers what the panel calls them.
pub(crate) async fn placed_before(panel: &SimPanel, orders: usize, quantity: u64) -> Vec<i64> {
    let client = Client::default();
    for order in 0..orders {
        let link = format!("https://example.com/before/{order}");
        let quantity = quantity.to_string();
        let form = [
            ("key", "sim-key"),
            ("action", "add"),
            ("service", "1"),
            ("link", &link),
            ("quantity", &quantity),
        ];
        client.post(&panel.url(), &form).await.expect("accepted");
    }
    let ids: Vec<i64> = panel
        .books()
        .orders()
        .iter()
        .map(|order| order.id)
        .collect();
    assert_eq!(ids.len(), orders);
    ids
}

/// The only figure that a query has.
pub(crate) fn figure(gateway: &Gateway, query: &str) -> i64 {
    let books = Connection::open(gateway.path("panelgate.db")).expect("opened");
    books.query_row(query, [], |row| row.get(0)).expect("a row")
}

/// A file of these rows.
pub(crate) fn sheet<const N: usize>(
    heading: &str,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut text = format!("{heading}\n");
    for row in rows {
        _ = writeln!(text, "{}", row.join(","));
    }
    text
}
