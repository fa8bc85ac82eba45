//! A new order: row, spec, hold, and perhaps its first placement.

use std::time::Duration;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::Order;
use panelgate_domain::spec::OrderSpec;
use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::super::{ledger, newest, values};
use super::{duplicates, place, steps};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{NewOrder, NewPlacement, Opened};

/// Opens an order, unless its customer did so before under the same name.
pub(in crate::sqlite) fn open(
    connection: &Connection,
    new: &NewOrder,
    placement: Option<&NewPlacement>,
) -> Result<Opened> {
    if let Some(before) = opened_before(connection, new)? {
        return Ok(before);
    }
    ledger::check_funds(connection, new.customer, new.quote.price)?;
    if placement.is_none() {
        check_room(connection, new.open_max)?;
    }
    let id = insert(connection, new)?;
    newest::pass(connection, id)?;
    ledger::hold(connection, id, new.customer, new.quote.price, new.at)?;
    remember_name(connection, new, id)?;
    let text = format!(
        "{} at rate {}, rules {}",
        new.quote.price, new.quote.rate, new.quote.revision
    );
    steps::tell(connection, id, new.at, "opened", &text)?;
    let begun = placement
        .map(|placement| place::begin(connection, id, placement))
        .transpose()?;
    Ok(Opened::New(Box::new(steps::load(connection, id)?), begun))
}

fn check_room(connection: &Connection, open_max: u64) -> Result<()> {
    let most = i64::try_from(open_max).unwrap_or(i64::MAX);
    let waiting: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM orders WHERE state = 'open' LIMIT ?1)",
        )?
        .query_row([most], |row| row.get(0))?;
    if waiting >= most {
        Err(StoreError::TooManyWaiting(open_max))
    } else {
        Ok(())
    }
}

fn insert(connection: &Connection, new: &NewOrder) -> Result<OrderId> {
    let quantity = new.spec.quantity();
    connection
        .prepare_cached(
            "INSERT INTO orders (customer, service, service_type, state, price, rate, per_run, runs, revision, spec,
                                 refill, cancel, created)
             VALUES (:customer, :service, :service_type, 'open', :price, :rate, :per_run, :runs, :revision, :spec,
                     :refill, :cancel, :created)",
        )?
        .execute(named_params! {
            ":customer": new.customer.0,
            ":service": new.service.0,
            ":service_type": new.service_type.name(),
            ":price": new.quote.price.micros(),
            ":rate": new.quote.rate.to_string(),
            ":per_run": values::integer(quantity.per_run)?,
            ":runs": values::integer(quantity.runs)?,
            ":revision": values::integer(new.quote.revision)?,
            ":spec": spec_text(&new.spec)?,
            ":refill": new.refill,
            ":cancel": new.cancel,
            ":created": new.at.0,
        })?;
    Ok(OrderId(connection.last_insert_rowid()))
}

/// The order that this one would be once more, by the customer's own name for it or by what was chosen for the customer. A name
/// says more than what looks the same.
fn opened_before(connection: &Connection, new: &NewOrder) -> Result<Option<Opened>> {
    match &new.idempotency_key {
        Some(key) => named_before(connection, new, key),
        None => match duplicates::same_lately(connection, new)? {
            Some(order) => Ok(Some(Opened::Repeat(Box::new(order)))),
            None => Ok(duplicates::with_this_link(connection, new)?.map(Opened::LinkIsActive)),
        },
    }
}

/// What the customer opened under this idempotency key within 24 h.
fn named_before(connection: &Connection, new: &NewOrder, key: &str) -> Result<Option<Opened>> {
    let found = connection
        .prepare_cached(
            "SELECT o.id, o.service, o.spec, k.refusal FROM idempotency_keys k JOIN orders o ON o.id = k.order_id
             WHERE k.customer = ?1 AND k.key = ?2 AND k.at > ?3",
        )?
        .query_row(params![new.customer.0, key, new.at.before(NAMES_LAST).0], |row| {
            let spec: OrderSpec = values::read(row, "spec", |text| serde_json::from_str(text).ok())?;
            let refusal: Option<Refusal> =
                values::read_opt(row, "refusal", |text| serde_json::from_str(text).ok())?;
            Ok((OrderId(row.get("id")?), row.get::<_, i64>("service")?, spec, refusal))
        })
        .optional()?;
    let Some((id, service, spec, refusal)) = found else {
        // A new name for what may be the same: the guard still holds.
        return Ok(duplicates::with_this_link(connection, new)?.map(Opened::LinkIsActive));
    };
    if service != new.service.0 || spec != new.spec {
        return Ok(Some(Opened::OtherUnderSameKey));
    }
    if let Some(refusal) = refusal {
        return Ok(Some(Opened::RefusedBefore(refusal)));
    }
    let order: Order = steps::load(connection, id)?;
    Ok(Some(Opened::Repeat(Box::new(order))))
}

fn remember_name(connection: &Connection, new: &NewOrder, order: OrderId) -> Result<()> {
    let Some(key) = &new.idempotency_key else {
        return Ok(());
    };
    forget_old_names(connection, new)?;
    connection
        .prepare_cached(
            "INSERT INTO idempotency_keys (customer, key, order_id, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (customer, key) DO UPDATE SET order_id = excluded.order_id, at = excluded.at, refusal = NULL",
        )?
        .execute(params![new.customer.0, key, order.0, new.at.0])?;
    Ok(())
}

/// A few at a time, but more than come in.
fn forget_old_names(connection: &Connection, new: &NewOrder) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM idempotency_keys WHERE (customer, key) IN
                 (SELECT customer, key FROM idempotency_keys WHERE at <= ?1 ORDER BY at LIMIT 8)",
        )?
        .execute([new.at.before(NAMES_LAST).0])?;
    Ok(())
}

/// Keeps what a customer was told instead of an order that has a name of theirs.
pub(in crate::sqlite) fn keep_refusal(
    connection: &Connection,
    order: OrderId,
    refusal: Refusal,
) -> Result<()> {
    let refusal = serde_json::to_string(&refusal)
        .map_err(|error| StoreError::BadAmount(format!("a refusal cannot be written: {error}")))?;
    connection
        .prepare_cached("UPDATE idempotency_keys SET refusal = ?2 WHERE order_id = ?1")?
        .execute(params![order.0, refusal])?;
    Ok(())
}

pub(in crate::sqlite) fn spec_text(spec: &OrderSpec) -> Result<String> {
    serde_json::to_string(spec)
        .map_err(|error| StoreError::BadAmount(format!("the order cannot be written: {error}")))
}

/// How long an idempotency key stands for one order.
const NAMES_LAST: Duration = Duration::from_secs(24 * 60 * 60);
