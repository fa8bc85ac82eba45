//! `cancel`, by `orders` where the panel understands it, by `order` where it does not.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::About;
use panelgate_wire::answer::{self, AnswerError};
use panelgate_wire::call::Call;
use panelgate_wire::refusal::Meaning;

use super::{CallError, MAX_IDS, Sent};
use crate::desk::Desk;
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

type Outcomes = HashMap<UpstreamId, CancelOutcome>;

/// What a `cancel` call said.
enum Said {
    Each(Outcomes),
    /// The panel refuses the call as such, with this text: it does not know `cancel`, or not by this parameter.
    NotThisForm(String),
}

impl Desk {
    /// Asks for orders to be canceled, in calls of up to 100 ids. A panel that refuses `orders` as such is asked for one
    /// `order` after the other; if that works it is done so from then on. Ids that could not be sent in time are not in the map.
    ///
    /// Dropping the future takes nothing back; what had no permit by then is not sent.
    pub async fn cancel(&self, ids: Vec<UpstreamId>, within: Duration) -> Sent<Outcomes> {
        let mut outcomes = Outcomes::new();
        for ids in ids.chunks(MAX_IDS) {
            if let Err(why) = self.cancel_some(ids, within, &mut outcomes).await {
                if outcomes.is_empty() {
                    return Sent::NotSent(why);
                }
                break;
            }
        }
        Sent::Sent(outcomes)
    }

    async fn cancel_some(
        &self,
        ids: &[UpstreamId],
        within: Duration,
        outcomes: &mut Outcomes,
    ) -> Result<(), String> {
        if !self.cancels_singly() {
            let call = Call::Cancel(ids);
            if let Said::Each(each) = self.cancel_call(&call, ids, within).await? {
                outcomes.extend(each);
                return Ok(());
            }
        }
        for id in ids {
            let call = Call::CancelOne(id);
            match self
                .cancel_call(&call, std::slice::from_ref(id), within)
                .await?
            {
                Said::NotThisForm(text) => {
                    _ = outcomes.insert(id.clone(), CancelOutcome::Refused(text))
                }
                Said::Each(each) => {
                    if each
                        .values()
                        .any(|outcome| *outcome == CancelOutcome::Asked)
                    {
                        self.cancel_singly();
                    }
                    outcomes.extend(each);
                }
            }
        }
        Ok(())
    }

    /// One `cancel` call. An error is the reason why it had no effect.
    async fn cancel_call(
        &self,
        call: &Call<'_>,
        ids: &[UpstreamId],
        within: Duration,
    ) -> Result<Said, String> {
        let permit = self
            .admit(Class::Money, within)
            .await
            .map_err(|error| error.to_string())?;
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
                Ok(Said::Each(
                    ids.iter().cloned().zip(ids.iter().map(outcome)).collect(),
                ))
            }
            Err(error) if error.had_no_effect() => Err(error.to_string()),
            Err(CallError::Answer(AnswerError::Refused(text))) => {
                Ok(match setup.classifier.classify(&text) {
                    Meaning::Unlisted
                    | Meaning::Refused(About::Order(
                        Refusal::IncorrectRequest | Refusal::IncorrectOrderId,
                    )) => Said::NotThisForm(text),
                    Meaning::Refused(_) | Meaning::Throttled => all(CancelOutcome::Refused(text)),
                })
            }
            Err(_) => Ok(all(CancelOutcome::Unknown)),
        }
    }
}
