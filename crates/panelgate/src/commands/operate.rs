//! Commands that a running server carries out, because it owns the desks and the memory of orders. Without one they are done
//! by [`alone`], under the lock that a server would hold: nothing is done twice, and nothing behind a server's back.

use std::path::Path;
use std::time::Duration;

use anyhow::anyhow;
use panelgate_store::StoreError;
use tokio::time::Instant;

use super::alone;
use crate::config::{Config, Keys};
use crate::control::client;
use crate::control::protocol::{DiffRow, PanelRow, Request, Response};
use crate::exit::BadConfigurationAtServer;
use crate::output::{self, Cell, Form, Listing};

/// Lets the server do it, or does it here.
pub(crate) async fn run(config: &Config, request: Request, form: Form) -> anyhow::Result<()> {
    let answered = output::busy("waiting for the answer", answer(config, &request));
    show(answered.await?, form)
}

/// Says what came of it.
pub(super) fn show(response: Response, form: Form) -> anyhow::Result<()> {
    match response {
        Response::Done(lines) => Ok(output::say(&lines.join("\n"))?),
        // Asked for by [`super::status`] alone.
        Response::Status(status) => Ok(output::say(&serde_json::to_string(&status)?)?),
        Response::Panels(rows) => Ok(output::list(&panels(rows), form)?),
        Response::Diff(rows) => Ok(output::list(&diff(rows), form)?),
        Response::Failed {
            why,
            bad_configuration: true,
        } => Err(BadConfigurationAtServer(why.join("\n")).into()),
        Response::Failed {
            why,
            bad_configuration: false,
        } => Err(anyhow!(why.join("\n"))),
    }
}

/// Stops or starts new orders at all panels.
pub(crate) async fn pause(path: &Path, panel: Option<String>, paused: bool) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    run(&config, Request::Pause { panel, paused }, Form::Text).await
}

/// The same at one panel.
pub(super) async fn pause_panel(config: &Config, panel: &str, paused: bool) -> anyhow::Result<()> {
    let panel = super::panels::named(config, panel)?.name.to_string();
    run(
        config,
        Request::Pause {
            panel: Some(panel),
            paused,
        },
        Form::Text,
    )
    .await
}

/// Tells the server to read its configuration again. A wrong one is said to be so before the server is asked.
pub(crate) async fn reload(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    run(&config, Request::Reload {}, Form::Text).await
}

/// Tells the server to log more, or less.
pub(crate) async fn log_level(path: &Path, levels: String) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    run(&config, Request::LogLevel { levels }, Form::Text).await
}

/// Asks the panels of the configuration for balance and services: those that the server has over its desks, so that its
/// limits hold, and the others over desks of our own.
pub(super) async fn check_online(config: &Config) -> anyhow::Result<()> {
    let known = match client::call(&config.store_path, &Request::Panels {})? {
        Some(Response::Panels(rows)) => rows.into_iter().map(|row| row.panel).collect(),
        Some(other) => return show(other, Form::Text),
        None => Vec::new(),
    };
    let written = config.panels.iter().map(|panel| panel.name.to_string());
    let (served, new): (Vec<String>, Vec<String>) = written.partition(|name| known.contains(name));
    let mut responses = Vec::new();
    if !served.is_empty() {
        let request = Request::CheckOnline { panels: served };
        let answered = output::busy("asking the panels", answer(config, &request));
        responses.push(answered.await?);
    }
    let answered = output::busy("asking the panels", alone::check_online(config, &new));
    responses.push(answered.await?);
    show(Response::all(responses), Form::Text)
}

/// While a server starts or stops it holds the store but does not answer: it will soon, or the store becomes free.
pub(super) async fn answer(config: &Config, request: &Request) -> anyhow::Result<Response> {
    let began = Instant::now();
    let mut told = false;
    loop {
        if let Some(response) = client::call(&config.store_path, request)? {
            return Ok(response);
        }
        let locked = match alone::answer(config, request).await {
            Err(error) if is_locked(&error) => error,
            done => return done,
        };
        if began.elapsed() >= SERVER_WITHIN {
            return Err(locked.context("the server is starting or stopping; try again"));
        }
        if !told {
            output::note("waiting for the server, which is starting or stopping");
            told = true;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Locked(_)))
}

/// `panels list`.
fn panels(rows: Vec<PanelRow>) -> Listing {
    let cells = |row: PanelRow| {
        vec![
            Cell::Text(row.panel),
            Cell::Text(row.state),
            Cell::Text(row.currency),
            row.balance.map_or(Cell::Empty, Cell::Text),
            count(row.offers),
            count(row.in_flight),
            count(row.queued),
            count(row.unconfirmed),
            number(row.orders),
            row.oldest_fact.map_or(Cell::Empty, number),
            row.ids_per_call.map_or(Cell::Empty, Cell::Text),
            row.rate_used.map_or(Cell::Empty, Cell::Text),
            Cell::Text(row.speaks),
            row.prepaid.into(),
            row.unbooked.into(),
            row.days_left.into(),
            row.refused.into(),
            row.canceled.into(),
            row.partial.into(),
            count(row.flagged),
            Cell::Text(row.unconfirmed_money),
        ]
    };
    let headings = &[
        "panel",
        "state",
        "currency",
        "balance",
        "offers",
        "in_flight",
        "queued",
        "unconfirmed",
        "orders",
        "oldest_fact",
        "ids_per_call",
        "rate_used",
        "speaks",
        "prepaid",
        "unbooked",
        "days_left",
        "refused",
        "canceled",
        "partial",
        "flagged",
        "unconfirmed_money",
    ];
    Listing::new(headings, rows.into_iter().map(cells))
}

/// `services diff`.
fn diff(rows: Vec<DiffRow>) -> Listing {
    let text = |text: Option<String>| text.map_or(Cell::Empty, Cell::Text);
    let cells = rows.into_iter().map(|row| {
        vec![
            Cell::Text(row.what),
            Cell::Text(row.source),
            text(row.offer),
            row.service.map_or(Cell::Empty, Cell::Number),
            text(row.group),
            text(row.price),
            text(row.new_price),
            text(row.cost),
            text(row.new_cost),
            text(row.margin),
            text(row.new_margin),
            Cell::Text(row.text),
        ]
    });
    let headings = &[
        "what",
        "source",
        "offer",
        "service",
        "group",
        "price",
        "new_price",
        "cost",
        "new_cost",
        "margin",
        "new_margin",
        "text",
    ];
    Listing::new(headings, cells)
}

fn count(count: usize) -> Cell {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

fn number(number: u64) -> Cell {
    Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A start is slow only if many orders are live, and a stop lets what is under way be written down.
const SERVER_WITHIN: Duration = Duration::from_secs(15);

const LOOK_EVERY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use panelgate_store::sqlite::{Options, Role, SqliteStore};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_is_done_behind_the_back_of_a_server_that_does_not_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("panelgate.toml");
        std::fs::write(&path, "").expect("written");
        std::fs::write(
            folder.path().join("markup.toml"),
            "[default]\npercent = \"20\"\n",
        )
        .expect("written");
        let config = Config::load(&path, Keys::Leave).expect("valid");
        let create = Options {
            create: true,
            ..Options::default()
        };
        let server = SqliteStore::open(&config.store_path, Role::Serve, create).expect("opened");
        let decisions = [
            Request::Pause {
                panel: None,
                paused: true,
            },
            Request::Sync { panel: None },
            Request::Cancel {
                order: 1,
                actor: "me".to_owned(),
                reason: "because".to_owned(),
            },
        ];
        for request in decisions {
            let error = answer(&config, &request).await.expect_err("not done");
            assert!(is_locked(&error), "{error:#}");
            assert!(
                format!("{error:#}").contains("starting or stopping; try again"),
                "{error:#}"
            );
        }
        server.close().await;
    }
}
