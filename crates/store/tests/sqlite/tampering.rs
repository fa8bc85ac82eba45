//! Changes to a store behind its back.

use panelgate_store::Store;
use rusqlite::Connection;

use crate::contract::World;
use crate::{folder, world_in};

/// Runs SQL on books that are filled so, and expects that `verify` names this invariant, with this text.
pub(crate) async fn check(fill: impl AsyncFnOnce(&World), invariant: u8, sql: &str, text: &str) {
    let (_folder, path) = folder();
    let (world, store) = world_in(&path).await;
    fill(&world).await;
    assert_eq!(store.verify().await.expect("verified"), [], "sound before");
    let raw = Connection::open(&path).expect("opened");
    disarm(&raw);
    raw.execute_batch(sql).expect(sql);
    drop(raw);
    let found = store.verify().await.expect("verified");
    let seen = found
        .iter()
        .any(|violation| violation.invariant == invariant && violation.text.contains(text));
    assert!(
        seen,
        "{sql}\nexpected {invariant} with `{text}`, found {found:#?}"
    );
}

/// Takes away everything in the file that would object.
pub(crate) fn disarm(raw: &Connection) {
    let triggers: Vec<String> = raw
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .expect("a query")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("names");
    assert!(triggers.len() >= 6, "there was something to take away");
    for trigger in triggers {
        raw.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .expect("dropped");
    }
    raw.execute_batch(
        "DROP INDEX orders_by_upstream_id; DROP INDEX references_of_orders;
         PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;",
    )
    .expect("disarmed");
}
