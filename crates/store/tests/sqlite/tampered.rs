//! Books that somebody changed behind the store's back: `verify` has to see it, invariant by invariant.

use panelgate_domain::status::StatusWord;

use crate::contract::{World, at, decision, money};
use crate::tampering;

async fn check(invariant: u8, sql: &str, text: &str) {
    tampering::check(fill, invariant, sql, text).await;
}

/// Order 1 completed, 2 partial and refunded, 3 open, 4 placed, 5 refused, 6 settled by hand, 7 completed, refunded by hand,
/// then partial after all and refunded by hand again; bob has nothing.
async fn fill(world: &World) {
    world.top_up(world.ann, "100", "funds").await;
    world.customer("bob").await;
    let completed = world.placed("10", "u1").await;
    let fact = |word, remains| panelgate_domain::status::Fact {
        word,
        remains,
        ..panelgate_domain::status::Fact::accepted(at(9))
    };
    world
        .close(completed, fact(StatusWord::Completed, None))
        .await
        .expect("closed");
    let partial = world.placed("10", "u2").await;
    world
        .close(partial, fact(StatusWord::Partial, Some(50)))
        .await
        .expect("closed");
    world
        .store
        .settle_by_hand(decision(partial), money("2"))
        .await
        .expect("refunded");
    world.open("10").await;
    world.placed("10", "u4").await;
    let (_, placement) = world.sending("10").await;
    let refusal = panelgate_domain::fault::Refusal::BadLink;
    world
        .store
        .refuse_order(
            placement,
            refusal,
            crate::contract::said("refused_order", 3),
        )
        .await
        .expect("closed");
    let settled = world.placed("10", "u6").await;
    world
        .store
        .settle_by_hand(decision(settled), money("4"))
        .await
        .expect("settled");
    let changed = world.placed("10", "u7").await;
    world
        .close(changed, fact(StatusWord::Completed, None))
        .await
        .expect("closed");
    let by_hand = |amount| world.store.settle_by_hand(decision(changed), money(amount));
    by_hand("1").await.expect("refunded");
    let later = panelgate_domain::settlement::Settlement {
        word: panelgate_domain::status::Final::Partial,
        taken: money("5"),
        released: money("5"),
    };
    world
        .store
        .settle_later(changed, fact(StatusWord::Partial, Some(50)), later)
        .await
        .expect("paid");
    by_hand("2").await.expect("refunded");
}

/// The entry of a transfer of an order on an account of this kind.
fn entry(order: i64, kind: &str, account: &str) -> String {
    format!(
        "id = (SELECT e.id FROM entries e JOIN transfers t ON t.id = e.transfer JOIN accounts a ON a.id = e.account
               WHERE t.order_id = {order} AND t.kind = '{kind}' AND a.kind = '{account}')"
    )
}

#[tokio::test]
async fn entries_that_do_not_balance() {
    let forged = format!(
        "UPDATE entries SET amount = amount + 1 WHERE {}",
        entry(1, "take", "sales")
    );
    check(1, &forged, "(take) sum to 0.000001").await;
    check(1, &forged, "all entries in USD sum to 0.000001").await;
    check(
        1,
        "DELETE FROM entries WHERE transfer = 1 AND amount < 0",
        "has 1 entries",
    )
    .await;
    check(
        1,
        "DELETE FROM entries WHERE transfer = 1",
        "transfer 1 has no entries",
    )
    .await;
    check(1, "DELETE FROM transfers WHERE id = 1", "has no transfer").await;
    check(
        1,
        "UPDATE transfers SET amount = amount * 2 WHERE id = 1",
        "has entries of 100.00",
    )
    .await;
    check(
        1,
        "UPDATE transfers SET currency = 'EUR' WHERE id = 1",
        "in EUR goes from USD",
    )
    .await;
    check(
        1,
        "UPDATE transfers SET kind = 'top_up' WHERE kind = 'refund'",
        "(top_up) goes from sales",
    )
    .await;
}

#[tokio::test]
async fn orders_that_are_counted_wrong() {
    check(
        4,
        "UPDATE live_orders SET orders = orders + 1 WHERE state = 'placed'",
        "2 orders are counted as placed at `alpha`, and 1 are",
    )
    .await;
    check(
        4,
        "DELETE FROM live_orders WHERE state = 'open'",
        "0 orders are counted as open at ``, and 1 are",
    )
    .await;
}

#[tokio::test]
async fn balances_that_do_not_follow() {
    check(
        2,
        "UPDATE accounts SET balance = balance + 1 WHERE kind = 'available' AND customer = 1",
        "says",
    )
    .await;
    check(
        2,
        "UPDATE accounts SET balance = 5 WHERE kind = 'available' AND customer = 2",
        "sum to 0.00",
    )
    .await;
    let gap = format!(
        "UPDATE entries SET balance_after = balance_after - 1 WHERE {}",
        entry(2, "hold", "available")
    );
    check(2, &gap, "(available), not").await;
    let both = "UPDATE entries SET amount = amount * 2 WHERE transfer = 1; UPDATE transfers SET amount = amount * 2 WHERE id = 1";
    check(2, both, "account").await;
    check(
        2,
        "UPDATE entries SET amount = 9223372036854775807 WHERE amount > 0",
        "micros",
    )
    .await;
}

#[tokio::test]
async fn holds_below_the_credit_limit() {
    let uncovered = format!(
        "UPDATE entries SET balance_after = -1 WHERE {}",
        entry(3, "hold", "available")
    );
    check(3, &uncovered, "the hold of order 3").await;
    let unlimited = format!(
        "UPDATE entries SET credit_limit = NULL WHERE {}",
        entry(3, "hold", "available")
    );
    check(3, &unlimited, "credit limit of none").await;
}

#[tokio::test]
async fn holds_that_are_not_resolved_once() {
    check(
        4,
        "UPDATE orders SET price = price + 1 WHERE id = 3",
        "order 3 has to hold 10.000001",
    )
    .await;
    check(
        4,
        "UPDATE orders SET taken = 0 WHERE id = 1",
        "order 1 says that 0.00 was taken",
    )
    .await;
    check(
        4,
        "UPDATE orders SET state = 'placed' WHERE id = 1",
        "order 1 is placed, but 1 transfers",
    )
    .await;
    let closed = "UPDATE orders SET state = 'closed', ended = 'Canceled', closed_by = 'unsent', taken = 0, closed = 1 WHERE id = 3";
    check(4, closed, "order 3: 0.00 taken and 0.00 released").await;
    check(4, closed, "customer 1 has 20.00 held").await;
    let twice = "INSERT INTO transfers (kind, amount, currency, reference, order_id, at)
                 SELECT kind, amount, currency, reference, order_id, at FROM transfers WHERE order_id = 1 AND kind = 'take'";
    check(4, twice, "order 1: 20.00 taken").await;
    check(4, &twice.replace("'take'", "'hold'"), "2 holds of 20.00").await;
    check(
        4,
        "UPDATE transfers SET amount = 6000000 WHERE kind = 'refund'",
        "6.00 given back of 5.00",
    )
    .await;
    let stranger = format!(
        "UPDATE entries SET account = (SELECT id FROM accounts WHERE customer = 2 AND kind = 'available') WHERE {}",
        entry(3, "hold", "available")
    );
    check(4, &stranger, "somebody else's money").await;
    check(
        4,
        "UPDATE transfers SET order_id = 3 WHERE order_id = 1 AND kind = 'hold'",
        "order 1 has to hold 10.00, 0 holds",
    )
    .await;
    check(4, "DELETE FROM orders WHERE id = 3", "held").await;
}

#[tokio::test]
async fn one_upstream_order_for_two_of_ours() {
    check(
        6,
        "UPDATE orders SET upstream_id = 'u1' WHERE id = 4",
        "orders 1, 4 are one order at alpha: u1",
    )
    .await;
}

#[tokio::test]
async fn splits_that_are_not_the_formulas() {
    check(
        8,
        "UPDATE orders SET fact_remains = 49 WHERE id = 2",
        "the formula says Partial, 5.10 and 4.90",
    )
    .await;
    check(
        8,
        "UPDATE orders SET fact_word = 'Canceled' WHERE id = 1",
        "the formula says Canceled, 0.00 and 10.00",
    )
    .await;
    check(
        8,
        "UPDATE orders SET ended = 'Completed' WHERE id = 2",
        "order 2 ended Completed",
    )
    .await;
    check(
        8,
        "UPDATE orders SET fact_word = 'Pending' WHERE id = 1",
        "order 1 was closed by something",
    )
    .await;
    check(
        8,
        "UPDATE orders SET closed_by = 'refusal' WHERE id = 1",
        "order 1 ended Completed with 10.00 taken",
    )
    .await;
    check(
        8,
        "UPDATE orders SET closed_by = 'fact' WHERE id = 6",
        "order 6",
    )
    .await;
}

#[tokio::test]
async fn later_ends_that_are_not_the_formulas() {
    check(
        8,
        "UPDATE orders SET fact_remains = 60 WHERE id = 7",
        "order 7 ended Partial with 5.00 taken and 5.00 released; the formula says Partial, 4.00 and 6.00",
    )
    .await;
    check(
        8,
        "UPDATE orders SET ended = 'Completed', fact_word = 'Completed' WHERE id = 7",
        "the formula says Completed, 10.00 and 0.00",
    )
    .await;
    check(
        8,
        "UPDATE orders SET ended = 'Canceled' WHERE id = 7",
        "order 7 ended Canceled",
    )
    .await;
    check(
        8,
        "UPDATE orders SET closed_by = 'hand' WHERE id = 7",
        "order 7 was not closed by a fact, but a later one",
    )
    .await;
    // A refund by hand that passes for one by a fact, and the other way round.
    let later = "UPDATE transfers SET reference = 'order/7/later/2' WHERE order_id = 7 AND amount = 2000000";
    check(8, later, "order 7 ended Partial with 3.00 taken").await;
    let by_hand =
        "UPDATE transfers SET reference = 'order/7/refund/9' WHERE reference = 'order/7/later/1'";
    check(8, by_hand, "order 7 ended Partial with 10.00 taken").await;
}

#[tokio::test]
async fn later_refunds_that_are_paid_twice_or_never() {
    let twice = "INSERT INTO transfers (kind, amount, currency, reference, order_id, at)
                 SELECT kind, amount, currency, 'order/7/later/2', order_id, at FROM transfers WHERE reference = 'order/7/later/1'";
    check(
        4,
        twice,
        "order 7 says that 3.00 was taken, the books -1.00",
    )
    .await;
    check(4, twice, "order 7: 11.00 given back of 10.00 taken").await;
    // Even if the order's row agrees.
    let agreed = format!("{twice}; UPDATE orders SET taken = -1000000 WHERE id = 7");
    check(8, &agreed, "order 7 ended Partial with -1.00 taken").await;
    let never = "DELETE FROM transfers WHERE reference = 'order/7/later/1'; UPDATE orders SET taken = 7000000 WHERE id = 7";
    check(8, never, "order 7 ended Partial with 10.00 taken").await;
}
