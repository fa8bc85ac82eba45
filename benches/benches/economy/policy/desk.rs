//! The gateway's own desk: the code that runs in production, driven by the world's clock.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use panelgate_domain::ids::{CustomerId, UpstreamId};
use panelgate_upstream::lookout::{Ended, Kind, Knobs, Lookout, Outlook};
use tokio::time::Instant;

use super::{Ask, Policy, Ready, RequestNo};
use crate::knobs::{BATCH, FRESH_FOR};
use crate::memory::Memory;
use crate::trace::OrderNo;

/// A lookout, and what it knows orders by.
pub(crate) struct Desk {
    lookout: Lookout<RequestNo>,
    names: Rc<Names>,
    /// The numbers of the calls under way: every round trip is as long, so the first one out is the first one back.
    rounds: VecDeque<u64>,
    follows: bool,
    panel: usize,
}

/// The orders as panels call them, and the moment that the world's time begins.
pub(crate) struct Names {
    ids: Vec<UpstreamId>,
    panels: Vec<usize>,
    start: Instant,
}

impl Names {
    /// One name for each order.
    pub(crate) fn new(panels: &[usize]) -> Rc<Self> {
        let names = (0..panels.len()).map(|order| UpstreamId::new(order.to_string()));
        Rc::new(Self {
            ids: names.collect(),
            panels: panels.to_vec(),
            start: Instant::now(),
        })
    }

    fn at(&self, time: Duration) -> Instant {
        self.start + time
    }

    /// As the engine sees it: an order is looked at after its age has doubled, and its customer polls as it did before.
    fn outlook(&self, id: &UpstreamId, now: Duration, memory: &Memory) -> Option<Outlook> {
        let order = order(id);
        let learned = memory.fresh_until(order).saturating_sub(FRESH_FOR);
        let wait = learned.clamp(FRESH_FOR, LOOK_AT_LEAST_EVERY);
        Some(Outlook {
            kind: Kind::Live,
            fresh_until: self.at(memory.fresh_until(order)),
            due: self.at(learned + wait),
            next_miss: memory
                .early_poll(order, memory.fresh_until(order).max(now))
                .map(|at| self.at(at)),
        })
    }
}

impl Desk {
    /// The desk of one panel, with this part of its rate for looks that nobody waits for.
    pub(crate) fn new(names: &Rc<Names>, panel: usize, due_every: Duration) -> Self {
        let knobs = Knobs {
            batch: BATCH,
            gather: GATHER,
            fresh_for: FRESH_FOR,
            due_every,
            longest_rest: LOOK_AT_LEAST_EVERY,
        };
        Self {
            lookout: Lookout::new(knobs),
            names: Rc::clone(names),
            rounds: VecDeque::new(),
            follows: false,
            panel,
        }
    }

    /// All orders of the trace live from its beginning.
    fn follow_all(&mut self, memory: &Memory) {
        let names = Rc::clone(&self.names);
        let orders = names.ids.iter().zip(&names.panels);
        for (id, _) in orders.filter(|(_, panel)| **panel == self.panel) {
            let outlook = |id: &UpstreamId| names.outlook(id, Duration::ZERO, memory);
            self.lookout.follow(id, &outlook);
        }
    }
}

impl Policy for Desk {
    fn polled(&mut self, _order: OrderNo, memory: &Memory) {
        if !std::mem::replace(&mut self.follows, true) {
            self.follow_all(memory);
        }
    }

    fn ask(&mut self, ask: Ask, now: Duration) {
        let names = Rc::clone(&self.names);
        let ids = ask
            .ids
            .iter()
            .map(|order| names.ids[*order as usize].clone());
        let ids: Vec<UpstreamId> = ids.collect();
        // Customers take turns by who they are; here every request is one's own.
        let customer = CustomerId(i64::try_from(ask.request).unwrap_or(i64::MAX));
        let unheard = self.lookout.ask(customer, &ids, ask.request, names.at(now));
        assert_eq!(
            unheard, None,
            "all of its orders are followed and none is in trouble"
        );
    }

    fn ready(&self, now: Duration) -> Ready {
        use panelgate_upstream::lookout::Ready as Own;
        match self.lookout.ready(self.names.at(now)) {
            Own::Now => Ready::Now,
            Own::At(at) => Ready::At(at - self.names.start),
            Own::Idle => Ready::Idle,
        }
    }

    fn take(&mut self, now: Duration, memory: &Memory) -> Vec<OrderNo> {
        let names = Rc::clone(&self.names);
        let outlook = |id: &UpstreamId| names.outlook(id, now, memory);
        let Some(round) = self.lookout.take(names.at(now), &outlook) else {
            return Vec::new();
        };
        self.rounds.push_back(round.number);
        round.ids.iter().map(order).collect()
    }

    fn finished(&mut self, _ids: &[OrderNo], now: Duration, memory: &Memory) -> Vec<RequestNo> {
        let names = Rc::clone(&self.names);
        let outlook = |id: &UpstreamId| names.outlook(id, now, memory);
        let number = self.rounds.pop_front().expect("its call was under way");
        let answered = Ended::Answered(Vec::new());
        self.lookout
            .finished(number, &answered, names.at(now), &outlook)
            .told
    }
}

fn order(id: &UpstreamId) -> OrderNo {
    id.as_str().parse().expect("a number became this name")
}

/// The gateway's default.
const GATHER: Duration = Duration::from_millis(25);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(3_600);
