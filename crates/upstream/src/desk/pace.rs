//! A panel's rate: how soon the next call may leave.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// Hands out rate tokens: never more than the panel's rate in any one second, and fewer after the panel complained.
#[derive(Debug)]
pub(crate) struct Pace {
    limiter: Limiter,
    rate: NonZeroU32,
    /// Nothing leaves before, whatever the limiter says.
    not_before: Instant,
    /// The rate is halved so many times.
    halvings: u32,
    /// When the last halving is taken back.
    recovers: Instant,
    complained: Option<Instant>,
}

/// The clock of tokio as governor sees it, so that paused time in tests drives the limiter too.
#[derive(Clone, Debug)]
struct TokioClock {
    start: Instant,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>;

/// A call may be so much longer on its way than a later one, and then the panel sees them closer together than they left: what
/// would fit into a second is spread over so much more.
const JITTER_MS: u64 = 25;
/// How long a halved rate stays before it doubles again.
const HALVED_FOR: Duration = Duration::from_secs(30);
/// The rate is halved at most so often: a sixty-fourth is left.
const MOST_HALVINGS: u32 = 6;
/// Complaints about calls that were under way together count once.
const SAME_COMPLAINT: Duration = Duration::from_secs(1);
/// No panel silences us for longer than this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

impl Pace {
    /// A panel that has not been asked yet.
    pub(crate) fn new(rate: NonZeroU32, now: Instant) -> Self {
        Self {
            limiter: limiter(rate, now),
            rate,
            not_before: now,
            halvings: 0,
            recovers: now,
            complained: None,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// When to try again: there is none now.
    pub(crate) fn spend(&mut self, now: Instant) -> Result<(), Instant> {
        if now < self.not_before {
            return Err(self.not_before);
        }
        if let Err(not_yet) = self.limiter.check() {
            return Err(now + not_yet.wait_time_from(self.limiter.clock().now()));
        }
        self.recover(now);
        if self.halvings > 0 {
            self.not_before = now + interval(self.rate.get()) * (1 << self.halvings);
        }
        Ok(())
    }

    /// The panel said that we ask too often: its `Retry-After` is kept, or the rate is halved for a while.
    pub(crate) fn slow_down(&mut self, retry_after: Option<Duration>, now: Instant) {
        if let Some(pause) = retry_after {
            self.not_before = self.not_before.max(now + pause.min(LONGEST_RETRY_AFTER));
            return;
        }
        self.recover(now);
        self.recovers = now + HALVED_FOR;
        if self
            .complained
            .is_none_or(|last| now >= last + SAME_COMPLAINT)
        {
            self.complained = Some(now);
            self.halvings = (self.halvings + 1).min(MOST_HALVINGS);
            self.not_before = self
                .not_before
                .max(now + interval(self.rate.get()) * (1 << self.halvings));
        }
    }

    /// Another rate from now on. What was spent before still counts: the first token comes after one interval.
    pub(crate) fn set_rate(&mut self, rate: NonZeroU32, now: Instant) {
        if rate != self.rate {
            self.rate = rate;
            self.limiter = limiter(rate, now);
            self.not_before = self.not_before.max(now + interval(rate.get()));
        }
    }

    /// Whether the panel is asked less than its settings allow.
    pub(crate) fn is_slowed(&self, now: Instant) -> bool {
        self.halvings > 0 && now < self.recovers + HALVED_FOR * (self.halvings - 1)
    }

    fn recover(&mut self, now: Instant) {
        while self.halvings > 0 && now >= self.recovers {
            self.halvings -= 1;
            self.recovers += HALVED_FOR;
        }
    }
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A slow panel gets single calls, evenly spaced. A fast one gets 10 ms worth of calls at once (timers are no finer), and the
/// refill is slower by as much, so that no second ever holds more than the rate.
fn limiter(rate: NonZeroU32, now: Instant) -> Limiter {
    let burst = NonZeroU32::new(rate.get() / 100)
        .filter(|burst| burst.get() > 1)
        .unwrap_or(NonZeroU32::MIN);
    let refill = if burst == NonZeroU32::MIN {
        rate.get()
    } else {
        rate.get() - burst.get()
    };
    let quota = Quota::with_period(interval(refill))
        .expect("an interval is never zero")
        .allow_burst(burst);
    RateLimiter::direct_with_clock(quota, TokioClock { start: now })
}

/// Rounded up: rounding down would let one call too many into a second.
fn interval(per_second: u32) -> Duration {
    let nanos = (1_000 + JITTER_MS) * 1_000_000;
    Duration::from_nanos(nanos.div_ceil(u64::from(per_second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_second: u32) -> NonZeroU32 {
        NonZeroU32::new(per_second).expect("not zero")
    }

    /// When the next `count` tokens are given to somebody who always wants one.
    async fn tokens(pace: &mut Pace, count: usize) -> Vec<Instant> {
        let mut given = Vec::new();
        while given.len() < count {
            match pace.spend(Instant::now()) {
                Ok(()) => given.push(Instant::now()),
                Err(at) => tokio::time::sleep_until(at).await,
            }
        }
        given
    }

    #[track_caller]
    fn check_no_second_holds_more_than(rate: usize, given: &[Instant]) {
        for window in given.windows(rate + 1) {
            let span = window[rate] - window[0];
            assert!(
                span >= Duration::from_millis(1_000 + JITTER_MS),
                "{} calls in {span:?}",
                rate + 1
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_the_rate() {
        for per_second in [1, 3, 10, 60, 250, 1_000] {
            let mut pace = Pace::new(rate(per_second), Instant::now());
            let count = per_second as usize;
            let given = tokens(&mut pace, count * 3 + 1).await;
            check_no_second_holds_more_than(count, &given);
            let took = given[count * 3] - given[0];
            assert!(
                took < Duration::from_millis(3_600),
                "{per_second}: {took:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_complaint_halves_the_rate_for_a_while() {
        let mut pace = Pace::new(rate(10), Instant::now());
        pace.slow_down(None, Instant::now());
        pace.slow_down(None, Instant::now());
        assert!(pace.is_slowed(Instant::now()));
        let given = tokens(&mut pace, 11).await;
        assert_eq!((given[10] - given[0]).as_millis(), 2_050);
        tokio::time::advance(HALVED_FOR).await;
        assert!(!pace.is_slowed(Instant::now()));
        let given = tokens(&mut pace, 12).await;
        // A tenth of 1,025 ms, in the whole milliseconds of timers.
        assert_eq!((given[11] - given[1]).as_millis(), 10 * 103);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_kept_and_bounded() {
        let mut pace = Pace::new(rate(10), Instant::now());
        pace.slow_down(Some(Duration::from_secs(7)), Instant::now());
        let start = Instant::now();
        assert_eq!(
            tokens(&mut pace, 1).await[0] - start,
            Duration::from_secs(7)
        );
        pace.slow_down(Some(Duration::MAX), Instant::now());
        assert_eq!(
            pace.spend(Instant::now()),
            Err(Instant::now() + LONGEST_RETRY_AFTER)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_starts_with_its_interval() {
        let mut pace = Pace::new(rate(1), Instant::now());
        let first = tokens(&mut pace, 1).await[0];
        pace.set_rate(rate(4), Instant::now());
        let wait = tokens(&mut pace, 1).await[0] - first;
        assert_eq!(wait.as_millis(), 257);
    }
}
