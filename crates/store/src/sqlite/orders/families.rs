//! Orders that a panel has made for one of ours: they become ours too.

use panelgate_domain::family::{self, Share, Size, Unresolved};
use panelgate_domain::ids::{OrderId, PanelName, PlacementId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::rows::{FactParams, SET_FACT};
use super::{cost, flag, steps};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Adopted, Family, Sendable};
use crate::sqlite::archive::stubs;
use crate::sqlite::{newest, values};

/// Spawns the children that are not known yet.
pub(in crate::sqlite) fn adopt(
    connection: &Connection,
    parent: OrderId,
    children: &[UpstreamId],
    at: Timestamp,
) -> Result<Adopted> {
    let parent = steps::load(connection, parent)?;
    let home = Home::of(connection, &parent)?;
    let mut spawned = Vec::new();
    let mut known = census(connection, parent.id)?.children;
    let mut notes = Notes::of(connection, parent.id)?;
    // One that is named twice is known the second time.
    for id in children {
        match owner(connection, &home.panel, id)? {
            Some((_, Some(of))) if of == parent.id => {}
            Some((own, _)) if own == parent.id => {}
            Some((other, _)) => {
                notes.add(connection, &parent, id, &format!("it is order {other}"), at)?
            }
            None if parent.state != OrderState::Placed => {
                notes.add(connection, &parent, id, "it comes after the end", at)?;
            }
            None if known >= MOST_CHILDREN => {
                notes.add(connection, &parent, id, "there are too many", at)?;
            }
            None => {
                spawned.push(spawn(connection, &parent, &home, id, at)?);
                known += 1;
            }
        }
    }
    if known > parent.quantity.runs {
        let text = format!(
            "the panel has made {known} orders, and {} were bought",
            parent.quantity.runs
        );
        flag::set(connection, parent.id, &text, at)?;
    }
    Ok(Adopted {
        children: spawned,
        parent: steps::load(connection, parent.id)?,
    })
}

/// Where a parent's children live.
struct Home {
    share: Share,
    panel: PanelName,
    offer: String,
    currency: String,
    rate: Option<String>,
}

impl Home {
    fn of(connection: &Connection, parent: &Order) -> Result<Self> {
        let (Some(share), None, Some(panel)) = (parent.share, parent.origin, &parent.panel) else {
            return Err(steps::wrong(parent));
        };
        // No panel can speak of what it is not known to have.
        if !matches!(parent.state, OrderState::Placed | OrderState::Closed) {
            return Err(steps::wrong(parent));
        }
        let placement = steps::last_placement(connection, parent)?;
        let home = connection
            .prepare_cached("SELECT offer, currency, rate FROM placements WHERE id = ?1")?
            .query_row([placement.0], |row| {
                Ok(Self {
                    share,
                    panel: panel.clone(),
                    offer: row.get("offer")?,
                    currency: row.get("currency")?,
                    rate: row.get("rate")?,
                })
            })?;
        Ok(home)
    }
}

fn spawn(
    connection: &Connection,
    parent: &Order,
    home: &Home,
    upstream_id: &UpstreamId,
    at: Timestamp,
) -> Result<Order> {
    let id = insert(connection, parent, home.share, at)?;
    newest::pass(connection, id)?;
    connection
        .prepare_cached(
            "INSERT INTO placements (order_id, panel, offer, cost, currency, began, rate, outcome)
             VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, 'spawned')",
        )?
        .execute(params![
            id.0,
            home.panel.as_str(),
            home.offer,
            home.currency,
            at.0,
            home.rate
        ])?;
    let placement = PlacementId(connection.last_insert_rowid());
    let sql = format!(
        "UPDATE orders SET state = 'placed', placement = :placement, panel = :panel, upstream_id = :upstream_id, {SET_FACT}
         WHERE id = :id"
    );
    let fact = FactParams::new(&Fact::accepted(at));
    let more: [(&str, &dyn ToSql); 4] = [
        (":placement", &placement.0),
        (":panel", &home.panel.as_str()),
        (":upstream_id", &upstream_id.as_str()),
        (":id", &id.0),
    ];
    connection
        .prepare_cached(&sql)?
        .execute(&*fact.with(&more))?;
    let text = format!("by order {}, as {upstream_id} at {}", parent.id, home.panel);
    steps::tell(connection, id, at, "spawned", &text)?;
    let text = format!("order {id}, which the panel calls {upstream_id}");
    steps::tell(connection, parent.id, at, "spawned", &text)?;
    steps::load(connection, id)
}

/// As large as it can be, until its size is known.
fn insert(connection: &Connection, parent: &Order, share: Share, at: Timestamp) -> Result<OrderId> {
    let price = match share {
        Share::Run => Money::ZERO,
        Share::Post | Share::EqualPost => price(parent, parent.quantity.per_run)?,
    };
    // Nobody has to find out how large a run is.
    let sized = share == Share::Run;
    connection
        .prepare_cached(
            "INSERT INTO orders (customer, service, service_type, state, price, rate, per_run, runs, revision, spec,
                                 refill, cancel, created, share, parent, sized)
             SELECT customer, service, service_type, 'open', ?2, rate, per_run, 1, revision, spec,
                    refill, cancel, ?3, ?4, id, ?5
             FROM orders WHERE id = ?1",
        )?
        .execute(params![
            parent.id.0,
            price.micros(),
            at.0,
            share.word(),
            sized
        ])?;
    Ok(OrderId(connection.last_insert_rowid()))
}

fn price(order: &Order, quantity: u64) -> Result<Money> {
    let price = order.rate.price(Charging::PerThousand, quantity);
    price.ok_or_else(|| StoreError::BadAmount(format!("{quantity} at rate {}", order.rate)))
}

/// Keeps a child's quantity, its price, and what it is expected to cost us.
pub(in crate::sqlite) fn size(
    connection: &Connection,
    id: OrderId,
    size: Size,
    at: Timestamp,
) -> Result<Order> {
    let child = steps::load(connection, id)?;
    let (Some(origin), Some(share)) = (child.origin, child.share) else {
        return Err(steps::wrong(&child));
    };
    if origin.is_sized || child.state != OrderState::Placed {
        return Ok(child);
    }
    if !(1..=child.quantity.per_run).contains(&size.quantity) {
        return Err(StoreError::BadAmount(format!(
            "{} units are not between 1 and the {} that order {id} may have",
            size.quantity, child.quantity.per_run
        )));
    }
    let price = match share {
        Share::Post => price(&child, size.quantity)?,
        Share::EqualPost | Share::Run => child.price,
    };
    let rows = connection
        .prepare_cached(
            "UPDATE orders SET per_run = ?3, price = ?4, sized = 1, flag = coalesce(flag, ?5), version = version + 1
             WHERE id = ?1 AND version = ?2 AND sized = 0",
        )?
        .execute(params![
            id.0,
            child.version,
            values::integer(size.quantity)?,
            price.micros(),
            size.doubt
        ])?;
    steps::changed(&child, rows)?;
    let text = format!("{} units, at most {price}", size.quantity);
    steps::tell(connection, id, at, "sized", &text)?;
    if let Some(doubt) = size.doubt {
        steps::tell(connection, id, at, "flagged", doubt)?;
    }
    // Every step books its cost under the version that it found: the next step books under the one that it leaves.
    let sized = Order {
        version: child.version,
        ..steps::load(connection, id)?
    };
    cost::quote_child(connection, &sized, at)?;
    steps::load(connection, id)
}

/// A parent's spec and children.
pub(in crate::sqlite) fn of(connection: &Connection, parent: OrderId) -> Result<Family> {
    let spec = match steps::load_sendable(connection, parent) {
        Ok(Sendable { spec, .. }) => spec,
        Err(StoreError::Archived(_)) => return stubs::family(connection, parent),
        Err(error) => return Err(error),
    };
    let rate = connection
        .prepare_cached(
            "SELECT p.rate FROM orders o JOIN placements p ON p.id = o.placement WHERE o.id = ?1",
        )?
        .query_row([parent.0], |row| values::read_opt(row, 0, Rate::parse))
        .optional()?;
    let mut query = connection
        .prepare_cached("SELECT id, upstream_id FROM orders WHERE parent = ?1 ORDER BY id")?;
    let children = query.query_map([parent.0], |row| {
        Ok((
            OrderId(row.get(0)?),
            UpstreamId::new(row.get::<_, String>(1)?),
        ))
    })?;
    Ok(Family {
        spec,
        rate: rate.flatten(),
        children: children.collect::<rusqlite::Result<_>>()?,
    })
}

/// How many children there are.
pub(in crate::sqlite) struct Census {
    pub(in crate::sqlite) children: u64,
    pub(in crate::sqlite) live: u64,
}

pub(in crate::sqlite) fn census(connection: &Connection, parent: OrderId) -> Result<Census> {
    let mut query = connection.prepare_cached(
        "SELECT count(*) AS children, count(*) FILTER (WHERE state <> 'closed') AS live FROM orders WHERE parent = ?1",
    )?;
    Ok(query.query_row([parent.0], |row| {
        Ok(Census {
            children: values::count(row, "children")?,
            live: values::count(row, "live")?,
        })
    })?)
}

/// Fails while the hold of a subscription cannot be resolved.
pub(in crate::sqlite) fn check_resolved(
    connection: &Connection,
    parent: OrderId,
    posts: Option<u64>,
) -> Result<()> {
    let Census { children, live } = census(connection, parent)?;
    let unresolved = |why: Unresolved| StoreError::Unresolved(parent, why);
    family::check_resolved(posts, children, live).map_err(unresolved)
}

/// Whose the panel's id is, and that order's parent.
fn owner(
    connection: &Connection,
    panel: &PanelName,
    id: &UpstreamId,
) -> Result<Option<(OrderId, Option<OrderId>)>> {
    let mut query = connection
        .prepare_cached("SELECT id, parent FROM orders WHERE panel = ?1 AND upstream_id = ?2")?;
    let found = query.query_row([panel.as_str(), id.as_str()], |row| {
        let parent: Option<i64> = row.get(1)?;
        Ok((OrderId(row.get(0)?), parent.map(OrderId)))
    });
    match found.optional()? {
        Some(found) => Ok(Some(found)),
        None => stubs::at_panel(connection, panel.as_str(), id.as_str()),
    }
}

/// What the operator was told of orders that are no children of this one though its panel says so.
struct Notes(Vec<String>);

impl Notes {
    fn of(connection: &Connection, parent: OrderId) -> Result<Self> {
        let mut query = connection.prepare_cached(
            "SELECT text FROM order_events WHERE order_id = ?1 AND kind = 'no_child' ORDER BY id",
        )?;
        let texts = query.query_map([parent.0], |row| row.get(0))?;
        Ok(Self(texts.collect::<rusqlite::Result<_>>()?))
    }

    /// Tells it, once.
    fn add(
        &mut self,
        connection: &Connection,
        parent: &Order,
        id: &UpstreamId,
        why: &str,
        at: Timestamp,
    ) -> Result<()> {
        let text = format!("the panel says that it has made {id} for this order, but {why}");
        if self.0.len() >= MOST_NOTES || self.0.contains(&text) {
            return Ok(());
        }
        steps::tell(connection, parent.id, at, "no_child", &text)?;
        flag::set(connection, parent.id, &text, at)?;
        self.0.push(text);
        Ok(())
    }
}

/// Twice as many as a subscription can have posts: who names more does not tell the truth.
const MOST_CHILDREN: u64 = 2_000;

/// A panel that names others with every look shall not fill the file: what there is to find out is seen by these.
const MOST_NOTES: usize = 20;
