//! What cannot move: everything that is wrong is told at once, and nothing moves.

use crate::house::{empty, figure, moved, old_key, refused};

const ORDERS: &str =
    "id,customer,service,link,quantity,charge,status,created,remains,panel,upstream_id,cost\n";

fn orders(rows: &str) -> String {
    format!("{ORDERS}{rows}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_with_its_line() {
    let (_panel, gateway) = empty().await;
    let customers = "name,balance,credit_limit\nann,1.0000001,\nbob,-5,4\nann,2,\n,3,\ncid,1e3,\n";
    let keys = format!(
        "customer,key\nbob,short\nnobody,{}\nbob,{}\n",
        old_key(1),
        old_key(1)
    );
    let rows = "5,bob,7,https://example.com/a,100,1,Completed,2026-01-01 00:00:00,,,,\n\
                5,bob,7,https://example.com/a,100,1,Completed,2026-01-01 00:00:00,,,,\n\
                6,bob,7,https://example.com/a,100,1,In progress,2026-01-01 00:00:00,,,,\n\
                7,bob,7,https://example.com/a,100,1,Partial,2026-01-01 00:00:00,,,,\n\
                8,bob,7,https://example.com/a,100,1,Broken,2999-01-01 00:00:00,,beta,1,\n\
                9,eve,7,https://example.com/a,100,1,Completed,2026-01-01 00:00:00,,,,\n\
                3000000000,bob,7,https://example.com/a,0,-1,Completed,yesterday,,alpha,,\n\
                10,bob,7,https://example.com/a\n";
    let files = [
        ("customers", customers),
        ("keys", &keys),
        ("services", "id,panel,offfer\n1,alpha,1\n"),
        ("orders", &orders(rows)),
    ];
    for more in [&[][..], &["--yes"]] {
        let told = refused(&gateway, &files, more);
        let told: Vec<&str> = told.lines().collect();
        assert_eq!(told, TOLD, "{told:#?}");
    }
    assert!(!gateway.path("panelgate.db").exists(), "nothing is there");
}

const TOLD: [&str; 25] = [
    "error: nothing is moved:",
    "customers.csv:2: balance: `1.0000001` has more than 6 decimals",
    "customers.csv:3: balance: -5.00 is below the credit limit of 4.00: raise credit_limit to what the customer owes",
    "customers.csv:4: name: the same is in line 2",
    "customers.csv:5: name: is empty",
    "customers.csv:6: balance: `1e3` is not an amount such as 12.50",
    "keys.csv:2: key: not a key: 16 to 128 characters, printable ASCII without blanks",
    "keys.csv:3: customer: there is no customer `nobody`",
    "keys.csv:4: key: begins with the same characters as the key in line 3",
    "orders.csv:3: id: the same is in line 2",
    "orders.csv:4: panel: an order that lives is somewhere: name its panel and upstream_id",
    "orders.csv:5: remains: is empty: a Partial order says how much was not delivered",
    "orders.csv:6: created: `2999-01-01 00:00:00` is yet to come",
    "orders.csv:6: status: `Broken` says neither how it ended nor that it lives: write Completed, Partial, Canceled, Pending, \
     Processing or In progress",
    "orders.csv:6: panel: there is no panel `beta`: there are: alpha",
    "orders.csv:7: customer: there is no customer `eve`",
    "orders.csv:8: id: `3000000000` is not a whole number from 1 to 2147483647",
    "orders.csv:8: quantity: `0` is not a whole number from 1 to 2147483647",
    "orders.csv:8: charge: `-1` is less than nothing",
    "orders.csv:8: created: `yesterday` is not a time such as 2026-11-20T08:00:00Z or 2026-11-20 08:00:00",
    "orders.csv:8: upstream_id: is empty: panel and upstream_id come together",
    "orders.csv:9: 4 cells under 12 headings: put quotes around cells with separators in them",
    "services.csv:1: there is no column `offfer`: did you mean `offer`?",
    "services.csv:1: the column `offer` is missing",
    "23 mistakes",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_here_is_in_the_way() {
    let (_panel, mut gateway) = empty().await;
    gateway.serve();
    let key = gateway.customer("ann", "100");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway
        .add(&key, &service, "https://example.com/x", 100)
        .await
        .expect("accepted");
    gateway.terminate();
    let before = figure(&gateway, "SELECT count(*) FROM transfers");
    let own = format!("customer,key\nann,{key}\n");
    let taken = orders(&format!(
        "{order},ann,{service},https://example.com/x,100,1,Completed,2026-01-01 00:00:00,,,,\n\
         99,ann,{service},https://example.com/y,100,1,In progress,2026-01-01 00:00:00,,alpha,1,0.5\n"
    ));
    let files = [
        ("customers", "name,balance\nann,100\n"),
        ("keys", &own),
        ("services", "id,panel,offer\n1001,alpha,2\n7001,alpha,1\n"),
        ("orders", &taken),
    ];
    let told = refused(&gateway, &files, &["--yes"]);
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told, IN_THE_WAY, "{told:#?}");
    assert_eq!(figure(&gateway, "SELECT count(*) FROM transfers"), before);
    gateway.verify();
}

const IN_THE_WAY: [&str; 7] = [
    "error: nothing is moved:",
    "customers.csv:2: name: the customer `ann` is here already, without an opening entry: take the row out and book the balance \
     with `panelgate customer adjust`",
    "orders.csv:2: id: order 1 is one that was opened here",
    "orders.csv:3: upstream_id: 1 of alpha is order 1",
    "services.csv:2: id: service 1001 is offer 1 of alpha",
    "services.csv:3: offer: offer 1 of alpha is service 1001, and that is for ever",
    "5 mistakes",
];

#[tokio::test(flavor = "multi_thread")]
async fn who_owes_may_move_within_a_limit() {
    let (_panel, gateway) = empty().await;
    // What lives may have been for free, and have cost nothing that is known.
    let live = orders(
        "5,ann,7,https://example.com/a,100,1,In progress,2026-01-01 00:00:00,,alpha,1,\n\
         6,bob,7,https://example.com/b,100,0,In progress,2026-01-01 00:00:00,,alpha,2,\n",
    );
    let files = [
        ("customers", "name,balance,credit_limit\nann,-5,5\nbob,0,\n"),
        ("orders", &live),
    ];
    moved(&gateway, &files, &["--yes"]);
    gateway.verify();
    assert_eq!(
        figure(
            &gateway,
            "SELECT count(*) FROM orders WHERE state = 'placed'"
        ),
        2
    );
    let shown = gateway.run(&["customer", "show", "ann"]);
    assert!(shown.contains("-5.00"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_say_otherwise_are_found() {
    let (_panel, gateway) = empty().await;
    let ended = orders("5,ann,7,https://example.com/a,100,1,Completed,2026-01-01 00:00:00,,,,\n");
    let files = [("customers", "name,balance\nann,1\n"), ("orders", &ended)];
    moved(&gateway, &files, &["--yes"]);
    gateway.verify();
    let books = rusqlite::Connection::open(gateway.path("panelgate.db")).expect("opened");
    for (taken, code) in [(999_999, 1), (1_000_000, 0)] {
        let set = books.execute("UPDATE orders SET taken = ?1 WHERE id = 5", [taken]);
        set.expect("changed");
        let output = gateway.output(&["verify"]);
        assert_eq!(output.status.code(), Some(code), "{taken}: {output:?}");
    }
    let forgotten = books.execute("UPDATE orders SET moved = NULL WHERE id = 5", []);
    assert!(
        forgotten.is_err(),
        "where an order comes from never changes"
    );
}
