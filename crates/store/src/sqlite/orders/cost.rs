//! What an order costs us: prepaid → cost, as much as the panel charges or, until it says so, as was quoted.

use panelgate_domain::family::{Kind, Share};
use panelgate_domain::ids::Currency;
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::order::Order;
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::ledger::{self, Account, Transfer};
use super::super::values;
use super::{families, steps};
use crate::api::Result;
use crate::error::StoreError;

/// Books the cost that the order's last placement was quoted.
pub(in crate::sqlite) fn book_quoted(
    connection: &Connection,
    order: &Order,
    at: Timestamp,
) -> Result<()> {
    if !is_charged(order) {
        return Ok(());
    }
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
    let Some(charge) = charge.filter(|charge| is_charge(*charge) && is_charged(order)) else {
        return Ok(());
    };
    let (_, currency) = quoted(connection, order)?;
    book(connection, order, charge, &currency, at)
}

/// The size of a child became known: it is expected to cost what its offer did when its parent was sent. What the panel has
/// said itself is better.
pub(in crate::sqlite) fn quote_child(
    connection: &Connection,
    child: &Order,
    at: Timestamp,
) -> Result<()> {
    let placement = steps::last_placement(connection, child)?;
    let rate = connection
        .prepare_cached("SELECT rate FROM placements WHERE id = ?1")?
        .query_row([placement.0], |row| values::read_opt(row, 0, Rate::parse))?;
    let quoted = rate.and_then(|rate| rate.price(Charging::PerThousand, child.quantity.total()));
    let Some(quoted) = quoted.filter(|_| is_charged(child)) else {
        return Ok(());
    };
    connection
        .prepare_cached("UPDATE placements SET cost = ?2 WHERE id = ?1")?
        .execute(params![placement.0, quoted.micros()])?;
    let said = child.fact.and_then(|fact| fact.charge);
    if said.is_some_and(is_charge) {
        return Ok(());
    }
    book_quoted(connection, child, at)
}

/// A subscription has ended. If its panel charged all posts at once and does not say what it kept, it is expected to have
/// paid back those that were not made.
pub(in crate::sqlite) fn book_parent(
    connection: &Connection,
    parent: &Order,
    fact: &Fact,
) -> Result<()> {
    if fact.charge.is_some() {
        return book_charge(connection, parent, fact.charge, fact.at);
    }
    let made = families::census(connection, parent.id)?.children;
    let made = fact.runs.unwrap_or(0).max(made).min(parent.quantity.runs);
    let (quoted, _) = quoted(connection, parent)?;
    let kept = quoted.share(made, parent.quantity.runs, Rounding::Up);
    book_charge(connection, parent, kept, fact.at)
}

/// Whether its panel charges this order, and not the one that spawned it or those that it spawns.
const fn is_charged(order: &Order) -> bool {
    match (order.kind(), order.share) {
        (Kind::Child { share, .. }, _) => matches!(share, Share::Post),
        (Kind::Subscription, share) => matches!(share, Some(Share::EqualPost)),
        (Kind::Single, _) => true,
    }
}

/// Nobody pays us for ordering: a negative charge is noise.
fn is_charge(said: Money) -> bool {
    said >= Money::ZERO
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
