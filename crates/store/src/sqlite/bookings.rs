//! Money that operators move, and what an account has to show for it.

use std::borrow::Cow;

use panelgate_domain::canary::Canary;
use panelgate_domain::ids::{Currency, CustomerId, OrderId, PanelName};
use panelgate_domain::ledger::{AccountKind, TransferKind};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::ledger::{self, Account, Transfer, first_transfer};
use super::{meta, values};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Booked, Booking, Deposit, PanelAccount, StatementLine};

/// outside → available.
pub(super) fn top_up(connection: &Connection, booking: &Booking) -> Result<Booked> {
    if !booking.amount.is_positive() {
        return Err(StoreError::BadAmount(format!(
            "a top-up is more than nothing, not {}",
            booking.amount
        )));
    }
    move_available(connection, TransferKind::TopUp, booking)
}

/// outside ↔ available; not further below zero than the credit limit.
pub(super) fn adjust(connection: &Connection, booking: &Booking) -> Result<Booked> {
    if booking.amount == Money::ZERO {
        return Err(StoreError::BadAmount(
            "an adjustment changes something".to_owned(),
        ));
    }
    move_available(connection, TransferKind::Adjustment, booking)
}

fn move_available(
    connection: &Connection,
    kind: TransferKind,
    booking: &Booking,
) -> Result<Booked> {
    let customer = booking.customer;
    ledger::account(connection, customer)?;
    let reference: &str = &match Canary::TopUpTwice.sings() {
        true => Cow::Owned(format!("{} at {}", booking.reference, booking.at.0)),
        false => Cow::Borrowed(&*booking.reference),
    };
    if let Some(kind_and_amount) = amount_of_customer(connection, reference, customer)? {
        return same_or_taken(kind_and_amount == Some((kind, booking.amount)), reference);
    }
    let (available, outside) = (Account::Available(customer), Account::Outside);
    let positive = booking.amount.is_positive();
    let (from, to) = if positive {
        (outside, available)
    } else {
        (available, outside)
    };
    let amount = if positive {
        Some(booking.amount)
    } else {
        booking.amount.checked_neg()
    };
    let amount =
        amount.ok_or_else(|| StoreError::BadAmount(format!("{} is too large", booking.amount)))?;
    if !positive {
        ledger::check_funds(connection, customer, amount)?;
    }
    let currency = &meta::currency(connection)?;
    let by = Some((booking.actor.as_str(), booking.note.as_deref()));
    ledger::book(
        connection,
        &Transfer {
            kind,
            from,
            to,
            amount,
            currency,
            reference,
            order: None,
            by,
            at: booking.at,
        },
    )?;
    Ok(Booked::Now)
}

/// outside → prepaid.
pub(super) fn deposit(connection: &Connection, deposit: &Deposit) -> Result<Booked> {
    if !deposit.amount.is_positive() {
        return Err(StoreError::BadAmount(format!(
            "a deposit is more than nothing, not {}",
            deposit.amount
        )));
    }
    if let Some(before) = deposit_under(connection, &deposit.reference)? {
        let this = (
            deposit.panel.clone(),
            deposit.currency.clone(),
            deposit.amount,
        );
        return same_or_taken(before == Some(this), &deposit.reference);
    }
    let transfer = Transfer {
        kind: TransferKind::Deposit,
        from: Account::Outside,
        to: Account::Prepaid(&deposit.panel),
        amount: deposit.amount,
        currency: &deposit.currency,
        reference: &deposit.reference,
        order: None,
        by: None,
        at: deposit.at,
    };
    ledger::book(connection, &transfer)?;
    Ok(Booked::Now)
}

/// `None`: the reference is free. `Some(None)`: it is somebody else's.
pub(super) fn amount_of_customer(
    connection: &Connection,
    reference: &str,
    customer: CustomerId,
) -> Result<Option<Option<(TransferKind, Money)>>> {
    let booked = connection
        .prepare_cached(
            "SELECT t.kind, e.amount, a.customer IS ?2 AS same
             FROM transfers t
             JOIN entries e ON e.transfer = t.id
             JOIN accounts a ON a.id = e.account AND a.kind <> 'outside'
             WHERE t.reference = ?1 AND t.order_id IS NULL",
        )?
        .query_row(params![reference, customer.0], |row| {
            let booked = (
                values::read(row, "kind", TransferKind::parse)?,
                values::money(row, "amount")?,
            );
            Ok(row.get::<_, bool>("same")?.then_some(booked))
        })
        .optional()?;
    Ok(booked)
}

/// `None`: the reference is free. `Some(None)`: it is no deposit's.
fn deposit_under(
    connection: &Connection,
    reference: &str,
) -> Result<Option<Option<(PanelName, Currency, Money)>>> {
    let booked = connection
        .prepare_cached(
            "SELECT a.panel, t.currency, t.amount
             FROM transfers t
             JOIN entries e ON e.transfer = t.id
             JOIN accounts a ON a.id = e.account AND a.kind <> 'outside'
             WHERE t.reference = ?1 AND t.order_id IS NULL",
        )?
        .query_row([reference], |row| {
            let panel: Option<String> = row.get("panel")?;
            let currency = Currency::new(row.get::<_, String>("currency")?);
            let amount = values::money(row, "amount")?;
            Ok(panel.map(|panel| (PanelName::new(panel), currency, amount)))
        })
        .optional()?;
    Ok(booked)
}

fn same_or_taken(same: bool, reference: &str) -> Result<Booked> {
    if same {
        Ok(Booked::Before)
    } else {
        Err(StoreError::Exists {
            what: "a booking with the reference",
            name: reference.to_owned(),
        })
    }
}

/// The newest entries on a customer's `available`, oldest first. Those of a time begin with its first transfer: entries are numbered as
/// transfers are, and both are only ever appended.
pub(super) fn statement(
    connection: &Connection,
    customer: CustomerId,
    since: Option<Timestamp>,
    limit: u64,
) -> Result<Vec<StatementLine>> {
    ledger::account(connection, customer)?;
    let first = first_transfer(connection, since)?.unwrap_or(i64::MAX);
    let since = since.unwrap_or(Timestamp(i64::MIN));
    let most = match limit {
        0 => -1,
        limit => values::integer(limit)?,
    };
    let mut query = connection.prepare_cached(
        "SELECT t.at, t.kind, e.amount, e.balance_after, t.order_id, t.reference, t.note
         FROM accounts a
         CROSS JOIN entries e ON e.account = a.id
         CROSS JOIN transfers t ON t.id = e.transfer
         WHERE a.customer = ?1 AND a.kind = ?2 AND t.at >= ?4
             AND e.id >= (SELECT id FROM entries WHERE transfer >= ?3 ORDER BY transfer, id LIMIT 1)
         ORDER BY e.id DESC LIMIT ?5",
    )?;
    let values = params![
        customer.0,
        AccountKind::Available.word(),
        first,
        since.0,
        most
    ];
    let lines = query.query_map(values, |row| {
        Ok(StatementLine {
            at: values::time(row, "at")?,
            kind: row.get("kind")?,
            amount: values::money(row, "amount")?,
            balance: values::money(row, "balance_after")?,
            order: row.get::<_, Option<i64>>("order_id")?.map(OrderId),
            reference: row.get("reference")?,
            note: row.get("note")?,
        })
    })?;
    let mut lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
    lines.reverse();
    Ok(lines)
}

/// The accounts of all panels.
pub(super) fn panel_accounts(connection: &Connection) -> Result<Vec<PanelAccount>> {
    let mut query = connection.prepare_cached(
        "SELECT panel, currency,
                sum(CASE kind WHEN 'prepaid' THEN balance ELSE 0 END) AS prepaid,
                sum(CASE kind WHEN 'cost' THEN balance ELSE 0 END) AS cost
         FROM accounts WHERE panel IS NOT NULL
         GROUP BY panel, currency ORDER BY panel, currency",
    )?;
    let accounts = query.query_map([], |row| {
        Ok(PanelAccount {
            panel: PanelName::new(row.get::<_, String>("panel")?),
            currency: Currency::new(row.get::<_, String>("currency")?),
            prepaid: values::money(row, "prepaid")?,
            cost: values::money(row, "cost")?,
        })
    })?;
    Ok(accounts.collect::<rusqlite::Result<_>>()?)
}
