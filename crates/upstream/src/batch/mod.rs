//! Turns the questions of many about many orders into few `status` calls of many ids each.

mod gather;
mod lanes;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use panelgate_domain::ids::{CustomerId, PanelName, UpstreamId};
use panelgate_domain::placement::About;
use panelgate_domain::status::Report;
use panelgate_wire::answer::{self, AnswerError, Statuses};
use panelgate_wire::call::Call;
use panelgate_wire::refusal::Meaning;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use self::gather::{Gather, Knobs, Ready};
use crate::calls::CallError;
use crate::desk::admission::Permit;
use crate::desk::class::Class;
use crate::desk::{Desk, Setup};

/// Why an id is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// A customer waits for it. Customers take turns.
    Customer(CustomerId),
    /// Its next look is due; fills what customers leave free, and a fifth of each call at least.
    Due,
    /// It ended some time ago and is looked at once more; fills what is still free.
    Recheck,
}

/// What a look at one id showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// What the panel reports.
    Report(Report),
    /// The panel has an error for this id, or nothing at all.
    Error(String),
    /// The whole call failed; nothing is known about this id.
    Failed(String),
}

/// Where looks go.
#[async_trait]
pub trait Reports: Send + Sync {
    /// One call has ended: a look for each of its ids. The desk waits for this to return before it wakes those who asked,
    /// so that they find what was learned.
    async fn reported(&self, panel: &PanelName, looks: Vec<(UpstreamId, Look)>);
}

/// What the places of one `status` call were used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slots {
    pub(crate) asked: usize,
    pub(crate) due: usize,
    pub(crate) recheck: usize,
    pub(crate) empty: usize,
}

/// The questions of a desk.
#[derive(Debug)]
pub(crate) struct Batch {
    gather: Mutex<State>,
    asked: Notify,
}

#[derive(Debug)]
struct State {
    gather: Gather<oneshot::Sender<()>>,
    closed: bool,
}

/// Ids under way; a drop says that their call has ended, even if it ended in a panic.
struct UnderWay {
    desk: Desk,
    ids: Arc<[UpstreamId]>,
}

impl Slots {
    /// The labels of [`Slots::counts`].
    pub(crate) const KINDS: [&str; 4] = ["asked", "due", "recheck", "empty"];

    pub(crate) const fn counts(self) -> [usize; 4] {
        [self.asked, self.due, self.recheck, self.empty]
    }
}

impl Batch {
    /// No questions.
    pub(crate) fn new() -> Self {
        let state = State {
            gather: Gather::new(),
            closed: false,
        };
        Self {
            gather: Mutex::new(state),
            asked: Notify::new(),
        }
    }

    /// Resolves when each of the ids was looked at after this call began or while it lasted, and the looks were reported.
    pub(crate) async fn ask(&self, interest: Interest, ids: Vec<UpstreamId>) {
        let (waiter, told) = oneshot::channel();
        {
            let mut state = self.gather.lock();
            if state.closed {
                return;
            }
            // A waiter that comes back is dropped, which tells it.
            _ = state.gather.ask(interest, ids, waiter, Instant::now());
        }
        self.asked.notify_one();
        _ = told.await;
    }

    /// Ids that wait for their call.
    pub(crate) fn queued(&self) -> usize {
        self.gather.lock().gather.queued()
    }

    fn ready(&self, setup: &Setup) -> Ready {
        let knobs = Knobs {
            batch: batch(setup),
            gather: setup.settings.gather,
        };
        self.gather.lock().gather.ready(knobs)
    }

    /// Whoever waits is told, and nobody waits any more.
    fn close(&self) {
        let mut state = self.gather.lock();
        state.closed = true;
        state.gather = Gather::new();
    }
}

/// Sends the calls of a desk until it closes.
pub(crate) async fn run(desk: Desk) {
    tokio::select! {
        () = desk.closing() => {}
        () = send_calls(&desk) => {}
    }
    desk.batch().close();
}

/// The permit comes first and the ids after it, so that ids keep coming while the panel's limits make the call wait.
async fn send_calls(desk: &Desk) {
    loop {
        wait_until_ready(desk).await;
        let Ok(permit) = desk.admit(Class::Status, Duration::MAX).await else {
            return;
        };
        let (ids, slots) = desk.batch().gather.lock().gather.take(batch(&desk.setup()));
        if ids.is_empty() {
            continue;
        }
        desk.metrics().status_left(slots);
        let under_way = UnderWay {
            desk: desk.clone(),
            ids: ids.into(),
        };
        desk.spawn(look_at(under_way, permit));
    }
}

async fn wait_until_ready(desk: &Desk) {
    loop {
        let asked = desk.batch().asked.notified();
        match desk.batch().ready(&desk.setup()) {
            Ready::Now => return,
            Ready::At(at) if at <= Instant::now() => return,
            Ready::At(at) => tokio::select! {
                () = asked => {}
                () = sleep_until(at) => {}
            },
            Ready::Idle => asked.await,
        }
    }
}

/// One call. At shutdown it is given up: nothing is learned, and nobody is harmed.
async fn look_at(under_way: UnderWay, permit: Permit) {
    let UnderWay { desk, ids } = &under_way;
    tokio::select! {
        () = desk.closing() => {}
        () = call_and_report(desk, ids, permit) => {}
    }
}

async fn call_and_report(desk: &Desk, ids: &Arc<[UpstreamId]>, permit: Permit) {
    let setup = desk.setup();
    let asked = Arc::clone(ids);
    let answer = desk
        .look(permit, &Call::Status(ids), move |http| {
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
    let looks = looks(ids, answer, &setup);
    if let Some(reports) = desk.reports() {
        reports.reported(desk.panel(), looks).await;
    }
}

fn looks(
    ids: &[UpstreamId],
    answer: Result<Statuses, CallError>,
    setup: &Setup,
) -> Vec<(UpstreamId, Look)> {
    match answer {
        Ok(mut statuses) => {
            let mut look = |id: &UpstreamId| match statuses.reports.remove(id) {
                Some(Ok(report)) => Look::Report(report),
                Some(Err(text)) => Look::Error(setup.redactor.raw(&text)),
                None => Look::Error(LEFT_OUT.to_owned()),
            };
            ids.iter().map(|id| (id.clone(), look(id))).collect()
        }
        Err(error) => {
            let look = match (ids, &error) {
                ([_], CallError::Answer(AnswerError::Refused(text)))
                    if matches!(
                        setup.classifier.classify(text),
                        Meaning::Refused(About::Order(_))
                    ) =>
                {
                    Look::Error(text.clone())
                }
                _ => Look::Failed(error.to_string()),
            };
            ids.iter().map(|id| (id.clone(), look.clone())).collect()
        }
    }
}

fn batch(setup: &Setup) -> usize {
    setup.settings.status_batch.max(1)
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let done = self.desk.batch().gather.lock().gather.finished(&self.ids);
        for waiter in done {
            // Whoever went away does not want to know.
            _ = waiter.send(());
        }
    }
}

const LEFT_OUT: &str = "the panel's answer leaves this id out";
