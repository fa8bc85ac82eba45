//! Orders: their states, the legal steps between them, and what a customer sees of them.
//!
//! ```text
//! open ──► sending ──► placed ──► closed
//!   ▲         │ └────► unconfirmed ──► placed | closed      a late answer, evidence or an operator; never a re-send
//!   └─────────┘ not sent, throttled, or a refusal about the panel
//! open ──► closed                                           a refusal, the customer's cancel, or `open_for` is over
//! ```

use std::fmt;

use crate::canary::Canary;
use crate::family::{Kind, Origin, Share};
use crate::ids::{Currency, CustomerId, OrderId, PanelName, ServiceId, UpstreamId};
use crate::ledger::words;
use crate::money::Money;
use crate::rate::Rate;
use crate::reply::StatusView;
use crate::service_type::ServiceType;
use crate::settlement::Basis;
use crate::spec::Quantity;
use crate::status::{Fact, Final, StatusWord};
use crate::time::Timestamp;

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// Held, not sent; waits for a route.
    Open,
    /// One HTTP call is under way.
    Sending,
    /// The call's outcome is not known. Never sent again.
    Unconfirmed,
    /// A panel has it.
    Placed,
    /// Ended; its hold is resolved.
    Closed,
}

words! { OrderState {
    Open = "open", Sending = "sending", Unconfirmed = "unconfirmed", Placed = "placed", Closed = "closed",
} }

/// How far a customer's wish to cancel has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelWish {
    /// Not asked.
    None,
    /// Asked, not yet sent to the panel.
    Asked,
    /// Sent to the panel; what becomes of it is seen by `status`.
    Sent,
}

words! { CancelWish { None = "none", Asked = "asked", Sent = "sent" } }

/// An order. What it needs to be sent (its spec) is kept apart, in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Our id.
    pub id: OrderId,
    /// Grows with every change: of two copies the one with the greater version is newer.
    pub version: i64,
    /// Whose.
    pub customer: CustomerId,
    /// What was bought.
    pub service: ServiceId,
    /// Its type.
    pub service_type: ServiceType,
    /// Where it is.
    pub state: OrderState,
    /// How it ended; given exactly when the state is closed.
    pub ended: Option<Final>,
    /// What was held; of a child, the most that it takes from its parent's hold.
    pub price: Money,
    /// The published rate it was priced by.
    pub rate: Rate,
    /// How much was ordered.
    pub quantity: Quantity,
    /// The revision of the rules that priced it.
    pub revision: u64,
    /// The panel of its last placement.
    pub panel: Option<PanelName>,
    /// Its id at that panel.
    pub upstream_id: Option<UpstreamId>,
    /// The last known upstream state.
    pub fact: Option<Fact>,
    /// The fact's final word is not believed yet: only a look at or after this time may confirm it.
    pub doubt: Option<Timestamp>,
    /// What it kept of the hold; given exactly when the state is closed. Later refunds lower it. What the children of a
    /// subscription keep is theirs.
    pub taken: Option<Money>,
    /// Whether its service had refills when it was bought.
    pub refill: bool,
    /// Whether its service had cancel when it was bought.
    pub cancel: bool,
    /// Whether the customer wants it canceled.
    pub cancel_wish: CancelWish,
    /// Why it is on the operator's list.
    pub flag: Option<String>,
    /// What its children are to its money, or what it is to that of its parent; of a parent not before its first placement.
    pub share: Option<Share>,
    /// Where it comes from, if another order spawned it.
    pub origin: Option<Origin>,
    /// When it was opened, or spawned.
    pub created: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
}

impl OrderState {
    /// Whether an order may go from here to `next` in one step.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use OrderState::{Closed, Open, Placed, Sending, Unconfirmed};
        matches!(
            (self, next),
            (Open, Sending | Closed)
                | (Sending, Open | Placed | Unconfirmed | Closed)
                | (Unconfirmed, Placed | Closed)
                | (Placed, Closed)
        )
    }
}

impl Order {
    /// What its hold is settled by.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        Basis {
            price: self.price,
            charging: self.service_type.charging(),
            quantity: self.quantity,
            kind: self.kind(),
        }
    }

    /// How its money comes to its end.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match (self.origin, self.share) {
            (Some(origin), Some(share)) => Kind::Child {
                share,
                is_sized: origin.is_sized,
            },
            _ if matches!(self.service_type, ServiceType::Subscriptions) => Kind::Subscription,
            _ => Kind::Single,
        }
    }

    /// A child that is only known from its parent: nothing was heard of itself.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        let unsized_child = self.origin.is_some_and(|origin| !origin.is_sized);
        let told =
            |fact: Fact| fact.at > self.created || !Fact::accepted(fact.at).says_the_same(&fact);
        unsized_child && !self.fact.is_some_and(told) && self.state == OrderState::Placed
    }

    /// Posts that its panel has seen, of a subscription.
    #[must_use]
    pub fn posts(&self) -> Option<u64> {
        let seen = self.fact.and_then(|fact| fact.runs).unwrap_or(0);
        (self.kind() == Kind::Subscription).then_some(seen)
    }

    /// The word a customer sees. A final word shows only once the order is closed, and then for ever.
    #[must_use]
    pub fn word(&self) -> StatusWord {
        if self.kind() == Kind::Subscription {
            return self.word_of_subscription();
        }
        match (self.state, self.ended, self.fact) {
            (OrderState::Closed, Some(ended), _) => ended.into(),
            (OrderState::Placed, _, Some(fact))
                if fact.word.final_word().is_some() && !Canary::FinalWordTooEarly.sings() =>
            {
                StatusWord::InProgress
            }
            (OrderState::Placed, _, Some(fact)) => fact.word,
            _ => StatusWord::Pending,
        }
    }

    /// Whatever its panel says, it is active until it is paused or has ended.
    fn word_of_subscription(&self) -> StatusWord {
        let said = self.fact.map(|fact| fact.word);
        match (self.state, self.ended, said) {
            (OrderState::Closed, Some(Final::Completed), Some(StatusWord::Expired)) => {
                StatusWord::Expired
            }
            (OrderState::Closed, Some(ended), _) => ended.into(),
            (OrderState::Placed, _, Some(StatusWord::Paused)) => StatusWord::Paused,
            _ => StatusWord::Active,
        }
    }

    /// What a customer sees.
    #[must_use]
    pub fn view(&self, currency: &Currency) -> StatusView {
        let status = self.word();
        StatusView {
            charge: self.taken.unwrap_or(self.price),
            start_count: self.fact.and_then(|fact| fact.start_count).unwrap_or(0),
            status,
            remains: self.remains(status),
            currency: currency.clone(),
        }
    }

    fn remains(&self, status: StatusWord) -> u64 {
        let total = self.quantity.total();
        let said = self.fact.and_then(|fact| fact.remains);
        let said = said.map(|remains| u64::try_from(remains).unwrap_or(0).min(total));
        match (status, said) {
            (StatusWord::Canceled, _) => total,
            (_, Some(remains)) if !self.is_stopped() => remains,
            (StatusWord::Completed, _) => 0,
            _ => self.of_runs_to_come().unwrap_or(total),
        }
    }

    /// A drip-feed that its panel canceled between two runs: it pays for those that were done, whatever was said to remain.
    fn is_stopped(&self) -> bool {
        let canceled = |fact: Fact| fact.word == StatusWord::Canceled && fact.runs.is_some();
        self.ended == Some(Final::Partial) && self.fact.is_some_and(canceled)
    }

    /// What is not delivered of a drip-feed whose panel counts runs.
    fn of_runs_to_come(&self) -> Option<u64> {
        let done = self.fact.and_then(|fact| fact.runs)?;
        let to_come = self.quantity.runs.saturating_sub(done);
        (self.quantity.runs > 1).then(|| self.quantity.per_run.saturating_mul(to_come))
    }
}

#[cfg(test)]
mod tests;
