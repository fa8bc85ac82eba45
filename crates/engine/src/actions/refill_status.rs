//! `refill_status`: the last word, asked for again if it is not fresh.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::join_all;
use panelgate_domain::action::{AskedId, Ids};
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::ids::{PanelName, RefillId, UpstreamId};
use panelgate_domain::reply::{PerId, Reply};
use panelgate_domain::status::RefillWord;
use panelgate_store::model::Refill;

use super::only;
use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Arc<Core>, cx: &Cx, ids: Ids) -> Result<Reply, Fault> {
    let refills = own_refills(core, cx, &ids).await?;
    let now = core.now();
    let stale = refills.values().filter(|refill| {
        !refill.word.is_final()
            && refill.upstream_id.is_some()
            && now.since(refill.at) >= core.settings.fresh_for
    });
    let mut by_panel: BTreeMap<PanelName, BTreeMap<UpstreamId, RefillId>> = BTreeMap::new();
    for refill in stale {
        if let Some(upstream_id) = &refill.upstream_id {
            by_panel
                .entry(refill.panel.clone())
                .or_default()
                .insert(upstream_id.clone(), refill.id);
        }
    }
    if by_panel.is_empty() {
        return reply(&ids, &refills);
    }
    // Detached, so that what a panel says is kept even if it says so too late for this answer.
    let looks = by_panel
        .into_iter()
        .map(|(panel, ids)| core.tracker.spawn(look(Arc::clone(core), panel, ids)));
    _ = tokio::time::timeout(core.settings.status_wait, join_all(looks)).await;
    reply(&ids, &own_refills(core, cx, &ids).await?)
}

/// From the store alone.
pub(crate) async fn recall(core: &Core, cx: &Cx, ids: &Ids) -> Result<Reply, Fault> {
    reply(ids, &own_refills(core, cx, ids).await?)
}

async fn own_refills(core: &Core, cx: &Cx, ids: &Ids) -> Result<HashMap<RefillId, Refill>, Fault> {
    let numbers = ids
        .as_slice()
        .iter()
        .filter_map(AskedId::number)
        .map(RefillId)
        .collect();
    let refills = core
        .store
        .refills(cx.customer.id, numbers)
        .await
        .map_err(|error| store_fault(&error))?;
    Ok(refills
        .into_iter()
        .map(|refill| (refill.id, refill))
        .collect())
}

async fn look(core: Arc<Core>, panel: PanelName, ids: BTreeMap<UpstreamId, RefillId>) {
    let Some(desk) = core.desk(&panel) else {
        return;
    };
    let asked = ids.keys().cloned().collect();
    let words = match desk.refill_status(asked, core.settings.status_wait).await {
        Ok(words) => words,
        Err(error) => return tracing::debug!(%panel, %error, "refills could not be looked at"),
    };
    let learned: Vec<(RefillId, RefillWord)> = words
        .into_iter()
        .filter_map(|(upstream_id, word)| Some((*ids.get(&upstream_id)?, word.ok()?)))
        .collect();
    if let Err(error) = core.store.learn_refills(learned, core.now()).await {
        tracing::error!(%panel, %error, "words of refills could not be written down");
    }
}

fn reply(ids: &Ids, refills: &HashMap<RefillId, Refill>) -> Result<Reply, Fault> {
    let word = |asked: &AskedId| {
        let refill = asked
            .number()
            .and_then(|number| refills.get(&RefillId(number)));
        refill
            .map(|refill| refill.word)
            .ok_or(Refusal::RefillNotFound)
    };
    let words: PerId<RefillWord> = ids
        .as_slice()
        .iter()
        .map(|asked| (asked.clone(), word(asked)))
        .collect();
    match ids {
        Ids::One(_) => only(words).map(Reply::RefillStatus),
        Ids::Many(_) => Ok(Reply::RefillStatuses(words)),
    }
}
