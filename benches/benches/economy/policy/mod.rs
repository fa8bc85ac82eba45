//! Ways to turn polls into calls. One of them per panel, driven by the world's clock.

use std::time::Duration;

use crate::memory::Memory;
use crate::trace::OrderNo;

pub(crate) mod desk;
pub(crate) mod fill;
pub(crate) mod gather;
pub(crate) mod one_by_one;
mod waiting;

/// A request of a customer, by its number.
pub(crate) type RequestNo = u64;

/// Part of a customer's request: the ids of one panel that have to be looked at.
pub(crate) struct Ask {
    pub(crate) request: RequestNo,
    pub(crate) ids: Vec<OrderNo>,
}

/// When the next call should leave, if the panel's rate lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// As soon as possible.
    Now,
    /// Then.
    At(Duration),
    /// Nobody wants anything.
    Idle,
}

/// What decides which ids go up together, and when. The world keeps the rate, the memory and the customers.
pub(crate) trait Policy {
    /// Whether answers come from memory: fresh ids are not asked for, and a request that has waited too long gets last facts.
    fn remembers(&self) -> bool {
        true
    }

    /// An order was polled; the memory knows already.
    fn polled(&mut self, _order: OrderNo, _memory: &Memory) {}

    /// Somebody waits for these ids.
    fn ask(&mut self, ask: Ask, now: Duration);

    /// The one who asked waits no longer.
    fn gave_up(&mut self, _request: RequestNo) {}

    /// When the next call should leave.
    fn ready(&self, now: Duration) -> Ready;

    /// The ids of a call that leaves now; empty if there are none.
    fn take(&mut self, now: Duration, memory: &Memory) -> Vec<OrderNo>;

    /// The call of these ids has ended; the memory knows already. Returned is who waited for the last of its ids.
    fn finished(&mut self, ids: &[OrderNo], now: Duration, memory: &Memory) -> Vec<RequestNo>;
}
