//! Ends that change later: what a panel took back of its work goes back to the customer, by the formula and once.

use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::settlement::Settlement;
use panelgate_domain::status::{Fact, Final};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, ToSql};

use super::close::{self, By};
use super::refund::{self, Refund};
use super::rows::{FactParams, SET_FACT};
use super::{cost, learn, steps};
use crate::api::Result;
use crate::error::StoreError;

/// Pays what is missing to the formula on a later fact. Whatever was given back before, by hand too, counts.
pub(in crate::sqlite) fn settle(
    connection: &Connection,
    id: OrderId,
    fact: &Fact,
    settlement: Settlement,
) -> Result<Order> {
    let order = steps::load(connection, id)?;
    let (OrderState::Closed, Some(ended), Some(taken)) = (order.state, order.ended, order.taken)
    else {
        return Err(steps::wrong(&order));
    };
    close::check_formula(&order, fact, settlement)?;
    let missing = taken
        .checked_sub(settlement.taken)
        .filter(|missing| *missing > Money::ZERO);
    let overtaken = order.fact.is_some_and(|known| known.at > fact.at);
    let (Some(missing), false, true) = (missing, overtaken, was_by_fact(connection, id)?) else {
        return Err(StoreError::NothingMore(id));
    };
    write_end(connection, &order, fact, settlement.word)?;
    cost::book_charge(connection, &order, fact.charge, fact.at)?;
    let given_back = Refund {
        kept: settlement.taken,
        amount: missing,
        reference: &next_reference(connection, id)?,
        by: None,
        at: fact.at,
    };
    refund::give(connection, &order, &given_back)?;
    let text = format!(
        "{ended} → {}, {missing} given back, {} kept; {}",
        settlement.word,
        settlement.taken,
        learn::said(&order, fact)
    );
    steps::tell(connection, id, fact.at, "changed", &text)?;
    steps::load(connection, id)
}

/// They were looked at again, and nothing has changed.
pub(in crate::sqlite) fn confirm(
    connection: &Connection,
    looked: &[(OrderId, Timestamp)],
) -> Result<()> {
    learn::check_bound(looked.len())?;
    let mut update = connection.prepare_cached(
        "UPDATE orders SET fact_at = ?2 WHERE id = ?1 AND state = 'closed' AND fact_at < ?2",
    )?;
    for (id, at) in looked {
        update.execute((id.0, at.0))?;
    }
    Ok(())
}

/// Only what a panel ended can it end otherwise: the rest was decided by somebody who knew better.
fn was_by_fact(connection: &Connection, id: OrderId) -> Result<bool> {
    let mut query =
        connection.prepare_cached("SELECT 1 FROM orders WHERE id = ?1 AND closed_by = ?2")?;
    Ok(query.exists((id.0, By::Fact.word()))?)
}

fn write_end(connection: &Connection, order: &Order, fact: &Fact, ended: Final) -> Result<()> {
    let sql = format!(
        "UPDATE orders SET ended = :ended, {SET_FACT} WHERE id = :id AND version = :version AND state = 'closed'"
    );
    let columns = FactParams::new(fact);
    let more: [(&str, &dyn ToSql); 3] = [
        (":ended", &ended.word()),
        (":id", &order.id.0),
        (":version", &order.version),
    ];
    let rows = connection
        .prepare_cached(&sql)?
        .execute(&*columns.with(&more))?;
    steps::changed(order, rows)
}

/// They count, so that `verify` can tell them from refunds by hand.
fn next_reference(connection: &Connection, id: OrderId) -> Result<String> {
    let prefix = format!("order/{id}/later/");
    let before: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM transfers WHERE order_id = ?1 AND substr(reference, 1, length(?2)) = ?2",
        )?
        .query_row((id.0, &prefix), |row| row.get(0))?;
    Ok(format!("{prefix}{}", before + 1))
}
