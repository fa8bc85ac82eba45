//! Customers.

use panelgate_domain::customer::{Account, Customer, Options};
use panelgate_domain::ids::CustomerId;
use panelgate_domain::money::Money;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::{ledger, values};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{CustomerChange, CustomerRow, NewCustomer};

/// Creates a customer with an empty account.
pub(super) fn add(connection: &Connection, new: &NewCustomer) -> Result<Customer> {
    check_limit(new.credit_limit)?;
    if new.name.is_empty() {
        return Err(StoreError::BadAmount("a customer needs a name".to_owned()));
    }
    let added = connection
        .prepare_cached(
            "INSERT INTO customers (name, price_group, credit_limit, created) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![new.name, new.group, new.credit_limit.micros(), new.at.0])?;
    if added == 0 {
        return Err(StoreError::Exists {
            what: "customer",
            name: new.name.clone(),
        });
    }
    let id = CustomerId(connection.last_insert_rowid());
    ledger::open_accounts(connection, id)?;
    one(connection, id)
}

/// Changes what is given.
pub(super) fn change(
    connection: &Connection,
    id: CustomerId,
    change: &CustomerChange,
) -> Result<Customer> {
    let customer = one(connection, id)?;
    let group = change.group.clone().unwrap_or(customer.group);
    let credit_limit = change.credit_limit.unwrap_or(customer.credit_limit);
    check_limit(credit_limit)?;
    let options = written(change.options.unwrap_or(customer.options))?;
    connection
        .prepare_cached(
            "UPDATE customers SET price_group = :group, credit_limit = :limit, disabled = :disabled, options = :options
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":group": group,
            ":limit": credit_limit.micros(),
            ":disabled": change.disabled.unwrap_or(customer.disabled),
            ":options": options,
            ":id": id.0,
        })?;
    one(connection, id)
}

/// All of them, by name, with their money.
pub(super) fn all(connection: &Connection) -> Result<Vec<CustomerRow>> {
    let mut query = connection.prepare_cached(&with_money("ORDER BY c.name"))?;
    let rows = query.query_map([], customer_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One by name, with their money.
pub(super) fn named(connection: &Connection, name: &str) -> Result<CustomerRow> {
    let mut query = connection.prepare_cached(&with_money("WHERE c.name = ?1"))?;
    let found = query.query_row([name], customer_row).optional()?;
    found.ok_or_else(|| StoreError::NotFound {
        what: "customer",
        name: name.to_owned(),
    })
}

/// Maps `id, name, price_group, credit_limit, disabled, options`.
pub(super) fn customer(row: &Row<'_>) -> rusqlite::Result<Customer> {
    Ok(Customer {
        id: CustomerId(row.get("id")?),
        name: row.get("name")?,
        group: row.get("price_group")?,
        credit_limit: values::money(row, "credit_limit")?,
        disabled: row.get("disabled")?,
        options: values::read(row, "options", |text| serde_json::from_str(text).ok())?,
    })
}

fn written(options: Options) -> Result<String> {
    serde_json::to_string(&options)
        .map_err(|error| StoreError::BadAmount(format!("options cannot be written: {error}")))
}

/// One by id.
pub(super) fn one(connection: &Connection, id: CustomerId) -> Result<Customer> {
    let mut query = connection.prepare_cached("SELECT * FROM customers WHERE id = ?1")?;
    let found = query.query_row([id.0], customer).optional()?;
    found.ok_or_else(|| ledger::no_customer(id))
}

fn with_money(rest: &str) -> String {
    format!(
        "SELECT c.id, c.name, c.price_group, c.credit_limit, c.disabled, c.options, a.balance AS available, h.balance AS held
         FROM customers c
         JOIN accounts a ON a.customer = c.id AND a.kind = 'available'
         JOIN accounts h ON h.customer = c.id AND h.kind = 'held'
         {rest}"
    )
}

fn customer_row(row: &Row<'_>) -> rusqlite::Result<CustomerRow> {
    let customer = customer(row)?;
    let account = Account {
        available: values::money(row, "available")?,
        held: values::money(row, "held")?,
        credit_limit: customer.credit_limit,
    };
    Ok(CustomerRow { customer, account })
}

fn check_limit(limit: Money) -> Result<()> {
    if limit < Money::ZERO {
        Err(StoreError::BadAmount(format!(
            "a credit limit is at least nothing, not {limit}"
        )))
    } else {
        Ok(())
    }
}
