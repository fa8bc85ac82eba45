//! Orders that spawn others, on the panel's clock or by hand.

use std::cmp::Reverse;
use std::time::Duration;

use panelgate_domain::money::Money;
use panelgate_domain::rate::Charging;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::status::StatusWord;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::Panel;
use crate::family::{Charges, SimFamily};
use crate::life::Life;
use crate::order::SimOrder;

impl Panel {
    /// What an order that was just accepted will spawn, if anything.
    pub(super) fn found_family(&self, order: &mut SimOrder, service_type: ServiceType) {
        order.is_subscription = service_type == ServiceType::Subscriptions;
        if order.is_subscription {
            if self.charges == Charges::EachPost {
                order.charge = Money::ZERO;
            }
            // It ends by its posts.
            order.ends = Duration::MAX;
            order.family = Some(SimFamily::of_posts(order, self.seed, self.post_every));
        } else if order.spec.is_drip_feed() {
            order.family = Some(SimFamily::of_runs(order));
        }
    }

    /// Makes what is due by now, in its own time.
    pub(super) fn spawn_due(&mut self) {
        while let Some(Reverse((at, place))) = self.spawns.peek().copied() {
            if at > self.books.now {
                return;
            }
            self.spawns.pop();
            if self.is_due(place, at) {
                self.make(place, None, at);
                self.change_family(place, |family| family.go_on(at));
                self.plan_next(place);
            }
        }
    }

    fn is_due(&mut self, place: usize, at: Duration) -> bool {
        let order = &self.books.orders[place];
        let Some(family) = &order.family else {
            return false;
        };
        let works = if order.is_subscription {
            !family.paused && order.is_live(at)
        } else {
            order.status(at) == StatusWord::InProgress
        };
        works && family.made() < family.total && family.next == at
    }

    /// Puts the next child on the clock.
    pub(super) fn plan_next(&mut self, place: usize) {
        if let Some(family) = &self.books.orders[place].family
            && family.next < Duration::MAX
            && family.made() < family.total
        {
            self.spawns.push(Reverse((family.next, place)));
        }
    }

    /// Makes a child of a parent now, so large, that rests until somebody changes it; answers its id. `None` if there is no such
    /// parent, or no money for it.
    pub(crate) fn spawn(&mut self, parent: i64, quantity: u64) -> Option<i64> {
        let place = self.position(parent)?;
        let now = self.books.now;
        let id = self.make(place, Some(quantity), now)?;
        self.set_order(id, SimOrder::stay_pending);
        Some(id)
    }

    fn make(&mut self, place: usize, quantity: Option<u64>, at: Duration) -> Option<i64> {
        let id = self.next_id();
        let parent = &self.books.orders[place];
        parent.family.as_ref()?;
        let units = quantity.unwrap_or_else(|| self.drawn(parent, id));
        let charge = self.charge_of_child(parent, units)?;
        let rest = self.books.balance.checked_sub(charge)?;
        if rest < Money::ZERO {
            self.change_family(place, |family| family.broke = true);
            return None;
        }
        let lived = if parent.is_subscription {
            parent.name()
        } else {
            parent.link()
        };
        let life = Life::draw(self.seed, id, lived, units, self.outcomes);
        let starts = at.saturating_add(life.pending);
        let child = SimOrder {
            id,
            units,
            charge,
            refunded: Money::ZERO,
            accepted: at,
            starts,
            ends: starts.saturating_add(life.working),
            fate: life.fate,
            start_count: life.start_count,
            says: serde_json::Map::new(),
            parent: Some(parent.id),
            family: None,
            is_subscription: false,
            ..parent.clone()
        };
        self.books.balance = rest;
        let place_of_child = self.books.orders.len();
        self.books.orders.push(child);
        self.schedule(place_of_child);
        self.change_family(place, |family| {
            family.children.push(id);
            family.broke = false;
        });
        Some(id)
    }

    fn drawn(&self, parent: &SimOrder, id: i64) -> u64 {
        let Some(per_post) = parent.spec.per_post() else {
            return parent.spec.quantity().per_run;
        };
        let mut rng = StdRng::seed_from_u64(self.seed ^ id.unsigned_abs());
        rng.random_range(per_post.min..=per_post.max)
    }

    /// Runs are paid for with their drip-feed, and posts perhaps with their subscription.
    fn charge_of_child(&self, parent: &SimOrder, units: u64) -> Option<Money> {
        if !parent.is_subscription || self.charges == Charges::AllAtOnce {
            return Some(Money::ZERO);
        }
        let (offer, _) = self.catalogue.offer(parent.service.as_str())?;
        offer.rate.price(Charging::PerThousand, units)
    }

    /// Its customer pauses a subscription, or goes on with it.
    pub(crate) fn set_paused(&mut self, id: i64, paused: bool) -> bool {
        let Some(place) = self.position(id) else {
            return false;
        };
        let now = self.books.now;
        self.change_family(place, |family| {
            family.paused = paused;
            family.broke = false;
            // What would have come meanwhile does not.
            if family.next <= now {
                family.go_on(now);
            }
        });
        self.plan_next(place);
        self.books.orders[place].family.is_some()
    }

    /// The last day of a subscription is over.
    pub(crate) fn expire(&mut self, id: i64) -> bool {
        let Some(place) = self.position(id) else {
            return false;
        };
        self.stop_family(place, StatusWord::Expired, self.books.now);
        self.books.orders[place].family.is_some()
    }

    /// No more children; a subscription says so from a moment on.
    pub(super) fn stop_family(&mut self, place: usize, word: StatusWord, at: Duration) {
        self.change_family(place, |family| family.stop(word, at));
        let order = &mut self.books.orders[place];
        if order.is_subscription {
            let stopped = order.family.as_ref().and_then(|family| family.stopped);
            order.ends = stopped.map_or(order.ends, |(_, at)| at);
        }
        self.schedule(place);
    }

    fn change_family(&mut self, place: usize, change: impl FnOnce(&mut SimFamily)) {
        if let Some(family) = &mut self.books.orders[place].family {
            change(family);
        }
    }
}

#[cfg(test)]
mod tests;
