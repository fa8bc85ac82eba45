//! What is done without a server: on the store, under its lock, and with desks that live as long as the command.

use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context, bail};
use async_trait::async_trait;
use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_store::model::PanelAccount;
use panelgate_store::{Store, StoreError};
use panelgate_upstream::{Desk, Look, Outlook, Reports};

use super::approvals;
use crate::assemble;
use crate::clock;
use crate::config::{Config, Panel};
use crate::control::diff;
use crate::control::protocol::{
    ALL_PAUSED, PanelRow, Request, Response, decision, prepaid, refund, speaks,
};
use crate::store::{Missing, with_store, with_store_to_itself};

/// Does what a server would do.
///
/// # Errors
/// [`StoreError::Locked`] if there is a server after all; then nothing was done.
pub(super) async fn answer(config: &Config, request: &Request) -> anyhow::Result<Response> {
    match request {
        Request::Reload {} => {
            bail!("no server is running; the next start reads the configuration")
        }
        Request::Health {} | Request::Status {} | Request::LogLevel { .. } => {
            bail!("no server is running")
        }
        Request::Panels {} => rows(config).await,
        Request::CheckOnline { panels } => check_online(config, panels).await,
        Request::Diff { .. } => approvals::waiting(config).await,
        Request::Approve {
            services,
            panel,
            actor,
        } => {
            let chosen = diff::chosen(services.clone(), panel.clone());
            with_store_to_itself(config, Missing::Refuse, async |store| {
                approvals::approve(config, store, &chosen, actor).await
            })
            .await
        }
        Request::Sync { panel } => {
            with_store_to_itself(config, Missing::Create, async |store| {
                sync(config, store, panel.as_deref()).await
            })
            .await
        }
        decision => {
            with_store_to_itself(config, Missing::Refuse, async |store| {
                decide(store, decision.clone()).await
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
            placed,
            actor,
            reason,
        } => {
            let decision = decision(order, actor, reason)?;
            let order = match placed {
                Some(id) => store.resolve_placed(decision, UpstreamId::new(id)).await?,
                None => store.resolve_not_placed(decision).await?,
            };
            format!("order {}: {}", order.id, order.state)
        }
        Request::Settle {
            order,
            refund: amount,
            actor,
            reason,
        } => {
            let amount = refund(&amount)?;
            let decision = decision(order, actor, reason)?;
            let order = store.settle_by_hand(decision, amount).await?;
            format!("order {}: {amount} given back", order.id)
        }
        Request::Cancel {
            order,
            actor,
            reason,
        } => {
            let order = store.close_unsent(decision(order, actor, reason)?).await?;
            format!("order {}: {}", order.id, order.word())
        }
        // These are no decisions.
        Request::Health {}
        | Request::Written {}
        | Request::Reload {}
        | Request::Status {}
        | Request::LogLevel { .. }
        | Request::Panels {}
        | Request::Diff { .. }
        | Request::Approve { .. }
        | Request::Sync { .. }
        | Request::CheckOnline { .. } => {
            bail!("only a running server can do that")
        }
    };
    Ok(Response::Done(vec![line]))
}

async fn rows(config: &Config) -> anyhow::Result<Response> {
    let Remembered {
        pauses,
        traits,
        accounts,
    } = remembered(config).await?;
    let row = |panel: &Panel| {
        let words = [
            pauses.contains(&None).then_some(ALL_PAUSED),
            pauses
                .contains(&Some(panel.name.clone()))
                .then_some("paused"),
            Some("no server"),
        ];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        PanelRow {
            panel: panel.name.to_string(),
            state: words.join(", "),
            currency: panel.currency.to_string(),
            balance: None,
            offers: 0,
            in_flight: 0,
            queued: 0,
            unconfirmed: 0,
            unconfirmed_money: Money::ZERO.to_string(),
            orders: 0,
            oldest_fact: None,
            ids_per_call: None,
            rate_used: None,
            speaks: speaks(of_panel(&traits, &panel.name)),
            prepaid: prepaid(&accounts, &panel.name, &panel.currency),
            unbooked: None,
            days_left: None,
            refused: None,
            canceled: None,
            partial: None,
            flagged: 0,
        }
    };
    Ok(Response::Panels(config.panels.iter().map(row).collect()))
}

/// What the store remembers of panels.
#[derive(Default)]
struct Remembered {
    pauses: Vec<Option<PanelName>>,
    traits: Vec<(PanelName, PanelTrait)>,
    accounts: Vec<PanelAccount>,
}

/// Without a store nothing is paused, and nothing was found out.
async fn remembered(config: &Config) -> anyhow::Result<Remembered> {
    let remembered = with_store(config, Missing::Refuse, async |store| {
        Ok(Remembered {
            pauses: store.pauses().await?,
            traits: store.panel_traits().await?,
            accounts: store.panel_accounts().await?,
        })
    });
    match remembered.await {
        Err(error) if is_missing(&error) => Ok(Remembered::default()),
        other => other,
    }
}

fn of_panel<'a>(
    traits: &'a [(PanelName, PanelTrait)],
    panel: &'a PanelName,
) -> impl Iterator<Item = PanelTrait> + 'a {
    let its = traits.iter().filter(move |(of, _)| of == panel);
    its.map(|(_, what)| *what)
}

/// There is no store.
pub(super) fn is_missing(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref();
    matches!(error, Some(StoreError::NotFound { what: "store", .. }))
}

/// A panel that fails does not keep the others from being asked.
async fn sync(config: &Config, store: &dyn Store, only: Option<&str>) -> anyhow::Result<Response> {
    let (mut lines, mut failed) = (Vec::new(), false);
    for panel in chosen(config, only)? {
        match sync_panel(config, store, panel).await {
            Ok(offers) => lines.push(format!("{}: {offers} offers", panel.name)),
            Err(error) => {
                failed = true;
                lines.push(format!("{}: no list: {error:#}", panel.name));
            }
        }
    }
    Ok(Response::of(lines, failed))
}

async fn sync_panel(config: &Config, store: &dyn Store, panel: &Panel) -> anyhow::Result<usize> {
    let desk = Alone::open(config, panel)?;
    let list = desk.0.services(WAIT).await;
    desk.0.close().await;
    let list = list?;
    let offers = list.offers.len();
    approvals::keep(config, store, list)
        .await
        .context("it is not kept")?;
    Ok(offers)
}

/// Asks these panels of the configuration for balance and services, over desks of their own.
pub(super) async fn check_online(config: &Config, panels: &[String]) -> anyhow::Result<Response> {
    let (mut lines, mut failed) = (Vec::new(), false);
    for name in panels {
        let panel = super::panels::named(config, name)?;
        let desk = Alone::open(config, panel)?;
        match desk.0.balance(WAIT).await {
            Ok(balance) => lines.push(format!(
                "{name}: balance {} {}",
                balance.amount, panel.currency
            )),
            Err(error) => {
                failed = true;
                lines.push(format!("{name}: no balance: {error}"));
            }
        }
        match desk.0.services(WAIT).await {
            Ok(list) => lines.push(format!("{name}: {} offers", list.offers.len())),
            Err(error) => {
                failed = true;
                lines.push(format!("{name}: no list: {error}"));
            }
        }
        desk.0.close().await;
    }
    Ok(Response::of(lines, failed))
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

    fn outlook(&self, _: &PanelName, _: &UpstreamId) -> Option<Outlook> {
        None
    }

    async fn learned(&self, _: &PanelName, _: PanelTrait) {}
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

const WAIT: Duration = Duration::from_secs(60);
