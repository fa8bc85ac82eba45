//! Who may call the panel now: permits, handed to waiters in the order of [`super::limits`].
//!
//! There is no dispatcher. The waiter whose turn it is sleeps until the next token and takes it while it is being polled, so
//! a waiter that goes away never takes a token with it. Whoever changes something wakes the waiter whose turn it is then.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus::IntGauge;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::class::Class;
use super::limits::{Limits, Turn};
use super::queue::Ticket;
use crate::breaker::Pass;
use crate::settings::PanelSettings;

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
    limits: Mutex<Limits>,
    queue_gauges: [IntGauge; 3],
}

/// A place in the queue; a drop leaves it.
struct Place<'a> {
    admission: &'a Arc<Admission>,
    class: Class,
    ticket: Ticket,
    woken: Arc<Notify>,
}

/// What stands in for "for ever" where a duration cannot be added to a moment.
const FOR_EVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// So long from now, or as good as never.
pub(crate) fn moment_after(within: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(within).unwrap_or(now + FOR_EVER)
}

impl Admission {
    /// Nothing under way.
    pub(crate) fn new(settings: &PanelSettings, queue_gauges: [IntGauge; 3]) -> Self {
        let limits = Limits::new(
            settings.requests_per_second,
            settings.max_in_flight,
            settings.back_off,
            Instant::now(),
        );
        Self {
            limits: Mutex::new(limits),
            queue_gauges,
        }
    }

    /// A permit, if there is one at once and it is nobody else's turn.
    pub(crate) fn try_admit(self: &Arc<Self>, class: Class) -> Option<Permit> {
        self.enqueue(class).ok()?.turn().ok()
    }

    /// A permit, waited for. Dropping the future leaves the queue and spends nothing.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        class: Class,
        within: Duration,
    ) -> Result<Permit, NotAdmitted> {
        let deadline = moment_after(within);
        let place = self.enqueue(class)?;
        loop {
            let until = match place.turn() {
                Ok(permit) => return Ok(permit),
                Err(again) => again.unwrap_or(deadline).min(deadline),
            };
            if self.limits.lock().closed {
                return Err(NotAdmitted::Closed);
            }
            if Instant::now() >= deadline {
                return Err(NotAdmitted::TooLate);
            }
            tokio::select! {
                biased;
                () = place.woken.notified() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// A call went well.
    pub(crate) fn succeeded(&self) {
        self.change(|limits, _| limits.breaker.succeeded());
    }

    /// A call failed.
    pub(crate) fn failed(&self) {
        self.change(|limits, now| limits.breaker.failed(now));
    }

    /// The panel said that we ask too often.
    pub(crate) fn slow_down(&self, retry_after: Option<Duration>) {
        self.change(|limits, now| limits.pace.slow_down(retry_after, now));
    }

    /// Other limits from now on.
    pub(crate) fn set_limits(&self, settings: &PanelSettings) {
        self.change(|limits, now| {
            limits.pace.set_rate(settings.requests_per_second, now);
            limits.slots.set_limit(settings.max_in_flight);
            limits.breaker.set_longest_back_off(settings.back_off);
        });
    }

    /// Forgets past failures: the panel is another one now.
    pub(crate) fn forget_failures(&self) {
        self.change(|limits, _| limits.breaker.succeeded());
    }

    /// Nobody is admitted any more; whoever waits is told.
    pub(crate) fn close(&self) {
        let mut limits = self.limits.lock();
        limits.closed = true;
        limits.queue.for_each(|woken| woken.notify_one());
    }

    /// What the circuit lets pass.
    pub(crate) fn pass(&self) -> Pass {
        self.limits.lock().breaker.pass(Instant::now())
    }

    /// Calls under way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.limits.lock().slots.taken()
    }

    /// How many wait, by class.
    pub(crate) fn waiting(&self) -> [usize; 3] {
        let limits = self.limits.lock();
        Class::ALL.map(|class| limits.queue.len(class))
    }

    /// How long the longest waiting of each class has waited.
    pub(crate) fn queue_ages(&self) -> [Duration; 3] {
        let now = Instant::now();
        let limits = self.limits.lock();
        Class::ALL.map(|class| {
            let since = limits.queue.oldest(class);
            since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
        })
    }

    /// Whether the panel is asked less than its settings allow.
    pub(crate) fn is_slowed(&self) -> bool {
        self.limits.lock().pace.is_slowed(Instant::now())
    }

    fn enqueue(self: &Arc<Self>, class: Class) -> Result<Place<'_>, NotAdmitted> {
        let mut limits = self.limits.lock();
        if limits.closed {
            return Err(NotAdmitted::Closed);
        }
        let woken = Arc::new(Notify::new());
        let ticket = limits
            .queue
            .push(class, Arc::clone(&woken), Instant::now())
            .ok_or(NotAdmitted::QueueFull)?;
        self.show(&limits, class);
        Ok(Place {
            admission: self,
            class,
            ticket,
            woken,
        })
    }

    fn change(&self, change: impl FnOnce(&mut Limits, Instant)) {
        let now = Instant::now();
        let mut limits = self.limits.lock();
        change(&mut limits, now);
        limits.wake_next(now);
    }

    fn show(&self, limits: &Limits, class: Class) {
        let waiting = i64::try_from(limits.queue.len(class)).unwrap_or(i64::MAX);
        self.queue_gauges[class.index()].set(waiting);
    }
}

impl Place<'_> {
    /// The permit if it is there, or when to look again (if not before being woken).
    fn turn(&self) -> Result<Permit, Option<Instant>> {
        let mut limits = self.admission.limits.lock();
        match limits.turn(self.class, self.ticket, Instant::now()) {
            Turn::Now { probe } => {
                self.admission.show(&limits, self.class);
                Ok(Permit {
                    admission: Arc::clone(self.admission),
                    class: self.class,
                    probe,
                })
            }
            Turn::NotBefore(at) => Err(Some(at)),
            Turn::Later => Err(None),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut limits = self.admission.limits.lock();
        if limits.queue.remove(self.class, self.ticket) {
            limits.wake_next(Instant::now());
            self.admission.show(&limits, self.class);
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
        self.admission.change(|limits, now| {
            limits.slots.give_back(class);
            if probe {
                limits.breaker.abandon_probe(now);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn admission(rate: u32, max_in_flight: u32) -> Arc<Admission> {
        let gauges =
            Class::ALL.map(|class| IntGauge::new(class.name(), "waiting").expect("a gauge"));
        let limits = Limits::new(
            NonZeroU32::new(rate).expect("not zero"),
            max_in_flight,
            Duration::from_secs(10),
            Instant::now(),
        );
        Arc::new(Admission {
            limits: Mutex::new(limits),
            queue_gauges: gauges,
        })
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
        // A tenth of 1,025 ms, in the whole milliseconds of timers.
        assert_eq!(start.elapsed().as_millis(), 99 * 103);
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
        assert_eq!(start.elapsed(), Duration::from_millis(1_025));
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
        let start = Instant::now();
        second.await.expect("runs").expect("admitted");
        assert_eq!(start.elapsed(), Duration::from_millis(1_025));
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
        assert!(start.elapsed() < Duration::from_secs(2));
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
