//! Sends the `status` calls that the [`Lookout`] of a desk decides on, and brings home what they show.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use panelgate_domain::canary::Canary;
use panelgate_domain::ids::{CustomerId, PanelName, UpstreamId};
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::placement::About;
use panelgate_domain::status::{Heard, Report};
use panelgate_wire::answer::{self, AnswerError, Statuses};
use panelgate_wire::call::Call;
use panelgate_wire::refusal::Meaning;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::calls::{Blame, CallError};
use crate::desk::admission::Permit;
use crate::desk::class::Class;
use crate::desk::{Desk, Setup};
use crate::lookout::{Ended, Finished, Knobs, Lookout, Outlook, Ready, Round};

/// What a look at one id showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// What the panel reports.
    Report(Report),
    /// The same, in an answer about several ids that also holds what nobody asked for: it may be about other orders.
    Doubtful(Report),
    /// The panel has an error for this id, or nothing at all.
    Error {
        /// Its text, or what was wrong; the key is redacted.
        text: String,
        /// So many looks in a row showed nothing.
        times: u8,
    },
    /// Every call with this id in it fails, and calls without it work: it is looked at alone, less and less often.
    Spoils,
    /// The whole call failed; nothing is known about this id.
    Failed(String),
}

/// The owner of a desk: where looks go, and who knows what is worth looking at.
#[async_trait]
pub trait Reports: Send + Sync {
    /// One call has ended: a look for each of its ids. The desk waits for this to return before it asks for outlooks and
    /// wakes those who asked, so that they find what was learned.
    async fn reported(&self, panel: &PanelName, looks: Vec<(UpstreamId, Look)>);

    /// What is known of an order's future; `None` ends the watch. Called often and under the desk's lock: it must not wait,
    /// nor call the desk.
    fn outlook(&self, panel: &PanelName, id: &UpstreamId) -> Option<Outlook>;

    /// It was found out how the panel speaks. To be remembered, and told at the next start by [`Desk::remember`].
    async fn learned(&self, panel: &PanelName, what: PanelTrait);
}

/// The watch of a desk.
#[derive(Debug)]
pub(crate) struct Watch {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    lookout: Lookout<oneshot::Sender<()>>,
    closed: bool,
}

/// A call under way; a drop says that it has ended, even if it ended in a panic.
struct UnderWay {
    desk: Desk,
    round: Round,
    ended: Ended,
}

// === impl Watch ===

impl Watch {
    /// Watches nothing.
    pub(crate) fn new(setup: &Setup) -> Self {
        let state = State {
            lookout: Lookout::new(knobs(setup)),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Does something to the lookout, and sees whether a call should leave now.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Lookout<oneshot::Sender<()>>) -> T) -> T {
        let done = change(&mut self.state.lock().lookout);
        self.changed.notify_one();
        done
    }

    /// The same without touching it.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Lookout<oneshot::Sender<()>>) -> T) -> T {
        read(&self.state.lock().lookout)
    }

    /// Resolves when each of the ids was looked at after this call began or while it lasted, and the looks were reported.
    pub(crate) async fn ask(&self, customer: CustomerId, ids: &[UpstreamId], wait: bool) {
        let (waiter, told) = oneshot::channel();
        {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            // A waiter that comes back is dropped, which tells it.
            _ = state.lookout.ask(customer, ids, waiter, Instant::now());
        }
        self.changed.notify_one();
        if wait {
            _ = told.await;
        }
    }

    /// Whoever waits is told, and nobody waits any more.
    fn close(&self, setup: &Setup) {
        let mut state = self.state.lock();
        state.closed = true;
        state.lookout = Lookout::new(knobs(setup));
    }
}

// === sending ===

/// Sends the calls of a desk until it closes.
pub(crate) async fn run(desk: Desk) {
    tokio::select! {
        biased;
        () = desk.closing() => {}
        () = send_calls(&desk) => {}
    }
    desk.watch().close(&desk.setup());
}

/// The permit comes first and the ids after it, so that ids keep coming while the panel's limits make the call wait.
async fn send_calls(desk: &Desk) {
    loop {
        wait_until_ready(desk).await;
        let Ok(permit) = desk.admit(Class::Status, Duration::MAX).await else {
            return;
        };
        let Some(round) = next_round(desk) else {
            continue;
        };
        desk.metrics().status_left(round.slots);
        desk.asked(round.ids.len());
        let under_way = UnderWay {
            desk: desk.clone(),
            round,
            ended: Ended::Failed,
        };
        desk.spawn(look_at(under_way, permit));
    }
}

fn next_round(desk: &Desk) -> Option<Round> {
    let setup = desk.setup();
    let outlook = |id: &UpstreamId| desk.outlook(id);
    desk.watch().with(|lookout| {
        lookout.set_knobs(knobs(&setup));
        lookout.take(Instant::now(), &outlook)
    })
}

async fn wait_until_ready(desk: &Desk) {
    loop {
        let changed = desk.watch().changed.notified();
        match desk.watch().read(|lookout| lookout.ready(Instant::now())) {
            Ready::Now => return,
            Ready::At(at) => tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(at) => {}
            },
            Ready::Idle => changed.await,
        }
    }
}

/// One call. At shutdown it is given up: nothing is learned, and nobody is harmed.
async fn look_at(mut under_way: UnderWay, permit: Permit) {
    let desk = under_way.desk.clone();
    let finished = tokio::select! {
        biased;
        () = desk.closing() => return,
        finished = call_and_report(&mut under_way, permit) => finished,
    };
    let Some(reports) = desk.reports() else {
        return;
    };
    let convicted = finished.convicted.into_iter();
    let convicted: Vec<_> = convicted.map(|id| (id, Look::Spoils)).collect();
    if !convicted.is_empty() {
        reports.reported(desk.panel(), convicted).await;
    }
    if finished.is_singular {
        desk.learned(PanelTrait::SingularStatus).await;
    }
}

async fn call_and_report(
    under_way: &mut UnderWay,
    permit: Permit,
) -> Finished<oneshot::Sender<()>> {
    let desk = under_way.desk.clone();
    let ids: Arc<[UpstreamId]> = under_way.round.ids.clone().into();
    let setup = desk.setup();
    let asked = Arc::clone(&ids);
    let blame = if under_way.round.tests_ids {
        Blame::Ids
    } else {
        Blame::Panel
    };
    let answer = desk
        .look(permit, &Call::Status(&ids), blame, move |http| {
            answer::status(http, &asked)
        })
        .await;
    if let Ok(statuses) = &answer
        && statuses.strangers > 0
    {
        let (panel, strangers) = (desk.panel(), statuses.strangers);
        tracing::warn!(%panel, strangers, "a status answer holds ids that nobody asked for");
        desk.metrics().strangers_came(strangers);
    }
    if matches!(&answer, Ok(statuses) if statuses.listed) {
        desk.learned(PanelTrait::ListStatus).await;
    }
    let (looks, ended) = looks(&desk, &ids, answer, &setup);
    if let Some(reports) = desk.reports() {
        reports.reported(desk.panel(), looks).await;
    }
    under_way.ended = ended;
    under_way.finish()
}

fn looks(
    desk: &Desk,
    ids: &[UpstreamId],
    answer: Result<Statuses, CallError>,
    setup: &Setup,
) -> (Vec<(UpstreamId, Look)>, Ended) {
    let error = |id: &UpstreamId, text: &str| Look::Error {
        text: text.to_owned(),
        times: desk.watch().read(|lookout| lookout.errors(id)),
    };
    match answer {
        Ok(mut statuses) => {
            if let ([one, .., other], true) = (ids, Canary::SwappedBatchKeys.sings())
                && let Some(first) = statuses.reports.remove(one)
                && let Some(last) = statuses.reports.insert(other.clone(), first)
            {
                statuses.reports.insert(one.clone(), last);
            }
            let mut without = Vec::new();
            let is_doubtful = statuses.strangers > 0 && ids.len() > 1;
            let mut look = |id: &UpstreamId| match statuses.reports.remove(id) {
                Some(Ok(report)) => {
                    // A word that is not known shows nothing either, and soon asking again will not change that.
                    if matches!(report.heard, Heard::Unknown(_)) {
                        without.push(id.clone());
                    }
                    if is_doubtful {
                        Look::Doubtful(report)
                    } else {
                        Look::Report(report)
                    }
                }
                other => {
                    without.push(id.clone());
                    match other {
                        Some(Err(text)) => error(id, &setup.redactor.raw(&text)),
                        _ => error(id, LEFT_OUT),
                    }
                }
            };
            let looks = ids.iter().map(|id| (id.clone(), look(id))).collect();
            (looks, Ended::Answered(without))
        }
        Err(failure) => {
            let ended = ended(&failure, ids, setup);
            let text = failure.to_string();
            let look = |id: &UpstreamId| match &ended {
                Ended::Answered(_) => error(id, &text),
                _ => Look::Failed(text.clone()),
            };
            (ids.iter().map(|id| (id.clone(), look(id))).collect(), ended)
        }
    }
}

/// Whether an id may be to blame for a failed call.
fn ended(error: &CallError, ids: &[UpstreamId], setup: &Setup) -> Ended {
    match error {
        CallError::NotAdmitted(_) | CallError::NotSent(_) => Ended::Failed,
        CallError::Timeout(_) | CallError::Lost(_) => Ended::Spoiled { refused: false },
        CallError::Answer(AnswerError::Throttled { .. }) => Ended::Failed,
        CallError::Answer(AnswerError::Refused(text)) => match setup.classifier.classify(text) {
            Meaning::Refused(About::Panel(_)) | Meaning::Throttled => Ended::Failed,
            Meaning::Refused(About::Order(_)) if ids.len() == 1 => Ended::Answered(ids.to_vec()),
            _ => Ended::Spoiled { refused: true },
        },
        CallError::Answer(AnswerError::WrongShape(_)) => Ended::Spoiled { refused: true },
        CallError::Answer(_) => Ended::Spoiled { refused: false },
    }
}

fn knobs(setup: &Setup) -> Knobs {
    let settings = &setup.settings;
    let share = u64::from(settings.requests_per_second.get()) * Class::Status.share();
    Knobs {
        batch: settings.status_batch.max(1),
        gather: settings.gather,
        fresh_for: settings.fresh_for,
        due_every: Duration::from_millis(100_000 / share.max(1)),
        longest_rest: settings.look_at_least_every,
    }
}

// === impl UnderWay ===

impl UnderWay {
    /// Tells whoever waited. A second time nothing happens.
    fn finish(&mut self) -> Finished<oneshot::Sender<()>> {
        let (desk, number) = (&self.desk, self.round.number);
        let outlook = |id: &UpstreamId| desk.outlook(id);
        let mut finished = desk
            .watch()
            .with(|lookout| lookout.finished(number, &self.ended, Instant::now(), &outlook));
        for waiter in finished.told.drain(..) {
            // Whoever went away does not want to know.
            _ = waiter.send(());
        }
        finished
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        _ = self.finish();
    }
}

const LEFT_OUT: &str = "the panel's answer leaves this id out";
