//! `services diff` and `services approve`, as a server sees them.

use panelgate_domain::ids::{PanelName, ServiceId};
use panelgate_engine::{Chosen, Engine, PriceMove, Priced, Rules, Waiting};
use rust_decimal::Decimal;

use super::protocol::{DiffRow, Response};

/// What waits, what the files would alter, and what the next syncs would, if the panels are to be asked.
pub(super) async fn run(
    engine: &Engine,
    written: Option<Rules>,
    fetch: bool,
) -> Result<Response, Vec<String>> {
    let mut rows: Vec<DiffRow> = engine
        .doubts()
        .into_iter()
        .map(|(panel, reason)| doubt(panel.as_str(), &reason.to_string()))
        .collect();
    rows.extend(engine.waiting().await.map_err(text)?.iter().flat_map(waits));
    if let Some(rules) = written {
        let moves = engine.preview_rules(rules).await.map_err(text)?;
        rows.extend(moves.iter().map(|moved| row("files", moved)));
    }
    let panels = engine.panels().into_iter().map(|report| report.panel);
    for panel in panels.filter(|_| fetch) {
        match engine.preview_sync(&panel).await {
            Ok(moves) => rows.extend(moves.iter().map(|moved| row(panel.as_str(), moved))),
            // The others can be asked all the same.
            Err(error) => rows.push(doubt(panel.as_str(), &error.to_string())),
        }
    }
    Ok(Response::Diff(rows))
}

/// What an operator named.
pub(crate) fn chosen(services: Vec<i64>, panel: Option<String>) -> Chosen {
    match panel {
        Some(panel) => Chosen::Panel(PanelName::new(panel)),
        None if services.is_empty() => Chosen::All,
        None => Chosen::Services(services.into_iter().map(ServiceId).collect()),
    }
}

/// What an operator is told.
pub(crate) fn approved(offers: usize) -> Response {
    Response::Done(vec![match offers {
        0 => "nothing waited for approval".to_owned(),
        1 => "1 offer approved".to_owned(),
        offers => format!("{offers} offers approved"),
    }])
}

/// A list that is not believed, or not to be had.
pub(crate) fn doubt(panel: &str, why: &str) -> DiffRow {
    DiffRow {
        what: "doubt".to_owned(),
        source: panel.to_owned(),
        text: why.to_owned(),
        ..DiffRow::default()
    }
}

/// One row for every service that an offer which waits is sold as, or one for none.
pub(crate) fn waits(waiting: &Waiting) -> Vec<DiffRow> {
    let texts: Vec<String> = waiting.flags.iter().map(ToString::to_string).collect();
    let row = |service: Option<ServiceId>| DiffRow {
        what: "waits".to_owned(),
        source: waiting.panel.to_string(),
        offer: Some(waiting.offer.to_string()),
        service: service.map(|id| id.0),
        text: texts.join("; "),
        ..DiffRow::default()
    };
    if waiting.services.is_empty() {
        return vec![row(None)];
    }
    let services = waiting.services.iter();
    services.map(|service| row(Some(*service))).collect()
}

/// How much moved, in one line; nothing if nothing did.
pub(crate) fn summary(moves: &[PriceMove]) -> Option<String> {
    if moves.is_empty() {
        return None;
    }
    let count = |what: &str| moves.iter().filter(|moved| word(moved) == what).count();
    let ids = |what: &str| {
        let ids = moves.iter().filter(|moved| word(moved) == what);
        let ids: Vec<String> = ids
            .take(NAMED)
            .map(|moved| moved.service.to_string())
            .collect();
        match (ids.is_empty(), count(what) > NAMED) {
            (true, _) => String::new(),
            (false, false) => format!(" ({})", ids.join(", ")),
            (false, true) => format!(" ({}, …)", ids.join(", ")),
        }
    };
    Some(format!(
        "{} ids gained{}, {} lost{}; {} prices up, {} down",
        count("gained"),
        ids("gained"),
        count("lost"),
        ids("lost"),
        count("up"),
        count("down"),
    ))
}

fn word(moved: &PriceMove) -> &'static str {
    match (moved.before, moved.after) {
        (None, _) => "gained",
        (_, None) => "lost",
        (Some(before), Some(after)) if after.rate > before.rate => "up",
        _ => "down",
    }
}

fn row(source: &str, moved: &PriceMove) -> DiffRow {
    let price = |priced: Option<Priced>| priced.map(|priced| priced.rate.to_string());
    let cost = |priced: Option<Priced>| Some(priced?.cost?.normalize().to_string());
    DiffRow {
        what: word(moved).to_owned(),
        source: source.to_owned(),
        offer: None,
        service: Some(moved.service.0),
        group: moved.group.clone(),
        price: price(moved.before),
        new_price: price(moved.after),
        cost: cost(moved.before),
        new_cost: cost(moved.after),
        margin: moved.before.and_then(margin),
        new_margin: moved.after.and_then(margin),
        text: moved.name.clone(),
    }
}

fn margin(priced: Priced) -> Option<String> {
    let left = priced.rate.decimal().checked_sub(priced.cost?)?;
    let percent = left
        .checked_mul(Decimal::ONE_HUNDRED)?
        .checked_div(priced.cost?)?;
    Some(format!("{} %", percent.round_dp(2).normalize()))
}

fn text(error: impl std::fmt::Display) -> Vec<String> {
    vec![error.to_string()]
}

/// Ids that a line names.
const NAMED: usize = 10;
