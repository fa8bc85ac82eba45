//! What the transfers of archived orders come to, day by day: reports need no order to add them up.

use std::collections::BTreeMap;

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::ledger::TransferKind;
use rusqlite::{Connection, Row, named_params};

use super::super::values;
use super::stubs::NewStub;
use crate::api::Result;
use crate::error::StoreError;

/// Whose transfers, and of which day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sqlite) struct Key {
    /// Days since 1970-01-01, UTC.
    pub(in crate::sqlite) day: i64,
    /// '' for orders that were at none.
    pub(in crate::sqlite) panel: String,
    pub(in crate::sqlite) service: i64,
    pub(in crate::sqlite) customer: i64,
    /// Of the costs.
    pub(in crate::sqlite) currency: String,
}

/// Wider than money, as in the report: a sum of any number of transfers fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sqlite) struct Sums {
    /// Holds.
    pub(in crate::sqlite) orders: i128,
    pub(in crate::sqlite) taken: i128,
    pub(in crate::sqlite) refunded: i128,
    /// Charges, less credits.
    pub(in crate::sqlite) cost: i128,
}

impl Sums {
    pub(in crate::sqlite) fn add(&mut self, kind: TransferKind, micros: i64) {
        let amount = i128::from(micros);
        match kind {
            TransferKind::Hold => self.orders += 1,
            TransferKind::Take => self.taken += amount,
            TransferKind::Refund => self.refunded += amount,
            TransferKind::Charge => self.cost += amount,
            TransferKind::Credit => self.cost -= amount,
            TransferKind::Release
            | TransferKind::TopUp
            | TransferKind::Adjustment
            | TransferKind::Deposit => {}
        }
    }
}

/// Adds the transfers of an order that leaves to the sums of their days.
pub(super) fn add(connection: &Connection, new: &NewStub) -> Result<()> {
    let key = |day| Key {
        day,
        panel: new
            .stub
            .panel
            .as_ref()
            .map_or_else(String::new, |panel| PanelName::as_str(panel).to_owned()),
        service: new.stub.service.0,
        customer: new.stub.customer.0,
        currency: new.currency.as_str().to_owned(),
    };
    for (day, sums) in of(connection, new.stub.id)? {
        write(connection, &key(day), &sums)?;
    }
    Ok(())
}

/// What the transfers of an order come to, by their days.
pub(in crate::sqlite) fn of(
    connection: &Connection,
    order: OrderId,
) -> Result<BTreeMap<i64, Sums>> {
    let mut days: BTreeMap<i64, Sums> = BTreeMap::new();
    let mut query =
        connection.prepare_cached("SELECT kind, amount, at FROM transfers WHERE order_id = ?1")?;
    let mut rows = query.query([order.0])?;
    while let Some(row) = rows.next()? {
        let kind = values::read(row, 0, TransferKind::parse)?;
        days.entry(day(row.get(2)?))
            .or_default()
            .add(kind, row.get(1)?);
    }
    Ok(days)
}

/// The UTC day of a moment.
pub(in crate::sqlite) const fn day(at: i64) -> i64 {
    at.div_euclid(MILLISECONDS_A_DAY)
}

/// The first day that begins at or after a moment.
pub(in crate::sqlite) const fn first_whole_day(at: i64) -> i64 {
    day(at) + (at.rem_euclid(MILLISECONDS_A_DAY) != 0) as i64
}

/// All sums, from a day on.
pub(in crate::sqlite) fn each(
    connection: &Connection,
    from_day: i64,
    mut look: impl FnMut(Key, Sums) -> Result<()>,
) -> Result<()> {
    let mut query = connection.prepare_cached("SELECT * FROM daily_sums WHERE day >= ?1")?;
    let mut rows = query.query([from_day])?;
    while let Some(row) = rows.next()? {
        let (key, sums) = read(row)?;
        look(key, sums)?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Key, Sums)> {
    let wide = |column: &str| row.get::<_, i64>(column).map(i128::from);
    let key = Key {
        day: row.get("day")?,
        panel: row.get("panel")?,
        service: row.get("service")?,
        customer: row.get("customer")?,
        currency: row.get("currency")?,
    };
    let sums = Sums {
        orders: wide("orders")?,
        taken: wide("taken")?,
        refunded: wide("refunded")?,
        cost: wide("cost")?,
    };
    Ok((key, sums))
}

fn write(connection: &Connection, key: &Key, sums: &Sums) -> Result<()> {
    let narrow = |micros: i128| {
        i64::try_from(micros).map_err(|_| {
            StoreError::BadAmount(format!("a sum of {micros} millionths is too large"))
        })
    };
    connection
        .prepare_cached(
            "INSERT INTO daily_sums (day, panel, service, customer, currency, orders, taken, refunded, cost)
             VALUES (:day, :panel, :service, :customer, :currency, :orders, :taken, :refunded, :cost)
             ON CONFLICT (day, panel, service, customer, currency) DO UPDATE SET
                 orders = orders + excluded.orders, taken = taken + excluded.taken,
                 refunded = refunded + excluded.refunded, cost = cost + excluded.cost",
        )?
        .execute(named_params! {
            ":day": key.day,
            ":panel": key.panel,
            ":service": key.service,
            ":customer": key.customer,
            ":currency": key.currency,
            ":orders": narrow(sums.orders)?,
            ":taken": narrow(sums.taken)?,
            ":refunded": narrow(sums.refunded)?,
            ":cost": narrow(sums.cost)?,
        })?;
    Ok(())
}

/// A day has as many, by the clock of the books.
pub(in crate::sqlite) const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1_000;
