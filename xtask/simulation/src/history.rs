//! What people have asked for and heard: the clients' side of the story, which no process can take back.

use std::collections::BTreeMap;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{CustomerId, OrderId};
use panelgate_domain::money::Money;
use panelgate_domain::reply::StatusView;
use panelgate_domain::status::StatusWord;

use crate::shop::Sold;

/// An `add` as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) customer: CustomerId,
    /// Nobody else ever used it; the same customer does when it sends the same again.
    pub(crate) link: String,
    pub(crate) sold: Sold,
    pub(crate) quantity: u64,
    pub(crate) heard: Heard,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Ordered(OrderId),
    Refused(Refusal),
    /// The process was gone, or the customer did not wait.
    Nothing,
}

/// Money that an operator means to give to a customer, once.
#[derive(Clone, Debug)]
pub(crate) struct TopUp {
    pub(crate) customer: CustomerId,
    pub(crate) amount: Money,
    pub(crate) reference: String,
    /// The store has said that it is booked.
    pub(crate) is_booked: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) top_ups: Vec<TopUp>,
    /// The last that was seen of each order, by its customer.
    seen: BTreeMap<OrderId, StatusView>,
    /// What customers saw and may never see.
    pub(crate) complaints: Vec<String>,
}

impl History {
    /// A customer saw this of an order of theirs.
    pub(crate) fn saw(&mut self, order: OrderId, view: &StatusView) {
        if view.status == StatusWord::Canceled && view.charge != Money::ZERO {
            self.complaints
                .push(format!("order {order} is canceled and costs: {view:?}"));
        }
        let before = self.seen.insert(order, view.clone());
        let Some(before) = before else { return };
        if before.status.final_word().is_some() {
            if view.status.final_word().is_none() {
                self.complaints.push(format!(
                    "order {order} had ended and lives again: {before:?}, {view:?}"
                ));
            }
            if view.charge > before.charge {
                self.complaints.push(format!(
                    "order {order} costs more after its end: {before:?}, {view:?}"
                ));
            }
        }
    }

    /// Somebody saw something of another customer.
    pub(crate) fn complain(&mut self, text: String) {
        self.complaints.push(text);
    }
}
