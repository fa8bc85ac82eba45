//! `report drift` and `report charges`: the panels' money as they see it, held against the books.

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::model::{Causes, Drift, OtherCharge};

use super::{archive, panels};
use crate::cli::ReportPanels;
use crate::clock;
use crate::config::Config;
use crate::output::{self, Cell, Listing};
use crate::store::{Missing, with_store};

/// A drift, what it was before, and what may be why it changed.
struct Step {
    drift: Drift,
    before: Option<Drift>,
    causes: Causes,
}

/// `report drift`
pub(super) async fn drift(config: &Config, args: ReportPanels) -> anyhow::Result<()> {
    let panel = chosen(config, args.panel.as_deref())?;
    let since = clock::start_of_last(args.days, clock::now());
    let steps = with_store(config, Missing::Refuse, async |store| {
        archive::note_horizon(store, since).await?;
        steps(store, panel, since).await
    })
    .await?;
    output::list(&drifts(&steps), args.form.form())?;
    Ok(())
}

async fn steps(
    store: &dyn Store,
    panel: Option<PanelName>,
    since: Timestamp,
) -> anyhow::Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for drift in store.drifts(panel, since).await? {
        let last = steps.last().map(|step| &step.drift);
        let before =
            last.filter(|last| last.panel == drift.panel && last.currency == drift.currency);
        let before = before.cloned();
        let causes = match &before {
            Some(before) => {
                store
                    .causes(&drift.panel, before.until, drift.since)
                    .await?
            }
            None => Causes::default(),
        };
        steps.push(Step {
            drift,
            before,
            causes,
        });
    }
    Ok(steps)
}

fn drifts(steps: &[Step]) -> Listing {
    let rows = steps.iter().map(|step| {
        let Step {
            drift,
            before,
            causes,
        } = step;
        let change = before
            .as_ref()
            .and_then(|before| drift.drift.checked_sub(before.drift));
        let mut costs = causes.unknown.iter().map(|(_, cost)| *cost);
        let cost = costs.try_fold(Money::ZERO, Money::checked_add);
        vec![
            drift.panel.as_str().into(),
            drift.currency.as_str().into(),
            drift.since.into(),
            drift.until.into(),
            drift.drift.into(),
            change.into(),
            orders(causes.unknown.iter().map(|(order, _)| *order)),
            cost.filter(|_| !causes.unknown.is_empty()).into(),
            orders(causes.uncharged.iter().copied()),
        ]
    });
    let headings = &[
        "panel",
        "currency",
        "since",
        "until",
        "drift",
        "change",
        "unknown",
        "unknown_cost",
        "uncharged",
    ];
    Listing::new(headings, rows)
}

fn orders(orders: impl Iterator<Item = OrderId>) -> Cell {
    let orders: Vec<String> = orders.map(|order| order.to_string()).collect();
    Some(orders.join(" "))
        .filter(|orders| !orders.is_empty())
        .into()
}

/// `report charges`
pub(super) async fn charges(config: &Config, args: ReportPanels) -> anyhow::Result<()> {
    let panel = chosen(config, args.panel.as_deref())?;
    let since = clock::start_of_last(args.days, clock::now());
    let found = with_store(config, Missing::Refuse, async |store| {
        archive::note_horizon(store, since).await?;
        Ok(store.other_charges(panel, since).await?)
    })
    .await?;
    output::list(&others(&found), args.form.form())?;
    Ok(())
}

fn others(found: &[OtherCharge]) -> Listing {
    let rows = found.iter().map(|other| {
        vec![
            other.order.0.into(),
            other.panel.as_str().into(),
            other.upstream_id.as_str().into(),
            other.offer.as_str().into(),
            other.ended.map(Final::word).into(),
            other.currency.as_str().into(),
            other.quoted.into(),
            other.charged.into(),
            other.charged.checked_sub(other.quoted).into(),
        ]
    });
    let headings = &[
        "order",
        "panel",
        "upstream_id",
        "offer",
        "ended",
        "currency",
        "quoted",
        "charged",
        "difference",
    ];
    Listing::new(headings, rows)
}

fn chosen(config: &Config, panel: Option<&str>) -> anyhow::Result<Option<PanelName>> {
    let named = panel.map(|panel| panels::named(config, panel));
    Ok(named.transpose()?.map(|panel| panel.name.clone()))
}
