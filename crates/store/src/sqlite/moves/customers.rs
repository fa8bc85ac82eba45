//! Customers, and what they bring with them.

use panelgate_domain::ids::CustomerId;
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::Money;
use rusqlite::{Connection, OptionalExtension};

use super::super::{bookings, customers};
use super::plan::Standing;
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Booking, Moving, MovingCustomer, NewCustomer};

/// What a customer brings is booked under this reference, once.
fn opening(customer: &MovingCustomer) -> String {
    format!("opening:{}", customer.name)
}

pub(super) fn look(connection: &Connection, customer: &MovingCustomer) -> Result<Standing> {
    let balance = customer.balance;
    let known = find(connection, &customer.name)?;
    let reference = opening(customer);
    let nobody = CustomerId(0);
    let booked = bookings::amount_of_customer(connection, &reference, known.unwrap_or(nobody))?;
    Ok(match (known, booked) {
        (None, None) => covered(customer),
        (Some(_), Some(Some((TransferKind::Adjustment, amount)))) if amount == balance => {
            Standing::Before
        }
        // Nothing is booked for an empty account.
        (Some(_), None) if balance == Money::ZERO => Standing::Before,
        (Some(_), None) => Standing::Clash(
            "name",
            format!(
                "the customer `{}` is here already, without an opening entry: take the row out and book the balance with \
                 `panelgate customer adjust`",
                customer.name
            ),
        ),
        (Some(_), Some(Some((_, amount)))) => Standing::Clash(
            "balance",
            format!("`{reference}` is booked already, with {amount}"),
        ),
        (_, Some(_)) => Standing::Clash(
            "name",
            format!("a booking of somebody else has the reference `{reference}`"),
        ),
    })
}

fn covered(customer: &MovingCustomer) -> Standing {
    let may_owe = customer.credit_limit.checked_neg();
    if may_owe.is_some_and(|least| customer.balance >= least) {
        return Standing::New;
    }
    let why = format!(
        "{} is below the credit limit of {}: raise credit_limit to what the customer owes",
        customer.balance, customer.credit_limit
    );
    Standing::Clash("balance", why)
}

/// Makes the customer; what is not nothing is booked between outside and `available`.
pub(super) fn write(
    connection: &Connection,
    moving: &Moving,
    customer: &MovingCustomer,
) -> Result<()> {
    let new = NewCustomer {
        name: customer.name.clone(),
        group: customer.group.clone(),
        credit_limit: customer.credit_limit,
        at: moving.at,
    };
    let made = customers::add(connection, &new)?;
    if customer.balance == Money::ZERO {
        return Ok(());
    }
    let booking = Booking {
        customer: made.id,
        amount: customer.balance,
        reference: opening(customer),
        note: Some("balance when the customer moved here".to_owned()),
        actor: moving.actor.clone(),
        at: moving.at,
    };
    bookings::adjust(connection, &booking).map(drop)
}

/// Who has this name.
pub(super) fn find(connection: &Connection, name: &str) -> Result<Option<CustomerId>> {
    let mut query = connection.prepare_cached("SELECT id FROM customers WHERE name = ?1")?;
    let found = query.query_row([name], |row| row.get(0).map(CustomerId));
    Ok(found.optional()?)
}

/// Who has this name; there is one.
pub(super) fn named(connection: &Connection, name: &str) -> Result<CustomerId> {
    find(connection, name)?.ok_or_else(|| StoreError::NotFound {
        what: "customer",
        name: name.to_owned(),
    })
}
