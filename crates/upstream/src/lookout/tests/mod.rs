//! A lookout, an owner whose outlooks are a map, and a panel that is a function.

mod calls;
mod model;
mod trouble;
mod worlds;

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::{CustomerId, UpstreamId};
use tokio::time::Instant;

use super::*;

const KNOBS: Knobs = Knobs {
    batch: 10,
    gather: Duration::from_millis(25),
    fresh_for: Duration::from_secs(15),
    due_every: Duration::from_millis(300),
    longest_rest: Duration::from_secs(3_600),
};

fn ids(names: &[&str]) -> Vec<UpstreamId> {
    names.iter().map(|name| UpstreamId::from(*name)).collect()
}

fn numbered(prefix: &str, count: usize) -> Vec<UpstreamId> {
    (0..count)
        .map(|number| UpstreamId::new(format!("{prefix}{number}")))
        .collect()
}

/// The number in a name.
fn number(name: &UpstreamId) -> usize {
    name.as_str()[1..].parse().expect("names are numbered")
}

struct Case {
    lookout: Lookout<&'static str>,
    now: Instant,
    outlooks: RefCell<HashMap<UpstreamId, Outlook>>,
}

impl Case {
    fn new(batch: usize) -> Self {
        Self {
            lookout: Lookout::new(Knobs { batch, ..KNOBS }),
            now: Instant::now(),
            outlooks: RefCell::default(),
        }
    }

    /// Follows ids that are due so long from now.
    fn follow(&mut self, kind: Kind, ids: &[UpstreamId], due_in: Duration) {
        for id in ids {
            let outlook = Outlook {
                kind,
                fresh_until: self.now,
                due: self.now + due_in,
                next_miss: None,
            };
            self.outlooks.borrow_mut().insert(id.clone(), outlook);
            let outlooks = &self.outlooks;
            self.lookout
                .follow(id, &|id| outlooks.borrow().get(id).copied());
        }
    }

    #[track_caller]
    fn ask(&mut self, customer: i64, ids: &[UpstreamId], waiter: &'static str) {
        let unheard = self
            .lookout
            .ask(CustomerId(customer), ids, waiter, self.now);
        assert_eq!(unheard, None);
    }

    fn take(&mut self) -> Option<Round> {
        let outlooks = &self.outlooks;
        self.lookout
            .take(self.now, &|id| outlooks.borrow().get(id).copied())
    }

    /// The ids of the next call.
    #[track_caller]
    fn taken(&mut self) -> Vec<UpstreamId> {
        self.take().map_or_else(Vec::new, |round| round.ids)
    }

    /// A call has ended; its good ids are due again in an hour.
    fn finish(&mut self, round: &Round, ended: &Ended) -> Finished<&'static str> {
        if let Ended::Answered(without) = ended {
            for id in &round.ids {
                let mut outlooks = self.outlooks.borrow_mut();
                if let Some(outlook) = outlooks.get_mut(id).filter(|_| !without.contains(id)) {
                    outlook.fresh_until = self.now + KNOBS.fresh_for;
                    outlook.due = self.now + Duration::from_secs(3_600);
                }
            }
        }
        let outlooks = &self.outlooks;
        let outlook = |id: &UpstreamId| outlooks.borrow().get(id).copied();
        self.lookout
            .finished(round.number, ended, self.now, &outlook)
    }

    /// Lets a second pass; every call that wants to leave in it is answered by the panel at once. Answers them.
    fn second(&mut self, panel: &mut impl FnMut(&Round) -> Ended) -> Vec<(Round, Ended)> {
        let mut calls = Vec::new();
        self.now += Duration::from_secs(1);
        while self.lookout.ready(self.now) == Ready::Now {
            let Some(round) = self.take() else { break };
            let ended = panel(&round);
            // Time passes with every call, so that what came after what can be told.
            self.now += Duration::from_millis(1);
            self.finish(&round, &ended);
            calls.push((round, ended));
        }
        calls
    }
}
