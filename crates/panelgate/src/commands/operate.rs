//! Commands that a running server carries out, because it owns the desks and the memory of orders. Without one they are done
//! here, on the store and with a desk of their own.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use async_trait::async_trait;
use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_store::Store;
use panelgate_upstream::{Desk, Look, Reports};

use crate::assemble;
use crate::clock;
use crate::config::{Config, Keys, Panel};
use crate::control::client;
use crate::control::protocol::{PanelRow, Request, Response, decision};
use crate::exit::BadConfigurationAtServer;
use crate::output::{self, Cell, Form, Listing};
use crate::store::{Missing, with_store};

/// Lets the server do it, or does it here.
pub(crate) async fn run(config: &Config, request: Request, form: Form) -> anyhow::Result<()> {
    show(answer(config, request).await?, form)
}

fn show(response: Response, form: Form) -> anyhow::Result<()> {
    match response {
        Response::Done(lines) => Ok(output::say(&lines.join("\n"))?),
        Response::Panels(rows) => Ok(output::list(&panels(rows), form)?),
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

async fn answer(config: &Config, request: Request) -> anyhow::Result<Response> {
    match client::call(&config.store_path, &request)? {
        Some(response) => Ok(response),
        None => without_server(config, request).await,
    }
}

async fn without_server(config: &Config, request: Request) -> anyhow::Result<Response> {
    match request {
        Request::Reload {} => {
            bail!("no server is running; the next start reads the configuration")
        }
        Request::Panels {} => {
            with_store(config, Missing::Create, async |store| {
                rows(config, store).await
            })
            .await
        }
        Request::Sync { panel } => sync(config, panel.as_deref()).await,
        Request::CheckOnline {} => check_online(config).await,
        other => {
            with_store(config, Missing::Refuse, async |store| {
                decide(store, other).await
            })
            .await
        }
    }
}

async fn decide(store: &dyn Store, request: Request) -> anyhow::Result<Response> {
    let line = match request {
        Request::Pause { panel, paused } => {
            store
                .set_pause(panel.as_deref().map(PanelName::from), paused, clock::now())
                .await?;
            let what = panel.unwrap_or_else(|| "all panels".to_owned());
            format!("{what}: {}", if paused { "paused" } else { "resumed" })
        }
        Request::Resolve {
            order,
            placed: Some(id),
            reason,
        } => {
            let order = store
                .resolve_placed(decision(order, reason), UpstreamId::new(id))
                .await?;
            format!("order {}: {}", order.id, order.state)
        }
        Request::Resolve {
            order,
            placed: None,
            reason,
        } => {
            let order = store.resolve_not_placed(decision(order, reason)).await?;
            format!("order {}: {}", order.id, order.state)
        }
        Request::Settle {
            order,
            refund,
            reason,
        } => {
            let refund = Money::parse(&refund)?;
            let order = store
                .settle_by_hand(decision(order, reason), refund)
                .await?;
            format!("order {}: {refund} given back", order.id)
        }
        Request::Cancel { order, reason } => {
            let order = store.close_unsent(decision(order, reason)).await?;
            format!("order {}: {}", order.id, order.word())
        }
        // These are no decisions.
        Request::Reload {}
        | Request::Panels {}
        | Request::Sync { .. }
        | Request::CheckOnline {} => {
            bail!("only a running server can do that")
        }
    };
    Ok(Response::Done(vec![line]))
}

async fn rows(config: &Config, store: &dyn Store) -> anyhow::Result<Response> {
    let pauses = store.pauses().await?;
    let row = |panel: &Panel| PanelRow {
        panel: panel.name.to_string(),
        state: if pauses.contains(&Some(panel.name.clone())) {
            "paused, no server"
        } else {
            "no server"
        }
        .to_owned(),
        currency: panel.currency.to_string(),
        balance: None,
        offers: 0,
        in_flight: 0,
        queued: 0,
        unconfirmed: 0,
    };
    Ok(Response::Panels(config.panels.iter().map(row).collect()))
}

async fn sync(config: &Config, only: Option<&str>) -> anyhow::Result<Response> {
    let mut lines = Vec::new();
    for panel in chosen(config, only)? {
        let desk = Alone::open(config, panel)?;
        let list = desk
            .0
            .services(WAIT)
            .await
            .with_context(|| format!("panel `{}`", panel.name));
        desk.0.close().await;
        let list = list?;
        if list.offers.is_empty() {
            bail!(
                "panel `{}` gave an empty list, which is not believed",
                panel.name
            );
        }
        lines.push(format!("{}: {} offers", panel.name, list.offers.len()));
        with_store(config, Missing::Create, async |store| {
            Ok(store.save_offers(list, clock::now()).await?)
        })
        .await?;
    }
    Ok(Response::Done(lines))
}

async fn check_online(config: &Config) -> anyhow::Result<Response> {
    let (mut lines, mut failed) = (Vec::new(), false);
    for panel in &config.panels {
        let desk = Alone::open(config, panel)?;
        match desk.0.balance(WAIT).await {
            Ok(balance) => lines.push(format!(
                "{}: balance {} {}",
                panel.name, balance.amount, panel.currency
            )),
            Err(error) => {
                failed = true;
                lines.push(format!("{}: no balance: {error}", panel.name));
            }
        }
        match desk.0.services(WAIT).await {
            Ok(list) => lines.push(format!("{}: {} offers", panel.name, list.offers.len())),
            Err(error) => {
                failed = true;
                lines.push(format!("{}: no list: {error}", panel.name));
            }
        }
        desk.0.close().await;
    }
    Ok(if failed {
        Response::failed(lines)
    } else {
        Response::Done(lines)
    })
}

fn chosen<'a>(config: &'a Config, only: Option<&str>) -> anyhow::Result<Vec<&'a Panel>> {
    match only {
        None => Ok(config.panels.iter().collect()),
        Some(name) => super::panels::named(config, name).map(|panel| vec![panel]),
    }
}

/// A desk for one command. Nobody asks it for orders, so nothing is ever reported.
struct Alone(Desk);

struct NoReports;

#[async_trait]
impl Reports for NoReports {
    async fn reported(&self, _panel: &PanelName, _looks: Vec<(UpstreamId, Look)>) {}
}

impl Alone {
    fn open(config: &Config, panel: &Panel) -> anyhow::Result<Self> {
        let metrics = panelgate_upstream::Metrics::register(&prometheus::Registry::new())?;
        let reports: Arc<dyn Reports> = Arc::new(NoReports);
        let reports: Weak<dyn Reports> = Arc::downgrade(&reports);
        Ok(Self(Desk::open(
            assemble::panel_settings(config, panel),
            reports,
            &metrics,
        )?))
    }
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
    ];
    Listing::new(headings, rows.into_iter().map(cells))
}

fn count(number: usize) -> Cell {
    Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

const WAIT: Duration = Duration::from_secs(60);
