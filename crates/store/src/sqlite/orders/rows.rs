//! Between an order and its row.

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

/// Maps a row of `orders`.
pub(in crate::sqlite) fn order(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: OrderId(row.get("id")?),
        version: row.get("version")?,
        customer: CustomerId(row.get("customer")?),
        service: ServiceId(row.get("service")?),
        service_type: read(row, "service_type", ServiceType::parse)?,
        state: read(row, "state", OrderState::parse)?,
        ended: read_opt(row, "ended", Final::parse)?,
        price: money(row, "price")?,
        rate: read(row, "rate", Rate::parse)?,
        quantity: Quantity {
            per_run: count(row, "per_run")?,
            runs: count(row, "runs")?,
        },
        revision: count(row, "revision")?,
        panel: row.get::<_, Option<String>>("panel")?.map(PanelName::new),
        upstream_id: row
            .get::<_, Option<String>>("upstream_id")?
            .map(UpstreamId::new),
        fact: fact(row)?,
        doubt: row.get::<_, Option<i64>>("doubt")?.map(Timestamp),
        taken: row.get::<_, Option<i64>>("taken")?.map(Money::from_micros),
        refill: row.get("refill")?,
        cancel: row.get("cancel")?,
        cancel_wish: read(row, "cancel_wish", CancelWish::parse)?,
        flag: row.get("flag")?,
        created: time(row, "created")?,
        closed: row.get::<_, Option<i64>>("closed")?.map(Timestamp),
    })
}

/// Maps a row of `orders`, with the spec.
pub(in crate::sqlite) fn sendable(row: &Row<'_>) -> rusqlite::Result<Sendable> {
    let spec = read(row, "spec", |text| serde_json::from_str(text).ok())?;
    Ok(Sendable {
        order: order(row)?,
        spec,
    })
}

fn fact(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    let Some(word) = read_opt(row, "fact_word", StatusWord::parse)? else {
        return Ok(None);
    };
    let runs: Option<i64> = row.get("fact_runs")?;
    Ok(Some(Fact {
        word,
        charge: row
            .get::<_, Option<i64>>("fact_charge")?
            .map(Money::from_micros),
        start_count: row.get("fact_start_count")?,
        remains: row.get("fact_remains")?,
        runs: runs.map(i64::unsigned_abs),
        at: time(row, "fact_at")?,
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
