//! The gateway and its panels as processes that are killed, stopped and ended under load. The long form is
//! `cargo xtask prove --kills N`.

use std::path::Path;

use panelgate_kills::kills;

#[test]
fn whatever_happens_to_processes_no_order_is_lost_or_sent_twice() {
    let found = kills(Path::new(env!("CARGO_BIN_EXE_panelgate")), 1, KILLS);
    for (what, times) in found.counts() {
        eprintln!("{times:>8}  {what}");
    }
    assert_eq!(found.violations(), 0, "{:#?}", found.texts());
    assert_eq!(found.of("kills"), KILLS);
    let seen = found.of("kills · orders that customers saw");
    assert!(seen > KILLS, "{seen} orders: the test is too gentle");
    assert!(
        found.of("kills · orders that were on their way") > 0,
        "no kill found an order on its way: the test is too gentle"
    );
}

const KILLS: u64 = 30;
