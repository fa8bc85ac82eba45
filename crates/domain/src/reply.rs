//! What a customer is answered. `wire` gives it its shape.

use std::sync::Arc;

use crate::action::AskedId;
use crate::fault::Refusal;
use crate::ids::{Currency, OrderId, RefillId, ServiceId};
use crate::money::Money;
use crate::rate::Rate;
use crate::service_type::ServiceType;
use crate::status::{RefillWord, StatusWord};

/// The answer to each id of a request, in the order asked.
pub type PerId<T> = Vec<(AskedId, Result<T, Refusal>)>;

/// A successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To `services`.
    Services(Arc<PriceList>),
    /// To `add`.
    Added(OrderId),
    /// To `status` of one order.
    Status(OrderView),
    /// To `status` of several.
    Statuses(PerId<OrderView>),
    /// To `refill` of one order.
    Refill(RefillId),
    /// To `refill` of several.
    Refills(PerId<RefillId>),
    /// To `refill_status` of one refill.
    RefillStatus(RefillWord),
    /// To `refill_status` of several.
    RefillStatuses(PerId<RefillWord>),
    /// To `cancel` of one order by `order`.
    Canceled,
    /// To `cancel` of `orders`.
    Cancels(PerId<()>),
    /// To `balance`.
    Balance {
        /// What can be spent, never below 0.
        amount: Money,
        /// Ours.
        currency: Currency,
    },
}

/// How an order is doing, as a customer sees it: subscriptions have an answer of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderView {
    /// Anything but a subscription.
    Single(StatusView),
    /// A subscription.
    Subscription(SubscriptionView),
}

/// How a subscription is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView {
    /// `Active`, `Paused`, `Completed`, `Expired` or `Canceled`.
    pub status: StatusWord,
    /// Its last day, `d/m/Y`; empty if it has none.
    pub expiry: String,
    /// Posts that were seen.
    pub posts: u64,
    /// The orders that were made for them, oldest first.
    pub orders: Vec<OrderId>,
}

/// How an order that is no subscription is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusView {
    /// What it costs; once closed, what it did cost.
    pub charge: Money,
    /// The counter before the work began.
    pub start_count: i64,
    /// The word.
    pub status: StatusWord,
    /// What is still to be delivered.
    pub remains: u64,
    /// Ours.
    pub currency: Currency,
}

/// The services and prices of one group of customers. Built once per change, shared by all who ask.
#[derive(Debug, PartialEq, Eq)]
pub struct PriceList {
    /// Different for every list that was ever built by this process: a key for caches.
    pub build: u64,
    /// The entries, by id.
    pub entries: Vec<Listing>,
}

/// One entry of a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Our id.
    pub service: ServiceId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub service_type: ServiceType,
    /// Its category.
    pub category: String,
    /// Price per 1000 (or per package), in our currency.
    pub rate: Rate,
    /// Least quantity.
    pub min: u64,
    /// Largest quantity.
    pub max: u64,
    /// Can be refilled.
    pub refill: bool,
    /// Can be canceled.
    pub cancel: bool,
}
