//! The panel itself: services, money, orders and refills. Pure and synchronous; it knows no connection and no fault.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use bytes::Bytes;
use panelgate_domain::action::{Action, Add, AskedId, Ids};
use panelgate_domain::fault::Refusal;
use panelgate_domain::field::Field;
use panelgate_domain::ids::{Currency, OrderId, RefillId};
use panelgate_domain::money::Money;
use panelgate_domain::reply::{PerId, Reply};
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::status::StatusWord;
use panelgate_wire::reply;
use serde_json::{Map, Value};

use crate::books::{Books, written};
use crate::catalogue::Catalogue;
use crate::family::{Charges, DripAnswer};
use crate::life::Life;
use crate::order::{CANCEL_TAKES, SimOrder};
use crate::settings::{Outcomes, SimSettings};

mod families;
mod past;
mod refills;

use refills::Refills;

/// Everything a panel knows. Its books are where its orders live.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) books: Books,
    catalogue: Catalogue,
    currency: Currency,
    refills: Refills,
    seed: u64,
    outcomes: Outcomes,
    first_order: i64,
    refuses_active_links: bool,
    charges: Charges,
    drip: DripAnswer,
    post_every: Duration,
    /// When which order (by its place in the books) spawns the next one; outdated entries are harmless.
    spawns: BinaryHeap<Reverse<(Duration, usize)>>,
    /// When which order (by its place in the books) ends; outdated entries are harmless.
    endings: BinaryHeap<Reverse<(Duration, usize)>>,
}

impl Panel {
    pub(crate) fn new(settings: &SimSettings, catalogue: Catalogue) -> Self {
        Self {
            books: Books {
                balance: settings.balance,
                ..Books::default()
            },
            catalogue,
            currency: settings.currency.clone(),
            refills: Refills::default(),
            seed: settings.seed,
            outcomes: settings.outcomes,
            first_order: settings.first_order,
            refuses_active_links: settings.refuses_active_links,
            charges: settings.charges,
            drip: settings.drip,
            post_every: settings.post_every,
            spawns: BinaryHeap::new(),
            endings: BinaryHeap::new(),
        }
    }

    /// Goes on to a moment: what has ended by then is paid back.
    pub(crate) fn move_to(&mut self, now: Duration) {
        self.books.now = self.books.now.max(now);
        self.spawn_due();
        while let Some(Reverse((_, place))) = self
            .endings
            .peek()
            .filter(|Reverse((ends, _))| *ends <= self.books.now)
        {
            let place = *place;
            self.endings.pop();
            self.settle(place);
        }
    }

    /// Does what request number `request` asks and gives the answer.
    pub(crate) fn answer(&mut self, action: &Action, request: u64) -> Bytes {
        let answer = match action {
            Action::Services => return self.catalogue.served.clone(),
            Action::Add(add) => self.add(add, request),
            Action::Status(ids) => self.status(ids),
            Action::Refill(ids) => self.refill(ids),
            Action::RefillStatus(ids) => self.refill_status(ids),
            Action::Cancel(ids) => self.cancel(ids),
            Action::Balance => Ok(Reply::Balance {
                amount: self.books.balance,
                currency: self.currency.clone(),
            }),
        };
        let bytes = answer.map_or_else(reply::refusal, |reply| reply::reply(&reply));
        match action {
            Action::Status(ids) => self.as_said(ids, bytes),
            _ => bytes,
        }
    }

    pub(crate) fn set_balance(&mut self, balance: Money) {
        self.books.balance = balance;
    }

    pub(crate) fn set_catalogue(&mut self, catalogue: Catalogue) {
        self.catalogue = catalogue;
    }

    /// Lets a test change an order; what that does to its money is done at once. `false` if there is no such order.
    pub(crate) fn set_order(&mut self, id: i64, change: impl FnOnce(&mut SimOrder)) -> bool {
        let Some(place) = self.position(id) else {
            return false;
        };
        change(&mut self.books.orders[place]);
        self.schedule(place);
        true
    }

    fn add(&mut self, add: &Add, request: u64) -> Result<Reply, Refusal> {
        let order = self.draft(add, request)?;
        if self.refuses_active_links && self.has_active(&order) {
            return Err(Refusal::ActiveLink);
        }
        let rest = self.books.balance.checked_sub(order.charge);
        self.books.balance = rest
            .filter(|rest| *rest >= Money::ZERO)
            .ok_or(Refusal::NotEnoughFunds)?;
        let (id, place) = (order.id, self.books.orders.len());
        self.books.orders.push(order);
        self.schedule(place);
        self.plan_next(place);
        Ok(Reply::Added(OrderId(id)))
    }

    /// The order that would come next, priced and with its life drawn.
    fn draft(&self, add: &Add, request: u64) -> Result<SimOrder, Refusal> {
        let service = add.service.as_deref().unwrap_or_default();
        let offer = self.catalogue.offer(service);
        let (offer, limits) = offer.ok_or(Refusal::IncorrectServiceId)?;
        let spec = OrderSpec::read(limits, &add.fields)?;
        let charging = limits.service_type.charging();
        let charge = offer.rate.price(charging, spec.quantity().total());
        let id = self.next_id();
        let units = spec.quantity().total();
        let link = spec.field(Field::Link).unwrap_or_default();
        let life = Life::draw(self.seed, id, link, units, self.outcomes);
        let starts = self.books.now.saturating_add(life.pending);
        let mut order = SimOrder {
            id,
            units,
            parent: None,
            family: None,
            is_subscription: false,
            request,
            service: offer.id.clone(),
            spec,
            charge: charge.ok_or(Refusal::QuantityAbove(limits.max))?,
            refunded: Money::ZERO,
            refill: offer.refill,
            cancel: offer.cancel,
            accepted: self.books.now,
            starts,
            ends: starts.saturating_add(life.working),
            fate: life.fate,
            start_count: life.start_count,
            says: Map::new(),
        };
        self.found_family(&mut order, limits.service_type);
        Ok(order)
    }

    fn next_id(&self) -> i64 {
        let place = i64::try_from(self.books.orders.len()).unwrap_or(i64::MAX);
        self.first_order.saturating_add(place)
    }

    fn has_active(&self, new: &SimOrder) -> bool {
        self.books.orders.iter().any(|old| {
            let same = old.service == new.service && old.link() == new.link();
            // Subscriptions and their posts have none.
            same && !new.is_subscription && old.is_live(self.books.now)
        })
    }

    fn status(&self, ids: &Ids) -> Result<Reply, Refusal> {
        let view = |id: &AskedId| {
            let order = &self.books.orders[self.place(id)?];
            Ok(order.view(self.books.now, &self.currency))
        };
        match ids {
            Ids::One(id) => view(id).map(Reply::Status),
            Ids::Many(ids) => Ok(Reply::Statuses(each(ids, view))),
        }
    }

    fn cancel(&mut self, ids: &Ids) -> Result<Reply, Refusal> {
        match ids {
            Ids::One(id) => self.cancel_one(id).map(|()| Reply::Canceled),
            Ids::Many(ids) => Ok(Reply::Cancels(each(ids, |id| self.cancel_one(id)))),
        }
    }

    fn cancel_one(&mut self, id: &AskedId) -> Result<(), Refusal> {
        let place = self.place(id)?;
        let (order, now) = (&mut self.books.orders[place], self.books.now);
        if !order.cancel || !order.is_live(now) {
            return Err(Refusal::CannotBeCanceled);
        }
        if order.is_subscription {
            let stops = now.saturating_add(CANCEL_TAKES);
            self.stop_family(place, StatusWord::Canceled, stops);
            return Ok(());
        }
        order.wind_up(now);
        let ends = order.ends;
        self.stop_family(place, StatusWord::Canceled, ends);
        Ok(())
    }

    fn refill(&mut self, ids: &Ids) -> Result<Reply, Refusal> {
        match ids {
            Ids::One(id) => self.refill_one(id).map(Reply::Refill),
            Ids::Many(ids) => Ok(Reply::Refills(each(ids, |id| self.refill_one(id)))),
        }
    }

    fn refill_one(&mut self, id: &AskedId) -> Result<RefillId, Refusal> {
        let order = &self.books.orders[self.place(id)?];
        if !order.refill {
            return Err(Refusal::RefillDisabled);
        }
        if order.status(self.books.now) != StatusWord::Completed {
            return Err(Refusal::OrderNotCompleted);
        }
        self.refills.ask(order, self.books.now)
    }

    fn refill_status(&self, ids: &Ids) -> Result<Reply, Refusal> {
        let word = |id: &AskedId| self.refills.status(id, self.books.now);
        match ids {
            Ids::One(id) => word(id).map(Reply::RefillStatus),
            Ids::Many(ids) => Ok(Reply::RefillStatuses(each(ids, word))),
        }
    }

    fn place(&self, id: &AskedId) -> Result<usize, Refusal> {
        id.number()
            .and_then(|id| self.position(id))
            .ok_or(Refusal::IncorrectOrderId)
    }

    fn position(&self, id: i64) -> Option<usize> {
        let place = usize::try_from(id.checked_sub(self.first_order)?).ok()?;
        (place < self.books.orders.len()).then_some(place)
    }

    /// Settles an order now and again when it ends.
    fn schedule(&mut self, place: usize) {
        let ends = self.books.orders[place].ends;
        if ends > self.books.now {
            self.endings.push(Reverse((ends, place)));
        }
        self.settle(place);
    }

    /// Pays back what is due and not yet paid; takes again what a changed fate no longer gives back.
    fn settle(&mut self, place: usize) {
        let order = &mut self.books.orders[place];
        let due = order.refund(self.books.now);
        let change = due.checked_sub(order.refunded);
        let balance = change.and_then(|change| self.books.balance.checked_add(change));
        // Only a balance that a test has set can be too large to grow.
        self.books.balance = balance.unwrap_or(self.books.balance);
        order.refunded = due;
    }

    /// Adds what drip-feeds show of their runs, and puts what orders were told to say over what is true.
    fn as_said(&self, ids: &Ids, honest: Bytes) -> Bytes {
        let order = |id: &AskedId| self.place(id).ok().map(|place| &self.books.orders[place]);
        let is_plain = |order: &SimOrder| order.says.is_empty() && order.drip_feed().is_none();
        if ids
            .as_slice()
            .iter()
            .all(|id| order(id).is_none_or(is_plain))
        {
            return honest;
        }
        let mut answer: Value = serde_json::from_slice(&honest).expect("answers are JSON");
        for id in ids.as_slice() {
            let shown = match ids {
                Ids::One(_) => Some(&mut answer),
                Ids::Many(_) => answer.get_mut(written(id)),
            };
            if let (Some(Value::Object(shown)), Some(order)) = (shown, order(id)) {
                if let Some(family) = order.drip_feed() {
                    family.show_runs(self.drip, shown);
                }
                shown.extend(order.says.clone());
            }
        }
        Bytes::from(answer.to_string())
    }
}

fn each<T>(ids: &[AskedId], mut answer: impl FnMut(&AskedId) -> Result<T, Refusal>) -> PerId<T> {
    ids.iter().map(|id| (id.clone(), answer(id))).collect()
}

#[cfg(test)]
mod tests;
