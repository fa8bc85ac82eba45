//! Looking for what became of orders whose panel never said so. Nothing here is ever sent again: panels are only asked what they
//! have, and an order is decided only where one reading is left and the operator has allowed it.
//!
//! Source: `money.md`, "What an answer to `add` means"; decision 0016.

use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use panelgate_domain::canary::Canary;
use panelgate_domain::evidence::{Asked, Clue, Evidence, Stray};
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::spec::OrderSpec;
use panelgate_store::StoreError;
use panelgate_store::model::{Neighbours, Question};
use panelgate_upstream::Desk;

use self::decide::decide;
pub(crate) use self::searches::Searches;
use crate::core::Core;

mod decide;
mod searches;

/// An order, and what is known of its panel's ids around it.
struct Sought<'a> {
    question: &'a Question,
    neighbours: Neighbours,
}

/// Asks the panels that allow it about the orders that have been quiet for long enough. The end of the engine ends the asking, too.
pub(crate) async fn gather(core: Arc<Core>) {
    let mut desks: Vec<Desk> = core.desks.load().values().cloned().collect();
    desks.retain(|desk| desk.settings().probe_ids > 0);
    if desks.is_empty() {
        return;
    }
    let questions = match core.store.questions(MOST_QUESTIONS).await {
        Ok(questions) => questions,
        Err(error) => {
            return tracing::error!(%error, "unconfirmed orders could not be read");
        }
    };
    core.searches.forget_all_but(&questions);
    let searches = desks.iter().map(|desk| search_at(&core, desk, &questions));
    tokio::select! {
        biased;
        () = core.stop.cancelled() => {}
        _ = join_all(searches) => {}
    }
}

async fn search_at(core: &Arc<Core>, desk: &Desk, questions: &[Question]) {
    let there = |question: &&Question| question.panel == *desk.panel();
    let questions: Vec<&Question> = questions.iter().filter(there).collect();
    let due = core.searches.due(core, desk, &questions);
    if due.is_empty() {
        return;
    }
    if let Err(error) = search(core, desk, &due, questions.len()).await {
        tracing::warn!(panel = %desk.panel(), %error, "evidence about unconfirmed orders could not be kept");
    }
}

/// One round at one panel: all ids that the orders that are due may have there, and that are none of ours.
async fn search(
    core: &Arc<Core>,
    desk: &Desk,
    due: &[&Question],
    questions: usize,
) -> Result<(), StoreError> {
    let (panel, most) = (desk.panel(), desk.settings().probe_ids);
    let mut sought = Vec::new();
    for question in due {
        sought.push(Sought {
            question,
            neighbours: neighbours(core, desk, question).await?,
        });
    }
    let asked: Vec<Asked> = sought.iter().map(|sought| sought.asked(most)).collect();
    let ids = ids(asked.iter().filter_map(|asked| asked.between.clone()));
    let known: HashSet<UpstreamId> = core
        .store
        .known_at(panel, ids.clone())
        .await?
        .into_iter()
        .collect();
    let unknown: Vec<UpstreamId> = ids.into_iter().filter(|id| !known.contains(id)).collect();
    let few = u32::try_from(unknown.len()).is_ok_and(|ids| ids <= most);
    if unknown.is_empty() || !few {
        tracing::info!(%panel, ids = unknown.len(), most, "the ids between known orders are none, or too many to ask about");
        return Ok(());
    }
    let probed = match desk.probe(&unknown, core.settings.evidence_after).await {
        Ok(probed) => probed,
        Err(error) => {
            tracing::info!(%panel, %error, "the panel was not to be asked about unconfirmed orders");
            return Ok(());
        }
    };
    let strays = unknown_still(core, panel, probed.strays).await?;
    if strays.len() > MOST_STRAYS {
        tracing::warn!(%panel, orders = strays.len(), "the panel shows more orders than can be ours");
        return Ok(());
    }
    keep(core, &asked, &strays).await?;
    if !desk.settings().resolve_by_evidence {
        return Ok(());
    }
    let is_certain = questions == 1
        && probed.is_whole
        && sought.iter().all(|sought| sought.neighbours.none_forgotten);
    if is_certain || Canary::ChargesDecide.sings() {
        decide(core, desk, &asked, &strays).await?;
    }
    Ok(())
}

/// Those that no order of ours has become while the panel was asked.
async fn unknown_still(
    core: &Core,
    panel: &PanelName,
    strays: Vec<Stray>,
) -> Result<Vec<Stray>, StoreError> {
    let ids = strays.iter().map(|stray| stray.id.clone()).collect();
    let known = core.store.known_at(panel, ids).await?;
    let unknown = strays
        .into_iter()
        .filter(|stray| !known.contains(&stray.id));
    Ok(unknown.collect())
}

async fn neighbours(
    core: &Core,
    desk: &Desk,
    question: &Question,
) -> Result<Neighbours, StoreError> {
    let within = answered_within(desk);
    // What was sent so long before had ended when this one was sent, so its id is smaller.
    let settled = question.began.before(within);
    // What was sent until so long ago was accepted before anything that is on its way now was sent.
    let until = core.now().before(within.saturating_mul(2));
    core.store.neighbours(question, settled, until).await
}

/// A panel is listened to for so long.
fn answered_within(desk: &Desk) -> Duration {
    let settings = desk.settings();
    settings.timeout.max(settings.late_answer)
}

/// The ids that an order may have, by those around it. Without any that is known to be smaller nobody can say, and with none
/// that is greater it is one of the next `most`. What is wider than anybody would ask about is no place at all.
fn between(neighbours: Neighbours, most: u32) -> Option<RangeInclusive<u64>> {
    let below = neighbours.below?;
    let first = below.checked_add(1)?;
    let next = below.saturating_add(u64::from(most));
    let last = neighbours.above.unwrap_or(next);
    let bound = u64::from(most).saturating_add(MOST_KNOWN);
    (first <= last && last.saturating_sub(first) < bound).then_some(first..=last)
}

/// All ids in these ranges, once each and in order.
fn ids(ranges: impl Iterator<Item = RangeInclusive<u64>>) -> Vec<UpstreamId> {
    let ids: BTreeSet<u64> = ranges.flatten().collect();
    let texts = ids.into_iter().map(|id| UpstreamId::new(id.to_string()));
    texts.collect()
}

async fn keep(core: &Core, asked: &[Asked], strays: &[Stray]) -> Result<(), StoreError> {
    for order in asked {
        for stray in strays.iter().filter(|stray| order.is_near(stray)) {
            let evidence = Evidence {
                clue: Clue::Probed,
                upstream_id: Some(stray.id.clone()),
                text: told(order, stray),
                at: core.now(),
            };
            if core.store.keep_evidence(order.order, evidence).await? {
                tracing::info!(order = %order.order, upstream_id = %stray.id, "the panel has an order that may be this one");
            }
        }
    }
    Ok(())
}

fn told(order: &Asked, stray: &Stray) -> String {
    let text = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
    format!(
        "the panel has an order {} that none of ours is known by: charge {}, remains {}; {} and {} were expected",
        stray.id,
        text(stray.report.charge.map(|charge| charge.to_string())),
        text(stray.report.remains.map(|remains| remains.to_string())),
        order.cost,
        order.quantity,
    )
}

/// A panel refuses another order because it has an active one for the same link: those of unknown outcome may be it.
pub(crate) async fn link_is_active(
    core: &Core,
    panel: &PanelName,
    refused: OrderId,
    spec: &OrderSpec,
) {
    let Some(link) = spec.field(Field::Link) else {
        return;
    };
    let questions = match core.store.questions(MOST_QUESTIONS).await {
        Ok(questions) => questions,
        Err(error) => {
            return tracing::warn!(%error, "unconfirmed orders could not be read");
        }
    };
    let same = |question: &&Question| {
        question.panel == *panel && question.order.spec.field(Field::Link) == Some(link)
    };
    for question in questions.iter().filter(same) {
        let evidence = Evidence {
            clue: Clue::ActiveLink,
            upstream_id: None,
            text: format!(
                "the panel refused order {refused} because it has an active one for the same link"
            ),
            at: core.now(),
        };
        let order = question.order.order.id;
        if let Err(error) = core.store.keep_evidence(order, evidence).await {
            tracing::warn!(%order, %error, "evidence could not be kept");
        }
    }
}

impl Sought<'_> {
    fn asked(&self, most: u32) -> Asked {
        let (order, spec) = (&self.question.order.order, &self.question.order.spec);
        Asked {
            order: order.id,
            quantity: order.quantity.total(),
            cost: self.question.cost,
            between: between(self.neighbours, most),
            is_parent: order.share.is_some() || spec.is_drip_feed(),
        }
    }
}

/// More strays than that are other people's orders.
const MOST_STRAYS: usize = 50;
/// Unconfirmed orders that are looked at. With more than that nothing is decided.
const MOST_QUESTIONS: u64 = 1_000;
/// Ids between an order's neighbours that may be known already, and cost no question.
const MOST_KNOWN: u64 = 10_000;
/// How often it is looked which orders are due.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests;
