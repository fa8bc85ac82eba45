//! The books at the end: the gateway's, the panel's, and what customers were told.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use panelgate_simpanel::ActionName;
use rusqlite::{Connection, OpenFlags};

use crate::shop::Shop;

/// What the books have.
pub(crate) struct Books {
    /// Orders in the store.
    pub(crate) orders: usize,
    /// Orders that the panel took from the gateway.
    pub(crate) at_the_panel: usize,
    /// Numbers of orders that customers were told.
    pub(crate) told: usize,
}

/// Waits until every order is placed, then compares. Of the orders at the panel, `direct` were not the gateway's.
pub(crate) fn check(shop: &Shop, told: &[i64], direct: usize) -> Books {
    let began = Instant::now();
    let (orders, upstream) = loop {
        let (orders, placed, upstream) = counts(shop);
        if orders == placed {
            break (orders, upstream);
        }
        assert!(
            began.elapsed() < DRAINED,
            "{placed} of {orders} orders are placed"
        );
        std::thread::sleep(LOOK_EVERY);
    };
    assert_eq!(
        shop.gateway.command(&["verify"]).trim_end(),
        "all invariants hold"
    );
    let books = shop.panel.books();
    let at_the_panel = books.accepted().count() - direct;
    let adds = books.count(ActionName::Add) - direct;
    assert_eq!(adds, at_the_panel, "one request for each order");
    assert_eq!(upstream, orders, "each order is another one at the panel");
    assert_eq!(at_the_panel, orders, "no order is lost, none is doubled");
    let different: HashSet<i64> = told.iter().copied().collect();
    assert_eq!(different.len(), told.len(), "no number is told twice");
    assert!(told.len() <= orders, "what was told is in the store");
    Books {
        orders,
        at_the_panel,
        told: told.len(),
    }
}

/// Orders, those of them that are placed or ended, and different ids at the panel.
fn counts(shop: &Shop) -> (usize, usize, usize) {
    let store = Connection::open_with_flags(shop.gateway.store(), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let counts = store.expect("opened").query_row(COUNTS, [], |row| {
        let count = |column| {
            row.get(column)
                .map(|count: i64| count.unsigned_abs() as usize)
        };
        Ok((count(0)?, count(1)?, count(2)?))
    });
    counts.expect("read")
}

const COUNTS: &str = "SELECT count(*), count(*) FILTER (WHERE state = 'placed'), count(DISTINCT upstream_id) FROM orders";
const DRAINED: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(200);
