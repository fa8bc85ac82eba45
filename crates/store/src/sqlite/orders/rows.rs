//! Between an order and its row.

use panelgate_domain::family::{Origin, Share};
use panelgate_domain::ids::{CustomerId, OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_domain::time::Timestamp;
use rusqlite::{Row, ToSql};

use super::super::values::{count, money, read, read_opt, time};
use crate::model::Sendable;

/// The position of a column, found when this is compiled.
macro_rules! column {
    ($name:literal) => {
        const { position($name) }
    };
}

/// Maps a row of `SELECT * FROM orders`. By position: searching thirty names in every row takes three times as long as all
/// the rest, and a start reads a hundred thousand of them.
pub(in crate::sqlite) fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: OrderId(row.get(column!("id"))?),
        version: row.get(column!("version"))?,
        customer: CustomerId(row.get(column!("customer"))?),
        service: ServiceId(row.get(column!("service"))?),
        service_type: read(row, column!("service_type"), ServiceType::parse)?,
        state: read(row, column!("state"), OrderState::parse)?,
        ended: read_opt(row, column!("ended"), Final::parse)?,
        price: money(row, column!("price"))?,
        rate: read(row, column!("rate"), Rate::parse)?,
        quantity: Quantity {
            per_run: count(row, column!("per_run"))?,
            runs: count(row, column!("runs"))?,
        },
        revision: count(row, column!("revision"))?,
        panel: row
            .get::<_, Option<String>>(column!("panel"))?
            .map(PanelName::new),
        upstream_id: row
            .get::<_, Option<String>>(column!("upstream_id"))?
            .map(UpstreamId::new),
        fact: fact(row)?,
        doubt: row.get::<_, Option<i64>>(column!("doubt"))?.map(Timestamp),
        taken: row
            .get::<_, Option<i64>>(column!("taken"))?
            .map(Money::from_micros),
        refill: row.get(column!("refill"))?,
        cancel: row.get(column!("cancel"))?,
        cancel_wish: read(row, column!("cancel_wish"), CancelWish::parse)?,
        flag: row.get(column!("flag"))?,
        share: read_opt(row, column!("share"), Share::parse)?,
        origin: origin(row)?,
        created: time(row, column!("created"))?,
        closed: row.get::<_, Option<i64>>(column!("closed"))?.map(Timestamp),
    })
}

/// The same, with the spec.
pub(in crate::sqlite) fn sendable(row: &Row<'_>) -> rusqlite::Result<Sendable> {
    let spec = read(row, column!("spec"), |text| serde_json::from_str(text).ok())?;
    Ok(Sendable {
        order: order(row)?,
        spec,
    })
}

fn origin(row: &Row<'_>) -> rusqlite::Result<Option<Origin>> {
    let parent: Option<i64> = row.get(column!("parent"))?;
    let is_sized = row.get::<_, Option<bool>>(column!("sized"))?;
    Ok(parent.map(|parent| Origin {
        parent: OrderId(parent),
        is_sized: is_sized.unwrap_or(false),
    }))
}

fn fact(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    let Some(word) = read_opt(row, column!("fact_word"), StatusWord::parse)? else {
        return Ok(None);
    };
    let runs: Option<i64> = row.get(column!("fact_runs"))?;
    Ok(Some(Fact {
        word,
        charge: row
            .get::<_, Option<i64>>(column!("fact_charge"))?
            .map(Money::from_micros),
        start_count: row.get(column!("fact_start_count"))?,
        remains: row.get(column!("fact_remains"))?,
        runs: runs.map(i64::unsigned_abs),
        at: time(row, column!("fact_at"))?,
    }))
}

/// Sets the columns of a fact from the parameters of [`FactParams`].
pub(in crate::sqlite) const SET_FACT: &str =
    "fact_word = :word, fact_charge = :charge, fact_start_count = :start_count,
    fact_remains = :remains, fact_runs = :runs, fact_at = :fact_at";

/// The parameters of [`SET_FACT`].
pub(in crate::sqlite) struct FactParams {
    word: &'static str,
    charge: Option<i64>,
    start_count: Option<i64>,
    remains: Option<i64>,
    runs: Option<i64>,
    at: i64,
}

impl FactParams {
    pub(in crate::sqlite) fn new(fact: &Fact) -> Self {
        Self {
            word: fact.word.word(),
            charge: fact.charge.map(Money::micros),
            start_count: fact.start_count,
            remains: fact.remains,
            // A panel may claim any number of runs; what is beyond 63 bits means no more than the largest.
            runs: fact
                .runs
                .map(|runs| i64::try_from(runs).unwrap_or(i64::MAX)),
            at: fact.at.0,
        }
    }

    /// These and `more`, ready to be bound.
    pub(in crate::sqlite) fn with<'a>(
        &'a self,
        more: &[(&'a str, &'a dyn ToSql)],
    ) -> Vec<(&'a str, &'a dyn ToSql)> {
        let mut all: Vec<(&str, &dyn ToSql)> = vec![
            (":word", &self.word),
            (":charge", &self.charge),
            (":start_count", &self.start_count),
            (":remains", &self.remains),
            (":runs", &self.runs),
            (":fact_at", &self.at),
        ];
        all.extend_from_slice(more);
        all
    }
}

const fn position(name: &str) -> usize {
    let mut at = 0;
    while !same(COLUMNS[at], name) {
        at += 1;
    }
    at
}

/// `==`, which a constant may not use.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// All columns of `orders` as they stand in the table.
const COLUMNS: [&str; 35] = [
    "id",
    "version",
    "customer",
    "service",
    "service_type",
    "state",
    "price",
    "rate",
    "per_run",
    "runs",
    "revision",
    "spec",
    "refill",
    "cancel",
    "cancel_wish",
    "placement",
    "panel",
    "upstream_id",
    "fact_word",
    "fact_charge",
    "fact_start_count",
    "fact_remains",
    "fact_runs",
    "fact_at",
    "flag",
    "created",
    "ended",
    "closed_by",
    "taken",
    "closed",
    "doubt",
    "share",
    "parent",
    "sized",
    "moved",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_as_they_are_read() {
        let mut connection = rusqlite::Connection::open_in_memory().expect("opened");
        crate::sqlite::open::embedded::migrations::runner()
            .run(&mut connection)
            .expect("made");
        let query = connection.prepare("SELECT * FROM orders").expect("a query");
        assert_eq!(query.column_names().collect::<Vec<_>>(), COLUMNS);
    }
}
