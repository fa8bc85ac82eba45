//! What moves in from another panel.

use std::collections::BTreeMap;

use panelgate_domain::ids::{Currency, OfferId, OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;

/// Everything that moves together.
#[derive(Clone, Debug)]
pub struct Moving {
    /// Customers with what they have.
    pub customers: Vec<MovingCustomer>,
    /// Their keys.
    pub keys: Vec<MovingKey>,
    /// Services whose ids customers know.
    pub services: Vec<MovingService>,
    /// What customers bought.
    pub orders: Vec<MovingOrder>,
    /// Who moves them.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// A customer who is not here yet.
#[derive(Clone, Debug)]
pub struct MovingCustomer {
    /// Unique.
    pub name: String,
    /// Price group.
    pub group: Option<String>,
    /// How far the account may go below zero.
    pub credit_limit: Money,
    /// What can be spent; what is held for live orders comes with them.
    pub balance: Money,
}

/// A key that goes on working.
#[derive(Clone, Debug)]
pub struct MovingKey {
    /// Whose, by name.
    pub customer: String,
    /// What it is called by.
    pub prefix: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// For people.
    pub label: Option<String>,
}

/// An id that goes on meaning the same offer.
#[derive(Clone, Debug)]
pub struct MovingService {
    /// The id customers know.
    pub id: ServiceId,
    /// The panel.
    pub panel: PanelName,
    /// The offer there.
    pub offer: OfferId,
}

/// An order as it is when it moves.
#[derive(Clone, Debug)]
pub struct MovingOrder {
    /// The id its customer knows.
    pub id: OrderId,
    /// Whose, by name.
    pub customer: String,
    /// What was bought.
    pub service: ServiceId,
    /// Its type; what is placed only needs to know how it was charged.
    pub service_type: ServiceType,
    /// What exactly.
    pub spec: OrderSpec,
    /// What it costs its customer, or did.
    pub price: Money,
    /// How it is doing; a final word is how it ended.
    pub fact: Fact,
    /// Where it is; every live one is somewhere.
    pub home: Option<Home>,
    /// Whether a refill may be asked for.
    pub refill: bool,
    /// Whether a cancel may be asked for.
    pub cancel: bool,
    /// When it was opened.
    pub created: Timestamp,
}

/// Where an order is.
#[derive(Clone, Debug)]
pub struct Home {
    /// The panel.
    pub panel: PanelName,
    /// What the panel calls the order.
    pub upstream_id: UpstreamId,
    /// What the panel has charged for it.
    pub cost: Money,
    /// In this currency.
    pub currency: Currency,
}

/// What became of a move, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// What stands in the way; then nothing has moved.
    pub clashes: Vec<Clash>,
    /// Customers, with the sum of their balances.
    pub customers: Tally,
    /// Keys.
    pub keys: Tally,
    /// Services.
    pub services: Tally,
    /// Orders that have ended, with the sum of what was taken.
    pub closed: Tally,
    /// Orders that live, with the sum of what is held.
    pub live: Tally,
    /// What panels have charged for live orders, by currency.
    pub costs: BTreeMap<Currency, Money>,
    /// No order of ours has a number below this one from now on.
    pub next_order: i64,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// That move.
    pub new: u64,
    /// That are here already, just so.
    pub before: u64,
    /// Money of those that move.
    pub sum: Money,
}

/// Something that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What cannot move.
    pub what: Item,
    /// Which part of it.
    pub field: &'static str,
    /// Why, for the operator.
    pub why: String,
}

/// One of what moves, by its place in [`Moving`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Item {
    Customer(usize),
    Key(usize),
    Service(usize),
    Order(usize),
}
