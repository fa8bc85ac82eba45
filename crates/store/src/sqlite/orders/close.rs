//! The end of an order: its hold is split in the transaction that closes it, once.

use panelgate_domain::canary::Canary;
use panelgate_domain::family::{Kind, Share};
use panelgate_domain::ids::{CustomerId, OrderId};
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Final};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, ToSql, params};

use super::super::ledger::{self, Account, Transfer};
use super::super::meta;
use super::rows::{FactParams, SET_FACT};
use super::{completions, cost, families, flag, learn, stake, steps};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::Decision;

/// What closed an order; `verify` checks the split by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sqlite) enum By {
    /// A final fact, by the formula.
    Fact,
    /// A refusal about the order.
    Refusal,
    /// It was never sent.
    Unsent,
    /// An operator found that the panel does not have it.
    NotPlaced,
    /// An operator split the hold.
    Hand,
}

/// How an order ends.
#[derive(Clone, Debug)]
pub(in crate::sqlite) struct Ending<'a> {
    pub(in crate::sqlite) settlement: Settlement,
    pub(in crate::sqlite) by: By,
    pub(in crate::sqlite) at: Timestamp,
    /// The operator, and why.
    pub(in crate::sqlite) decided: Option<(&'a str, Option<&'a str>)>,
}

impl By {
    /// The word in the table.
    pub(in crate::sqlite) const fn word(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Refusal => "refusal",
            Self::Unsent => "unsent",
            Self::NotPlaced => "not_placed",
            Self::Hand => "hand",
        }
    }
}

impl Ending<'_> {
    /// Everything goes back.
    pub(in crate::sqlite) fn canceled(order: &Order, by: By, at: Timestamp) -> Self {
        Self {
            settlement: order.basis().canceled(),
            by,
            at,
            decided: None,
        }
    }
}

/// open → closed(Canceled).
pub(in crate::sqlite) fn unsent(connection: &Connection, decision: &Decision) -> Result<Order> {
    let order = steps::load(connection, decision.order)?;
    steps::allow(&order, &[OrderState::Open], OrderState::Closed)?;
    let ending = Ending::canceled(&order, By::Unsent, decision.at);
    end(
        connection,
        &order,
        &ending,
        &format!("{}: {}", decision.actor, decision.reason),
    )
}

/// placed → closed, by a final fact.
pub(in crate::sqlite) fn by_fact(
    connection: &Connection,
    id: OrderId,
    fact: &Fact,
    settlement: Settlement,
    lived: Timestamp,
) -> Result<Order> {
    let order = steps::load(connection, id)?;
    steps::allow(&order, &[OrderState::Placed], OrderState::Closed)?;
    check_formula(&order, fact, settlement)?;
    set_fact(connection, &order, fact)?;
    cost::book_charge(connection, &order, fact.charge, fact.at)?;
    // How long runs take says nothing about orders that are delivered at once.
    if settlement.word != Final::Canceled && order.share != Some(Share::Run) {
        completions::count(connection, &order, fact.at.middle_since(lived))?;
    }
    let ending = Ending {
        settlement: within(settlement, stake::of(connection, &order)?),
        by: By::Fact,
        at: fact.at,
        decided: None,
    };
    let short = settlement.taken.checked_sub(ending.settlement.taken);
    let order = match short.filter(|short| *short > Money::ZERO) {
        Some(short) if !stake::is_rounding(connection, &order, short)? => {
            let text = format!(
                "its parent's hold is used up: it should take {}",
                settlement.taken
            );
            flag::set(connection, id, &text, fact.at)?
        }
        _ => order,
    };
    end(connection, &order, &ending, &learn::said(&order, fact))
}

/// The same end out of a smaller stake.
fn within(settlement: Settlement, stake: Money) -> Settlement {
    let taken = settlement.taken.min(stake);
    Settlement {
        taken,
        released: stake.checked_sub(taken).unwrap_or(Money::ZERO),
        ..settlement
    }
}

fn set_fact(connection: &Connection, order: &Order, fact: &Fact) -> Result<()> {
    let columns = FactParams::new(fact);
    let sql = format!(
        "UPDATE orders SET {SET_FACT} WHERE id = :id AND version = :version AND state = 'placed'"
    );
    let more: [(&str, &dyn ToSql); 2] = [(":id", &order.id.0), (":version", &order.version)];
    let rows = connection
        .prepare_cached(&sql)?
        .execute(&*columns.with(&more))?;
    steps::changed(order, rows)
}

/// placed → closed, for a subscription: its children have taken what is ours, and the rest goes back.
pub(in crate::sqlite) fn parent_by_fact(
    connection: &Connection,
    id: OrderId,
    fact: &Fact,
) -> Result<(Order, Money)> {
    let order = steps::load(connection, id)?;
    steps::allow(&order, &[OrderState::Placed], OrderState::Closed)?;
    let Verdict::Ended(word) = order.basis().settle(fact) else {
        return Err(StoreError::Corrupt(format!(
            "{fact:?} does not end subscription {id}"
        )));
    };
    families::check_resolved(connection, id, fact.runs)?;
    set_fact(connection, &order, fact)?;
    cost::book_parent(connection, &order, fact)?;
    let released = stake::of(connection, &order)?;
    let ending = Ending {
        settlement: Settlement {
            word,
            taken: Money::ZERO,
            released,
        },
        by: By::Fact,
        at: fact.at,
        decided: None,
    };
    let closed = end(connection, &order, &ending, &learn::said(&order, fact))?;
    Ok((closed, released))
}

/// A fact settles an order by the formula and in no other way.
pub(in crate::sqlite) fn check_formula(
    order: &Order,
    fact: &Fact,
    settlement: Settlement,
) -> Result<()> {
    if order.basis().settle(fact) == Verdict::Settle(settlement) {
        Ok(())
    } else {
        Err(StoreError::Corrupt(format!(
            "{settlement:?} is not what {fact:?} does to order {}",
            order.id
        )))
    }
}

/// Closes the order and splits its stake.
///
/// ```text
/// held → sales       what is taken
/// held → available   what is released; what a child does not take stays held
/// ```
pub(in crate::sqlite) fn end(
    connection: &Connection,
    order: &Order,
    ending: &Ending<'_>,
    why: &str,
) -> Result<Order> {
    let Settlement {
        word,
        taken,
        released,
    } = ending.settlement;
    let stake = stake::of(connection, order)?;
    let whole = taken >= Money::ZERO
        && released >= Money::ZERO
        && taken.checked_add(released) == Some(stake);
    if !whole {
        return Err(StoreError::Corrupt(format!(
            "{taken} and {released} are not the {stake} of order {}",
            order.id
        )));
    }
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET state = 'closed', ended = ?4, closed_by = ?5, taken = ?6, closed = ?7,
                               doubt = NULL, version = version + 1
             WHERE id = ?1 AND version = ?2 AND state = ?3",
        )?
        .execute(params![
            order.id.0,
            order.version,
            order.state.word(),
            word.word(),
            ending.by.word(),
            taken.micros(),
            ending.at.0,
        ])?;
    steps::changed(order, rows)?;
    resolve_hold(connection, order, ending, TransferKind::Take, taken)?;
    if order.origin.is_none() {
        resolve_hold(connection, order, ending, TransferKind::Release, released)?;
        if Canary::HoldReleasedTwice.sings() && ending.by == By::NotPlaced {
            resolve_hold(connection, order, ending, TransferKind::Refund, released)?;
        }
    }
    steps::tell(
        connection,
        order.id,
        ending.at,
        "closed",
        &format!("{word}, {}; {why}", split(order, taken, released)),
    )?;
    steps::load(connection, order.id)
}

/// What became of its stake, in the words of the history.
fn split(order: &Order, taken: Money, released: Money) -> String {
    match order.kind() {
        Kind::Subscription => format!("{released} of the hold gone back"),
        _ => format!("{taken} taken"),
    }
}

fn resolve_hold(
    connection: &Connection,
    order: &Order,
    ending: &Ending<'_>,
    kind: TransferKind,
    amount: Money,
) -> Result<()> {
    let to = match kind {
        TransferKind::Take => Account::Sales,
        _ if Canary::RefundToAnother.sings() => Account::Available(CustomerId(1)),
        _ => Account::Available(order.customer),
    };
    let transfer = Transfer {
        kind,
        from: Account::Held(order.customer),
        to,
        amount,
        currency: &meta::currency(connection)?,
        reference: &format!("order/{}/{kind}", order.id),
        order: Some(order.id),
        by: ending.decided,
        at: ending.at,
    };
    ledger::book(connection, &transfer)
}
