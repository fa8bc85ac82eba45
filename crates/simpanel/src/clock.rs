//! The panel's own time: it runs at a chosen speed, or stands still until a test moves it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The clock that orders and refills progress on. Clones share it.
///
/// It counts from 0, the moment it was made.
#[derive(Clone, Debug)]
pub struct SimClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    made: Instant,
    /// `None`: moves only when it is moved.
    speed: Option<f64>,
    /// What it was moved by.
    moved: watch::Sender<Duration>,
}

impl SimClock {
    /// A clock that runs `speed` times as fast as the machine's. Negative speeds and those that are no number are 0.
    #[must_use]
    pub fn real(speed: f64) -> Self {
        Self::with(Some(if speed > 0.0 { speed } else { 0.0 }))
    }

    /// A clock that stands still until [`advance`](Self::advance).
    #[must_use]
    pub fn manual() -> Self {
        Self::with(None)
    }

    fn with(speed: Option<f64>) -> Self {
        Self {
            shared: Arc::new(Shared {
                made: Instant::now(),
                speed,
                moved: watch::Sender::new(Duration::ZERO),
            }),
        }
    }

    /// Moves it forward; works on a running clock too.
    pub fn advance(&self, by: Duration) {
        self.shared
            .moved
            .send_modify(|moved| *moved = moved.saturating_add(by));
    }

    /// Time since it was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        let run = self.shared.speed.map_or(Duration::ZERO, |speed| {
            let passed = self.shared.made.elapsed().as_secs_f64() * speed;
            Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX)
        });
        run.saturating_add(*self.shared.moved.borrow())
    }

    /// How far it would have come in this time of the machine's; one that only tests move, nowhere.
    pub(crate) fn would_run(&self, time: Duration) -> Duration {
        let speed = self.shared.speed.unwrap_or(0.0);
        Duration::try_from_secs_f64(time.as_secs_f64() * speed).unwrap_or(Duration::MAX)
    }

    /// Waits the length of a fault that began at `since`. On a manual clock until it was advanced that far; on a running one
    /// by the machine's time, whatever its speed, because whoever waits for the answer has no other.
    pub(crate) async fn wait(&self, since: Duration, length: Duration) {
        if self.shared.speed.is_some() {
            return tokio::time::sleep(length).await;
        }
        let until = since.saturating_add(length);
        let mut moved = self.shared.moved.subscribe();
        // The sender lives in `self`, so this ends only by reaching the time.
        let _ = moved.wait_for(|now| *now >= until).await;
    }

    /// Resolves when something that depends on the time may look different.
    pub(crate) async fn moved(&self, seen: &mut watch::Receiver<Duration>) {
        if self.shared.speed.is_some() {
            return tokio::time::sleep(TICK).await;
        }
        // As above: the sender outlives this.
        let _ = seen.changed().await;
    }

    /// For [`moved`](Self::moved): what was moved so far is seen.
    pub(crate) fn moves(&self) -> watch::Receiver<Duration> {
        self.shared.moved.subscribe()
    }
}

/// The machine's clock at 1:1.
impl Default for SimClock {
    fn default() -> Self {
        Self::real(1.0)
    }
}

/// How often a running clock is looked at by those who wait for an effect of time alone.
const TICK: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_moved() {
        let clock = SimClock::manual();
        assert_eq!(clock.now(), Duration::ZERO);
        clock.clone().advance(Duration::from_secs(90));
        assert_eq!(clock.now(), Duration::from_secs(90));
    }

    #[test]
    fn a_running_clock_can_be_moved_and_nonsense_stands_still() {
        let clock = SimClock::real(1.0);
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now() >= Duration::from_secs(3600));
        assert_eq!(SimClock::real(-5.0).now(), Duration::ZERO);
        assert_eq!(SimClock::real(f64::NAN).now(), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_wait_on_a_manual_clock_ends_by_moving_it() {
        let clock = SimClock::manual();
        let other = clock.clone();
        let since = clock.now();
        let wait = tokio::spawn(async move { other.wait(since, Duration::from_secs(10)).await });
        clock.advance(Duration::from_secs(10));
        tokio::time::timeout(Duration::from_secs(5), wait)
            .await
            .expect("it ends")
            .expect("it does not panic");
    }
}
