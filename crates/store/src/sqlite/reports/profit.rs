//! What was earned. Sums are made here and not in SQL: grouping millions of rows there means to sort them.

use std::collections::HashMap;

use panelgate_domain::ids::{Currency, PanelName, ServiceId};
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::super::archive::sums as daily;
use super::super::ledger::first_transfer;
use super::super::{meta, values};
use crate::api::Result;
use crate::error::StoreError;
use crate::reports::{Group, Grouping, Profit};

/// Goes through the transfers as they lie in the file, from the first one of the time on. An index by time would only help to find
/// that, and every order would pay for it with four more writes. Whole days of archived orders are sums already; of a day that
/// `since` cuts, their transfers are.
pub(super) fn profit(
    connection: &Connection,
    by: Grouping,
    since: Option<Timestamp>,
) -> Result<Vec<Profit>> {
    let first = first_transfer(connection, since)?.unwrap_or(i64::MAX);
    let mut query = connection.prepare_cached(
        "SELECT t.kind, t.amount, t.at, o.state, o.service, o.customer, o.panel, p.currency,
                parent.created AS held_since, parent.state AS state_of_parent
         FROM transfers t
         CROSS JOIN orders o ON o.id = t.order_id
         LEFT JOIN placements p ON p.id = o.placement
         LEFT JOIN orders parent ON parent.id = o.parent
         WHERE t.id >= ?3 AND t.order_id IS NOT NULL AND t.at >= ?1
         UNION ALL
         SELECT t.kind, t.amount, t.at, 'closed', s.service, s.customer, s.panel, s.currency, NULL, NULL
         FROM transfers t CROSS JOIN stubs s ON s.id = t.order_id
         WHERE ?2 > ?1 AND t.id >= ?3 AND t.order_id IS NOT NULL AND t.at >= ?1 AND t.at < ?2",
    )?;
    let mut names = Names::new(meta::currency(connection)?);
    let mut sums: HashMap<Key, Sum> = HashMap::new();
    let first_day = since.map_or(i64::MIN, |since| daily::first_whole_day(since.0));
    let since_cut = since.map_or(i64::MIN, |since| since.0);
    let first_whole = first_day.saturating_mul(daily::MILLISECONDS_A_DAY);
    let mut rows = query.query([since_cut, first_whole, first])?;
    while let Some(row) = rows.next()? {
        let key = Key {
            day: by.day.then(|| day(row)).transpose()?,
            panel: names.number(row.get_ref("panel")?)?.filter(|_| by.panel),
            service: by.service.then(|| row.get("service")).transpose()?,
            customer: by.customer.then(|| row.get("customer")).transpose()?,
            currency: names.number(row.get_ref("currency")?)?.unwrap_or(OURS),
        };
        if let Some(taken) = taken_from_a_live_hold(row, since)? {
            // Where the hold was counted.
            let day = by.day.then_some(daily::day(taken.held_since));
            let of_parent = Key { day, ..key };
            sums.entry(of_parent).or_default().held -= taken.amount;
        }
        sums.entry(key).or_default().add(row)?;
    }
    daily::each(connection, first_day, |day, sum| {
        let panel = names.number(ValueRef::from(&*day.panel))?;
        let key = Key {
            day: by.day.then_some(day.day),
            panel: panel.filter(|_| by.panel && !day.panel.is_empty()),
            service: by.service.then_some(day.service),
            customer: by.customer.then_some(day.customer),
            currency: names
                .number(ValueRef::from(&*day.currency))?
                .unwrap_or(OURS),
        };
        sums.entry(key).or_default().add_day(&sum)
    })?;
    let customers = customers(connection)?;
    let profits = sums.into_iter().map(|(key, sum)| {
        let group = Group {
            day: key.day,
            panel: key.panel.map(|at| PanelName::new(names.text(at))),
            service: key.service.map(ServiceId),
            customer: key.customer.and_then(|id| customers.get(&id).cloned()),
            currency: Currency::new(names.text(key.currency)),
        };
        sum.of(group)
    });
    let mut profits = profits.collect::<Result<Vec<_>>>()?;
    profits.sort_unstable_by(|one, other| one.group.cmp(&other.group));
    Ok(profits)
}

/// What a child has taken of a hold that its parent still has.
struct Taken {
    amount: i128,
    held_since: i64,
}

/// `None` for everything else, and if the hold is older than what is counted.
fn taken_from_a_live_hold(
    row: &Row<'_>,
    since: Option<Timestamp>,
) -> rusqlite::Result<Option<Taken>> {
    let held_since: Option<i64> = row.get("held_since")?;
    let counted = held_since.filter(|at| since.is_none_or(|since| *at >= since.0));
    let Some(held_since) = counted else {
        return Ok(None);
    };
    let is_live = values::read(row, "state_of_parent", OrderState::parse)? != OrderState::Closed;
    let is_take = values::read(row, "kind", TransferKind::parse)? == TransferKind::Take;
    let amount = i128::from(row.get::<_, i64>("amount")?);
    Ok((is_live && is_take).then_some(Taken { amount, held_since }))
}

/// A group while it is summed up: texts are numbers in [`Names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    day: Option<i64>,
    panel: Option<usize>,
    service: Option<i64>,
    customer: Option<i64>,
    currency: usize,
}

/// The few names of panels and currencies, so that no row costs an allocation.
struct Names(Vec<String>);

/// The place of our currency among the names.
const OURS: usize = 0;

impl Names {
    fn new(ours: Currency) -> Self {
        Self(vec![ours.as_str().to_owned()])
    }

    fn number(&mut self, value: ValueRef<'_>) -> rusqlite::Result<Option<usize>> {
        let Some(text) = value.as_str_or_null()? else {
            return Ok(None);
        };
        let known = self.0.iter().position(|name| name == text);
        Ok(Some(known.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        })))
    }

    fn text(&self, number: usize) -> &str {
        &self.0[number]
    }
}

/// Wider than money: a sum of any number of transfers fits.
#[derive(Default)]
struct Sum {
    orders: u64,
    revenue: i128,
    held: i128,
    cost: i128,
}

impl Sum {
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let amount = i128::from(row.get::<_, i64>("amount")?);
        match values::read(row, "kind", TransferKind::parse)? {
            TransferKind::Hold => {
                self.orders += 1;
                if values::read(row, "state", OrderState::parse)? != OrderState::Closed {
                    self.held += amount;
                }
            }
            TransferKind::Take => self.revenue += amount,
            TransferKind::Refund => self.revenue -= amount,
            TransferKind::Charge => self.cost += amount,
            TransferKind::Credit => self.cost -= amount,
            // What was held and goes back was never earned; the rest belongs to no order.
            TransferKind::Release
            | TransferKind::TopUp
            | TransferKind::Adjustment
            | TransferKind::Deposit => {}
        }
        Ok(())
    }

    /// Nothing of them is held any more.
    fn add_day(&mut self, day: &daily::Sums) -> Result<()> {
        let orders = u64::try_from(day.orders).map_err(|_| {
            StoreError::Corrupt(format!("{} orders were opened in a day", day.orders))
        })?;
        self.orders += orders;
        self.revenue += day.taken - day.refunded;
        self.cost += day.cost;
        Ok(())
    }

    fn of(&self, group: Group) -> Result<Profit> {
        Ok(Profit {
            group,
            orders: self.orders,
            revenue: money(self.revenue)?,
            held: money(self.held)?,
            cost: money(self.cost)?,
        })
    }
}

fn money(micros: i128) -> Result<Money> {
    let money = i64::try_from(micros).map(Money::from_micros);
    money.map_err(|_| StoreError::BadAmount(format!("a sum of {micros} millionths is too large")))
}

fn day(row: &Row<'_>) -> rusqlite::Result<i64> {
    Ok(daily::day(row.get("at")?))
}

fn customers(connection: &Connection) -> Result<HashMap<i64, String>> {
    let mut query = connection.prepare_cached("SELECT id, name FROM customers")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
