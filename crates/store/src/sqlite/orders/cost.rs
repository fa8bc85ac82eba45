//! What an order costs us: prepaid → cost, as much as the panel charges or, until it says so, as was quoted.

use panelgate_domain::ids::Currency;
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::ledger::{self, Account, Transfer};
use super::super::values;
use super::steps;
use crate::api::Result;
use crate::error::StoreError;

/// Books the cost that the order's last placement was quoted.
pub(in crate::sqlite) fn book_quoted(
    connection: &Connection,
    order: &Order,
    at: Timestamp,
) -> Result<()> {
    let (quoted, currency) = quoted(connection, order)?;
    book(connection, order, quoted, &currency, at)
}

/// Brings what is booked to what the panel says it charges: the difference moves, in its direction.
pub(in crate::sqlite) fn book_charge(
    connection: &Connection,
    order: &Order,
    charge: Option<Money>,
    at: Timestamp,
) -> Result<()> {
    // Nobody pays us for ordering: a negative charge is noise.
    let Some(charge) = charge.filter(|charge| *charge >= Money::ZERO) else {
        return Ok(());
    };
    let (_, currency) = quoted(connection, order)?;
    book(connection, order, charge, &currency, at)
}

/// A charge that does not fit into the books is a panel's nonsense. It must not stand in the way of the customer's money:
/// it goes to the operator's list instead.
fn book(
    connection: &Connection,
    order: &Order,
    cost: Money,
    currency: &Currency,
    at: Timestamp,
) -> Result<()> {
    let nonsense = match move_difference(connection, order, cost, currency, at) {
        Err(StoreError::BadAmount(why)) => format!("the panel's charge: {why}"),
        other => return other,
    };
    connection
        .prepare_cached("UPDATE orders SET flag = coalesce(flag, ?2) WHERE id = ?1")?
        .execute(params![order.id.0, nonsense])?;
    steps::tell(connection, order.id, at, "flagged", &nonsense)
}

fn move_difference(
    connection: &Connection,
    order: &Order,
    cost: Money,
    currency: &Currency,
    at: Timestamp,
) -> Result<()> {
    let panel = order.panel.as_ref().ok_or_else(|| steps::wrong(order))?;
    let booked = booked(connection, order)?;
    let (prepaid, spent) = (Account::Prepaid(panel), Account::Cost(panel));
    // Both are at least zero, so neither difference can overflow.
    let (kind, from, to, amount) = if cost >= booked {
        (
            TransferKind::Charge,
            prepaid,
            spent,
            cost.checked_sub(booked),
        )
    } else {
        (
            TransferKind::Credit,
            spent,
            prepaid,
            booked.checked_sub(cost),
        )
    };
    let amount = amount.ok_or_else(|| {
        StoreError::Corrupt(format!("the cost of order {} is negative", order.id))
    })?;
    let transfer = Transfer {
        kind,
        from,
        to,
        amount,
        currency,
        reference: &format!("order/{}/{kind}/{}", order.id, order.version),
        order: Some(order.id),
        by: None,
        at,
    };
    ledger::book(connection, &transfer)
}

fn quoted(connection: &Connection, order: &Order) -> Result<(Money, Currency)> {
    let placement = steps::last_placement(connection, order)?;
    let mut query =
        connection.prepare_cached("SELECT cost, currency FROM placements WHERE id = ?1")?;
    Ok(query.query_row([placement.0], |row| {
        Ok((
            values::money(row, "cost")?,
            Currency::new(row.get::<_, String>("currency")?),
        ))
    })?)
}

fn booked(connection: &Connection, order: &Order) -> Result<Money> {
    let mut query = connection.prepare_cached(
        "SELECT coalesce(sum(CASE kind WHEN 'charge' THEN amount ELSE -amount END), 0)
         FROM transfers WHERE order_id = ?1 AND kind IN ('charge', 'credit')",
    )?;
    Ok(query.query_row([order.id.0], |row| row.get(0).map(Money::from_micros))?)
}
