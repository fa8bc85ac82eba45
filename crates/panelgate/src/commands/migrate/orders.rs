//! What customers bought.

use std::collections::HashMap;
use std::path::Path;

use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::rate::Charging;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Fields, Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Fact, Final, Heard, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::Home;
pub(super) use panelgate_store::model::MovingOrder as Order;

use super::findings::Findings;
use super::sheet::{Cells, Columns, Rows, each_row, foreign_id, id, no_debt, panel};
use crate::cli;
use crate::clock;
use crate::config::Config;

const COLUMNS: Columns = Columns {
    needed: &[
        "id", "customer", "service", "link", "quantity", "charge", "status", "created",
    ],
    optional: &[
        "start_count",
        "remains",
        "panel",
        "upstream_id",
        "cost",
        "type",
        "refill",
        "cancel",
    ],
};

#[derive(Default)]
struct Seen {
    ids: HashMap<OrderId, usize>,
    homes: HashMap<(PanelName, UpstreamId), usize>,
}

pub(super) fn read(
    file: Option<&Path>,
    config: &Config,
    found: &mut Findings,
) -> anyhow::Result<Rows<Order>> {
    let (mut seen, now) = (Seen::default(), clock::now());
    each_row(file, &COLUMNS, found, |cells| {
        order(cells, config, now, &mut seen)
    })
}

/// All cells are looked at before the first one that is wrong ends it.
fn order(cells: &mut Cells<'_>, config: &Config, now: Timestamp, seen: &mut Seen) -> Option<Order> {
    let id = cells.read("id", id).map(OrderId);
    let customer = cells.read("customer", |text| Ok(text.to_owned()));
    let service = cells.read("service", super::sheet::id).map(ServiceId);
    let spec = spec(cells);
    let price = cells.read("charge", no_debt);
    let created = cells.read("created", |text| past_moment(text, now));
    let fact = fact(cells, now);
    let home = home(cells, config);
    let service_type = cells.read_if_there("type", service_type);
    let is_somewhere = matches!(home, Some(Some(_)));
    let [refill, cancel] = ["refill", "cancel"].map(|column| cells.read_if_there(column, flag));
    let (id, fact) = (id?, fact?);
    cells.once("id", id, &mut seen.ids)?;
    if let Some(Some(home)) = &home {
        let key = (home.panel.clone(), home.upstream_id.clone());
        cells.once("upstream_id", key, &mut seen.homes)?;
    }
    let service_type = service_type?.unwrap_or(ServiceType::Default);
    if service_type == ServiceType::Subscriptions && fact.word.final_word().is_none() {
        cells.wrong("type", IS_SUBSCRIPTION);
        return None;
    }
    Some(Order {
        id,
        customer: customer?,
        service: service?,
        service_type: kept(service_type),
        spec: spec?,
        price: price?,
        fact,
        home: home?,
        refill: refill?.unwrap_or(is_somewhere),
        cancel: cancel?.unwrap_or(is_somewhere),
        created: created?,
    })
}

/// It was sent long ago: all that is left of its type is how it was charged.
const fn kept(service_type: ServiceType) -> ServiceType {
    match service_type.charging() {
        Charging::Flat => ServiceType::Package,
        Charging::PerThousand => ServiceType::Default,
    }
}

fn spec(cells: &mut Cells<'_>) -> Option<OrderSpec> {
    let quantity = cells.read("quantity", super::sheet::id);
    let link = cells.read("link", |text| Ok(text.to_owned()));
    let fields: Fields = [
        (Field::Link, link?),
        (Field::Quantity, quantity?.to_string()),
    ]
    .into();
    let any = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: u64::MAX,
        dripfeed: false,
        subscribing: Subscribing::default(),
    };
    let spec = OrderSpec::read(&any, &fields).ok();
    if spec.is_none() {
        cells.wrong(
            "link",
            "longer than 2048 characters, or some cannot be printed",
        );
    }
    spec
}

/// How it is doing, as it was told to its customer last.
fn fact(cells: &mut Cells<'_>, now: Timestamp) -> Option<Fact> {
    let word = cells.read("status", word);
    let start_count = cells.read_if_there("start_count", number);
    let remains = cells.read_if_there("remains", number);
    let (word, start_count, remains) = (word?, start_count?, remains?);
    if word.final_word() == Some(Final::Partial) && remains.is_none() {
        cells.wrong(
            "remains",
            "is empty: a Partial order says how much was not delivered",
        );
        return None;
    }
    Some(Fact {
        word,
        start_count,
        remains,
        ..Fact::accepted(now)
    })
}

fn word(text: &str) -> Result<StatusWord, String> {
    use StatusWord::{Active, Expired, Paused};
    match Heard::parse(text) {
        Heard::Word(Active | Paused) => Err(IS_SUBSCRIPTION.to_owned()),
        Heard::Word(Expired) => Ok(StatusWord::Completed),
        Heard::Word(word) => Ok(word),
        Heard::Refill => Err(format!(
            "`{text}`: write how the order ended before it was refilled"
        )),
        Heard::Failed | Heard::Unknown(_) => Err(format!(
            "`{text}` says neither how it ended nor that it lives: write Completed, Partial, Canceled, Pending, \
             Processing or In progress"
        )),
    }
}

/// Where it is, if the row says so.
fn home(cells: &mut Cells<'_>, config: &Config) -> Option<Option<Home>> {
    let panel = cells.read_if_there("panel", |text| panel(config, text));
    let upstream_id =
        cells.read_if_there("upstream_id", |text| foreign_id(text).map(UpstreamId::from));
    let cost = cells.read_if_there("cost", no_debt);
    let (panel, upstream_id, cost) = (panel?, upstream_id?, cost?);
    let missing = match (&panel, &upstream_id) {
        (Some(_), None) => "upstream_id",
        (None, Some(_)) => "panel",
        _ => {
            return Some(panel.zip(upstream_id).map(|(panel, upstream_id)| Home {
                panel: panel.name.clone(),
                upstream_id,
                cost: cost.unwrap_or(Money::ZERO),
                currency: panel.currency.clone(),
            }));
        }
    };
    cells.wrong(missing, "is empty: panel and upstream_id come together");
    None
}

fn service_type(text: &str) -> Result<ServiceType, String> {
    ServiceType::parse(text)
        .ok_or_else(|| format!("`{text}` is not a service type such as Default"))
}

fn number(text: &str) -> Result<i64, String> {
    let number = text
        .parse()
        .map_err(|_| format!("`{text}` is not a whole number"))?;
    Ok(number)
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err(format!("`{text}`: expected yes or no")),
    }
}

/// As people write moments, or as databases do; without a zone it is UTC.
fn past_moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let civil = || {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    };
    let moment = cli::moment(text).ok().or_else(civil);
    let moment = moment.ok_or_else(|| {
        format!("`{text}` is not a time such as 2026-11-20T08:00:00Z or 2026-11-20 08:00:00")
    })?;
    if moment > now {
        return Err(format!("`{text}` is yet to come"));
    }
    Ok(moment)
}

const IS_SUBSCRIPTION: &str =
    "a subscription cannot move while it lives: let it end where it is, or cancel it there";
