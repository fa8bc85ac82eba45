//! Whose turn it is: queue, slots, rate and circuit together. No waiting and no locks here.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::class::Class;
use super::pace::Pace;
use super::permits::Slots;
use super::queue::{Queue, Ticket};
use crate::breaker::{Breaker, Pass};

/// Everything that decides whether a call may leave now.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) queue: Queue<Arc<Notify>>,
    pub(super) slots: Slots,
    pub(super) pace: Pace,
    pub(super) breaker: Breaker,
    pub(super) closed: bool,
}

/// What a waiter should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Go: the token is spent, the slot taken, the place in the queue given up.
    Now {
        /// The call is the circuit's probe.
        probe: bool,
    },
    /// Look again then, or when woken.
    NotBefore(Instant),
    /// Look again when woken.
    Later,
}

impl Limits {
    /// Nothing under way, nobody waiting.
    pub(super) fn new(
        rate: NonZeroU32,
        max_in_flight: u32,
        longest_back_off: Duration,
        now: Instant,
    ) -> Self {
        Self {
            queue: Queue::new(),
            slots: Slots::new(max_in_flight),
            pace: Pace::new(rate, now),
            breaker: Breaker::new(longest_back_off),
            closed: false,
        }
    }

    /// Gives a waiter its turn, if it is its turn and there is a token.
    pub(super) fn turn(&mut self, class: Class, ticket: Ticket, now: Instant) -> Turn {
        if self.closed {
            return Turn::Later;
        }
        let head = self.queue.head(class);
        let first = head.is_some_and(|(head, _)| head == ticket);
        match self.next(now) {
            Some(next) if next == class && first => match self.pace.spend(now) {
                Ok(()) => self.serve(class, now),
                Err(at) => Turn::NotBefore(at),
            },
            Some(_) => {
                self.wake_next(now);
                Turn::Later
            }
            None => match self.breaker.pass(now) {
                Pass::NothingBefore(at) if first && may_probe(class) => Turn::NotBefore(at),
                _ => Turn::Later,
            },
        }
    }

    /// Wakes whoever has to watch the clock now. To be called after every change.
    pub(super) fn wake_next(&self, now: Instant) {
        let wake = |class| {
            if let Some((_, woken)) = self.queue.head(class) {
                woken.notify_one();
            }
        };
        match self.breaker.pass(now) {
            Pass::NothingBefore(_) => Class::ALL
                .into_iter()
                .filter(|class| may_probe(*class))
                .for_each(wake),
            Pass::All | Pass::Probe | Pass::NothingDuringProbe => {
                self.next(now).into_iter().for_each(wake)
            }
        }
    }

    /// The class whose turn it is, tokens aside.
    fn next(&self, now: Instant) -> Option<Class> {
        let pass = self.breaker.pass(now);
        self.queue.pick(now, |class| {
            let through = match pass {
                Pass::All => true,
                Pass::Probe => may_probe(class),
                Pass::NothingBefore(_) | Pass::NothingDuringProbe => false,
            };
            through && self.slots.has_one_for(class)
        })
    }

    fn serve(&mut self, class: Class, now: Instant) -> Turn {
        let probe = self.breaker.pass(now) == Pass::Probe;
        if probe {
            self.breaker.begin_probe();
        }
        self.queue.serve(class, now);
        self.slots.take(class);
        self.wake_next(now);
        Turn::Now { probe }
    }
}

/// A probe is never somebody's order.
fn may_probe(class: Class) -> bool {
    class != Class::Money
}
