//! `add`: the one call that buys something. One placement, one request, and an answer that is waited for to the end.

use std::time::Duration;

use panelgate_domain::canary::Canary;
use panelgate_domain::ids::OfferId;
use panelgate_domain::money::Money;
use panelgate_domain::placement::{About, AddOutcome};
use panelgate_domain::spec::OrderSpec;
use panelgate_wire::answer;
use panelgate_wire::call::Call;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

use super::admission::Permit;
use super::{Desk, Setup};
use crate::client::{Answer, Failure};

/// What became of one placement.
#[derive(Debug)]
pub struct Placed {
    /// What is known now.
    pub outcome: AddOutcome,
    /// The panel's answer, or why there is none: at most 4 KiB, the key redacted. For the operator.
    pub raw: String,
    /// The answer that may still come; given only if the outcome is unknown because the time was over.
    pub late: Option<Late>,
}

/// What one call buys, and what is held for it.
#[derive(Clone, Copy)]
struct Bought<'a> {
    offer: &'a OfferId,
    stake: Money,
}

/// An answer that is still listened for.
#[derive(Debug)]
pub struct Late(oneshot::Receiver<(AddOutcome, String)>);

/// Most answers that a desk listens for after their time, so that a dead panel cannot pile up connections.
pub(super) const MAX_LISTENERS: usize = 256;

impl Late {
    /// The outcome and the raw answer, as in [`Placed`]; `None` if none came within `late_answer` of the beginning, or the
    /// connection ended without one. Dropping the future, or `self`, gives up hearing of it and nothing else.
    pub async fn answer(self) -> Option<(AddOutcome, String)> {
        self.0.await.ok()
    }
}

impl Desk {
    /// Places an order. Nothing is ever sent twice, and nothing at all if the panel began to rest since the permit was given.
    ///
    /// An unknown outcome counts against `max_unconfirmed`, and `stake`, which is what is held for the order in the gateway's
    /// currency, against `max_unconfirmed_money`, until [`Desk::question_closed`] is called for it. Dropping the future loses
    /// the answer, not the order: the exchange goes on.
    pub async fn add(
        &self,
        permit: Permit,
        offer: &OfferId,
        spec: &OrderSpec,
        stake: Money,
    ) -> Placed {
        if let Err(rest) = self.takes_orders(offer) {
            return Placed {
                outcome: AddOutcome::NotSent,
                raw: rest.to_string(),
                late: None,
            };
        }
        let setup = self.setup();
        let exchange = setup.client.once(&Call::Add { offer, spec });
        let (sender, placed) = oneshot::channel();
        let (desk, offer) = (self.clone(), offer.clone());
        self.spawn(async move {
            let bought = Bought {
                offer: &offer,
                stake,
            };
            desk.exchange(&setup, permit, bought, exchange, sender)
                .await
        });
        placed.await.unwrap_or_else(|_| {
            self.question_opened(stake);
            Placed {
                outcome: AddOutcome::Unknown,
                raw: "the exchange was cut off".to_owned(),
                late: None,
            }
        })
    }

    async fn exchange(
        &self,
        setup: &Setup,
        permit: Permit,
        bought: Bought<'_>,
        exchange: impl Future<Output = Result<Answer, Failure>> + Send,
        placed: oneshot::Sender<Placed>,
    ) {
        self.called();
        let started = Instant::now();
        let limit = setup.settings.timeout;
        let mut exchange = std::pin::pin!(exchange);
        if let Ok(ended) = timeout(limit, &mut exchange).await {
            let (outcome, raw) = judge(setup, ended);
            self.learn(&outcome, bought, started.elapsed());
            drop(permit);
            deliver(
                placed,
                Placed {
                    outcome,
                    raw,
                    late: None,
                },
                bought.offer,
            );
            return;
        }
        self.learn(&AddOutcome::Unknown, bought, limit);
        drop(permit);
        let listener = self.listeners().try_acquire_owned().ok();
        let (sender, late) = oneshot::channel();
        let unknown = Placed {
            outcome: AddOutcome::Unknown,
            raw: format!("no answer within {limit:?}"),
            late: listener.is_some().then_some(Late(late)),
        };
        deliver(placed, unknown, bought.offer);
        if listener.is_none() {
            tracing::warn!(panel = %self.panel(), "too many late answers are listened for, this one is not");
            return;
        }
        let listened = tokio::select! {
            biased;
            ended = timeout_at(started + setup.settings.late_answer, exchange) => ended.ok(),
            () = self.closing() => None,
        };
        if let Some(Ok(answer)) = listened {
            let (outcome, raw) = judge(setup, Ok(answer));
            self.learn_late(&outcome, bought.offer);
            tracing::info!(panel = %self.panel(), outcome = outcome.name(), "a late answer to `add`");
            _ = sender.send((outcome, raw));
        }
    }

    fn learn(&self, outcome: &AddOutcome, bought: Bought<'_>, took: Duration) {
        self.metrics().called("add", outcome.name(), took);
        if *outcome == AddOutcome::Unknown {
            self.question_opened(bought.stake);
        }
        self.heard(!matches!(
            outcome,
            AddOutcome::Unknown | AddOutcome::NotSent
        ));
        self.learn_late(outcome, bought.offer);
    }

    /// What an answer teaches, however late it is.
    fn learn_late(&self, outcome: &AddOutcome, offer: &OfferId) {
        match outcome {
            AddOutcome::Throttled { retry_after } => self.throttled(*retry_after),
            AddOutcome::Refused(About::Panel(trouble)) => self.refused(*trouble, offer),
            AddOutcome::Refused(About::Order(_))
            | AddOutcome::Accepted(_)
            | AddOutcome::NotSent
            | AddOutcome::Unknown => {}
        }
    }
}

fn judge(setup: &Setup, ended: Result<Answer, Failure>) -> (AddOutcome, String) {
    match ended {
        Ok(answer) => (
            answer::add(&answer.http(), &setup.classifier),
            setup.redactor.raw(&answer.text()),
        ),
        Err(Failure::NotSent(why)) => (AddOutcome::NotSent, setup.redactor.raw(&why)),
        Err(Failure::Lost(why)) if Canary::LostIsNotSent.sings() => (AddOutcome::NotSent, why),
        Err(Failure::Lost(why)) => (AddOutcome::Unknown, setup.redactor.raw(&why)),
    }
}

fn deliver(placed: oneshot::Sender<Placed>, outcome: Placed, offer: &OfferId) {
    if let Err(unheard) = placed.send(outcome) {
        tracing::error!(
            outcome = unheard.outcome.name(),
            raw = unheard.raw,
            %offer,
            "nobody waits for the outcome of a placement any more"
        );
    }
}
