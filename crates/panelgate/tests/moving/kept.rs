//! What a move leaves as it is, and what it makes of older copies.

use crate::house::{empty, moved};

const CUSTOMERS: &str = "name,balance\nbob,5.000001\n";
const ORDERS: &str = "id,customer,service,link,quantity,charge,status,created\n\
                      70000,bob,7,https://example.com/a,100,1,Completed,2026-01-01\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_look_changes_no_byte_of_the_store() {
    let (_panel, gateway) = empty().await;
    gateway.customer("ann", "3");
    let bytes = || std::fs::read(gateway.path("panelgate.db")).expect("read");
    let before = bytes();
    moved(
        &gateway,
        &[("customers", CUSTOMERS), ("orders", ORDERS)],
        &[],
    );
    assert!(bytes() == before, "a look wrote");
}

/// It does not know ids that customers have.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_from_before_a_move_does_not_serve() {
    let (_panel, gateway) = empty().await;
    gateway.customer("ann", "3");
    let store = gateway.path("panelgate.db");
    let older = std::fs::read(&store).expect("read");
    let files = [("customers", CUSTOMERS), ("orders", ORDERS)];
    moved(&gateway, &files, &["--yes"]);
    std::fs::write(&store, older).expect("put in its place");
    assert_eq!(gateway.output(&["serve"]).status.code(), Some(78));
}
