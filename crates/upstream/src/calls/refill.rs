//! `refill`.

use std::time::Duration;

use panelgate_domain::ids::UpstreamId;
use panelgate_wire::answer::{self, AnswerError, Http, RefillOutcome};
use panelgate_wire::call::Call;

use super::Sent;
use crate::desk::class::Class;
use crate::desk::{Desk, Setup};

impl Desk {
    /// Asks for a refill of one order, once. The outcome is never `Throttled`: that is [`Sent::NotSent`].
    ///
    /// Dropping the future before it has a permit takes the wish back; after that, nothing does.
    pub async fn refill(&self, id: &UpstreamId, within: Duration) -> Sent<RefillOutcome> {
        let permit = match self.admit(Class::Money, within).await {
            Ok(permit) => permit,
            Err(error) => return Sent::NotSent(error.to_string()),
        };
        match self.once(permit, &Call::Refill(id), parse).await {
            Ok(outcome) => Sent::Sent(outcome),
            Err(error) if error.had_no_effect() => Sent::NotSent(error.to_string()),
            Err(_) => Sent::Sent(RefillOutcome::Unknown),
        }
    }
}

/// What teaches the desk something, or nobody anything, is an error here, as it is for the other calls.
fn parse(http: &Http<'_>, setup: &Setup) -> Result<RefillOutcome, AnswerError> {
    match answer::refill(http, &setup.classifier) {
        RefillOutcome::Throttled { retry_after } => Err(AnswerError::Throttled { retry_after }),
        RefillOutcome::Unknown => Err(AnswerError::WrongShape("refill")),
        known => Ok(known),
    }
}
