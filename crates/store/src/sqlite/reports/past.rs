//! Orders of the past with what they cost, as fast as the file can be read.

use panelgate_domain::family::Share;
use panelgate_domain::ids::{Currency, CustomerId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::service_type::{Counting, ServiceType};
use panelgate_domain::spec::Quantity;
use panelgate_domain::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use tokio::sync::mpsc;

use super::super::values::{count, money, read, read_opt};
use crate::api::Result;
use crate::error::StoreError;
use crate::reports::{MAX_BATCH, PastOrder, Spent};

pub(super) fn send(
    connection: &Connection,
    since: Timestamp,
    batches: &mpsc::Sender<Vec<PastOrder>>,
) -> Result<()> {
    let Some((first, last)) = span(connection, since)? else {
        return Ok(());
    };
    let charges = Charges::read(connection, first, last)?;
    let mut currencies = Vec::new();
    // A run was paid for with its drip-feed, and a subscription is by its posts. What moved in was priced by rules of others.
    let mut query = connection.prepare_cached(
        "SELECT o.id, o.customer, o.service, o.service_type, o.price, o.rate, o.per_run, o.runs, o.taken, p.cost, p.currency,
                o.share, p.rate, parent.per_run
         FROM orders o LEFT JOIN placements p ON p.id = o.placement LEFT JOIN orders parent ON parent.id = o.parent
         WHERE o.id BETWEEN ?1 AND ?2 AND +o.created >= ?3 AND o.moved IS NULL AND (o.parent IS NULL OR o.share <> 'run')
           AND NOT (o.parent IS NULL AND o.share IS 'post' AND coalesce(o.taken, 0) = 0)
         ORDER BY o.id",
    )?;
    let mut rows = query.query([first, last, since.0])?;
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while let Some(row) = rows.next()? {
        batch.push(order(row, &charges, &mut currencies)?);
        if batch.len() == MAX_BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(MAX_BATCH));
            if batches.blocking_send(full).is_err() {
                return Ok(());
            }
        }
    }
    // Nobody may be listening; then nothing is missed.
    _ = batches.blocking_send(batch);
    Ok(())
}

/// The first and the last id among the orders; clocks that jump may leave others between them.
fn span(connection: &Connection, since: Timestamp) -> Result<Option<(i64, i64)>> {
    let mut query = connection.prepare_cached(
        "SELECT min(id), max(id) FROM orders WHERE created >= ?1 AND moved IS NULL",
    )?;
    let span = query.query_row([since.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match span {
        (Some(first), Some(last)) => Ok(Some((first, last))),
        _ => Ok(None),
    }
}

/// What panels charged for each of a span of orders. Found in one pass over the transfers as they lie in the file, which
/// takes a fraction of the time of as many searches; eight bytes per order.
struct Charges {
    first: i64,
    micros: Vec<i64>,
}

impl Charges {
    fn read(connection: &Connection, first: i64, last: i64) -> Result<Self> {
        let orders = usize::try_from(last - first + 1)
            .map_err(|_| StoreError::Corrupt(format!("{last} is not behind {first}")))?;
        let mut charges = Self {
            first,
            micros: vec![0; orders],
        };
        let Some(oldest) = oldest_transfer(connection, first)? else {
            return Ok(charges);
        };
        let mut query = connection.prepare_cached(
            "SELECT order_id, kind, amount FROM transfers NOT INDEXED
             WHERE id >= ?1 AND kind IN ('charge', 'credit')",
        )?;
        let mut rows = query.query([oldest])?;
        while let Some(row) = rows.next()? {
            let (order, amount): (i64, i64) = (row.get(0)?, row.get(2)?);
            let at = usize::try_from(order - first).ok();
            let Some(charge) = at.and_then(|at| charges.micros.get_mut(at)) else {
                continue;
            };
            let is_credit = row.get_ref(1)? == ValueRef::Text(b"credit");
            let sum = charge.checked_add(if is_credit { -amount } else { amount });
            *charge = sum.ok_or_else(|| {
                StoreError::BadAmount(format!("what order {order} cost does not fit"))
            })?;
        }
        Ok(charges)
    }

    fn of(&self, order: i64) -> Money {
        let at = usize::try_from(order - self.first).ok();
        let micros = at.and_then(|at| self.micros.get(at));
        Money::from_micros(micros.copied().unwrap_or(0))
    }
}

/// Where to begin. A customer's order is numbered in the transaction that holds its money, so that no later one has an older
/// transfer. A spawned one has none before it is charged: those that come before the first of a customer's are looked at too.
fn oldest_transfer(connection: &Connection, first: i64) -> Result<Option<i64>> {
    let mut query = connection.prepare_cached(
        "SELECT min(id) FROM transfers WHERE order_id BETWEEN ?1 AND coalesce(
             (SELECT id FROM orders WHERE id >= ?1 AND parent IS NULL ORDER BY id LIMIT 1), ?2)",
    )?;
    Ok(query.query_row([first, i64::MAX], |row| row.get(0))?)
}

/// By position: see the module of rows.
fn order(
    row: &Row<'_>,
    charges: &Charges,
    currencies: &mut Vec<Currency>,
) -> rusqlite::Result<PastOrder> {
    let service_type: ServiceType = read(row, 3, ServiceType::parse)?;
    let asked = asked(row, service_type)?;
    let currency = row.get_ref(10)?.as_str_or_null()?;
    let spent = match currency {
        None => None,
        Some(text) => Some(Spent {
            quoted: match asked.quoted {
                Some(quoted) => quoted,
                None => money(row, 9)?,
            },
            charged: charges.of(row.get(0)?),
            currency: known(text, currencies),
        }),
    };
    Ok(PastOrder {
        customer: CustomerId(row.get(1)?),
        service: ServiceId(row.get(2)?),
        charging: service_type.charging(),
        quantity: asked.quantity,
        discounted_by: asked.discounted_by,
        rate: read(row, 5, Rate::parse)?,
        price: money(row, 4)?,
        taken: Money::from_micros(row.get::<_, Option<i64>>(8)?.unwrap_or(0)),
        spent,
    })
}

/// How much an order was priced for.
struct Asked {
    quantity: u64,
    discounted_by: u64,
    /// What a post was expected to cost, which is not known when it is spawned.
    quoted: Option<Money>,
}

fn asked(row: &Row<'_>, service_type: ServiceType) -> rusqlite::Result<Asked> {
    let quantity = Quantity {
        per_run: count(row, 6)?,
        runs: count(row, 7)?,
    };
    if row.get_ref(13)? == ValueRef::Null {
        let total = quantity.total();
        let discounted_by = match service_type.counting() {
            Counting::Posts => quantity.per_run,
            _ => total,
        };
        return Ok(Asked {
            quantity: total,
            discounted_by,
            quoted: None,
        });
    }
    let largest = count(row, 13)?;
    let quantity = match read_opt(row, 11, Share::parse)? {
        Some(Share::EqualPost) => largest,
        _ => quantity.per_run,
    };
    let rate = read_opt(row, 12, Rate::parse)?;
    Ok(Asked {
        quantity,
        discounted_by: largest,
        quoted: rate.and_then(|rate| rate.price(Charging::PerThousand, quantity)),
    })
}

/// The same currency is one text for all orders.
fn known(text: &str, currencies: &mut Vec<Currency>) -> Currency {
    if let Some(known) = currencies.iter().find(|known| known.as_str() == text) {
        return known.clone();
    }
    let new = Currency::new(text);
    currencies.push(new.clone());
    new
}
