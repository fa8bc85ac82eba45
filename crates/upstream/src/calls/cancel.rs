//! `cancel`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::placement::About;
use panelgate_wire::answer::{self, AnswerError};
use panelgate_wire::call::Call;
use panelgate_wire::refusal::Meaning;

use super::merge::{self, Group};
use super::{CallError, MAX_IDS, Sent};
use crate::desk::Desk;
use crate::desk::admission::Permit;
use crate::desk::class::Class;

/// What became of the wish to cancel one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// The panel has been asked. Whether it cancels is seen by `status`.
    Asked,
    /// The panel refused, with this text (the key is redacted).
    Refused(String),
    /// Nobody knows whether the panel has been asked.
    Unknown,
}

/// What became of one wish, or why it was not sent.
pub(crate) type Wish = Result<CancelOutcome, String>;

/// What a `cancel` call said.
enum Said {
    Each(BTreeMap<UpstreamId, CancelOutcome>),
    /// The panel refuses the call as such, with this text: it does not know `cancel`, or not by this parameter.
    NotThisForm(String),
    /// It had no effect, for this reason.
    Nothing(String),
}

impl Desk {
    /// Asks for orders to be canceled. Wishes of all callers within `gather` share calls of up to 100 ids, and each caller gets
    /// the outcomes of its own. A panel that refuses `orders` as such is asked for one `order` after the other; if that works
    /// it is done so from then on. Ids that could not be sent in time are not in the map.
    ///
    /// Dropping the future takes nothing back.
    pub async fn cancel(
        &self,
        ids: Vec<UpstreamId>,
        within: Duration,
    ) -> Sent<HashMap<UpstreamId, CancelOutcome>> {
        let wishes = self.cancels().ask(ids, within).await;
        let mut why = "the desk is closed, or too many cancels wait".to_owned();
        let mut outcomes = HashMap::new();
        for (id, wish) in wishes {
            match wish {
                Ok(outcome) => _ = outcomes.insert(id, outcome),
                Err(not_sent) => why = not_sent,
            }
        }
        if outcomes.is_empty() {
            return Sent::NotSent(why);
        }
        Sent::Sent(outcomes)
    }

    async fn cancel_group(self, permit: Permit, mut group: Group<Wish>) {
        if !self.cancels_singly() {
            match self
                .cancel_call(permit, &Call::Cancel(&group.ids), &group.ids)
                .await
            {
                Said::Each(each) => {
                    for (id, outcome) in each {
                        group.tell(&id, &Ok(outcome));
                    }
                    return;
                }
                Said::Nothing(why) => return group.tell_all(&Err(why)),
                Said::NotThisForm(_) => {}
            }
            return self.cancel_singly(None, group).await;
        }
        self.cancel_singly(Some(permit), group).await;
    }

    async fn cancel_singly(&self, mut permit: Option<Permit>, mut group: Group<Wish>) {
        for id in group.ids.clone() {
            let admitted = match permit.take() {
                Some(permit) => Ok(permit),
                None => self.admit(Class::Money, SINGLE_WITHIN).await,
            };
            let permit = match admitted {
                Ok(permit) => permit,
                Err(why) => return group.tell_all(&Err(why.to_string())),
            };
            let one = std::slice::from_ref(&id);
            match self.cancel_call(permit, &Call::CancelOne(&id), one).await {
                Said::NotThisForm(text) => group.tell(&id, &Ok(CancelOutcome::Refused(text))),
                Said::Nothing(why) => group.tell(&id, &Err(why)),
                Said::Each(mut each) => {
                    let outcome = each.remove(&id).unwrap_or(CancelOutcome::Unknown);
                    if outcome == CancelOutcome::Asked {
                        self.learned(PanelTrait::SingularCancel).await;
                    }
                    group.tell(&id, &Ok(outcome));
                }
            }
        }
    }

    async fn cancel_call(&self, permit: Permit, call: &Call<'_>, ids: &[UpstreamId]) -> Said {
        let asked = ids.to_vec();
        let answer = self.once(permit, call, move |http, setup| {
            answer::cancel(http, &asked, &setup.classifier)
        });
        let setup = self.setup();
        let all = |outcome: CancelOutcome| {
            Said::Each(ids.iter().map(|id| (id.clone(), outcome.clone())).collect())
        };
        match answer.await {
            Ok(mut found) => {
                let outcome = |id: &UpstreamId| match found.remove(id) {
                    Some(Ok(())) => CancelOutcome::Asked,
                    Some(Err(text)) => CancelOutcome::Refused(setup.redactor.raw(&text)),
                    None => CancelOutcome::Unknown,
                };
                Said::Each(ids.iter().cloned().zip(ids.iter().map(outcome)).collect())
            }
            Err(error) if error.had_no_effect() => Said::Nothing(error.to_string()),
            Err(CallError::Answer(AnswerError::Refused(text))) => {
                match setup.classifier.classify(&text) {
                    Meaning::Unlisted
                    | Meaning::Refused(About::Order(
                        Refusal::IncorrectRequest | Refusal::IncorrectOrderId,
                    )) => Said::NotThisForm(text),
                    Meaning::Refused(_) | Meaning::Throttled => all(CancelOutcome::Refused(text)),
                }
            }
            Err(_) => all(CancelOutcome::Unknown),
        }
    }
}

/// Sends the cancels of a desk until it closes.
pub(crate) async fn run(desk: Desk) {
    let most = |desk: &Desk| if desk.cancels_singly() { 1 } else { MAX_IDS };
    let late = |why: crate::desk::admission::NotAdmitted| Err(why.to_string());
    merge::run(
        desk,
        Class::Money,
        Desk::cancels,
        most,
        late,
        Desk::cancel_group,
    )
    .await;
}

/// How long the second and later of single cancels may wait for the panel's limits.
const SINGLE_WITHIN: Duration = Duration::from_secs(10);
