//! The life of an order: what goes into each of its steps.

use panelgate_domain::customer::Options;
use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{
    Currency, CustomerId, OfferId, OrderId, PanelName, PlacementId, ServiceId, UpstreamId,
};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;

/// An order to be opened: row, spec and hold in one transaction.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Whose.
    pub customer: CustomerId,
    /// What.
    pub service: ServiceId,
    /// Its type.
    pub service_type: ServiceType,
    /// What exactly.
    pub spec: OrderSpec,
    /// Price, rate and revision.
    pub quote: Quote,
    /// The service's refill flag now.
    pub refill: bool,
    /// The service's cancel flag now.
    pub cancel: bool,
    /// The customer's own name for this order.
    pub idempotency_key: Option<String>,
    /// What was chosen for the customer.
    pub options: Options,
    /// At most so many orders may wait in `open`.
    pub open_max: u64,
    /// When.
    pub at: Timestamp,
}

/// What became of an order to be opened.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It was opened; with its placement if one was begun in the same transaction.
    New(Box<Order>, Option<PlacementId>),
    /// The same customer opened the same order under the same idempotency key within 24 h, or within the customer's duplicate
    /// window.
    Repeat(Box<Order>),
    /// The same under the same idempotency key, and this is what the customer was told instead of its order.
    RefusedBefore(Refusal),
    /// The customer's link guard: this order of the same service and link lives.
    LinkIsActive(OrderId),
    /// The same customer used the idempotency key for something else within 24 h.
    OtherUnderSameKey,
}

/// A placement to be begun: open → sending, durable before a byte leaves.
#[derive(Clone, Debug)]
pub struct NewPlacement {
    /// At which panel.
    pub panel: PanelName,
    /// For which offer.
    pub offer: OfferId,
    /// What it should cost, in the panel's currency.
    pub cost: Money,
    /// The offer's rate, in the same.
    pub rate: Rate,
    /// The panel's currency.
    pub currency: Currency,
    /// What the order's children will be to its money, if it may have any.
    pub share: Option<Share>,
    /// When.
    pub at: Timestamp,
}

/// What became of orders that a panel says it has made for one of ours.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// Those that are new.
    pub children: Vec<Order>,
    /// The parent, if something about it has changed: it may be on the operator's list now.
    pub parent: Order,
}

/// A parent and its children, as far as they do not change with every look.
#[derive(Clone, Debug)]
pub struct Family {
    /// What exactly was ordered.
    pub spec: OrderSpec,
    /// The rate of the parent's offer when it was sent, in the panel's currency.
    pub rate: Option<Rate>,
    /// The children, oldest first, and what the panel calls them.
    pub children: Vec<(OrderId, UpstreamId)>,
}

/// What a panel answered, or why it did not, for the operator: bounded, and without keys.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The class of the outcome: `accepted`, `refused_order`, `unknown`, …
    pub outcome: String,
    /// The raw text, or the error; the store keeps at most 4 KiB of it.
    pub raw: String,
    /// When.
    pub at: Timestamp,
}

/// An order with everything that is needed to send it.
#[derive(Clone, Debug)]
pub struct Sendable {
    /// The order.
    pub order: Order,
    /// What exactly was ordered.
    pub spec: OrderSpec,
}

/// What was learned of an order.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Which.
    pub order: OrderId,
    /// The fact; replaces an older one.
    pub fact: Fact,
    /// Puts the order on the operator's list, if it is not there yet.
    pub flag: Option<String>,
    /// See [`Order::doubt`]; replaces what was kept before.
    pub doubt: Option<Timestamp>,
}

/// An operator's decision about an order.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Which order.
    pub order: OrderId,
    /// Who decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// How a running wish for a cancel went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAnswer {
    /// The panel took note, or nobody knows: what becomes of it is seen by `status`.
    Sent,
    /// The panel refused: the customer may ask again.
    Refused,
}
