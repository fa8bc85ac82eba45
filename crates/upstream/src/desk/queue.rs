//! Who goes next: a weighted-fair pick among the classes that wait. Pure: no locks, no clock, no tokens.
//!
//! Stride scheduling: every class has a *pass* that grows by [`STRIDE`] / share with each call it gets, and the lowest pass
//! goes next. A class that was idle starts at the pass of the last one served, so it neither saves up nor loses its share.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::class::Class;

/// First come, first served within a class; shares between classes.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    lanes: [Lane<T>; 3],
    /// The pass of the last class served, before it was charged.
    reached: u64,
    next_ticket: u64,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

#[derive(Debug)]
struct Lane<T> {
    waiting: BTreeMap<Ticket, Waiter<T>>,
    pass: u64,
    served: Option<Instant>,
}

#[derive(Debug)]
struct Waiter<T> {
    since: Instant,
    waiter: T,
}

/// Most waiters of one class; more are turned away at once.
pub(crate) const MAX_WAITING: usize = 20_000;

/// Divisible by every share.
const STRIDE: u64 = 600;

impl<T> Queue<T> {
    /// Nobody waits.
    pub(crate) fn new() -> Self {
        Self {
            lanes: std::array::from_fn(|_| Lane {
                waiting: BTreeMap::new(),
                pass: 0,
                served: None,
            }),
            reached: 0,
            next_ticket: 0,
        }
    }

    /// Queues at the end of a class; `None` if it is full.
    pub(crate) fn push(&mut self, class: Class, waiter: T, now: Instant) -> Option<Ticket> {
        let lane = &mut self.lanes[class.index()];
        if lane.waiting.len() >= MAX_WAITING {
            return None;
        }
        if lane.waiting.is_empty() {
            lane.pass = lane.pass.max(self.reached);
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        lane.waiting.insert(ticket, Waiter { since: now, waiter });
        Some(ticket)
    }

    /// Leaves the queue unserved; `false` if the ticket was served or removed before.
    pub(crate) fn remove(&mut self, class: Class, ticket: Ticket) -> bool {
        self.lanes[class.index()].waiting.remove(&ticket).is_some()
    }

    /// The longest waiting of a class.
    pub(crate) fn head(&self, class: Class) -> Option<(Ticket, &T)> {
        let (ticket, waiter) = self.lanes[class.index()].waiting.first_key_value()?;
        Some((*ticket, &waiter.waiter))
    }

    /// Tells everybody something.
    pub(crate) fn for_each(&self, tell: impl Fn(&T)) {
        for lane in &self.lanes {
            lane.waiting
                .values()
                .for_each(|waiter| tell(&waiter.waiter));
        }
    }

    /// How many of a class wait.
    pub(crate) fn len(&self, class: Class) -> usize {
        self.lanes[class.index()].waiting.len()
    }

    /// Since when the longest waiting of a class waits.
    pub(crate) fn oldest(&self, class: Class) -> Option<Instant> {
        let (_, head) = self.lanes[class.index()].waiting.first_key_value()?;
        Some(head.since)
    }

    /// The class whose head goes next among those that wait and `may` go: the one longest overdue, or else the one that is
    /// furthest behind its share.
    pub(crate) fn pick(&self, now: Instant, may: impl Fn(Class) -> bool) -> Option<Class> {
        let waiting = || Class::ALL.into_iter().filter(|class| may(*class));
        let overdue = waiting()
            .filter_map(|class| Some((self.patience_ends(class)?, class)))
            .filter(|(ends, _)| *ends <= now)
            .min_by_key(|(ends, _)| *ends);
        overdue.map(|(_, class)| class).or_else(|| {
            waiting()
                .filter(|class| self.len(*class) > 0)
                .min_by_key(|class| self.lanes[class.index()].pass)
        })
    }

    /// Serves the head of a class and charges the class for it.
    pub(crate) fn serve(&mut self, class: Class, now: Instant) {
        let lane = &mut self.lanes[class.index()];
        if lane.waiting.pop_first().is_some() {
            self.reached = lane.pass;
            lane.pass += STRIDE / class.share();
            lane.served = Some(now);
        }
    }

    /// Counts from the last call the class got, so that a long queue does not make it overdue for ever.
    fn patience_ends(&self, class: Class) -> Option<Instant> {
        let lane = &self.lanes[class.index()];
        let (_, head) = lane.waiting.first_key_value()?;
        let since = lane
            .served
            .map_or(head.since, |served| served.max(head.since));
        Some(since + class.longest_wait())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fill(queue: &mut Queue<u32>, class: Class, count: u32, now: Instant) {
        for number in 0..count {
            queue.push(class, number, now).expect("there is room");
        }
    }

    /// Serves `turns` heads, one each `step`, and counts them by class.
    fn serve(queue: &mut Queue<u32>, turns: u32, step: Duration, now: &mut Instant) -> [u32; 3] {
        let mut served = [0; 3];
        for _ in 0..turns {
            *now += step;
            let class = queue.pick(*now, |_| true).expect("somebody waits");
            queue.serve(class, *now);
            served[class.index()] += 1;
        }
        served
    }

    #[test]
    fn classes_that_wait_get_their_shares() {
        let mut now = Instant::now();
        let mut queue = Queue::new();
        for class in Class::ALL {
            fill(&mut queue, class, 200, now);
        }
        let served = serve(&mut queue, 100, Duration::from_millis(100), &mut now);
        assert_eq!(served, [60, 30, 10]);
    }

    #[test]
    fn an_idle_class_lends_its_share_and_saves_nothing_up() {
        let mut now = Instant::now();
        let mut queue = Queue::new();
        fill(&mut queue, Class::Status, 300, now);
        fill(&mut queue, Class::Upkeep, 300, now);
        let step = Duration::from_millis(100);
        assert_eq!(serve(&mut queue, 100, step, &mut now), [0, 75, 25]);
        fill(&mut queue, Class::Money, 300, now);
        let served = serve(&mut queue, 100, step, &mut now);
        assert!((60..=61).contains(&served[0]), "{served:?}");
    }

    #[test]
    fn within_a_class_the_first_goes_first() {
        let now = Instant::now();
        let mut queue = Queue::new();
        fill(&mut queue, Class::Money, 3, now);
        let first = queue.head(Class::Money).map(|(ticket, _)| ticket);
        assert!(queue.remove(Class::Money, first.expect("three wait")));
        assert!(!queue.remove(Class::Money, first.expect("three wait")));
        assert_eq!(queue.head(Class::Money).map(|(_, n)| *n), Some(1));
    }

    #[test]
    fn a_class_that_got_nothing_for_too_long_goes_first() {
        let start = Instant::now();
        let mut queue = Queue::new();
        fill(&mut queue, Class::Upkeep, 1, start);
        fill(&mut queue, Class::Money, 100, start);
        let mut now = start;
        serve(&mut queue, 1, Duration::from_secs(1), &mut now);
        let late = start + Class::Upkeep.longest_wait();
        queue.serve(Class::Money, late);
        assert_eq!(queue.pick(late, |_| true), Some(Class::Upkeep));
        assert_eq!(
            queue.pick(late, |class| class == Class::Money),
            Some(Class::Money)
        );
    }

    #[test]
    fn the_queue_is_bounded() {
        let now = Instant::now();
        let mut queue = Queue::new();
        let limit = u32::try_from(MAX_WAITING).expect("small");
        fill(&mut queue, Class::Money, limit, now);
        assert_eq!(queue.push(Class::Money, 0, now), None);
        assert!(queue.push(Class::Status, 0, now).is_some());
    }
}
