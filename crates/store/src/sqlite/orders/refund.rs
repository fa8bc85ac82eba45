//! What a closed order gives back of what was taken: sales → available.

use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::ledger::{self, Account, Transfer};
use super::super::meta;
use super::steps;
use crate::api::Result;
use crate::error::StoreError;

/// A part of what was taken, on its way back.
#[derive(Clone, Copy, Debug)]
pub(in crate::sqlite) struct Refund<'a> {
    /// What is taken afterwards.
    pub(in crate::sqlite) kept: Money,
    pub(in crate::sqlite) amount: Money,
    pub(in crate::sqlite) reference: &'a str,
    /// The operator, and why; nobody where the formula decides.
    pub(in crate::sqlite) by: Option<(&'a str, Option<&'a str>)>,
    pub(in crate::sqlite) at: Timestamp,
}

/// Lowers what the order keeps and moves the money, together.
pub(in crate::sqlite) fn give(
    connection: &Connection,
    order: &Order,
    refund: &Refund<'_>,
) -> Result<()> {
    let whole = refund.amount >= Money::ZERO
        && refund.kept >= Money::ZERO
        && refund.kept.checked_add(refund.amount) == order.taken;
    if !whole {
        return Err(StoreError::Corrupt(format!(
            "{} given back and {} kept are not what was taken of order {}",
            refund.amount, refund.kept, order.id
        )));
    }
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET taken = ?3, version = version + 1 WHERE id = ?1 AND version = ?2 AND state = 'closed'",
        )?
        .execute(params![order.id.0, order.version, refund.kept.micros()])?;
    steps::changed(order, rows)?;
    let transfer = Transfer {
        kind: TransferKind::Refund,
        from: Account::Sales,
        to: Account::Available(order.customer),
        amount: refund.amount,
        currency: &meta::currency(connection)?,
        reference: refund.reference,
        order: Some(order.id),
        by: refund.by,
        at: refund.at,
    };
    ledger::book(connection, &transfer)
}
