//! Orders that had ended when they moved here, changed behind the store's back: `verify` has to see it.

use crate::contract::moving::moved_before;
use crate::tampering::check;

#[tokio::test]
async fn what_was_charged_before_stays_what_it_was() {
    for sql in [
        "UPDATE orders SET taken = taken - 1 WHERE id = 70",
        "UPDATE orders SET price = price + 1 WHERE id = 70",
        "UPDATE orders SET taken = 0 WHERE id = 71",
    ] {
        check(moved_before, 4, sql, "before it moved here").await;
    }
    // It had a hold, or was none of ours.
    for sql in [
        "UPDATE orders SET moved = NULL WHERE id = 70",
        "UPDATE orders SET moved = 'live' WHERE id = 70",
    ] {
        check(moved_before, 4, sql, "order 70 has to hold").await;
    }
}
