//! Double entry: every transfer takes an amount from one account and gives it to another, in two entries that are only ever
//! appended. An account's balance is written along with its entries.

use panelgate_domain::canary::Canary;
use panelgate_domain::customer::Account as Balances;
use panelgate_domain::ids::{Currency, CustomerId, OrderId, PanelName};
use panelgate_domain::ledger::{AccountKind, TransferKind};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{meta, values};
use crate::api::Result;
use crate::error::StoreError;

/// One side of a transfer; its currency is the transfer's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Account<'a> {
    Available(CustomerId),
    Held(CustomerId),
    Sales,
    Outside,
    Prepaid(&'a PanelName),
    Cost(&'a PanelName),
}

/// One movement of money.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer<'a> {
    pub(super) kind: TransferKind,
    pub(super) from: Account<'a>,
    pub(super) to: Account<'a>,
    /// ≥ 0; nothing is written for 0.
    pub(super) amount: Money,
    pub(super) currency: &'a Currency,
    /// Unique among bookings, or among the transfers of orders: the same thing cannot be booked twice.
    pub(super) reference: &'a str,
    pub(super) order: Option<OrderId>,
    /// The operator behind it, and why.
    pub(super) by: Option<(&'a str, Option<&'a str>)>,
    pub(super) at: Timestamp,
}

/// An account as it is before a transfer.
#[derive(Clone, Copy, Debug)]
struct Found {
    id: i64,
    balance: Money,
    /// On `available` only.
    credit_limit: Option<Money>,
}

impl Account<'_> {
    const fn kind(&self) -> AccountKind {
        match self {
            Self::Available(_) => AccountKind::Available,
            Self::Held(_) => AccountKind::Held,
            Self::Sales => AccountKind::Sales,
            Self::Outside => AccountKind::Outside,
            Self::Prepaid(_) => AccountKind::Prepaid,
            Self::Cost(_) => AccountKind::Cost,
        }
    }
}

/// Books a transfer. Nothing is written if it fails.
///
/// # Errors
/// [`StoreError::BadAmount`] if a balance would leave 64 bits, [`StoreError::NotFound`] for an unknown customer.
pub(super) fn book(connection: &Connection, transfer: &Transfer<'_>) -> Result<()> {
    let amount = transfer.amount;
    if amount == Money::ZERO {
        return Ok(());
    }
    let too_much = || {
        StoreError::BadAmount(format!(
            "{amount} {} does not fit into the books",
            transfer.currency
        ))
    };
    let lost = amount
        .checked_neg()
        .filter(|_| amount.is_positive())
        .ok_or_else(too_much)?;
    let from = find(connection, transfer.from, transfer.currency)?;
    let to = find(connection, transfer.to, transfer.currency)?;
    let left = from.balance.checked_add(lost).ok_or_else(too_much)?;
    let grown = to.balance.checked_add(amount).ok_or_else(too_much)?;
    if matches!(transfer.from, Account::Held(_)) && left < Money::ZERO {
        return Err(StoreError::Corrupt(format!(
            "{amount} is taken from a hold of {}",
            from.balance
        )));
    }
    let id = insert(connection, transfer)?;
    enter(connection, id, &from, lost, left)?;
    enter(connection, id, &to, amount, grown)
}

/// available → held, unless `available` would fall below −credit limit.
pub(super) fn hold(
    connection: &Connection,
    order: OrderId,
    customer: CustomerId,
    price: Money,
    at: Timestamp,
) -> Result<()> {
    check_funds(connection, customer, price)?;
    let transfer = Transfer {
        kind: TransferKind::Hold,
        from: Account::Available(customer),
        to: Account::Held(customer),
        amount: price,
        currency: &meta::currency(connection)?,
        reference: &format!("order/{order}/hold"),
        order: Some(order),
        by: None,
        at,
    };
    book(connection, &transfer)
}

/// Fails if `amount` cannot be taken from what a customer has and may owe.
pub(super) fn check_funds(
    connection: &Connection,
    customer: CustomerId,
    amount: Money,
) -> Result<()> {
    let account = account(connection, customer)?;
    let left = i128::from(account.available.micros()) - i128::from(amount.micros());
    if left < -i128::from(account.credit_limit.micros()) && !Canary::CheckThenDeduct.sings() {
        Err(StoreError::NotEnoughFunds)
    } else {
        Ok(())
    }
}

/// A customer's money.
pub(super) fn account(connection: &Connection, customer: CustomerId) -> Result<Balances> {
    let found = connection
        .prepare_cached(
            "SELECT a.balance AS available, h.balance AS held, c.credit_limit
             FROM customers c
             JOIN accounts a ON a.customer = c.id AND a.kind = 'available'
             JOIN accounts h ON h.customer = c.id AND h.kind = 'held'
             WHERE c.id = ?1",
        )?
        .query_row([customer.0], |row| {
            Ok(Balances {
                available: values::money(row, "available")?,
                held: values::money(row, "held")?,
                credit_limit: values::money(row, "credit_limit")?,
            })
        })
        .optional()?;
    found.ok_or_else(|| no_customer(customer))
}

/// Gives a new customer empty accounts.
pub(super) fn open_accounts(connection: &Connection, customer: CustomerId) -> Result<()> {
    let currency = meta::currency(connection)?;
    for kind in [AccountKind::Available, AccountKind::Held] {
        connection
            .prepare_cached("INSERT INTO accounts (kind, customer, currency) VALUES (?1, ?2, ?3)")?
            .execute(params![kind.word(), customer.0, currency.as_str()])?;
    }
    Ok(())
}

/// The error for a customer who is not there.
pub(super) fn no_customer(customer: CustomerId) -> StoreError {
    StoreError::NotFound {
        what: "customer",
        name: customer.to_string(),
    }
}

/// No transfer of this time or later has a smaller number. `None` if there is none at all.
pub(super) fn first_transfer(
    connection: &Connection,
    since: Option<Timestamp>,
) -> Result<Option<i64>> {
    let mut query = connection
        .prepare_cached("SELECT min(first) FROM transfer_days WHERE day >= ?1 / 86400000")?;
    let since = since.unwrap_or(Timestamp(i64::MIN));
    Ok(query.query_row([since.0], |row| row.get(0))?)
}

fn insert(connection: &Connection, transfer: &Transfer<'_>) -> Result<i64> {
    let (actor, note) = transfer
        .by
        .map_or((None, None), |(actor, note)| (Some(actor), note));
    connection
        .prepare_cached(
            "INSERT INTO transfers (kind, amount, currency, reference, order_id, actor, note, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            transfer.kind.word(),
            transfer.amount.micros(),
            transfer.currency.as_str(),
            transfer.reference,
            transfer.order.map(|order| order.0),
            actor,
            note,
            transfer.at.0,
        ])?;
    Ok(connection.last_insert_rowid())
}

fn enter(
    connection: &Connection,
    transfer: i64,
    account: &Found,
    amount: Money,
    after: Money,
) -> Result<()> {
    let moved = connection
        .prepare_cached("UPDATE accounts SET balance = ?3 WHERE id = ?1 AND balance = ?2")?
        .execute([account.id, account.balance.micros(), after.micros()])?;
    if moved != 1 {
        return Err(StoreError::Corrupt(format!(
            "the balance of account {} changed under a transfer",
            account.id
        )));
    }
    connection
        .prepare_cached(
            "INSERT INTO entries (transfer, account, amount, balance_after, credit_limit) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            transfer,
            account.id,
            amount.micros(),
            after.micros(),
            account.credit_limit.map(Money::micros),
        ])?;
    Ok(())
}

/// Finds an account; all but those of customers are made when they are first needed.
fn find(connection: &Connection, account: Account<'_>, currency: &Currency) -> Result<Found> {
    let kind = account.kind().word();
    let found = match account {
        Account::Available(customer) | Account::Held(customer) => {
            return find_of_customer(connection, account, customer);
        }
        Account::Prepaid(panel) | Account::Cost(panel) => connection
            .prepare_cached(
                "SELECT id, balance FROM accounts WHERE panel = ?1 AND currency = ?2 AND kind = ?3",
            )?
            .query_row([panel.as_str(), currency.as_str(), kind], found)
            .optional()?,
        Account::Sales | Account::Outside => connection
            .prepare_cached(
                "SELECT id, balance FROM accounts
                 WHERE kind = ?1 AND currency = ?2 AND customer IS NULL AND panel IS NULL",
            )?
            .query_row([kind, currency.as_str()], found)
            .optional()?,
    };
    match found {
        Some(found) => Ok(found),
        None => make(connection, account, currency),
    }
}

fn find_of_customer(
    connection: &Connection,
    account: Account<'_>,
    customer: CustomerId,
) -> Result<Found> {
    let found = connection
        .prepare_cached(
            "SELECT a.id, a.balance, c.credit_limit FROM accounts a JOIN customers c ON c.id = a.customer
             WHERE a.customer = ?1 AND a.kind = ?2",
        )?
        .query_row(params![customer.0, account.kind().word()], |row| {
            let credit_limit = values::money(row, "credit_limit")?;
            let credit_limit = matches!(account, Account::Available(_)).then_some(credit_limit);
            Ok(Found { credit_limit, ..found(row)? })
        })
        .optional()?;
    found.ok_or_else(|| no_customer(customer))
}

fn make(connection: &Connection, account: Account<'_>, currency: &Currency) -> Result<Found> {
    let panel = match account {
        Account::Prepaid(panel) | Account::Cost(panel) => Some(panel.as_str()),
        _ => None,
    };
    connection
        .prepare_cached("INSERT INTO accounts (kind, panel, currency) VALUES (?1, ?2, ?3)")?
        .execute(params![account.kind().word(), panel, currency.as_str()])?;
    Ok(Found {
        id: connection.last_insert_rowid(),
        balance: Money::ZERO,
        credit_limit: None,
    })
}

fn found(row: &rusqlite::Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        id: row.get("id")?,
        balance: values::money(row, "balance")?,
        credit_limit: None,
    })
}
