//! What operators decide about orders.

use panelgate_domain::family::Kind;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use rusqlite::{Connection, params};

use super::orders::close::{self, By, Ending};
use super::orders::refund::{self, Refund};
use super::orders::{families, place, stake, steps};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::Decision;

/// unconfirmed → placed.
pub(super) fn resolve_placed(
    connection: &Connection,
    decision: &Decision,
    upstream_id: &UpstreamId,
) -> Result<Order> {
    let order = steps::load(connection, decision.order)?;
    steps::allow(&order, &[OrderState::Unconfirmed], OrderState::Placed)?;
    place::accept(connection, &order, upstream_id, decision.at)?;
    let text = format!("as {upstream_id}; {}", why(decision));
    steps::tell(connection, order.id, decision.at, "resolved_placed", &text)?;
    keep_outcome(connection, &order, "resolved_placed")?;
    steps::load(connection, order.id)
}

/// unconfirmed → closed(Canceled).
pub(super) fn resolve_not_placed(connection: &Connection, decision: &Decision) -> Result<Order> {
    let order = steps::load(connection, decision.order)?;
    steps::allow(&order, &[OrderState::Unconfirmed], OrderState::Closed)?;
    keep_outcome(connection, &order, "resolved_not_placed")?;
    let ending = Ending {
        decided: by(decision),
        ..Ending::canceled(&order, By::NotPlaced, decision.at)
    };
    close::end(connection, &order, &ending, &why(decision))
}

/// Gives back a part of what is held or was taken, and takes the order off the operator's list.
pub(super) fn settle_by_hand(
    connection: &Connection,
    decision: &Decision,
    refund: Money,
) -> Result<Order> {
    let order = steps::load(connection, decision.order)?;
    match order.state {
        OrderState::Placed => close_by_hand(connection, &order, decision, refund)?,
        OrderState::Closed => refund_closed(connection, &order, decision, refund)?,
        OrderState::Open | OrderState::Sending | OrderState::Unconfirmed => {
            return Err(steps::wrong(&order));
        }
    }
    connection
        .prepare_cached("UPDATE orders SET flag = NULL WHERE id = ?1")?
        .execute([order.id.0])?;
    steps::load(connection, order.id)
}

fn close_by_hand(
    connection: &Connection,
    order: &Order,
    decision: &Decision,
    refund: Money,
) -> Result<()> {
    if order.kind() == Kind::Subscription {
        families::check_resolved(connection, order.id, None)?;
    }
    let stake = stake::of(connection, order)?;
    let settlement = order.basis().decided(refund, stake);
    let settlement = settlement.ok_or_else(|| out_of_bounds(refund, stake))?;
    let ending = Ending {
        settlement,
        by: By::Hand,
        at: decision.at,
        decided: by(decision),
    };
    close::end(connection, order, &ending, &why(decision)).map(drop)
}

fn refund_closed(
    connection: &Connection,
    order: &Order,
    decision: &Decision,
    refund: Money,
) -> Result<()> {
    let taken = order.taken.unwrap_or(Money::ZERO);
    let kept = taken
        .checked_sub(refund)
        .filter(|kept| refund >= Money::ZERO && *kept >= Money::ZERO);
    let kept = kept.ok_or_else(|| out_of_bounds(refund, taken))?;
    let given_back = Refund {
        kept,
        amount: refund,
        reference: &format!("order/{}/refund/{}", order.id, order.version),
        by: by(decision),
        at: decision.at,
    };
    refund::give(connection, order, &given_back)?;
    let text = format!("{refund} given back, {kept} kept; {}", why(decision));
    steps::tell(connection, order.id, decision.at, "settled", &text)
}

fn keep_outcome(connection: &Connection, order: &Order, outcome: &str) -> Result<()> {
    let placement = steps::last_placement(connection, order)?;
    connection
        .prepare_cached("UPDATE placements SET outcome = ?2 WHERE id = ?1")?
        .execute(params![placement.0, outcome])?;
    Ok(())
}

fn by(decision: &Decision) -> Option<(&str, Option<&str>)> {
    Some((&decision.actor, Some(&decision.reason)))
}

fn why(decision: &Decision) -> String {
    format!("{}: {}", decision.actor, decision.reason)
}

fn out_of_bounds(refund: Money, most: Money) -> StoreError {
    StoreError::BadAmount(format!(
        "{refund} cannot be given back: it has to be between 0.00 and {most}"
    ))
}
