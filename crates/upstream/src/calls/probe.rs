//! `status` of ids that may be orders of ours which we do not know: see [`panelgate_domain::evidence`].

use std::time::Duration;

use panelgate_domain::evidence::Stray;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::placement::About;
use panelgate_wire::answer::{self, AnswerError, Http, Statuses};
use panelgate_wire::call::Call;
use panelgate_wire::refusal::{Classifier, Meaning};

use super::{Blame, CallError};
use crate::desk::Desk;
use crate::desk::class::Class;

/// What a panel has of the ids that it was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// The orders that it reports on.
    pub strays: Vec<Stray>,
    /// Whether it said of every other id that it does not have it. If not, there may be more.
    pub is_whole: bool,
}

impl Desk {
    /// Which of these ids the panel has for us. An answer that also holds what nobody asked for is about nobody knows which orders,
    /// and counts as none. Each call waits for its permit.
    ///
    /// # Errors
    /// The first call that fails ends it: what the others showed is worth nothing without it.
    pub async fn probe(&self, ids: &[UpstreamId], within: Duration) -> Result<Probed, CallError> {
        let singly = self.traits().contains(&PanelTrait::SingularStatus);
        let most = if singly {
            1
        } else {
            self.settings().status_batch.max(1)
        };
        let mut probed = Probed {
            strays: Vec::new(),
            is_whole: true,
        };
        for ids in ids.chunks(most) {
            let permit = self.admit(Class::Upkeep, within).await?;
            let asked = ids.to_vec();
            let parse = move |http: &Http<'_>| answer::status(http, &asked);
            // One unknown id among several may spoil the call: that says nothing about the panel.
            let answered = self
                .look(permit, &Call::Status(ids), Blame::Ids, parse)
                .await;
            let classifier = &self.setup().classifier;
            match answered {
                Ok(statuses) => probed.take(ids, statuses, classifier),
                Err(CallError::Answer(AnswerError::Refused(text)))
                    if ids.len() == 1 && is_about_the_order(&text, classifier) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(probed)
    }
}

impl Probed {
    fn take(&mut self, ids: &[UpstreamId], mut statuses: Statuses, classifier: &Classifier) {
        if statuses.strangers > 0 {
            self.is_whole = false;
            return;
        }
        for id in ids {
            match statuses.reports.remove(id) {
                Some(Ok(report)) => self.strays.push(Stray {
                    id: id.clone(),
                    report,
                }),
                Some(Err(text)) => self.is_whole &= is_about_the_order(&text, classifier),
                None => self.is_whole = false,
            }
        }
    }
}

/// `Incorrect order ID` and the like: the panel does not have it.
fn is_about_the_order(text: &str, classifier: &Classifier) -> bool {
    matches!(classifier.classify(text), Meaning::Refused(About::Order(_)))
}
