//! What is left of archived orders, changed behind the store's back.

use panelgate_store::Store;
use panelgate_store::sqlite::Role;
use rusqlite::Connection;

use crate::archive::{all, archive, fill};
use crate::tampering::disarm;
use crate::{folder, open, world_in};

#[tokio::test]
async fn the_file_keeps_what_is_left_and_lets_nothing_go_without_a_stub() {
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    fill(&world).await;
    archive(&store, &folder.path().join("old.db")).await;
    let live = all(&store).await[0].0;
    let raw = Connection::open(&path).expect("opened");
    for sql in [
        "UPDATE stubs SET charge = 0 WHERE id = 1",
        "DELETE FROM stubs WHERE id = 1",
        "INSERT INTO transfers (kind, amount, currency, reference, order_id, at) VALUES ('take', 1, 'USD', 'x', 1, 1)",
        "INSERT INTO refills (order_id, panel, state, word, asked, learned) VALUES (1, 'alpha', 'asked', 'Pending', 1, 1)",
        "DELETE FROM transfers WHERE order_id = 1",
        &format!("DELETE FROM orders WHERE id = {live}"),
        &format!("DELETE FROM order_events WHERE order_id = {live}"),
        &format!("INSERT INTO stubs SELECT {live}, customer, service, service_type, word, price, charge, quantity, remains, start_count, refill,
                  posts, spec, panel, 'u77', currency, share, parent, moved, created, closed, archive FROM stubs WHERE id = 1"),
    ] {
        assert!(raw.execute(sql, []).is_err(), "{sql}");
    }
}

#[tokio::test]
async fn tampering_with_what_is_left_is_seen() {
    let cases = [
        (
            4,
            "UPDATE stubs SET charge = charge - 1 WHERE id = 1",
            "says that 9.999999 was taken",
        ),
        (
            2,
            "UPDATE daily_sums SET taken = taken + 1 WHERE taken > 0",
            "the transfers of its archived orders",
        ),
        (2, "DELETE FROM daily_sums", "has no sums"),
        (2, "UPDATE daily_sums SET day = day + 10", "has no sums"),
        (
            1,
            "DELETE FROM stubs WHERE id = 1",
            "is of order 1, which is neither there nor archived",
        ),
        (7, "UPDATE archives SET orders = 3", "stubs of the 3 orders"),
        (
            7,
            "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'orders'",
            "can be given again",
        ),
        (
            6,
            "UPDATE orders SET upstream_id = 'u1' WHERE upstream_id = 'u9'",
            "which is archived",
        ),
        (5, "DELETE FROM placements", "which is no placement of it"),
    ];
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    fill(&world).await;
    archive(&store, &folder.path().join("old.db")).await;
    for (invariant, sql, text) in cases {
        let copy = folder.path().join("copy.db");
        store.backup(&copy).await.expect("copied");
        let raw = Connection::open(&copy).expect("opened");
        disarm(&raw);
        raw.execute_batch(sql).expect(sql);
        drop(raw);
        let copied = open(&copy, Role::Beside).expect("opened");
        let found = copied.verify().await.expect("verified");
        let seen = found
            .iter()
            .any(|violation| violation.invariant == invariant && violation.text.contains(text));
        assert!(seen, "{sql}: {found:#?}");
        copied.close().await;
        for end in ["", "-wal", "-shm"] {
            _ = std::fs::remove_file(format!("{}{end}", copy.display()));
        }
    }
}
