//! What a desk has sent in the last minute: for people who want to know whether a panel's limits are well used.

use tokio::time::Instant;

/// Calls of the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of all kinds.
    pub calls: u32,
    /// Those that asked for statuses.
    pub status_calls: u32,
    /// Ids in those.
    pub status_ids: u32,
}

/// A minute, second by second.
#[derive(Debug)]
pub(super) struct Minute {
    began: Instant,
    seconds: [Second; SECONDS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    number: u64,
    usage: Usage,
}

const SECONDS: usize = 60;

impl Minute {
    /// Nothing sent.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            seconds: [Second::default(); SECONDS],
        }
    }

    /// A call leaves.
    pub(super) fn called(&mut self, now: Instant) {
        self.at(now).calls += 1;
    }

    /// It asks for the statuses of so many orders.
    pub(super) fn asked(&mut self, ids: usize, now: Instant) {
        let usage = self.at(now);
        usage.status_calls += 1;
        usage.status_ids += u32::try_from(ids).unwrap_or(u32::MAX);
    }

    /// The sum of the last minute.
    pub(super) fn usage(&self, now: Instant) -> Usage {
        let number = self.number(now);
        let recent = |second: &&Second| second.number + SECONDS as u64 > number;
        let seconds = self.seconds.iter().filter(recent);
        seconds.fold(Usage::default(), |sum, second| Usage {
            calls: sum.calls + second.usage.calls,
            status_calls: sum.status_calls + second.usage.status_calls,
            status_ids: sum.status_ids + second.usage.status_ids,
        })
    }

    fn at(&mut self, now: Instant) -> &mut Usage {
        let number = self.number(now);
        let place = usize::try_from(number % SECONDS as u64).unwrap_or(0);
        let second = &mut self.seconds[place];
        if second.number != number {
            *second = Second {
                number,
                usage: Usage::default(),
            };
        }
        &mut second.usage
    }

    fn number(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.began).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_minute_later_it_is_forgotten() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let mut minute = Minute::new(began);
        for second in [0, 1, 1, 30] {
            minute.called(at(second));
        }
        minute.asked(100, at(30));
        minute.asked(50, at(59));
        let usage = minute.usage(at(59));
        assert_eq!(
            (usage.calls, usage.status_calls, usage.status_ids),
            (4, 2, 150)
        );
        assert_eq!(minute.usage(at(60)).calls, 3);
        assert_eq!(minute.usage(at(61)).calls, 1);
        minute.called(at(90));
        let usage = minute.usage(at(90));
        assert_eq!((usage.calls, usage.status_ids), (1, 50));
        assert_eq!(minute.usage(at(3_600)), Usage::default());
    }
}
