//! Invariants 4, 6 and 8: what was held, what became of it, and by which formula. [`super::families`] looks at orders that
//! share a hold, [`super::moved`] at those that never had one here.

use std::collections::BTreeMap;

use panelgate_domain::family::Share;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Final, StatusWord};
use rusqlite::{Connection, Row};

use super::{Findings, families, moved, written};
use crate::api::Result;
use crate::sqlite::orders::rows;

/// What the books say of one order.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) hold: Sum,
    pub(super) take: Sum,
    pub(super) release: Sum,
    pub(super) refund: Sum,
    /// What was left of what was taken after the last refund that a later fact brought; refunds by hand may follow.
    left_by_facts: Option<i128>,
    /// What its children have taken of its hold.
    taken_by_children: i128,
    /// A transfer moved the money of somebody else.
    pub(super) strangers: i64,
}

/// Transfers of one kind.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) transfers: i64,
    pub(super) micros: i128,
}

/// Invariant 4, and 8 for closed orders.
pub(super) fn holds_are_resolved_once(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut orders = connection.prepare("SELECT * FROM orders ORDER BY id")?;
    let mut rows = orders.query([])?;
    while let Some(row) = rows.next()? {
        check_one(connection, row, found)?;
    }
    Ok(())
}

/// The same for a single order.
pub(super) fn hold_is_resolved_once(
    connection: &Connection,
    id: OrderId,
    found: &mut Findings,
) -> Result<()> {
    let mut order = connection.prepare_cached("SELECT * FROM orders WHERE id = ?1")?;
    let mut rows = order.query([id.0])?;
    while let Some(row) = rows.next()? {
        check_one(connection, row, found)?;
    }
    Ok(())
}

fn check_one(connection: &Connection, row: &Row<'_>, found: &mut Findings) -> Result<()> {
    let (order, closed_by) = (
        rows::order(row)?,
        row.get::<_, Option<String>>("closed_by")?,
    );
    let sums = sums(connection, &order)?;
    if row.get::<_, Option<String>>("moved")?.as_deref() == Some("closed") {
        moved::check(&order, &sums, found);
        return Ok(());
    }
    check_hold(&order, &sums, found);
    match order.state {
        OrderState::Closed => {
            check_resolved(&order, &sums, found);
            check_formula(connection, &order, closed_by.as_deref(), &sums, found)?;
        }
        _ => check_unresolved(&order, &sums, found),
    }
    Ok(())
}

fn sums(connection: &Connection, order: &Order) -> Result<Sums> {
    let mut query = connection.prepare_cached(
        "SELECT t.kind, t.amount, t.reference,
                EXISTS (SELECT 1 FROM entries e JOIN accounts a ON a.id = e.account
                        WHERE e.transfer = t.id AND a.customer IS NOT NULL AND a.customer <> ?2) AS stranger
         FROM transfers t WHERE t.order_id = ?1 ORDER BY t.id",
    )?;
    let by_facts = format!("order/{}/later/", order.id);
    let mut sums = Sums::default();
    let mut rows = query.query([order.id.0, order.customer.0])?;
    while let Some(row) = rows.next()? {
        let (kind, amount): (String, i64) = (row.get(0)?, row.get(1)?);
        let by_fact = row
            .get_ref(2)?
            .as_str()
            .is_ok_and(|reference| reference.starts_with(&by_facts));
        sums.strangers += row.get::<_, i64>(3)?;
        let sum = match kind.as_str() {
            "hold" => &mut sums.hold,
            "take" => &mut sums.take,
            "release" => &mut sums.release,
            "refund" => &mut sums.refund,
            _ => continue,
        };
        sum.transfers += 1;
        sum.micros += i128::from(amount);
        if by_fact {
            sums.left_by_facts = Some(sums.take.micros - sums.refund.micros);
        }
    }
    sums.taken_by_children = families::taken_by_children(connection, order.id)?;
    Ok(sums)
}

fn check_hold(order: &Order, sums: &Sums, found: &mut Findings) {
    let id = order.id;
    // A child lives of its parent's hold.
    let due = match order.origin {
        None => i128::from(order.price.micros()),
        Some(_) => 0,
    };
    found.check(
        4,
        sums.hold.micros == due && sums.hold.transfers <= 1,
        || {
            format!(
                "order {id} has to hold {}, {} holds of {} were taken",
                written(due),
                sums.hold.transfers,
                written(sums.hold.micros)
            )
        },
    );
    found.check(4, sums.strangers == 0, || {
        format!(
            "{} transfers of order {id} moved somebody else's money",
            sums.strangers
        )
    });
}

fn check_unresolved(order: &Order, sums: &Sums, found: &mut Findings) {
    let moved = sums.take.transfers + sums.release.transfers + sums.refund.transfers;
    found.check(4, moved == 0, || {
        format!(
            "order {} is {}, but {moved} transfers have resolved its hold",
            order.id, order.state
        )
    });
}

fn check_resolved(order: &Order, sums: &Sums, found: &mut Findings) {
    let id = order.id;
    let resolved = sums.take.micros + sums.release.micros + sums.taken_by_children;
    let once = sums.take.transfers <= 1 && sums.release.transfers <= 1;
    let whole = match order.origin {
        None => resolved == sums.hold.micros,
        Some(_) => sums.release.transfers == 0,
    };
    found.check(4, whole && once, || {
        format!(
            "order {id}: {} taken and {} released are not the {} held{}",
            written(sums.take.micros),
            written(sums.release.micros),
            written(sums.hold.micros),
            match sums.taken_by_children {
                0 => String::new(),
                taken => format!(", of which its children have taken {}", written(taken)),
            }
        )
    });
    found.check(4, sums.refund.micros <= sums.take.micros, || {
        format!(
            "order {id}: {} given back of {} taken",
            written(sums.refund.micros),
            written(sums.take.micros)
        )
    });
    let kept = sums.take.micros - sums.refund.micros;
    let said = order.taken.map(|taken| i128::from(taken.micros()));
    found.check(4, said == Some(kept), || {
        format!(
            "order {id} says that {} was taken, the books {}",
            said.map_or("nothing".to_owned(), written),
            written(kept)
        )
    });
}

/// Invariant 8: the split is the formula's on the last accepted fact; what never was at a panel went back whole. Only an
/// operator decides otherwise.
fn check_formula(
    connection: &Connection,
    order: &Order,
    closed_by: Option<&str>,
    sums: &Sums,
    found: &mut Findings,
) -> Result<()> {
    let by_fact = closed_by == Some("fact");
    found.check(8, by_fact || sums.left_by_facts.is_none(), || {
        format!(
            "order {} was not closed by a fact, but a later one has given something back",
            order.id
        )
    });
    let expected = match (closed_by, &order.fact) {
        (Some("hand"), _) => return Ok(()),
        (Some("refusal" | "unsent" | "not_placed"), _) => Some(order.basis().canceled()),
        (Some("fact"), Some(_)) if went_back_whole_before(connection, order)? => {
            Some(order.basis().canceled())
        }
        (Some("fact"), Some(fact)) => match order.basis().settle(fact) {
            Verdict::Settle(settlement) => Some(settlement),
            Verdict::Ended(word) => {
                check_parent(order, word, sums, found);
                return Ok(());
            }
            Verdict::Live | Verdict::Undecided(_) => None,
        },
        _ => None,
    };
    match expected {
        Some(settlement) => check_split(connection, order, &settlement, sums, found)?,
        None => found.add(
            8,
            format!(
                "order {} was closed by something that ends no order",
                order.id
            ),
        ),
    }
    Ok(())
}

/// Until the rates of offers were kept with placements, a drip-feed that was canceled gave everything back, whatever was done.
fn went_back_whole_before(connection: &Connection, order: &Order) -> Result<bool> {
    let is_canceled_drip_feed = order.ended == Some(Final::Canceled)
        && (order.origin, order.share) == (None, Some(Share::Run))
        && order
            .fact
            .is_some_and(|fact| fact.word == StatusWord::Canceled);
    if !is_canceled_drip_feed {
        return Ok(false);
    }
    let mut query = connection.prepare_cached(
        "SELECT 1 FROM orders o JOIN placements p ON p.id = o.placement WHERE o.id = ?1 AND p.rate IS NULL",
    )?;
    Ok(query.exists([order.id.0])?)
}

/// Its children have the formula, and its hold is looked at as a whole: what they left of it went back.
fn check_parent(order: &Order, word: Final, sums: &Sums, found: &mut Findings) {
    found.check(8, order.ended == Some(word), || {
        format!("subscription {} ended {word}, and says otherwise", order.id)
    });
    found.check(8, sums.take.micros == 0, || {
        format!(
            "subscription {} has taken {} itself, and only its children may",
            order.id,
            written(sums.take.micros)
        )
    });
}

/// The hold was split by the formula; or, where the end changed later, refunds have brought it there: the fact that the first
/// split went by is not known any more.
fn check_split(
    connection: &Connection,
    order: &Order,
    settlement: &Settlement,
    sums: &Sums,
    found: &mut Findings,
) -> Result<()> {
    let Settlement {
        word,
        taken,
        released,
    } = *settlement;
    let (left, gone) = match (sums.left_by_facts, order.origin) {
        (None, None) => (sums.take.micros, sums.release.micros),
        (Some(left), None) => (left, sums.hold.micros - left),
        // The rest is still held, or was released with its parent's.
        (left, Some(_)) => {
            let left = left.unwrap_or(sums.take.micros);
            (left, i128::from(order.price.micros()) - left)
        }
    };
    let is_whole = left == i128::from(taken.micros()) && gone == i128::from(released.micros());
    // Few are: all of the family is added up for each.
    let is_short =
        !is_whole && left < i128::from(taken.micros()) && families::is_used_up(connection, order)?;
    let holds = order.ended == Some(word) && (is_whole || is_short);
    found.check(8, holds, || {
        format!(
            "order {} ended {} with {} taken and {} released; the formula says {word}, {taken} and {released}",
            order.id,
            order.ended.map_or("nowhere", Final::word),
            written(left),
            written(gone)
        )
    });
    Ok(())
}

/// Invariant 4, seen from the accounts: a customer's held money is what their live orders cost.
pub(super) fn held_is_what_live_orders_hold(
    connection: &Connection,
    found: &mut Findings,
) -> Result<()> {
    let mut held: BTreeMap<i64, (i128, i128)> = BTreeMap::new();
    let mut accounts =
        connection.prepare("SELECT customer, balance FROM accounts WHERE kind = 'held'")?;
    for row in accounts.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
        let (customer, balance) = row?;
        held.entry(customer).or_default().0 = i128::from(balance);
    }
    // What children have taken of a live hold is not held any more.
    let mut live = connection.prepare(
        "SELECT customer, price FROM orders WHERE state <> 'closed' AND parent IS NULL
         UNION ALL
         SELECT p.customer, -t.amount FROM orders p JOIN orders o ON o.parent = p.id
         JOIN transfers t ON t.order_id = o.id AND t.kind = 'take' WHERE p.state <> 'closed'",
    )?;
    for row in live.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
        let (customer, price) = row?;
        held.entry(customer).or_default().1 += i128::from(price);
    }
    for (customer, (says, sum)) in held {
        found.check(4, says == sum, || {
            format!(
                "customer {customer} has {} held, their live orders cost {}",
                written(says),
                written(sum)
            )
        });
    }
    Ok(())
}

/// What triggers count is what there is.
pub(super) fn live_orders_are_counted(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query = connection.prepare(
        "SELECT panel, state, sum(counted), sum(there) FROM (
             SELECT panel, state, orders AS counted, 0 AS there FROM live_orders
             UNION ALL
             SELECT iif(state = 'open', '', panel), state, 0, 1 FROM orders WHERE state <> 'closed')
         GROUP BY panel, state HAVING sum(counted) <> sum(there)",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (panel, state): (String, String) = (row.get(0)?, row.get(1)?);
        let (counted, there): (i64, i64) = (row.get(2)?, row.get(3)?);
        found.add(
            4,
            format!("{counted} orders are counted as {state} at `{panel}`, and {there} are"),
        );
    }
    Ok(())
}

/// Invariant 6.
pub(super) fn upstream_ids_are_unique(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query = connection.prepare(
        "SELECT 'orders ' || group_concat(id, ', ') || ' are one order at ' || panel || ': ' || upstream_id
         FROM orders WHERE upstream_id IS NOT NULL
         GROUP BY panel, upstream_id HAVING count(*) > 1
         UNION ALL
         SELECT 'orders ' || s.id || ', which is archived, and ' || o.id || ' are one order at ' || s.panel || ': ' || s.upstream_id
         FROM stubs s JOIN orders o ON o.panel = s.panel AND o.upstream_id = s.upstream_id",
    )?;
    for text in query.query_map([], |row| row.get(0))? {
        found.add(6, text?);
    }
    Ok(())
}
