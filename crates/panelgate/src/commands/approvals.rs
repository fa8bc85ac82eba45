//! Approvals and guarded syncs without a server, by the same rules.

use std::collections::BTreeSet;

use anyhow::bail;
use panelgate_domain::catalogue::ImportKey;
use panelgate_domain::ids::{OfferId, PanelName};
use panelgate_domain::offer::OfferList;
use panelgate_domain::sync::change::approve as approve_list;
use panelgate_domain::sync::trust::trust;
use panelgate_domain::sync::{Baselines, learn, view};
use panelgate_engine::{Chosen, Waiting};
use panelgate_store::Store;
use panelgate_store::model::{Suspect, Synced};

use super::services::currency_of;
use crate::clock;
use crate::config::Config;
use crate::control::diff;
use crate::control::protocol::Response;
use crate::store::{Missing, with_store};

/// What waits for approval, as the last syncs left it. Files are in force with the next start.
pub(super) async fn waiting(config: &Config) -> anyhow::Result<Response> {
    with_store(config, Missing::Refuse, async |store| {
        let ids = store.assign_services(Vec::new(), Vec::new()).await?;
        let suspects = store.suspects().await?.into_iter();
        let mut rows: Vec<_> = suspects
            .map(|suspect| diff::doubt(suspect.list.panel.as_str(), &suspect.reason.to_string()))
            .collect();
        for (list, baselines) in known(config, store).await? {
            for (offer, flags) in view(&list, &baselines, &config.sync.policy).flagged {
                let waiting = Waiting {
                    services: config.definitions.services_of(&list.panel, &offer, &ids),
                    panel: list.panel.clone(),
                    offer,
                    flags,
                };
                rows.extend(diff::waits(&waiting));
            }
        }
        Ok(Response::Diff(rows))
    })
    .await
}

/// Says that offers are right as they are.
pub(super) async fn approve(
    config: &Config,
    store: &dyn Store,
    chosen: &Chosen,
    actor: &str,
) -> anyhow::Result<Response> {
    if let Chosen::Panel(panel) = chosen {
        super::panels::named(config, panel.as_str())?;
    }
    let wanted = wanted(config, store, chosen).await?;
    let suspects = store.suspects().await?;
    let mut approved = 0;
    for (mut list, baselines) in known(config, store).await? {
        let panel = list.panel.clone();
        let mut newer = None;
        match chosen {
            Chosen::Panel(only) if *only != panel => continue,
            Chosen::Panel(_) => newer = suspects.iter().find(|one| one.list.panel == panel),
            Chosen::Services(_) | Chosen::All => {}
        }
        if let Some(Suspect {
            list: suspect,
            reason,
            ..
        }) = newer
        {
            if !reason.can_be_approved() {
                bail!("the list of panel `{panel}` cannot be approved: {reason}");
            }
            list.clone_from(suspect);
            list.currency = currency_of(config, &list);
        }
        let only = |offer: &OfferId| {
            let key = (panel.clone(), offer.clone());
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&key))
        };
        let (policy, at) = (&config.sync.policy, clock::now());
        let learned = approve_list(&list, &baselines, policy, only, at);
        if learned.is_nothing() && newer.is_none() {
            continue;
        }
        approved += learned.changes.len();
        let sync = Synced {
            panel,
            list: newer.map(|_| list),
            baselines: learned.baselines,
            changes: learned.changes,
            actor: Some(actor.to_owned()),
            at,
        };
        store.keep_sync(sync).await?;
    }
    Ok(diff::approved(approved))
}

/// Keeps a panel's list, if it is believed.
pub(super) async fn keep(
    config: &Config,
    store: &dyn Store,
    list: OfferList,
) -> anyhow::Result<()> {
    let known = known(config, store).await?;
    let known = known.into_iter().find(|(of, _)| of.panel == list.panel);
    let (last, baselines) = known.unzip();
    let (policy, at) = (&config.sync.policy, clock::now());
    if let Err(reason) = trust(last.as_ref(), &list, policy) {
        store.suspect(Suspect { list, reason, at }).await?;
        bail!("it is not believed: {reason}");
    }
    let learned = learn(
        last.as_ref(),
        &list,
        &baselines.unwrap_or_default(),
        policy,
        at,
    );
    let sync = Synced {
        panel: list.panel.clone(),
        list: Some(list),
        baselines: learned.baselines,
        changes: learned.changes,
        actor: None,
        at,
    };
    Ok(store.keep_sync(sync).await?)
}

/// The lists of the panels that are configured, and what was approved of them.
async fn known(config: &Config, store: &dyn Store) -> anyhow::Result<Vec<(OfferList, Baselines)>> {
    let mut baselines = store.baselines().await?;
    let lists = store.offers().await?.into_iter();
    let configured = |panel: &PanelName| config.panels.iter().any(|one| one.name == *panel);
    let lists = lists.filter(|list| configured(&list.panel));
    Ok(lists
        .map(|mut list| {
            list.currency = currency_of(config, &list);
            let known = baselines.remove(&list.panel).unwrap_or_default();
            (list, known)
        })
        .collect())
}

/// The offers behind services; `None` means all.
async fn wanted(
    config: &Config,
    store: &dyn Store,
    chosen: &Chosen,
) -> anyhow::Result<Option<BTreeSet<ImportKey>>> {
    let Chosen::Services(services) = chosen else {
        return Ok(None);
    };
    let ids = store.assign_services(Vec::new(), Vec::new()).await?;
    let mut wanted = BTreeSet::new();
    for id in services {
        let offers = config.definitions.offers_of(*id, &ids);
        if offers.is_empty() {
            bail!("there is no service {id}");
        }
        wanted.extend(offers);
    }
    Ok(Some(wanted))
}
