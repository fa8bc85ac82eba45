//! `status` of ids that may be orders of ours which we do not know: see [`panelgate_domain::evidence`].

use std::time::Duration;

use panelgate_domain::evidence::Stray;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::status::Heard;
use panelgate_wire::answer::{self, Http};
use panelgate_wire::call::Call;

use super::{Blame, CallError};
use crate::desk::Desk;
use crate::desk::class::Class;

impl Desk {
    /// Which of these ids the panel has for us. Ids that it does not know, or has an error for, are left out, and so are all of a
    /// call whose answer also holds what nobody asked for: it may be about other orders. Each call waits for its permit.
    ///
    /// # Errors
    /// The first call that fails ends it: what the others showed is worth nothing without it.
    pub async fn probe(
        &self,
        ids: &[UpstreamId],
        within: Duration,
    ) -> Result<Vec<Stray>, CallError> {
        let most = self.settings().status_batch.max(1);
        let singly = self.traits().contains(&PanelTrait::SingularStatus);
        let mut strays = Vec::new();
        for ids in ids.chunks(if singly { 1 } else { most }) {
            let permit = self.admit(Class::Upkeep, within).await?;
            let asked = ids.to_vec();
            let parse = move |http: &Http<'_>| answer::status(http, &asked);
            // One unknown id among several may spoil the call: that says nothing about the panel.
            let answered = self
                .look(permit, &Call::Status(ids), Blame::Ids, parse)
                .await;
            let statuses = match answered {
                // What is said of a single id is that the panel does not have it.
                Err(CallError::Answer(answer::AnswerError::Refused(_))) if ids.len() == 1 => {
                    continue;
                }
                answered => answered?,
            };
            let known = statuses.reports.into_iter().filter_map(|(id, report)| {
                let report = report.ok()?;
                let means_something = !matches!(report.heard, Heard::Unknown(_));
                means_something.then_some(Stray { id, report })
            });
            if statuses.strangers == 0 {
                strays.extend(known);
            }
        }
        Ok(strays)
    }
}
