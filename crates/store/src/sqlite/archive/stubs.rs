//! What is left of an archived order.

use panelgate_domain::family::Share;
use panelgate_domain::ids::{Currency, CustomerId, OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::order::Order;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::status::StatusWord;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::super::orders::rows;
use super::super::values::{count, integer, money, read, read_opt, time};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Family, Stub};

/// A stub, and what only the books need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sqlite) struct NewStub {
    pub(in crate::sqlite) stub: Stub,
    /// What its costs are in.
    pub(in crate::sqlite) currency: Currency,
    /// Of a subscription.
    spec: Option<String>,
    moved: Option<String>,
}

/// The stub of an order; `None` if it would not show what the order shows.
pub(super) fn make(
    connection: &Connection,
    id: OrderId,
    ours: &Currency,
) -> Result<Option<NewStub>> {
    let mut query = connection.prepare_cached(
        "SELECT o.*, p.currency AS currency_of_cost FROM orders o LEFT JOIN placements p ON p.id = o.placement WHERE o.id = ?1",
    )?;
    Ok(query.query_row([id.0], |row| {
        let order = rows::order(row)?;
        let Some(stub) = of(&order, ours) else {
            return Ok(None);
        };
        let currency = row.get::<_, Option<String>>("currency_of_cost")?;
        Ok(Some(NewStub {
            currency: currency.map_or_else(|| ours.clone(), Currency::new),
            spec: match stub.posts {
                Some(_) => Some(row.get("spec")?),
                None => None,
            },
            moved: row.get("moved")?,
            stub,
        }))
    })?)
}

fn of(order: &Order, ours: &Currency) -> Option<Stub> {
    let view = order.view(ours);
    let stub = Stub {
        id: order.id,
        customer: order.customer,
        service: order.service,
        service_type: order.service_type,
        word: view.status,
        price: order.price,
        charge: view.charge,
        quantity: order.quantity.total(),
        remains: view.remains,
        start_count: view.start_count,
        refill: order.refill,
        posts: order.posts(),
        panel: order.panel.clone(),
        upstream_id: order.upstream_id.clone(),
        share: order.share,
        parent: order.origin.map(|origin| origin.parent),
        created: order.created,
        closed: order.closed?,
        file: std::path::PathBuf::new(),
    };
    let kept = stub.order();
    let shows = |order: &Order| {
        (
            order.view(ours),
            order.posts(),
            order.kind(),
            order.word(),
            order.ended,
        )
    };
    let fits = i64::try_from(stub.quantity).is_ok();
    (fits && shows(&kept) == shows(order)).then_some(stub)
}

pub(super) fn insert(connection: &Connection, new: &NewStub, archive: i64) -> Result<()> {
    let stub = &new.stub;
    connection
        .prepare_cached(
            "INSERT INTO stubs (id, customer, service, service_type, word, price, charge, quantity, remains, start_count, refill,
                                posts, spec, panel, upstream_id, currency, share, parent, moved, created, closed, archive)
             VALUES (:id, :customer, :service, :service_type, :word, :price, :charge, :quantity, :remains, :start_count, :refill,
                     :posts, :spec, :panel, :upstream_id, :currency, :share, :parent, :moved, :created, :closed, :archive)",
        )?
        .execute(named_params! {
            ":id": stub.id.0,
            ":customer": stub.customer.0,
            ":service": stub.service.0,
            ":service_type": stub.service_type.name(),
            ":word": stub.word.word(),
            ":price": stub.price.micros(),
            ":charge": stub.charge.micros(),
            ":quantity": integer(stub.quantity)?,
            ":remains": integer(stub.remains)?,
            ":start_count": stub.start_count,
            ":refill": stub.refill,
            ":posts": stub.posts.map(integer).transpose()?,
            ":spec": new.spec,
            ":panel": stub.panel.as_ref().map(PanelName::as_str),
            ":upstream_id": stub.upstream_id.as_ref().map(UpstreamId::as_str),
            ":currency": new.currency.as_str(),
            ":share": stub.share.map(Share::word),
            ":parent": stub.parent.map(|parent| parent.0),
            ":moved": new.moved,
            ":created": stub.created.0,
            ":closed": stub.closed.0,
            ":archive": archive,
        })?;
    Ok(())
}

/// Whether an order is archived.
pub(in crate::sqlite) fn exists(connection: &Connection, id: OrderId) -> Result<bool> {
    let mut query = connection.prepare_cached("SELECT 1 FROM stubs WHERE id = ?1")?;
    Ok(query.exists([id.0])?)
}

/// What is left of an order.
pub(in crate::sqlite) fn by_id(connection: &Connection, id: OrderId) -> Result<Option<Stub>> {
    let mut query = connection.prepare_cached(
        "SELECT s.*, a.file FROM stubs s JOIN archives a ON a.id = s.archive WHERE s.id = ?1",
    )?;
    Ok(query.query_row([id.0], stub).optional()?)
}

/// The archived order that a panel calls so, and its parent.
pub(in crate::sqlite) fn at_panel(
    connection: &Connection,
    panel: &str,
    upstream_id: &str,
) -> Result<Option<(OrderId, Option<OrderId>)>> {
    let mut query = connection
        .prepare_cached("SELECT id, parent FROM stubs WHERE panel = ?1 AND upstream_id = ?2")?;
    let found = query.query_row([panel, upstream_id], |row| {
        let parent: Option<i64> = row.get(1)?;
        Ok((OrderId(row.get(0)?), parent.map(OrderId)))
    });
    Ok(found.optional()?)
}

/// What is left of a subscription and its posts. No other archived order has a family that anybody asks for.
pub(in crate::sqlite) fn family(connection: &Connection, parent: OrderId) -> Result<Family> {
    let spec = connection
        .prepare_cached("SELECT spec FROM stubs WHERE id = ?1")?
        .query_row([parent.0], |row| {
            read_opt(row, 0, |text| serde_json::from_str(text).ok())
        })?;
    let mut query = connection
        .prepare_cached("SELECT id, upstream_id FROM stubs WHERE parent = ?1 ORDER BY id")?;
    let children = query.query_map([parent.0], |row| {
        Ok((
            OrderId(row.get(0)?),
            UpstreamId::new(row.get::<_, String>(1)?),
        ))
    })?;
    Ok(Family {
        spec: spec.ok_or(StoreError::Archived(parent))?,
        rate: None,
        children: children.collect::<rusqlite::Result<_>>()?,
    })
}

/// A row of `stubs`, with its archive's `file`.
pub(in crate::sqlite) fn stub(row: &Row<'_>) -> rusqlite::Result<Stub> {
    let text = |column: &str| row.get::<_, Option<String>>(column);
    Ok(Stub {
        id: OrderId(row.get("id")?),
        customer: CustomerId(row.get("customer")?),
        service: ServiceId(row.get("service")?),
        service_type: read(row, "service_type", ServiceType::parse)?,
        word: read(row, "word", StatusWord::parse)?,
        price: money(row, "price")?,
        charge: money(row, "charge")?,
        quantity: count(row, "quantity")?,
        remains: count(row, "remains")?,
        start_count: row.get("start_count")?,
        refill: row.get("refill")?,
        posts: row.get::<_, Option<i64>>("posts")?.map(i64::unsigned_abs),
        panel: text("panel")?.map(PanelName::new),
        upstream_id: text("upstream_id")?.map(UpstreamId::new),
        share: read_opt(row, "share", Share::parse)?,
        parent: row.get::<_, Option<i64>>("parent")?.map(OrderId),
        created: time(row, "created")?,
        closed: time(row, "closed")?,
        file: row.get::<_, String>("file")?.into(),
    })
}
