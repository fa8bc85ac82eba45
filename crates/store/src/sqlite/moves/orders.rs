//! Orders. One that has ended is only remembered: what it cost was paid before the books begin, and lies before its customer's opening
//! entry. A live one brings its price with it, is held for, and from then on is an order like any other.

use panelgate_domain::ids::{CustomerId, MAX_ID, PanelName, UpstreamId};
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::super::archive::stubs;
use super::super::ledger::{self, Account, Transfer};
use super::super::orders::rows::{self, FactParams};
use super::super::orders::{cost, open, steps};
use super::super::{bookings, meta, values};
use super::customers;
use super::plan::Standing;
use crate::api::Result;
use crate::model::{Home, Moving, MovingOrder, Sendable, Stub};

/// The numbers that orders have got so far.
#[derive(Clone, Copy)]
pub(super) struct Given {
    /// The last one.
    pub(super) last: i64,
    /// The store was made of a backup: others up to the last one may have been given out.
    is_uncertain: bool,
}

impl Given {
    pub(super) fn of(connection: &Connection) -> Result<Self> {
        let last: Option<i64> = connection
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'orders'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(Self {
            last: last.unwrap_or(0),
            is_uncertain: meta::restored(connection)? > Timestamp(i64::MIN),
        })
    }
}

/// What its customer has paid for it so far.
pub(super) fn charged(order: &MovingOrder) -> Money {
    match order.fact.word.final_word() {
        Some(Final::Canceled) => Money::ZERO,
        _ => order.price,
    }
}

pub(super) fn look(connection: &Connection, given: Given, order: &MovingOrder) -> Result<Standing> {
    let id = order.id;
    if let Some(known) = known(connection, order)? {
        return Ok(match differs(&known, order) {
            None => Standing::Before,
            Some(field) => {
                let why = match known.has_moved {
                    true => format!("order {id} moved here before, with another {field}"),
                    false => format!("order {id} is one that was opened here"),
                };
                Standing::Clash(if known.has_moved { field } else { "id" }, why)
            }
        });
    }
    if let Some(stub) = stubs::by_id(connection, id)? {
        return Ok(match is_left_of(connection, &stub, order)? {
            true => Standing::Before,
            false => Standing::Clash("id", format!("order {id} is one that was archived here")),
        });
    }
    if id.0 > HIGHEST {
        let why = format!("above {HIGHEST}: no numbers would be left for new orders");
        return Ok(Standing::Clash("id", why));
    }
    if given.is_uncertain && id.0 <= given.last {
        let why = format!(
            "the store was restored from a backup, and numbers up to {} may have been given out since",
            given.last
        );
        return Ok(Standing::Clash("id", why));
    }
    if order.home.is_none() && order.fact.word.final_word().is_none() {
        let why = "an order that lives is somewhere: name its panel and upstream_id".to_owned();
        return Ok(Standing::Clash("panel", why));
    }
    if let Some(home) = &order.home
        && let Some(other) = order_at(connection, home)?
    {
        let (upstream_id, panel) = (&home.upstream_id, &home.panel);
        let why = format!("{upstream_id} of {panel} is order {other}");
        return Ok(Standing::Clash("upstream_id", why));
    }
    look_at_money(connection, order)
}

/// Nobody may come to owe more than the credit limit, not even for a moment.
fn look_at_money(connection: &Connection, order: &MovingOrder) -> Result<Standing> {
    if order.fact.word.final_word().is_some() {
        return Ok(Standing::New);
    }
    for reference in [opening_of_hold(order), opening_of_cost(order)] {
        if bookings::amount_of_customer(connection, &reference, CustomerId(0))?.is_some() {
            let why = format!("a booking of somebody else has the reference `{reference}`");
            return Ok(Standing::Clash("id", why));
        }
    }
    let Some(customer) = customers::find(connection, &order.customer)? else {
        return Ok(Standing::New);
    };
    let account = ledger::account(connection, customer)?;
    let least = account.credit_limit.checked_neg();
    if least.is_some_and(|least| account.available >= least) {
        return Ok(Standing::New);
    }
    let why = format!(
        "`{}` has {}, below the credit limit of {}",
        order.customer, account.available, account.credit_limit
    );
    Ok(Standing::Clash("customer", why))
}

/// What is here under the same number.
struct Known {
    order: Sendable,
    customer: String,
    has_moved: bool,
}

fn known(connection: &Connection, order: &MovingOrder) -> Result<Option<Known>> {
    let found = connection
        .prepare_cached(
            "SELECT o.*, c.name AS customer_name FROM orders o JOIN customers c ON c.id = o.customer WHERE o.id = ?1",
        )?
        .query_row([order.id.0], |row| {
            Ok(Known {
                order: rows::sendable(row)?,
                customer: row.get("customer_name")?,
                has_moved: row.get::<_, Option<String>>("moved")?.is_some(),
            })
        })
        .optional()?;
    Ok(found)
}

/// The first thing that does not fit; what may change while an order lives is not compared.
fn differs(known: &Known, order: &MovingOrder) -> Option<&'static str> {
    let is = &known.order.order;
    let home = order.home.as_ref();
    let (panel, upstream_id): (Option<&PanelName>, Option<&UpstreamId>) = (
        home.map(|home| &home.panel),
        home.map(|home| &home.upstream_id),
    );
    let pairs = [
        ("id", known.has_moved),
        ("customer", known.customer == order.customer),
        ("service", is.service == order.service),
        ("link", same_fields(&known.order.spec, &order.spec)),
        (
            "quantity",
            known.order.spec.quantity() == order.spec.quantity(),
        ),
        ("charge", is.price == order.price),
        ("created", is.created == order.created),
        ("panel", is.panel.as_ref() == panel),
        ("upstream_id", is.upstream_id.as_ref() == upstream_id),
    ];
    let wrong = pairs.into_iter().find(|(_, fits)| !fits);
    wrong.map(|(field, _)| field)
}

fn same_fields(one: &OrderSpec, other: &OrderSpec) -> bool {
    one.quantity() != other.quantity() || one == other
}

/// Whether an archived order is this one, as far as is still known: it moved here before.
fn is_left_of(connection: &Connection, stub: &Stub, order: &MovingOrder) -> Result<bool> {
    let mut query = connection.prepare_cached(
        "SELECT 1 FROM stubs s JOIN customers c ON c.id = s.customer WHERE s.id = ?1 AND s.moved IS NOT NULL AND c.name = ?2",
    )?;
    let home = order.home.as_ref();
    let fits = stub.service == order.service
        && stub.quantity == order.spec.quantity().total()
        && (stub.price, stub.created) == (order.price, order.created)
        && stub.panel.as_ref() == home.map(|home| &home.panel)
        && stub.upstream_id.as_ref() == home.map(|home| &home.upstream_id);
    Ok(fits && query.exists(params![stub.id.0, order.customer])?)
}

fn order_at(connection: &Connection, home: &Home) -> Result<Option<i64>> {
    let mut query =
        connection.prepare_cached("SELECT id FROM orders WHERE panel = ?1 AND upstream_id = ?2")?;
    let values = [home.panel.as_str(), home.upstream_id.as_str()];
    match query.query_row(values, |row| row.get(0)).optional()? {
        Some(id) => Ok(Some(id)),
        None => {
            let archived = stubs::at_panel(connection, values[0], values[1])?;
            Ok(archived.map(|(id, _)| id.0))
        }
    }
}

/// Writes the order, and the money of a live one.
pub(super) fn write(connection: &Connection, moving: &Moving, order: &MovingOrder) -> Result<()> {
    let customer = customers::named(connection, &order.customer)?;
    insert(connection, order, customer)?;
    if let Some(home) = &order.home {
        settle_in(connection, order, home)?;
    }
    let text = format!(
        "from another panel, as {}, charged {}",
        order.fact.word,
        charged(order)
    );
    steps::tell(connection, order.id, moving.at, "moved", &text)?;
    match order.fact.word.final_word() {
        Some(_) => Ok(()),
        None => bring_money(connection, moving, order, customer),
    }
}

/// As it is, but for where it is.
fn insert(connection: &Connection, order: &MovingOrder, customer: CustomerId) -> Result<()> {
    let quantity = order.spec.quantity();
    let ended = order.fact.word.final_word();
    let fact = FactParams::new(&order.fact);
    let (per_run, in_runs) = (
        values::integer(quantity.per_run)?,
        values::integer(quantity.runs)?,
    );
    let (state, moved) = match ended {
        Some(_) => ("closed", "closed"),
        None => ("open", "live"),
    };
    let columns: [(&str, &dyn ToSql); 18] = [
        (":id", &order.id.0),
        (":customer", &customer.0),
        (":service", &order.service.0),
        (":service_type", &order.service_type.name()),
        (":state", &state),
        (":price", &order.price.micros()),
        (":rate", &rate(order).to_string()),
        (":per_run", &per_run),
        (":in_runs", &in_runs),
        (":spec", &open::spec_text(&order.spec)?),
        (":refill", &order.refill),
        (":cancel", &order.cancel),
        (":created", &order.created.0),
        (":ended", &ended.map(Final::word)),
        (":closed_by", &ended.map(|_| "hand")),
        (":taken", &ended.map(|_| charged(order).micros())),
        (":closed", &ended.map(|_| order.created.0)),
        (":moved", &moved),
    ];
    connection
        .prepare_cached(
            "INSERT INTO orders (id, customer, service, service_type, state, price, rate, per_run, runs, revision, spec,
                                 refill, cancel, created, ended, closed_by, taken, closed, moved,
                                 fact_word, fact_charge, fact_start_count, fact_remains, fact_runs, fact_at)
             VALUES (:id, :customer, :service, :service_type, :state, :price, :rate, :per_run, :in_runs, 0, :spec,
                     :refill, :cancel, :created, :ended, :closed_by, :taken, :closed, :moved,
                     :word, :charge, :start_count, :remains, :runs, :fact_at)",
        )?
        .execute(&*fact.with(&columns))?;
    Ok(())
}

/// It was priced by nobody's rules: what its price comes to.
fn rate(order: &MovingOrder) -> Rate {
    let price = order.price;
    let per_thousand = match order.service_type.charging() {
        Charging::Flat => Some(price),
        Charging::PerThousand => price.share(1_000, order.spec.quantity().total(), Rounding::Down),
    };
    per_thousand
        .and_then(|rate| Rate::new(rate.to_decimal()))
        .unwrap_or_default()
}

/// At its panel, as if it had been sent from here: a live order is placed by it.
fn settle_in(connection: &Connection, order: &MovingOrder, home: &Home) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO placements (order_id, panel, offer, cost, currency, began, outcome) VALUES (?1, ?2, '', ?3, ?4, ?5, 'moved')",
        )?
        .execute(params![
            order.id.0,
            home.panel.as_str(),
            home.cost.micros(),
            home.currency.as_str(),
            order.created.0,
        ])?;
    connection
        .prepare_cached(
            "UPDATE orders SET placement = ?2, panel = ?3, upstream_id = ?4,
                               state = CASE state WHEN 'open' THEN 'placed' ELSE state END
             WHERE id = ?1",
        )?
        .execute(params![
            order.id.0,
            connection.last_insert_rowid(),
            home.panel.as_str(),
            home.upstream_id.as_str(),
        ])?;
    Ok(())
}

/// ```text
/// outside → available → held    the price, which its customer has paid already
/// outside → prepaid → cost      what its panel has charged for it already
/// ```
fn bring_money(
    connection: &Connection,
    moving: &Moving,
    order: &MovingOrder,
    customer: CustomerId,
) -> Result<()> {
    let brought = Transfer {
        kind: TransferKind::Adjustment,
        from: Account::Outside,
        to: Account::Available(customer),
        amount: order.price,
        currency: &meta::currency(connection)?,
        reference: &opening_of_hold(order),
        order: None,
        by: Some((&moving.actor, Some("paid before the order moved here"))),
        at: moving.at,
    };
    ledger::book(connection, &brought)?;
    ledger::hold(connection, order.id, customer, order.price, moving.at)?;
    let Some(home) = &order.home else {
        return Ok(());
    };
    let paid = Transfer {
        kind: TransferKind::Deposit,
        to: Account::Prepaid(&home.panel),
        amount: home.cost,
        currency: &home.currency,
        reference: &opening_of_cost(order),
        ..brought
    };
    ledger::book(connection, &paid)?;
    cost::book_quoted(connection, &steps::load(connection, order.id)?, moving.at)?;
    // Costs are booked under the order's version, once each: the next ones have another.
    connection
        .prepare_cached("UPDATE orders SET version = version + 1 WHERE id = ?1")?
        .execute([order.id.0])?;
    Ok(())
}

fn opening_of_hold(order: &MovingOrder) -> String {
    format!("opening-order:{}", order.id)
}

fn opening_of_cost(order: &MovingOrder) -> String {
    format!("opening-cost:{}", order.id)
}

/// Leaves as many numbers for orders of ours.
const HIGHEST: i64 = MAX_ID - 100_000_000;
