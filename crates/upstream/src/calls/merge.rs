//! Questions of many about single ids, merged into calls of several, each of which takes only its own answers home.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use panelgate_domain::ids::UpstreamId;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::desk::Desk;
use crate::desk::admission::{NotAdmitted, Permit, moment_after};
use crate::desk::class::Class;

/// Questions that wait for a call. `A` is what becomes of one id.
#[derive(Debug)]
pub(crate) struct Merge<A> {
    waiting: Mutex<Waiting<A>>,
    rung: Notify,
}

#[derive(Debug)]
struct Waiting<A> {
    questions: VecDeque<Question<A>>,
    closed: bool,
}

#[derive(Debug)]
struct Question<A> {
    id: UpstreamId,
    since: Instant,
    /// Nobody waits for it after this.
    until: Instant,
    asker: oneshot::Sender<A>,
}

/// The questions of one call; those for the same id share its place.
#[derive(Debug)]
pub(crate) struct Group<A> {
    pub(crate) ids: Vec<UpstreamId>,
    askers: BTreeMap<UpstreamId, Vec<oneshot::Sender<A>>>,
}

/// Bound of the questions that wait; more are not sent.
const MAX_QUESTIONS: usize = 20_000;

impl<A: Clone> Merge<A> {
    /// Nothing waits.
    pub(crate) const fn new() -> Self {
        let waiting = Waiting {
            questions: VecDeque::new(),
            closed: false,
        };
        Self {
            waiting: Mutex::new(waiting),
            rung: Notify::const_new(),
        }
    }

    /// What became of each of these ids. Left out is what found no place. Dropping the future takes nothing back.
    pub(crate) async fn ask(
        &self,
        ids: Vec<UpstreamId>,
        within: Duration,
    ) -> HashMap<UpstreamId, A> {
        let now = Instant::now();
        let until = moment_after(within);
        let mut answers = Vec::with_capacity(ids.len());
        {
            let mut waiting = self.waiting.lock();
            for id in ids {
                if waiting.closed || waiting.questions.len() >= MAX_QUESTIONS {
                    break;
                }
                let (asker, answer) = oneshot::channel();
                answers.push((id.clone(), answer));
                waiting.questions.push_back(Question {
                    id,
                    since: now,
                    until,
                    asker,
                });
            }
        }
        self.rung.notify_one();
        let mut known = HashMap::new();
        for (id, answer) in answers {
            if let Ok(answer) = answer.await {
                known.insert(id, answer);
            }
        }
        known
    }

    /// Resolves when a call should leave; says until when somebody waits for it.
    async fn ready(&self, most: usize, gather: Duration) -> Instant {
        loop {
            let rung = self.rung.notified();
            let first = {
                let waiting = self.waiting.lock();
                let questions = &waiting.questions;
                questions.front().map(|first| {
                    let last = questions.iter().map(|question| question.until).max();
                    let leaves = first.since + gather;
                    (questions.len() >= most, leaves, last.unwrap_or(leaves))
                })
            };
            match first {
                None => rung.await,
                Some((full, leaves, until)) if full || leaves <= Instant::now() => return until,
                Some((_, leaves, _)) => tokio::select! {
                    biased;
                    () = rung => {}
                    () = sleep_until(leaves) => {}
                },
            }
        }
    }

    /// The questions of the next call. Whoever does not wait any more is told `late`.
    fn take(&self, most: usize, late: &A) -> Group<A> {
        let now = Instant::now();
        let mut waiting = self.waiting.lock();
        let mut group = Group {
            ids: Vec::new(),
            askers: BTreeMap::new(),
        };
        let mut left = VecDeque::new();
        for question in waiting.questions.drain(..) {
            let known = group.askers.contains_key(&question.id);
            if question.until <= now {
                tell(question.asker, late.clone());
            } else if known || group.ids.len() < most {
                if !known {
                    group.ids.push(question.id.clone());
                }
                group
                    .askers
                    .entry(question.id)
                    .or_default()
                    .push(question.asker);
            } else {
                left.push_back(question);
            }
        }
        waiting.questions = left;
        group
    }

    fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.closed = true;
        waiting.questions.clear();
    }
}

/// Sends the calls of a merge until the desk closes. The permit comes first and the ids after it, as with `status`.
pub(crate) async fn run<A, F>(
    desk: Desk,
    class: Class,
    merge: impl Fn(&Desk) -> &Merge<A>,
    most: impl Fn(&Desk) -> usize,
    late: impl Fn(NotAdmitted) -> A,
    call: impl Fn(Desk, Permit, Group<A>) -> F,
) where
    A: Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let send_calls = async {
        loop {
            let gather = desk.settings().gather;
            let until = merge(&desk).ready(most(&desk), gather).await;
            match desk.admit(class, until - Instant::now()).await {
                Ok(permit) => {
                    let group = merge(&desk).take(most(&desk), &late(NotAdmitted::TooLate));
                    if !group.ids.is_empty() {
                        desk.spawn(call(desk.clone(), permit, group));
                    }
                }
                Err(NotAdmitted::Closed) => return,
                Err(why @ NotAdmitted::TooLate) => _ = merge(&desk).take(0, &late(why)),
                Err(why @ NotAdmitted::QueueFull) => {
                    merge(&desk)
                        .take(usize::MAX, &late(why))
                        .tell_all(&late(why));
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = desk.closing() => {}
        () = send_calls => {}
    }
    merge(&desk).close();
}

impl<A: Clone> Group<A> {
    /// Tells whoever asked for an id what became of it.
    pub(crate) fn tell(&mut self, id: &UpstreamId, answer: &A) {
        for asker in self.askers.remove(id).unwrap_or_default() {
            tell(asker, answer.clone());
        }
    }

    /// The same for all that have not been told.
    pub(crate) fn tell_all(mut self, answer: &A) {
        for id in std::mem::take(&mut self.ids) {
            self.tell(&id, answer);
        }
    }
}

fn tell<A>(asker: oneshot::Sender<A>, answer: A) {
    // Whoever went away does not want to know.
    _ = asker.send(answer);
}
