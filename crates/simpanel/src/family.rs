//! What an order of a simulated panel spawns: a subscription an order for each post, a drip-feed one for each run.

use std::time::Duration;

use panelgate_domain::field::Field;
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::reply::SubscriptionView;
use panelgate_domain::status::StatusWord;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use crate::order::SimOrder;

/// When a panel takes the money for a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charges {
    /// For each post when it is made.
    #[default]
    EachPost,
    /// For the largest quantity of all posts at `add`; what was not made is paid back at the end.
    AllAtOnce,
}

/// What a panel shows of a drip-feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DripAnswer {
    /// The documented counters.
    Counters,
    /// `status`, `runs` and `orders`, as SmartPanel does it.
    Runs,
    /// All of it.
    #[default]
    Both,
}

/// The children of an order, and when the next one comes.
#[derive(Clone, Debug, PartialEq)]
pub struct SimFamily {
    /// Their ids, oldest first.
    pub children: Vec<i64>,
    /// Posts or runs in all.
    pub total: u64,
    /// Its customer has paused it.
    pub paused: bool,
    /// There was no money for the last post. It is tried again when the next one would come.
    pub broke: bool,
    /// How it ended before all posts were made, and from when on.
    pub stopped: Option<(StatusWord, Duration)>,
    /// When the next child is made; for ever away if nothing happens by itself.
    pub(crate) next: Duration,
    pub(crate) every: Duration,
    /// Posts that were there before, which are made at once.
    old: u64,
}

impl SimFamily {
    /// The posts of a subscription. The old ones are there at once; new ones come when they come, by the seed.
    pub(crate) fn of_posts(order: &SimOrder, seed: u64, mean: Duration) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ order.id.unsigned_abs().rotate_left(16));
        let every = mean.mul_f64(rng.random_range(0.5..1.5));
        let old: u64 = order
            .spec
            .field(Field::OldPosts)
            .and_then(|posts| posts.parse().ok())
            .unwrap_or(0);
        let is_quiet = order.name().contains("quiet");
        let first = if old > 0 { Duration::ZERO } else { every };
        let first = if is_quiet { Duration::MAX } else { first };
        Self {
            old,
            ..Self::new(order, every, first)
        }
    }

    /// The runs of a drip-feed, spread over its work.
    pub(crate) fn of_runs(order: &SimOrder) -> Self {
        let work = order.ends.saturating_sub(order.starts);
        let runs = u32::try_from(order.spec.quantity().runs).unwrap_or(u32::MAX);
        let first = order.starts.saturating_sub(order.accepted);
        let is_quiet = order.link().contains("quiet");
        let first = if is_quiet { Duration::MAX } else { first };
        Self::new(order, work / runs.max(1), first)
    }

    fn new(order: &SimOrder, every: Duration, first: Duration) -> Self {
        Self {
            children: Vec::new(),
            total: order.spec.quantity().runs,
            paused: false,
            broke: false,
            old: 0,
            stopped: None,
            next: order.accepted.saturating_add(first),
            every,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn made(&self) -> u64 {
        u64::try_from(self.children.len()).unwrap_or(u64::MAX)
    }

    /// Something was made, or could not be: when the next one comes.
    pub(crate) fn go_on(&mut self, at: Duration) {
        let is_old = self.made() < self.old && !self.broke;
        let pause = if is_old {
            Duration::ZERO
        } else {
            self.every.max(Duration::from_millis(1))
        };
        self.next = at.saturating_add(pause);
    }

    /// No more children, and from a moment on it says so. The first end counts.
    pub(crate) fn stop(&mut self, word: StatusWord, at: Duration) {
        self.next = Duration::MAX;
        if self.made() < self.total {
            self.stopped.get_or_insert((word, at));
        }
    }

    /// The word of a subscription at a moment.
    pub(crate) fn status(&self, now: Duration) -> StatusWord {
        match self.stopped {
            Some((word, at)) if now >= at => word,
            _ if self.made() >= self.total => StatusWord::Completed,
            _ if self.paused || self.broke => StatusWord::Paused,
            _ => StatusWord::Active,
        }
    }

    /// What a subscription that has ended gives back of what was charged at once.
    pub(crate) fn refund(&self, charge: Money, now: Duration) -> Money {
        if self.status(now).final_word().is_none() {
            return Money::ZERO;
        }
        let left = self.total.saturating_sub(self.made());
        charge
            .share(left, self.total.max(1), Rounding::Down)
            .unwrap_or(Money::ZERO)
    }

    /// What a poll of a subscription shows.
    pub(crate) fn view(&self, order: &SimOrder, now: Duration) -> SubscriptionView {
        SubscriptionView {
            status: self.status(now),
            expiry: order
                .spec
                .field(Field::Expiry)
                .unwrap_or_default()
                .to_owned(),
            posts: self.made(),
            orders: self.children.iter().map(|id| OrderId(*id)).collect(),
        }
    }

    /// What a poll of a drip-feed shows besides its counters, or instead of them. Without counters there is no Partial.
    pub(crate) fn show_runs(&self, answer: DripAnswer, shown: &mut Map<String, Value>) {
        match answer {
            DripAnswer::Counters => return,
            DripAnswer::Runs => {
                shown.retain(|name, _| name == "status");
                if let Some(status) = shown
                    .get_mut("status")
                    .filter(|status| *status == "Partial")
                {
                    *status = json!("Canceled");
                }
            }
            DripAnswer::Both => {}
        }
        shown.insert("runs".to_owned(), json!(self.made()));
        shown.insert("orders".to_owned(), json!(self.children));
    }
}
