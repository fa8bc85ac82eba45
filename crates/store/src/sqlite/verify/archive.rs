//! Invariants 1, 2, 4 and 6 where orders are archived: their transfers are all there, their stubs say what those come to, and so do the
//! daily sums.

use std::collections::BTreeMap;

use panelgate_domain::family::Share;
use panelgate_domain::ids::OrderId;
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::status::StatusWord;
use rusqlite::{Connection, Row};

use super::{Findings, written};
use crate::api::Result;
use crate::sqlite::archive::sums::{self, Key, Sums};
use crate::sqlite::values::{read, read_opt};

/// Every transfer and every refill is an order's or an archived order's, an order that was sent has its placement, no id was given
/// twice, and each archive has as many stubs as it should.
pub(super) fn nothing_is_nobodys(connection: &Connection, found: &mut Findings) -> Result<()> {
    let queries = [
        (
            1,
            "SELECT 'transfer ' || t.id || ' is of order ' || t.order_id || ', which is neither there nor archived' FROM transfers t
             WHERE t.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders WHERE id = t.order_id)
                 AND NOT EXISTS (SELECT 1 FROM stubs WHERE id = t.order_id)",
        ),
        (
            7,
            "SELECT 'refill ' || r.id || ' is of order ' || r.order_id || ', which is neither there nor archived' FROM refills r
             WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = r.order_id)
                 AND NOT EXISTS (SELECT 1 FROM stubs WHERE id = r.order_id)",
        ),
        (
            5,
            "SELECT 'order ' || o.id || ' was last placed by ' || o.placement || ', which is no placement of it' FROM orders o
             WHERE o.placement IS NOT NULL AND NOT EXISTS (SELECT 1 FROM placements WHERE id = o.placement AND order_id = o.id)",
        ),
        (
            7,
            "SELECT 'order ' || s.id || ' is there, and archived' FROM stubs s JOIN orders o ON o.id = s.id",
        ),
        (
            7,
            "SELECT 'order ' || max(id) || ' is archived, and its number can be given again' FROM stubs
             HAVING max(id) > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'orders')",
        ),
        (
            7,
            "SELECT 'there are ' || (SELECT count(*) FROM stubs WHERE archive = a.id) || ' stubs of the ' || a.orders || ' orders in ' || a.file
             FROM archives a WHERE a.orders <> (SELECT count(*) FROM stubs WHERE archive = a.id)",
        ),
    ];
    for (invariant, sql) in queries {
        let mut query = connection.prepare(sql)?;
        for text in query.query_map([], |row| row.get(0))? {
            found.add(invariant, text?);
        }
    }
    Ok(())
}

/// What is left of an order, as far as its money goes.
struct Left {
    id: OrderId,
    word: StatusWord,
    price: i128,
    charge: i128,
    is_child: bool,
    /// Only its children take from its hold.
    is_subscription: bool,
    moved: Option<String>,
    /// Of its transfers; the day is none.
    key: Key,
}

/// What its transfers come to.
#[derive(Default)]
struct Moved {
    holds: i64,
    held: i128,
    taken: i128,
    released: i128,
    refunded: i128,
}

/// Invariant 4 for archived orders, and 2 for the sums of their transfers.
pub(super) fn stubs_agree_with_the_books(
    connection: &Connection,
    found: &mut Findings,
) -> Result<()> {
    let mut days: BTreeMap<Key, Sums> = BTreeMap::new();
    let mut stubs = connection.prepare("SELECT * FROM stubs ORDER BY id")?;
    let mut rows = stubs.query([])?;
    while let Some(row) = rows.next()? {
        let left = left(row)?;
        let moved = add_up(connection, &left, &mut days)?;
        check(connection, &left, &moved, found)?;
    }
    sums::each(connection, i64::MIN, |key, said| {
        let due = days.remove(&key).unwrap_or_default();
        found.check(2, said == due, || {
            format!(
                "day {} of customer {}, service {}, panel `{}` says {said:?}, the transfers of its archived orders {due:?}",
                key.day, key.customer, key.service, key.panel
            )
        });
        Ok(())
    })?;
    for (key, due) in days {
        found.check(2, due == Sums::default(), || {
            format!(
                "day {} of customer {}, service {}, panel `{}` has no sums, and its archived orders have {due:?}",
                key.day, key.customer, key.service, key.panel
            )
        });
    }
    Ok(())
}

fn left(row: &Row<'_>) -> rusqlite::Result<Left> {
    let share = read_opt(row, "share", Share::parse)?;
    let is_child = row.get::<_, Option<i64>>("parent")?.is_some();
    Ok(Left {
        id: OrderId(row.get("id")?),
        word: read(row, "word", StatusWord::parse)?,
        price: row.get::<_, i64>("price")?.into(),
        charge: row.get::<_, i64>("charge")?.into(),
        is_child: is_child && share.is_some(),
        is_subscription: read(row, "service_type", ServiceType::parse)?
            == ServiceType::Subscriptions
            && !is_child,
        moved: row.get("moved")?,
        key: Key {
            day: 0,
            panel: row.get::<_, Option<String>>("panel")?.unwrap_or_default(),
            service: row.get("service")?,
            customer: row.get("customer")?,
            currency: row.get("currency")?,
        },
    })
}

fn add_up(connection: &Connection, left: &Left, days: &mut BTreeMap<Key, Sums>) -> Result<Moved> {
    let mut moved = Moved::default();
    let mut query =
        connection.prepare_cached("SELECT kind, amount, at FROM transfers WHERE order_id = ?1")?;
    let mut rows = query.query([left.id.0])?;
    while let Some(row) = rows.next()? {
        let kind = read(row, 0, TransferKind::parse)?;
        let micros: i64 = row.get(1)?;
        let amount = i128::from(micros);
        match kind {
            TransferKind::Hold => {
                moved.holds += 1;
                moved.held += amount;
            }
            TransferKind::Take => moved.taken += amount,
            TransferKind::Release => moved.released += amount,
            TransferKind::Refund => moved.refunded += amount,
            _ => {}
        }
        let key = Key {
            day: sums::day(row.get(2)?),
            ..left.key.clone()
        };
        days.entry(key).or_default().add(kind, micros);
    }
    Ok(moved)
}

fn check(connection: &Connection, left: &Left, moved: &Moved, found: &mut Findings) -> Result<()> {
    let is_of_before = left.moved.as_deref() == Some("closed");
    let (due, taken) = match (is_of_before, left.word) {
        (true, StatusWord::Canceled) => (0, 0),
        (true, _) => (0, left.price),
        (false, _) if left.is_child => (0, moved.taken),
        (false, _) => (left.price, moved.taken),
    };
    let by_children = match left.is_subscription {
        true => taken_by_children(connection, left.id)?,
        false => 0,
    };
    let resolved = moved.taken + moved.released + by_children;
    let whole = match is_of_before || left.is_child {
        true => moved.released == 0,
        false => resolved == moved.held,
    };
    found.check(4, moved.held == due && moved.holds <= 1 && whole, || {
        format!(
            "order {} is archived: {} held, {} taken and {} released are not its price of {}",
            left.id,
            written(moved.held),
            written(moved.taken + by_children),
            written(moved.released),
            written(left.price)
        )
    });
    let kept = taken - moved.refunded;
    found.check(4, kept == left.charge && kept >= 0, || {
        format!(
            "order {} is archived and says that {} was taken, the books {}",
            left.id,
            written(left.charge),
            written(kept)
        )
    });
    Ok(())
}

fn taken_by_children(connection: &Connection, parent: OrderId) -> Result<i128> {
    let mut query = connection.prepare_cached(
        "SELECT t.amount FROM stubs s JOIN transfers t ON t.order_id = s.id WHERE s.parent = ?1 AND t.kind = 'take'",
    )?;
    let amounts = query.query_map([parent.0], |row| row.get::<_, i64>(0))?;
    amounts
        .map(|amount| Ok(i128::from(amount?)))
        .sum::<Result<i128>>()
}
