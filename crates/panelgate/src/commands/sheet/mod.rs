//! `services export` and `services import`: what can be sold, as a spreadsheet can edit it.
//!
//! A row that comes back as it left changes nothing, so a whole list may go out and in again. What does differ is written into
//! `services.toml` where an operator would have written it: into the service if it is made by hand, else into its override.

pub(super) mod csv;
mod edit;
mod import;
mod read;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use panelgate_domain::catalogue::{Catalogue, Definitions, Service};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::ServiceId;
use panelgate_domain::quote;
use panelgate_store::Store;

use super::report::Earned;
use super::services::{ANYBODY, Supply};
use crate::config::Config;
use crate::output::{self, Cell, Form, Listing};

pub(super) use import::{import, utf8};

/// What is wrong with a file that is imported, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    /// `line 3`, or `object 2` in JSON.
    place: String,
    text: String,
}

impl Wrong {
    fn at(line: usize, text: impl Into<String>) -> Self {
        Self {
            place: format!("line {line}"),
            text: text.into(),
        }
    }
}

impl From<csv::Broken> for Wrong {
    fn from(broken: csv::Broken) -> Self {
        Self::at(broken.line, broken.text)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Those that an import reads come first, `service` says of what; the others are for people.
const HEADINGS: &[&str] = &[
    "service",
    "name",
    "category",
    "min",
    "max",
    "description",
    "sell",
    "panel",
    "offer",
    "type",
    "rate",
    "cost",
    "cost_currency",
    "margin_percent",
];

/// What can be edited of one service, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: ServiceId,
    /// The panel and the offer of its first route.
    origin: (String, String),
    name: String,
    category: String,
    min: u64,
    max: u64,
    description: String,
    sell: bool,
}

/// What can be sold, whether the operator wants that now or not: a service that was taken off can be edited, and put on sale.
struct Goods {
    sold: Catalogue,
    for_sale: Catalogue,
}

impl Goods {
    fn new(supply: &Supply, definitions: &Definitions) -> Self {
        Self {
            sold: supply.catalogue(definitions),
            for_sale: supply.catalogue(&definitions.all_for_sale()),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (Row, &Service)> {
        let services = self.for_sale.services();
        services.map(|service| (self.row(service), service))
    }

    fn row(&self, service: &Service) -> Row {
        let basis = service.basis();
        Row {
            id: service.id,
            origin: (basis.panel.to_string(), basis.offer.to_string()),
            name: service.name.clone(),
            category: service.category.clone(),
            min: service.min,
            max: service.max,
            description: service.description.clone().unwrap_or_default(),
            sell: self.sold.service(service.id).is_some(),
        }
    }
}

/// Writes what can be sold to stdout.
pub(super) async fn export(config: &Config, store: &dyn Store, form: Form) -> anyhow::Result<()> {
    let supply = Supply::load(config, store).await?;
    let goods = Goods::new(&supply, &config.definitions);
    let rows = goods.rows().map(|(row, service)| {
        let mut cells = cells(&row);
        cells.extend(for_people(service, config, &supply.exchange));
        cells
    });
    output::list(&Listing::new(HEADINGS, rows), form)?;
    Ok(())
}

/// The text of `services.toml`; nothing if there is no such file, as everywhere.
fn text_of(path: &PathBuf) -> anyhow::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.with_context(|| format!("cannot read {}", Path::display(path))),
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    vec![
        row.id.0.into(),
        row.name.as_str().into(),
        row.category.as_str().into(),
        output::count(row.min),
        output::count(row.max),
        row.description.as_str().into(),
        row.sell.into(),
        row.origin.0.as_str().into(),
        row.origin.1.as_str().into(),
    ]
}

/// For customers without a group, per 1000 or per package.
fn for_people(service: &Service, config: &Config, exchange: &Exchange) -> Vec<Cell> {
    let basis = service.basis();
    let pricing = quote::sold(service, &config.markup, ANYBODY, exchange);
    let margin = pricing
        .as_ref()
        .and_then(|pricing| Earned::percent(pricing.rate.decimal(), pricing.cost));
    vec![
        service.service_type.name().into(),
        pricing.map(|pricing| pricing.rate.to_string()).into(),
        basis.cost.to_string().into(),
        basis.currency.as_str().into(),
        margin.into(),
    ]
}

#[cfg(test)]
mod tests;
