//! A call with a permit in hand: sent, timed, counted, and its lesson for the desk learned.

use std::sync::Arc;

use panelgate_wire::answer::{AnswerError, Http};
use panelgate_wire::call::Call;
use panelgate_wire::refusal::Meaning;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::{Blame, CallError};
use crate::client::{Answer, Failure};
use crate::desk::admission::Permit;
use crate::desk::{Desk, Setup};
use crate::metrics::CallResult;

/// Answers longer than this are parsed on a thread that may block: lists of offers have megabytes.
const PARSED_INLINE: usize = 256 * 1024;

impl Desk {
    /// A call that only looks. Dropping the future gives it up.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        permit: Permit,
        call: &Call<'_>,
        blame: Blame,
        parse: impl FnOnce(&Http<'_>) -> Result<T, AnswerError> + Send + 'static,
    ) -> Result<T, CallError> {
        let setup = self.setup();
        let exchange = setup.client.look(call);
        self.conclude(&setup, permit, (call.name(), blame), exchange, parse)
            .await
    }

    /// A call that must not be repeated. Once begun it goes on when this future is dropped, to its answer or its timeout.
    pub(super) async fn once<T: Send + 'static>(
        &self,
        permit: Permit,
        call: &Call<'_>,
        parse: impl FnOnce(&Http<'_>, &Setup) -> Result<T, AnswerError> + Send + 'static,
    ) -> Result<T, CallError> {
        let (desk, setup, action) = (self.clone(), self.setup(), call.name());
        let exchange = setup.client.once(call);
        let (sender, concluded) = oneshot::channel();
        self.spawn(async move {
            let parse = {
                let setup = Arc::clone(&setup);
                move |http: &Http<'_>| parse(http, &setup)
            };
            // Whoever went away does not want to know.
            let concluded = desk.conclude(&setup, permit, (action, Blame::Panel), exchange, parse);
            _ = sender.send(concluded.await);
        });
        let gone = |_| Err(CallError::Lost("the runtime is shutting down".to_owned()));
        concluded.await.unwrap_or_else(gone)
    }

    async fn conclude<T: Send + 'static>(
        &self,
        setup: &Setup,
        permit: Permit,
        (action, blame): (&'static str, Blame),
        exchange: impl Future<Output = Result<Answer, Failure>> + Send,
        parse: impl FnOnce(&Http<'_>) -> Result<T, AnswerError> + Send + 'static,
    ) -> Result<T, CallError> {
        self.called();
        let (started, limit) = (Instant::now(), setup.settings.timeout);
        let concluded = match timeout(limit, exchange).await {
            Ok(Ok(answer)) => parsed(answer, parse)
                .await
                .map_err(|error| CallError::Answer(understood(setup, error))),
            Ok(Err(Failure::NotSent(why))) => Err(CallError::NotSent(setup.redactor.raw(&why))),
            Ok(Err(Failure::Lost(why))) => Err(CallError::Lost(setup.redactor.raw(&why))),
            Err(_) => Err(CallError::Timeout(limit)),
        };
        let result = match &concluded {
            Ok(_) => CallResult::Ok,
            Err(error) => error.result(),
        };
        self.metrics()
            .called(action, result.name(), started.elapsed());
        if result.is_answer() || blame == Blame::Panel {
            self.heard(result.is_answer());
        }
        if result.is_answer() && action != "status" {
            self.watch()
                .with(|lookout| lookout.heard_otherwise(Instant::now()));
        }
        if let Err(CallError::Answer(AnswerError::Throttled { retry_after })) = &concluded {
            self.throttled(*retry_after);
        }
        drop(permit);
        concluded
    }
}

/// Error texts about a whole call are read with the panel's own lists, and lose our key.
fn understood(setup: &Setup, error: AnswerError) -> AnswerError {
    match error {
        AnswerError::Refused(text) if setup.classifier.classify(&text) == Meaning::Throttled => {
            AnswerError::Throttled { retry_after: None }
        }
        AnswerError::Refused(text) => AnswerError::Refused(setup.redactor.raw(&text)),
        other => other,
    }
}

async fn parsed<T: Send + 'static>(
    answer: Answer,
    parse: impl FnOnce(&Http<'_>) -> Result<T, AnswerError> + Send + 'static,
) -> Result<T, AnswerError> {
    if answer.len() <= PARSED_INLINE {
        return parse(&answer.http());
    }
    tokio::task::spawn_blocking(move || parse(&answer.http()))
        .await
        .expect("parsers do not panic, and the runtime outlives its desks")
}
