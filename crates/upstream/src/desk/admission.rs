//! Who may call the panel now: a rate token, a slot and a closed circuit, handed to waiters in the order of [`Queue`].
//!
//! There is no dispatcher. The waiter whose turn it is sleeps until the next token and takes it while it is being polled, so
//! a waiter that goes away never takes a token with it. Whoever changes something wakes the waiter whose turn it is then.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus::IntGauge;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::class::Class;
use super::pace::Pace;
use super::permits::Slots;
use super::queue::{Queue, Ticket};
use crate::breaker::{Breaker, Pass};

/// Leave to make one call: a spent rate token and a slot. A drop gives the slot back, never the token.
#[derive(Debug)]
#[must_use = "a dropped permit has spent a rate token for nothing"]
pub struct Permit {
    admission: Arc<Admission>,
    class: Class,
    probe: bool,
}

/// Why there was no permit. Nothing was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// The panel's limits left no room in time.
    #[error("no call to the panel became possible in time")]
    TooLate,
    /// Too many wait already.
    #[error("too many calls wait for the panel")]
    QueueFull,
    /// The desk is closed.
    #[error("the desk is closed")]
    Closed,
}

/// The panel's limits and those who wait for them.
#[derive(Debug)]
pub(crate) struct Admission {
    state: Mutex<State>,
    queue_gauges: [IntGauge; 3],
}

#[derive(Debug)]
struct State {
    queue: Queue<Arc<Notify>>,
    slots: Slots,
    pace: Pace,
    breaker: Breaker,
    closed: bool,
}

/// A place in the queue; a drop leaves it.
struct Place<'a> {
    admission: &'a Arc<Admission>,
    class: Class,
    ticket: Ticket,
    woken: Arc<Notify>,
}

enum Turn {
    Mine(Permit),
    /// Look again then, or when woken.
    NotBefore(Instant),
    /// Look again when woken.
    Later,
}

/// What stands in for "for ever" where a duration cannot be added to a moment.
const FOR_EVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

impl Admission {
    /// Nothing under way.
    pub(crate) fn new(rate: NonZeroU32, max_in_flight: u32, queue_gauges: [IntGauge; 3]) -> Self {
        let state = State {
            queue: Queue::new(),
            slots: Slots::new(max_in_flight),
            pace: Pace::new(rate, Instant::now()),
            breaker: Breaker::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            queue_gauges,
        }
    }

    /// A permit, if there is one at once and it is nobody else's turn.
    pub(crate) fn try_admit(self: &Arc<Self>, class: Class) -> Option<Permit> {
        let place = self.enqueue(class).ok()?;
        match place.turn() {
            Turn::Mine(permit) => Some(permit),
            Turn::NotBefore(_) | Turn::Later => None,
        }
    }

    /// A permit, waited for. Dropping the future leaves the queue and spends nothing.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        class: Class,
        within: Duration,
    ) -> Result<Permit, NotAdmitted> {
        let start = Instant::now();
        let deadline = start.checked_add(within).unwrap_or(start + FOR_EVER);
        let place = self.enqueue(class)?;
        loop {
            let until = match place.turn() {
                Turn::Mine(permit) => return Ok(permit),
                Turn::NotBefore(at) => at.min(deadline),
                Turn::Later => deadline,
            };
            if self.state.lock().closed {
                return Err(NotAdmitted::Closed);
            }
            if Instant::now() >= deadline {
                return Err(NotAdmitted::TooLate);
            }
            tokio::select! {
                () = place.woken.notified() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// A call went well.
    pub(crate) fn succeeded(&self) {
        self.change(|state, _| state.breaker.succeeded());
    }

    /// A call failed.
    pub(crate) fn failed(&self) {
        self.change(|state, now| state.breaker.failed(now));
    }

    /// The panel said that we ask too often.
    pub(crate) fn slow_down(&self, retry_after: Option<Duration>) {
        self.change(|state, now| state.pace.slow_down(retry_after, now));
    }

    /// Other limits from now on.
    pub(crate) fn set_limits(&self, rate: NonZeroU32, max_in_flight: u32) {
        self.change(|state, now| {
            state.pace.set_rate(rate, now);
            state.slots.set_limit(max_in_flight);
        });
    }

    /// Forgets past failures: the panel is another one now.
    pub(crate) fn forget_failures(&self) {
        self.change(|state, _| state.breaker = Breaker::new());
    }

    /// Nobody is admitted any more; whoever waits is told.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.queue.for_each(|woken| woken.notify_one());
    }

    /// What the circuit lets pass.
    pub(crate) fn pass(&self) -> Pass {
        self.state.lock().breaker.pass(Instant::now())
    }

    /// Calls under way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.state.lock().slots.taken()
    }

    /// How many wait, by class.
    pub(crate) fn waiting(&self) -> [usize; 3] {
        let state = self.state.lock();
        Class::ALL.map(|class| state.queue.len(class))
    }

    /// Whether the panel is asked less than its settings allow.
    pub(crate) fn is_slowed(&self) -> bool {
        self.state.lock().pace.is_slowed(Instant::now())
    }

    fn enqueue(self: &Arc<Self>, class: Class) -> Result<Place<'_>, NotAdmitted> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(NotAdmitted::Closed);
        }
        let woken = Arc::new(Notify::new());
        let ticket = state
            .queue
            .push(class, Arc::clone(&woken), Instant::now())
            .ok_or(NotAdmitted::QueueFull)?;
        self.show(&state, class);
        Ok(Place {
            admission: self,
            class,
            ticket,
            woken,
        })
    }

    fn change(&self, change: impl FnOnce(&mut State, Instant)) {
        let now = Instant::now();
        let mut state = self.state.lock();
        change(&mut state, now);
        state.wake_next(now);
    }

    fn show(&self, state: &State, class: Class) {
        let waiting = i64::try_from(state.queue.len(class)).unwrap_or(i64::MAX);
        self.queue_gauges[class.index()].set(waiting);
    }
}

impl State {
    /// Whose turn it is, tokens aside.
    fn next(&self, now: Instant) -> Option<Class> {
        let pass = self.breaker.pass(now);
        self.queue.pick(now, |class| {
            let through = match pass {
                Pass::All => true,
                // A probe is never somebody's order.
                Pass::Probe => class != Class::Money,
                Pass::NothingBefore(_) | Pass::NothingDuringProbe => false,
            };
            through && self.slots.has_one_for(class)
        })
    }

    /// Wakes whoever has to watch the clock now.
    fn wake_next(&self, now: Instant) {
        let wake = |class| {
            if let Some((_, woken)) = self.queue.head(class) {
                woken.notify_one();
            }
        };
        match self.breaker.pass(now) {
            Pass::NothingBefore(_) => {
                wake(Class::Status);
                wake(Class::Upkeep);
            }
            Pass::All | Pass::Probe | Pass::NothingDuringProbe => {
                if let Some(class) = self.next(now) {
                    wake(class);
                }
            }
        }
    }
}

impl Place<'_> {
    fn turn(&self) -> Turn {
        let now = Instant::now();
        let mut state = self.admission.state.lock();
        if state.closed {
            return Turn::Later;
        }
        let first = state
            .queue
            .head(self.class)
            .is_some_and(|(ticket, _)| ticket == self.ticket);
        match state.next(now) {
            Some(class) if class == self.class && first => match state.pace.spend(now) {
                Ok(()) => Turn::Mine(self.serve(&mut state, now)),
                Err(at) => Turn::NotBefore(at),
            },
            Some(_) => {
                state.wake_next(now);
                Turn::Later
            }
            None => match state.breaker.pass(now) {
                Pass::NothingBefore(at) if first && self.class != Class::Money => {
                    Turn::NotBefore(at)
                }
                _ => Turn::Later,
            },
        }
    }

    fn serve(&self, state: &mut State, now: Instant) -> Permit {
        let probe = state.breaker.pass(now) == Pass::Probe;
        if probe {
            state.breaker.begin_probe();
        }
        state.queue.serve(self.class, now);
        state.slots.take(self.class);
        state.wake_next(now);
        self.admission.show(state, self.class);
        Permit {
            admission: Arc::clone(self.admission),
            class: self.class,
            probe,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.admission.state.lock();
        if state.queue.remove(self.class, self.ticket) {
            state.wake_next(Instant::now());
            self.admission.show(&state, self.class);
        }
    }
}

impl Permit {
    /// What it is for.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let (class, probe) = (self.class, self.probe);
        self.admission.change(|state, now| {
            state.slots.give_back(class);
            if probe {
                state.breaker.abandon_probe(now);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(rate: u32, max_in_flight: u32) -> Arc<Admission> {
        let rate = NonZeroU32::new(rate).expect("not zero");
        let gauges =
            Class::ALL.map(|class| IntGauge::new(class.name(), "waiting").expect("a gauge"));
        Arc::new(Admission::new(rate, max_in_flight, gauges))
    }

    const LONG: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn classes_share_the_rate_and_never_exceed_it() {
        let admission = admission(10, 8);
        let start = Instant::now();
        let (sender, mut given) = tokio::sync::mpsc::unbounded_channel();
        for class in Class::ALL {
            for _ in 0..100 {
                let (admission, sender) = (Arc::clone(&admission), sender.clone());
                tokio::spawn(async move {
                    let permit = admission.admit(class, LONG).await.expect("in time");
                    sender.send(permit.class()).expect("heard");
                });
            }
        }
        let mut served = [0; 3];
        for _ in 0..100 {
            served[given.recv().await.expect("more wait").index()] += 1;
        }
        assert!((58..=62).contains(&served[0]), "{served:?}");
        assert!((28..=32).contains(&served[1]), "{served:?}");
        assert_eq!(start.elapsed().as_millis(), 9_900);
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_leaves_takes_no_token_along() {
        let admission = admission(1, 8);
        drop(admission.try_admit(Class::Money).expect("the first token"));
        let start = Instant::now();
        let too_late = admission
            .admit(Class::Money, Duration::from_millis(900))
            .await;
        assert_eq!(too_late.map(|_| ()), Err(NotAdmitted::TooLate));
        let _second = admission.admit(Class::Money, LONG).await.expect("in time");
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_waiter_is_woken_when_the_one_before_it_leaves() {
        let admission = admission(1, 8);
        drop(admission.try_admit(Class::Money).expect("the first token"));
        let first = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(Class::Money, LONG).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        let second = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(Class::Money, LONG).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        first.abort();
        second.await.expect("runs").expect("admitted");
        assert_eq!(admission.waiting(), [0; 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_come_back_with_their_permits_and_one_is_kept_from_money() {
        let admission = admission(1_000, 2);
        let first = admission.admit(Class::Money, LONG).await.expect("a slot");
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(Class::Money, LONG).await }
        });
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(admission.waiting(), [1, 0, 0]);
        let status = admission.try_admit(Class::Status).expect("the other slot");
        assert_eq!(admission.in_flight(), 2);
        drop(first);
        let _second = waiting.await.expect("runs").expect("admitted");
        drop(status);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_overtakes_by_not_waiting() {
        let admission = admission(1, 8);
        drop(admission.try_admit(Class::Money).expect("the first token"));
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(Class::Money, LONG).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        // The token is there, and its waiter has not run yet.
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(admission.try_admit(Class::Money).is_none());
        waiting.await.expect("runs").expect("admitted");
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_lets_one_probe_through_that_is_no_order() {
        let admission = admission(1_000, 8);
        for _ in 0..5 {
            admission.failed();
        }
        let money = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(Class::Money, LONG).await.map(|_| ()) }
        });
        let start = Instant::now();
        let probe = admission.admit(Class::Status, LONG).await.expect("a probe");
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert!(admission.try_admit(Class::Status).is_none());
        assert_eq!(admission.waiting(), [1, 0, 0]);
        admission.succeeded();
        drop(probe);
        money.await.expect("runs").expect("admitted");
    }

    #[tokio::test(start_paused = true)]
    async fn closing_tells_everybody_who_waits() {
        let admission = admission(1, 8);
        drop(admission.try_admit(Class::Money).expect("the first token"));
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.admit(Class::Money, LONG).await.map(|_| ()) }
        });
        tokio::task::yield_now().await;
        admission.close();
        assert_eq!(waiting.await.expect("runs"), Err(NotAdmitted::Closed));
        assert!(admission.try_admit(Class::Upkeep).is_none());
    }
}
