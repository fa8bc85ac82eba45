//! What a panel says of the orders it has.

use panelgate_domain::family::Kind;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, ToSql};

use super::rows::{FactParams, SET_FACT};
use super::{cost, steps};
use crate::api::{MAX_LEARNED, Result};
use crate::error::StoreError;
use crate::model::Learned;

/// Keeps facts, doubts and flags of placed orders; others are left alone. Answers those that changed.
pub(in crate::sqlite) fn learn(connection: &Connection, learned: &[Learned]) -> Result<Vec<Order>> {
    check_bound(learned.len())?;
    let mut changed = Vec::with_capacity(learned.len());
    for one in learned {
        let order = steps::load(connection, one.order)?;
        if order.state == OrderState::Placed {
            changed.extend(keep(connection, order, one)?);
        }
    }
    Ok(changed)
}

/// One commit is never long.
pub(in crate::sqlite) fn check_bound(facts: usize) -> Result<()> {
    if facts > MAX_LEARNED {
        return Err(StoreError::BadAmount(format!(
            "{facts} facts are more than the {MAX_LEARNED} that are learned at once"
        )));
    }
    Ok(())
}

/// The order afterwards, if there was anything new.
fn keep(connection: &Connection, order: Order, learned: &Learned) -> Result<Option<Order>> {
    let (fact, doubt) = newest(&order, learned);
    let flag = learned.flag.as_deref().filter(|_| order.flag.is_none());
    if order.fact == Some(fact) && order.doubt == doubt && flag.is_none() {
        return Ok(None);
    }
    let sql = format!(
        "UPDATE orders SET flag = coalesce(flag, :flag), doubt = :doubt, version = version + 1, {SET_FACT}
         WHERE id = :id AND version = :version AND state = 'placed'"
    );
    let columns = FactParams::new(&fact);
    let more: [(&str, &dyn ToSql); 4] = [
        (":flag", &flag),
        (":doubt", &doubt.map(|until| until.0)),
        (":id", &order.id.0),
        (":version", &order.version),
    ];
    let rows = connection
        .prepare_cached(&sql)?
        .execute(&*columns.with(&more))?;
    steps::changed(&order, rows)?;
    if let Some(flag) = flag {
        steps::tell(connection, order.id, learned.fact.at, "flagged", flag)?;
    }
    if is_news(order.fact.as_ref(), &fact) {
        steps::tell(
            connection,
            order.id,
            fact.at,
            "learned",
            &said(&order, &fact),
        )?;
        cost::book_charge(connection, &order, fact.charge, fact.at)?;
        // The charge may have put it on the list.
        return steps::load(connection, order.id).map(Some);
    }
    // Most looks only move counters: what was written is known, and reading it again would cost as much as writing it.
    Ok(Some(Order {
        version: order.version + 1,
        fact: Some(fact),
        doubt,
        flag: order.flag.or_else(|| flag.map(str::to_owned)),
        ..order
    }))
}

/// Answers overtake each other; an older one never replaces a newer one, nor what is doubted of it.
fn newest(order: &Order, learned: &Learned) -> (Fact, Option<Timestamp>) {
    match order.fact {
        Some(known) if known.at > learned.fact.at => (known, order.doubt),
        _ => (learned.fact, learned.doubt),
    }
}

/// Counters move with every look; only a new word or charge belongs into the history.
fn is_news(known: Option<&Fact>, fact: &Fact) -> bool {
    known.is_none_or(|known| known.word != fact.word || known.charge != fact.charge)
}

/// A fact of an order in the words of the history.
pub(in crate::sqlite) fn said(order: &Order, fact: &Fact) -> String {
    let mut text = fact.word.to_string();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(", {name} {value}"));
        }
    };
    add("charge", fact.charge.map(|charge| charge.to_string()));
    add(
        "start_count",
        fact.start_count.map(|count| count.to_string()),
    );
    add("remains", fact.remains.map(|remains| remains.to_string()));
    let runs = match order.kind() {
        Kind::Subscription => "posts",
        _ => "runs",
    };
    add(runs, fact.runs.map(|runs| runs.to_string()));
    text
}
