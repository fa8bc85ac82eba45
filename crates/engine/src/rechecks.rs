//! Orders that have ended and whose panel may still change its mind: looked at now and then for some days.
//!
//! Looks come after one hour, two, four … since the end, in places of calls that would otherwise stay empty.

use std::time::Duration;

use dashmap::DashMap;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::order::Order;
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use panelgate_upstream::Kind;

use crate::looks::spread;
use crate::settings::Settings;

/// Ended orders, by what their panels call them.
#[derive(Debug, Default)]
pub(crate) struct Rechecks(DashMap<(PanelName, UpstreamId), Recheck>);

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
    /// An order was closed by a fact; what follows is looked at. Nothing happens for an order without an id at a panel, or if
    /// too many are watched.
    pub(crate) fn watch(&self, order: &Order) {
        self.watch_from(order, |closed| closed);
    }

    /// The same for an order that a process before this one closed and may have looked at since: sometime between half of its
    /// age and now, as far as anybody knows. So a start looks no more often than usual.
    pub(crate) fn watch_again(&self, order: &Order, now: Timestamp) {
        self.watch_from(order, |closed| match now.since(closed) / 2 {
            half if half * 2 > FIRST => closed.after(half + spread(order.id, now, half)),
            _ => closed,
        });
    }

    fn watch_from(&self, order: &Order, looked: impl Fn(Timestamp) -> Timestamp) {
        let (Some(panel), Some(id)) = (&order.panel, &order.upstream_id) else {
            return;
        };
        let Some(closed) = order.closed.filter(|_| self.0.len() < MOST) else {
            return;
        };
        let recheck = Recheck {
            order: order.id,
            doubt: None,
            closed,
            looked: looked(closed),
        };
        self.0.insert((panel.clone(), id.clone()), recheck);
    }

    /// The ended order that a panel calls so.
    pub(crate) fn find(&self, panel: &PanelName, id: &UpstreamId) -> Option<Recheck> {
        self.0
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
        if let Some(mut recheck) = self.0.get_mut(&(panel.clone(), id.clone())) {
            recheck.looked = now;
            recheck.doubt = doubt;
        }
    }

    /// When and how it is looked at next; `None`, from then on, if it has been long enough.
    pub(crate) fn next(
        &self,
        panel: &PanelName,
        id: &UpstreamId,
        settings: &Settings,
    ) -> Option<(Timestamp, Kind)> {
        let key = (panel.clone(), id.clone());
        let recheck = *self.0.get(&key)?;
        let next = recheck.next(settings.fresh_for);
        let over = self.0.remove_if(&key, |_, recheck| {
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
    fn a_start_looks_at_what_ended_before_it_no_more_often_than_usual() {
        let rechecks = Rechecks::default();
        let (panel, settings): (PanelName, _) = ("alpha".into(), Settings::new("USD".into()));
        let now = Timestamp(20 * 3_600_000);
        let due = |id: i64, closed: i64| {
            let upstream_id = UpstreamId::new(id.to_string());
            let order = Order {
                id: OrderId(id),
                upstream_id: Some(upstream_id.clone()),
                closed: Some(Timestamp(closed * 3_600_000)),
                ..order(1, OrderState::Closed)
            };
            rechecks.watch_again(&order, now);
            let next = rechecks.next(&panel, &upstream_id, &settings);
            next.expect("watched").0.0 - now.0
        };
        let soon = (1..=1_000).filter(|id| (0..3_600_000).contains(&due(*id, 10)));
        let soon = soon.count();
        assert!(
            (50..150).contains(&soon),
            "{soon} of 1000 in a tenth of the time"
        );
        assert!((1..=1_000).all(|id| (0..=36_000_000).contains(&due(id, 10))));
        assert_eq!(due(1, 20), 3_600_000, "the first look");
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
