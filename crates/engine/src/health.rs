//! What became of the panels' orders in the last day: counted by the hour, so that an hour that is over is forgotten whole.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use panelgate_domain::ids::PanelName;
use panelgate_domain::money::Money;
use panelgate_domain::routing::{Health, Share};
use panelgate_domain::status::Final;
use panelgate_domain::time::Timestamp;
use panelgate_store::model::PanelHour;
use parking_lot::Mutex;

/// One window for each panel that had an order; as many as were ever configured while the process ran.
#[derive(Debug, Default)]
pub(crate) struct Healths(Mutex<BTreeMap<PanelName, Window>>);

/// One thing that became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The panel took it at this cost.
    Accepted(Money),
    /// It was made for a post of a subscription, at this cost.
    Spawned(Money),
    /// The panel refused it for a reason of its own.
    Refused,
    /// It ended whole.
    Completed,
    /// It ended in part.
    Partial,
    /// It ended canceled.
    Canceled,
}

/// The hours of a panel, oldest first; never more than [`HOURS`].
#[derive(Debug, Default)]
struct Window(VecDeque<Hour>);

#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    /// Hours since the epoch.
    number: i64,
    accepted: u64,
    refused: u64,
    completed: u64,
    partial: u64,
    canceled: u64,
    cost: Money,
}

impl Healths {
    /// Counts what became of an order, at the time it did.
    pub(crate) fn count(&self, panel: &PanelName, outcome: Outcome, at: Timestamp) {
        let mut windows = self.0.lock();
        match windows.get_mut(panel) {
            Some(window) => window.count(outcome, hour(at)),
            None => windows
                .entry(panel.clone())
                .or_default()
                .count(outcome, hour(at)),
        }
    }

    /// Takes over what the store remembers; called once, before anything is counted.
    pub(crate) fn load(&self, hours: Vec<PanelHour>) {
        let mut windows = self.0.lock();
        for past in hours {
            let window = windows.entry(past.panel).or_default();
            if let Some(hour) = window.hour(hour(past.began)) {
                *hour = Hour {
                    number: hour.number,
                    accepted: past.accepted,
                    refused: past.refused,
                    completed: past.completed,
                    partial: past.partial,
                    canceled: past.canceled,
                    cost: past.cost,
                };
            }
        }
    }

    /// How a panel did in the last day.
    pub(crate) fn of(&self, panel: &PanelName, now: Timestamp) -> Health {
        let windows = self.0.lock();
        windows
            .get(panel)
            .map_or_else(Health::default, |window| window.health(hour(now)))
    }

    /// For how many days a balance lasts at the rate of the last day, in tenths; of a panel whose first order of that day is
    /// younger, at the rate since then. `None` if nothing was spent.
    pub(crate) fn tenths_of_days_left(
        &self,
        panel: &PanelName,
        balance: Money,
        now: Timestamp,
    ) -> Option<i64> {
        let windows = self.0.lock();
        let (spent, hours) = windows.get(panel)?.spent(hour(now))?;
        let left = i128::from(balance.micros().max(0)) * i128::from(hours) * 10;
        let tenths = left / (i128::from(spent.micros()) * 24);
        i64::try_from(tenths).ok()
    }
}

impl Window {
    fn count(&mut self, outcome: Outcome, hour: i64) {
        let Some(hour) = self.hour(hour) else { return };
        match outcome {
            Outcome::Accepted(cost) => {
                hour.accepted += 1;
                hour.cost = hour.cost.checked_add(cost).unwrap_or(hour.cost);
            }
            Outcome::Spawned(cost) => {
                hour.cost = hour.cost.checked_add(cost).unwrap_or(hour.cost);
            }
            Outcome::Refused => hour.refused += 1,
            Outcome::Completed => hour.completed += 1,
            Outcome::Partial => hour.partial += 1,
            Outcome::Canceled => hour.canceled += 1,
        }
    }

    /// The hour of this number; `None` if it is too old to count. Answers come a little out of order, and a clock may be set.
    fn hour(&mut self, number: i64) -> Option<&mut Hour> {
        let newest = self.0.back().map_or(number, |hour| hour.number.max(number));
        self.0.retain(|hour| hour.number > newest - HOURS);
        if number <= newest - HOURS {
            return None;
        }
        let at = self.0.partition_point(|hour| hour.number < number);
        if self.0.get(at).is_none_or(|hour| hour.number != number) {
            let new = Hour {
                number,
                ..Hour::default()
            };
            self.0.insert(at, new);
        }
        self.0.get_mut(at)
    }

    fn lately(&self, now: i64) -> impl Iterator<Item = &Hour> {
        self.0.iter().filter(move |hour| hour.number > now - HOURS)
    }

    fn health(&self, now: i64) -> Health {
        let sum = |of: fn(&Hour) -> u64| self.lately(now).map(of).sum::<u64>();
        let (refused, canceled, partial) = (
            sum(|hour| hour.refused),
            sum(|hour| hour.canceled),
            sum(|hour| hour.partial),
        );
        let ended = sum(|hour| hour.completed) + canceled + partial;
        let of = |part, of| Share { part, of };
        Health {
            refused: of(refused, refused + sum(|hour| hour.accepted)),
            canceled: of(canceled, ended),
            partial: of(partial, ended),
        }
    }

    /// What was spent, and in how many hours.
    fn spent(&self, now: i64) -> Option<(Money, i64)> {
        let paid = || self.lately(now).filter(|hour| hour.cost.is_positive());
        let first = paid().next()?;
        let spent = paid().try_fold(Money::ZERO, |sum, hour| sum.checked_add(hour.cost))?;
        Some((spent, (now - first.number + 1).max(1)))
    }
}

impl From<Final> for Outcome {
    fn from(word: Final) -> Self {
        match word {
            Final::Completed => Self::Completed,
            Final::Partial => Self::Partial,
            Final::Canceled => Self::Canceled,
        }
    }
}

fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR)
}

/// Hours that count.
const HOURS: i64 = 24;

/// As a time.
pub(crate) const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// In the unit of timestamps.
const HOUR: i64 = 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp(hours * HOUR)
    }

    #[test]
    fn shares_are_of_the_last_day_alone() {
        let (healths, alpha) = (Healths::default(), PanelName::from("alpha"));
        for outcome in [Outcome::Refused, Outcome::Canceled] {
            healths.count(&alpha, outcome, at(100));
        }
        for outcome in [
            Outcome::Accepted(Money::ZERO),
            Outcome::Completed,
            Outcome::Partial,
            Outcome::Completed,
        ] {
            healths.count(&alpha, outcome, at(110));
        }
        let health = healths.of(&alpha, at(123));
        assert_eq!(health.refused, Share { part: 1, of: 2 });
        assert_eq!(health.canceled, Share { part: 1, of: 4 });
        assert_eq!(health.partial, Share { part: 1, of: 4 });
        let later = healths.of(&alpha, at(124));
        assert_eq!(later.refused, Share { part: 0, of: 1 });
        assert_eq!(later.canceled, Share { part: 0, of: 3 });
        assert_eq!(healths.of(&alpha, at(200)), Health::default());
    }

    #[test]
    fn a_window_is_bounded_and_takes_what_comes_late() {
        let mut window = Window::default();
        for hour in (0..100).chain([60, 98, 97]) {
            window.count(Outcome::Completed, hour);
        }
        assert_eq!(window.0.len(), 24);
        assert_eq!(window.health(99).canceled, Share { part: 0, of: 26 });
        assert!(window.0.iter().is_sorted_by_key(|hour| hour.number));
    }

    #[test]
    fn a_balance_lasts_as_long_as_the_last_day_says() {
        let (healths, alpha) = (Healths::default(), PanelName::from("alpha"));
        let units = |units: i64| Money::from_micros(units * 1_000_000);
        let left = |now| healths.tenths_of_days_left(&alpha, units(48), at(now));
        assert_eq!(left(10), None);
        healths.count(&alpha, Outcome::Accepted(units(2)), at(10));
        healths.count(&alpha, Outcome::Accepted(units(2)), at(11));
        // 4 in two hours are 48 a day.
        assert_eq!(left(11), Some(10));
        // 4 in a whole day.
        assert_eq!(left(33), Some(120));
        assert_eq!(left(40), None);
    }
}
