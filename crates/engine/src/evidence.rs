//! Looking for what became of orders whose panel never said so. Nothing here is ever sent again: panels are only asked what they
//! have, and an order is decided only where one reading is left and the operator has allowed it.
//!
//! Source: `money.md`, "What an answer to `add` means"; decision 0016.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::evidence::{Asked, Clue, Evidence, Stray, unique};
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::time::Timestamp;
use panelgate_store::StoreError;
use panelgate_store::model::{Decision, Neighbours, Question};
use panelgate_upstream::Desk;
use parking_lot::Mutex;

use crate::core::Core;
use crate::place;

/// When which unconfirmed order is asked about again. Lost with the process: the next one asks anew.
#[derive(Debug, Default)]
pub(crate) struct Searches(Mutex<HashMap<OrderId, Search>>);

#[derive(Clone, Copy, Debug)]
struct Search {
    next: Timestamp,
    rounds: u32,
}

/// An order, and between which of its panel's ids it would be.
struct Sought<'a> {
    question: &'a Question,
    between: Option<RangeInclusive<u64>>,
    /// Nothing was sent after it that could have a greater id.
    is_last: bool,
}

/// Asks the panels that allow it about the orders that have been quiet for long enough.
pub(crate) async fn gather(core: Arc<Core>) {
    let questions = match core.store.questions(MOST_QUESTIONS).await {
        Ok(questions) => questions,
        Err(error) => {
            return tracing::error!(%error, "unconfirmed orders could not be read");
        }
    };
    core.searches.forget_all_but(&questions);
    let mut by_panel: BTreeMap<PanelName, Vec<Question>> = BTreeMap::new();
    for question in questions {
        by_panel
            .entry(question.panel.clone())
            .or_default()
            .push(question);
    }
    for (panel, questions) in by_panel {
        let desk = core.desk(&panel);
        let Some(desk) = desk.filter(|desk| desk.settings().probe_ids > 0) else {
            continue;
        };
        let due = core.searches.due(&core, &desk, &questions);
        if due.is_empty() {
            continue;
        }
        if let Err(error) = search(&core, &desk, &questions, &due).await {
            tracing::warn!(%panel, %error, "evidence about unconfirmed orders could not be kept");
        }
    }
}

/// One round at one panel: all ids that the orders that are due may have there, and that are none of ours.
async fn search(
    core: &Arc<Core>,
    desk: &Desk,
    questions: &[Question],
    due: &[OrderId],
) -> Result<(), StoreError> {
    let (panel, most) = (desk.panel(), desk.settings().probe_ids);
    let mut sought = Vec::new();
    for question in questions {
        let neighbours = neighbours(core, desk, question).await?;
        sought.push(Sought {
            question,
            between: between(neighbours, most),
            is_last: neighbours.above.is_none(),
        });
    }
    let asked_about = |sought: &&Sought<'_>| due.contains(&sought.question.order.order.id);
    let ranges = sought.iter().filter(asked_about);
    let Some(ids) = ids(ranges.filter_map(|sought| sought.between.clone()), most) else {
        tracing::info!(%panel, most, "too many ids lie between known orders to ask about them");
        return Ok(());
    };
    let known = core.store.known_at(panel, ids.clone()).await?;
    let unknown: Vec<UpstreamId> = ids.into_iter().filter(|id| !known.contains(id)).collect();
    let few = u32::try_from(unknown.len()).is_ok_and(|ids| ids <= most);
    if unknown.is_empty() || !few {
        tracing::info!(%panel, ids = unknown.len(), most, "the ids between known orders are none, or too many to ask about");
        return Ok(());
    }
    let strays = match desk.probe(&unknown, core.settings.evidence_after).await {
        Ok(strays) => strays,
        Err(error) => {
            tracing::info!(%panel, %error, "the panel was not to be asked about unconfirmed orders");
            return Ok(());
        }
    };
    let strays = unknown_still(core, panel, strays).await?;
    let asked: Vec<Asked> = sought.iter().map(Sought::asked).collect();
    keep(core, &asked, &strays).await?;
    if desk.settings().resolve_by_evidence && is_whole(core, desk, &sought).await? {
        for (order, id) in unique(&asked, &strays) {
            let fits = |stray: &Stray| asked.iter().any(|a| a.order == order && a.fits(stray));
            if is_there(core, desk, &id, fits).await {
                resolve(core, panel, order, id).await;
            }
        }
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

/// Whether these are all orders that what the panel showed may belong to: none has joined them meanwhile, and where ids without
/// an upper bound were asked about, none is on its way, either.
async fn is_whole(core: &Core, desk: &Desk, sought: &[Sought<'_>]) -> Result<bool, StoreError> {
    let questions = core.store.questions(MOST_QUESTIONS).await?;
    let all_read = u64::try_from(questions.len()).is_ok_and(|read| read < MOST_QUESTIONS);
    let is_sought = |question: &Question| {
        let order = question.order.order.id;
        sought
            .iter()
            .any(|sought| sought.question.order.order.id == order)
    };
    let mut at_panel = questions
        .iter()
        .filter(|question| question.panel == *desk.panel());
    let none_joined = all_read && at_panel.all(is_sought);
    if !none_joined || !sought.iter().any(|sought| sought.is_last) {
        return Ok(none_joined);
    }
    let currency = desk.settings().currency.clone();
    Ok(core
        .store
        .standing(desk.panel(), &currency)
        .await?
        .is_some())
}

async fn neighbours(
    core: &Core,
    desk: &Desk,
    question: &Question,
) -> Result<Neighbours, StoreError> {
    let within = answered_within(desk);
    // What was sent so long before had ended when this one was sent, so its id is smaller.
    let settled = question.began.before(within);
    // What was sent until so long ago was accepted before anything that is on its way now was sent: no id of that is smaller.
    let until = core.now().before(within.saturating_mul(2));
    core.store.neighbours(question, settled, until).await
}

/// A panel is listened to for so long.
fn answered_within(desk: &Desk) -> Duration {
    let settings = desk.settings();
    settings.timeout.max(settings.late_answer)
}

/// The ids that an order may have, by those around it. Without any that is known to be smaller nobody can say, and with none
/// that is greater it is one of the next `most`.
fn between(neighbours: Neighbours, most: u32) -> Option<RangeInclusive<u64>> {
    let below = neighbours.below?;
    let first = below.checked_add(1)?;
    let next = below.saturating_add(u64::from(most));
    let last = neighbours.above.unwrap_or(next);
    (first <= last).then_some(first..=last)
}

/// All ids in these ranges, once each and in order; `None` if they are more than may be asked about and are known.
fn ids(ranges: impl Iterator<Item = RangeInclusive<u64>>, most: u32) -> Option<Vec<UpstreamId>> {
    let bound = u64::from(most).saturating_add(MOST_KNOWN);
    let mut ids = BTreeSet::new();
    for range in ranges {
        if range.end().saturating_sub(*range.start()) >= bound {
            return None;
        }
        ids.extend(range);
    }
    let few = u64::try_from(ids.len()).is_ok_and(|ids| ids <= bound);
    few.then(|| {
        ids.into_iter()
            .map(|id| UpstreamId::new(id.to_string()))
            .collect()
    })
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

/// A second look at that id alone: among others its report may have been another one's.
async fn is_there(
    core: &Core,
    desk: &Desk,
    id: &UpstreamId,
    fits: impl Fn(&Stray) -> bool,
) -> bool {
    let alone = std::slice::from_ref(id);
    let seen = desk.probe(alone, core.settings.evidence_after).await;
    seen.is_ok_and(|seen| seen.iter().any(fits))
}

async fn resolve(core: &Arc<Core>, panel: &PanelName, order: OrderId, id: UpstreamId) {
    let decision = Decision {
        order,
        actor: "gateway".to_owned(),
        reason: format!(
            "order {id} is the only one at {panel} that it can be, and can be no other one"
        ),
        at: core.now(),
    };
    match place::decide_placed(core, decision, id.clone()).await {
        Ok(_) => {
            tracing::warn!(%order, upstream_id = %id, "an unconfirmed order was found at its panel");
        }
        // Somebody was faster.
        Err(error) => tracing::info!(%order, %error, "an unconfirmed order was not decided"),
    }
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
    fn asked(&self) -> Asked {
        let (order, spec) = (&self.question.order.order, &self.question.order.spec);
        Asked {
            order: order.id,
            quantity: order.quantity.total(),
            cost: self.question.cost,
            between: self.between.clone(),
            is_parent: order.share.is_some() || spec.is_drip_feed(),
        }
    }
}

impl Searches {
    /// The orders that are asked about now: quiet for long enough, and not asked about a short while ago.
    fn due(&self, core: &Core, desk: &Desk, questions: &[Question]) -> Vec<OrderId> {
        let (now, pause) = (core.now(), core.settings.evidence_after);
        // By then whatever was sent in the time after it has been answered or given up.
        let first = pause.max(answered_within(desk).saturating_mul(2));
        let mut searches = self.0.lock();
        let mut due = Vec::new();
        for question in questions {
            let order = question.order.order.id;
            let search = searches.entry(order).or_insert(Search {
                next: question.began.after(first),
                rounds: 0,
            });
            if search.next <= now && search.rounds < ROUNDS {
                search.rounds += 1;
                // Twice as long after each round: what a panel shows late is found, and what it never shows not asked for ever.
                let factor = 1_u32.checked_shl(search.rounds).unwrap_or(u32::MAX);
                search.next = now.after(pause.saturating_mul(factor));
                due.push(order);
            }
        }
        due
    }

    fn forget_all_but(&self, questions: &[Question]) {
        let open: Vec<OrderId> = questions
            .iter()
            .map(|question| question.order.order.id)
            .collect();
        self.0
            .lock()
            .retain(|order, _| open.binary_search(order).is_ok());
    }
}

/// Unconfirmed orders that are looked at. With more than that nothing is decided: each may be what another one is taken for.
const MOST_QUESTIONS: u64 = 1_000;
/// Ids between an order's neighbours that may be known already, and cost no question.
const MOST_KNOWN: u64 = 10_000;
/// After so many questions a panel has had its say: half a day, by the default pause.
const ROUNDS: u32 = 7;

/// How often it is looked which orders are due.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
