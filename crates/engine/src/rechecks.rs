//! Orders that have ended and whose panel may still change its mind: looked at now and then for some days.
//!
//! Looks come after one hour, two, four … since the end, in places of calls that would otherwise stay empty.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::order::Order;
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use panelgate_upstream::Kind;

use crate::settings::Settings;

/// Ended orders, by what their panels call them.
#[derive(Debug, Default)]
pub(crate) struct Rechecks {
    watched: DashMap<(PanelName, UpstreamId), Recheck>,
    /// Looks that found what was known, to be written down: a start goes on where the process before it was.
    confirmed: Mutex<Vec<(OrderId, Timestamp)>>,
}

/// What has to be known to look at one again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recheck {
    /// Ours.
    pub(crate) order: OrderId,
    /// Another end was seen and not believed: a look at or after this time that says the same may confirm it.
    pub(crate) doubt: Option<(Fact, Timestamp)>,
    closed: Timestamp,
    looked: Timestamp,
}

impl Rechecks {
    /// An order was closed by a fact, just now or by a process before this one; what follows is looked at. Nothing happens for
    /// an order without an id at a panel, or if too many are watched.
    pub(crate) fn watch(&self, order: &Order) {
        let (Some(panel), Some(id)) = (&order.panel, &order.upstream_id) else {
            return;
        };
        let Some(closed) = order.closed.filter(|_| self.watched.len() < MOST) else {
            return;
        };
        let looked = order.fact.map_or(closed, |fact| fact.at.max(closed));
        let recheck = Recheck {
            order: order.id,
            doubt: None,
            closed,
            looked,
        };
        self.watched.insert((panel.clone(), id.clone()), recheck);
    }

    /// The ended order that a panel calls so.
    pub(crate) fn find(&self, panel: &PanelName, id: &UpstreamId) -> Option<Recheck> {
        self.watched
            .get(&(panel.clone(), id.clone()))
            .map(|recheck| *recheck)
    }

    /// It was looked at.
    pub(crate) fn looked(
        &self,
        panel: &PanelName,
        id: &UpstreamId,
        now: Timestamp,
        doubt: Option<(Fact, Timestamp)>,
    ) {
        if let Some(mut recheck) = self.watched.get_mut(&(panel.clone(), id.clone())) {
            recheck.looked = now;
            recheck.doubt = doubt;
            // What is doubted is looked at again after a start as if nothing had been heard.
            if doubt.is_none() {
                self.confirmed().push((recheck.order, now));
            }
        }
    }

    /// Takes up to `limit` looks that have to be written down. Those of a write that fails are lost: they only come again.
    pub(crate) fn take_confirmed(&self, limit: usize) -> Vec<(OrderId, Timestamp)> {
        let mut confirmed = self.confirmed();
        let rest = confirmed.len().saturating_sub(limit);
        confirmed.split_off(rest)
    }

    fn confirmed(&self) -> MutexGuard<'_, Vec<(OrderId, Timestamp)>> {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// When and how it is looked at next; `None`, from then on, if it has been long enough.
    pub(crate) fn next(
        &self,
        panel: &PanelName,
        id: &UpstreamId,
        settings: &Settings,
    ) -> Option<(Timestamp, Kind)> {
        let key = (panel.clone(), id.clone());
        let recheck = *self.watched.get(&key)?;
        let next = recheck.next(settings.fresh_for);
        let over = self.watched.remove_if(&key, |_, recheck| {
            next > recheck.watched_until(settings.recheck_for)
        });
        over.is_none().then_some((next, recheck.kind()))
    }
}

impl Recheck {
    fn next(&self, fresh_for: Duration) -> Timestamp {
        if let Some((_, until)) = self.doubt {
            return until.max(self.looked.after(fresh_for));
        }
        let age = self.looked.since(self.closed);
        self.looked.after(age.max(FIRST))
    }

    /// As for live orders: only odd answers are doubted from the moment they came, and need a call of their own.
    fn kind(&self) -> Kind {
        match self.doubt {
            Some((fact, until)) if until <= fact.at => Kind::Alone,
            _ => Kind::Ended,
        }
    }

    /// What is doubted at the end of the watch is decided yet, if that can be done in reasonable time.
    fn watched_until(&self, watch_for: Duration) -> Timestamp {
        let more = self.doubt.map_or(Duration::ZERO, |_| TO_DECIDE);
        self.closed.after(watch_for + more)
    }
}

/// The first look comes so long after the end.
const FIRST: Duration = Duration::from_secs(3_600);
/// How much longer a doubted end is watched.
const TO_DECIDE: Duration = Duration::from_secs(24 * 3_600);
/// Bound of this memory: about 100 MB.
const MOST: usize = 500_000;

#[cfg(test)]
mod tests {
    use panelgate_domain::order::OrderState;

    use super::*;
    use crate::fixtures::order;

    #[test]
    fn looks_come_after_twice_the_time_until_it_has_been_long_enough() {
        let rechecks = Rechecks::default();
        let (panel, id): (PanelName, UpstreamId) = ("alpha".into(), "77".into());
        rechecks.watch(&Order {
            closed: Some(Timestamp(0)),
            ..order(1, OrderState::Closed)
        });
        let mut hours = Vec::new();
        let settings = Settings {
            recheck_for: Duration::from_secs(24 * 3_600),
            ..Settings::new("USD".into())
        };
        while let Some((next, Kind::Ended)) = rechecks.next(&panel, &id, &settings) {
            hours.push(next.0 / 3_600_000);
            rechecks.looked(&panel, &id, next, None);
        }
        assert_eq!(hours, [1, 2, 4, 8, 16]);
        assert!(rechecks.find(&panel, &id).is_none());
    }

    #[test]
    fn a_start_goes_on_where_the_looks_were() {
        let (panel, id): (PanelName, UpstreamId) = ("alpha".into(), "77".into());
        let settings = Settings::new("USD".into());
        let (before, after) = (Rechecks::default(), Rechecks::default());
        let ended = Order {
            closed: Some(Timestamp(0)),
            fact: Some(Fact::accepted(Timestamp(0))),
            ..order(1, OrderState::Closed)
        };
        before.watch(&ended);
        let four = Timestamp(4 * 3_600_000);
        before.looked(&panel, &id, four, None);
        assert_eq!(before.take_confirmed(9), [(ended.id, four)]);
        assert_eq!(before.take_confirmed(9), []);

        after.watch(&Order {
            fact: Some(Fact::accepted(four)),
            ..ended
        });
        let next = after.next(&panel, &id, &settings);
        assert_eq!(next, before.next(&panel, &id, &settings));
        assert_eq!(next, Some((Timestamp(8 * 3_600_000), Kind::Ended)));
    }

    #[test]
    fn a_doubt_that_comes_late_is_decided_yet() {
        let rechecks = Rechecks::default();
        let (panel, id): (PanelName, UpstreamId) = ("alpha".into(), "77".into());
        rechecks.watch(&Order {
            closed: Some(Timestamp(0)),
            ..order(1, OrderState::Closed)
        });
        let settings = Settings::new("USD".into());
        let last = Timestamp(0).after(settings.recheck_for);
        let later = last.after(Duration::from_secs(600));
        rechecks.looked(&panel, &id, last, Some((Fact::accepted(last), later)));
        assert_eq!(
            rechecks.next(&panel, &id, &settings),
            Some((later, Kind::Ended))
        );
        let weeks = later.after(settings.recheck_for);
        rechecks.looked(&panel, &id, weeks, Some((Fact::accepted(last), later)));
        assert_eq!(rechecks.next(&panel, &id, &settings), None);
    }
}
