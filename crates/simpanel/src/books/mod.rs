//! The panel's own books: what it was really asked and what it really did. The truth that tests compare a client's with.
//!
//! A request is in here as soon as it was read, an order as soon as it was accepted, even if the answer is then lost.
//! The books grow with every request and are never shortened: a simulated panel is not meant to run for weeks.

use std::collections::VecDeque;
use std::time::Duration;

use panelgate_domain::action::{Action, AskedId, Ids};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::fault::rule::{ActionName, ids_of, link_of};
use crate::order::SimOrder;

pub mod file;

/// Requests and orders up to a moment.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub(crate) requests: Vec<Request>,
    pub(crate) orders: Vec<SimOrder>,
    pub(crate) balance: Money,
    pub(crate) now: Duration,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its place in the order of arrival, from 1.
    pub number: u64,
    /// When it was read, by the machine's clock.
    pub at: Timestamp,
    /// When it was read, by the panel's clock. Not in the file, whose times are the machine's.
    #[serde(skip)]
    pub clock: Duration,
    /// The path it was sent to; the panel answers on every path.
    pub path: String,
    /// What it asked for; `None` if that means nothing to a panel.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<ActionName>,
    /// The ids it asked about, as they were written.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub asked: Vec<String>,
    /// Whether it named them in the plural form.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub plural: bool,
    /// The service of an `add`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<String>,
    /// The link of an `add`; the user name of a subscription.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// What went wrong with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<Fault>,
    /// Whether it was refused for being one too many within a second.
    pub over_limit: bool,
    /// Whether the panel has read all of it. If not, nothing can have come of it.
    pub read: bool,
    /// Whether the whole answer was handed to the connection. Not in the file, where a request is written before.
    #[serde(skip)]
    pub answered: bool,
}

impl Books {
    /// Every request, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Every order, accepted or spawned, in the order of coming about.
    #[must_use]
    pub fn orders(&self) -> &[SimOrder] {
        &self.orders
    }

    /// What the holder of the key can spend.
    #[must_use]
    pub const fn balance(&self) -> Money {
        self.balance
    }

    /// The panel's time of this snapshot: what `status`, `remains` and `is_live` of its orders are asked with.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// An order by its id.
    #[must_use]
    pub fn order(&self, id: i64) -> Option<&SimOrder> {
        let first = self.orders.first()?.id;
        let place = usize::try_from(id.checked_sub(first)?).ok()?;
        self.orders.get(place)
    }

    /// The accepted orders for exactly this link, without those that others spawned.
    #[must_use]
    pub fn orders_with_link(&self, link: &str) -> Vec<&SimOrder> {
        let orders = self.accepted();
        orders.filter(|order| order.link() == link).collect()
    }

    /// The orders that somebody has asked for, in the order of acceptance.
    pub fn accepted(&self) -> impl Iterator<Item = &SimOrder> {
        let orders = self.orders.iter();
        orders.filter(|order| order.parent.is_none())
    }

    /// The orders that an order has spawned, oldest first.
    #[must_use]
    pub fn children(&self, parent: i64) -> Vec<&SimOrder> {
        let orders = self.orders.iter();
        orders
            .filter(|order| order.parent == Some(parent))
            .collect()
    }

    /// The orders that have not ended, spawned ones too.
    #[must_use]
    pub fn live_orders(&self) -> Vec<&SimOrder> {
        let orders = self.orders.iter();
        orders.filter(|order| order.is_live(self.now)).collect()
    }

    /// The requests to place an order for exactly this link, whatever came of them.
    #[must_use]
    pub fn adds_for(&self, link: &str) -> Vec<&Request> {
        let adds = self.requests_of(ActionName::Add);
        adds.filter(|request| request.link.as_deref() == Some(link))
            .collect()
    }

    /// The link of every request to place an order, whatever came of it, in the order of arrival.
    pub fn add_links(&self) -> impl Iterator<Item = &str> {
        self.requests_of(ActionName::Add)
            .filter_map(|request| request.link.as_deref())
    }

    /// Every `status` request, whatever came of it, in the order of arrival: what it asked about, and when.
    pub fn status_calls(&self) -> impl Iterator<Item = &Request> {
        self.requests_of(ActionName::Status)
    }

    /// How many ids a `status` request asked about, in the mean; `None` if there was none.
    #[must_use]
    pub fn ids_per_status_call(&self) -> Option<f64> {
        let (calls, ids) = self
            .status_calls()
            .fold((0_u32, 0_u32), |(calls, ids), call| {
                (
                    calls + 1,
                    ids + u32::try_from(call.asked.len()).unwrap_or(u32::MAX),
                )
            });
        (calls > 0).then(|| f64::from(ids) / f64::from(calls))
    }

    /// The requests of this kind that name an id, alone or among others, whatever came of them.
    pub fn requests_naming(&self, action: ActionName, id: i64) -> impl Iterator<Item = &Request> {
        let id = id.to_string();
        self.requests_of(action)
            .filter(move |request| request.asked.contains(&id))
    }

    /// How many requests asked for this.
    #[must_use]
    pub fn count(&self, action: ActionName) -> usize {
        self.requests_of(action).count()
    }

    /// How many requests meant nothing to a panel.
    #[must_use]
    pub fn meaningless(&self) -> usize {
        let requests = self.requests.iter();
        requests.filter(|request| request.action.is_none()).count()
    }

    /// How many requests were one too many within a second.
    #[must_use]
    pub fn over_limit(&self) -> usize {
        let requests = self.requests.iter();
        requests.filter(|request| request.over_limit).count()
    }

    /// Most ids that one request asked about.
    #[must_use]
    pub fn largest_batch(&self) -> usize {
        let sizes = self.requests.iter().map(|request| request.asked.len());
        sizes.max().unwrap_or(0)
    }

    /// Most requests that arrived within any second.
    #[must_use]
    pub fn max_per_second(&self) -> usize {
        let mut window: VecDeque<Timestamp> = VecDeque::new();
        let mut most = 0;
        for request in &self.requests {
            while window
                .front()
                .is_some_and(|earlier| request.at.since(*earlier) >= Duration::from_secs(1))
            {
                window.pop_front();
            }
            window.push_back(request.at);
            most = most.max(window.len());
        }
        most
    }

    fn requests_of(&self, action: ActionName) -> impl Iterator<Item = &Request> {
        let requests = self.requests.iter();
        requests.filter(move |request| request.action == Some(action))
    }
}

impl Request {
    /// What is known of a request before it is known what goes wrong with it.
    pub(crate) fn new(number: u64, at: Timestamp, path: &str, action: Option<&Action>) -> Self {
        let ids = action.and_then(ids_of);
        let add = match action {
            Some(Action::Add(add)) => Some(add),
            _ => None,
        };
        Self {
            number,
            at,
            clock: Duration::ZERO,
            path: path.to_owned(),
            action: action.map(ActionName::from),
            asked: ids
                .map_or(&[][..], Ids::as_slice)
                .iter()
                .map(written)
                .collect(),
            plural: matches!(ids, Some(Ids::Many(_))),
            service: add.and_then(|add| add.service.clone()),
            link: add.map(|add| link_of(add).to_owned()),
            fault: None,
            over_limit: false,
            read: true,
            answered: false,
        }
    }
}

/// An id as it was written.
pub(crate) fn written(id: &AskedId) -> String {
    match id {
        AskedId::Number(number) => number.to_string(),
        AskedId::Text(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(requests: &[(i64, Action)]) -> Books {
        let numbered = (1..).zip(requests);
        let requests = numbered
            .map(|(number, (at, action))| Request::new(number, Timestamp(*at), "/", Some(action)));
        Books {
            requests: requests.collect(),
            ..Books::default()
        }
    }

    #[test]
    fn the_busiest_second_may_begin_anywhere() {
        let at = |times: &[i64]| {
            let requests: Vec<_> = times.iter().map(|at| (*at, Action::Balance)).collect();
            books(&requests).max_per_second()
        };
        assert_eq!(at(&[]), 0);
        assert_eq!(at(&[0, 999, 1000, 1998, 1999]), 3);
        assert_eq!(at(&[0, 1000, 2000]), 1);
    }

    #[test]
    fn batches_are_measured_and_actions_counted() {
        let ids = Ids::Many(vec![AskedId::Number(1), AskedId::Text("x".to_owned())]);
        let books = books(&[(0, Action::Status(ids)), (1, Action::Balance)]);
        assert_eq!(books.largest_batch(), 2);
        assert_eq!(books.requests()[0].asked, ["1", "x"]);
        assert_eq!(books.count(ActionName::Balance), 1);
        assert_eq!(books.count(ActionName::Add), 0);
    }

    #[test]
    fn status_calls_tell_what_they_asked_about() {
        let ids = |ids: &[i64]| Ids::Many(ids.iter().map(|id| AskedId::Number(*id)).collect());
        let books = books(&[
            (0, Action::Status(ids(&[1, 17, 2]))),
            (5, Action::Cancel(ids(&[17]))),
            (9, Action::Status(Ids::One(AskedId::Number(17)))),
            (10, Action::Status(ids(&[170, 2]))),
        ]);
        let calls: Vec<_> = books.status_calls().collect();
        let sizes: Vec<_> = calls.iter().map(|call| call.asked.len()).collect();
        assert_eq!(sizes, [3, 1, 2]);
        assert_eq!((calls[0].plural, calls[1].plural), (true, false));
        assert_eq!(books.ids_per_status_call(), Some(2.0));
        let named: Vec<_> = books.requests_naming(ActionName::Status, 17).collect();
        assert_eq!(named, [calls[0], calls[1]]);
        assert_eq!(Books::default().ids_per_status_call(), None);
    }
}
