//! What of the evidence decides.

use std::sync::Arc;

use panelgate_domain::canary::Canary;
use panelgate_domain::evidence::{Asked, Stray, only_reading};
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_store::StoreError;
use panelgate_store::model::Decision;
use panelgate_upstream::Desk;

use super::MOST_QUESTIONS;
use crate::core::Core;
use crate::place;

/// Takes the stray for the order, if nothing else can be read out of what was found.
pub(super) async fn decide(
    core: &Arc<Core>,
    desk: &Desk,
    asked: &[Asked],
    strays: &[Stray],
) -> Result<(), StoreError> {
    let Some((order, id)) = only_reading(asked, strays) else {
        return Ok(());
    };
    let fits = |stray: &Stray| asked.iter().any(|asked| asked.fits(stray));
    if (is_alone(core, desk).await? || Canary::ChargesDecide.sings())
        && is_there(core, desk, &id, fits).await
    {
        resolve(core, desk.panel(), order, id).await;
    }
    Ok(())
}

/// Whether no other order of unknown outcome has joined it meanwhile, and none is on its way to the panel: what is shown may be
/// that one.
async fn is_alone(core: &Core, desk: &Desk) -> Result<bool, StoreError> {
    let questions = core.store.questions(MOST_QUESTIONS).await?;
    let all_read = u64::try_from(questions.len()).is_ok_and(|read| read < MOST_QUESTIONS);
    let there = questions
        .iter()
        .filter(|question| question.panel == *desk.panel());
    if !all_read || there.count() != 1 {
        return Ok(false);
    }
    let currency = desk.settings().currency.clone();
    Ok(core
        .store
        .standing(desk.panel(), &currency)
        .await?
        .is_some())
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
    seen.is_ok_and(|seen| seen.strays.iter().any(fits))
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
