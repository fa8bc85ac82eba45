//! Customers, and what they can spend.

use serde::{Deserialize, Serialize};

use crate::ids::CustomerId;
use crate::markup::Buyer;
use crate::money::Money;

/// Somebody who calls us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Our id.
    pub id: CustomerId,
    /// The operator's name for them, unique.
    pub name: String,
    /// Their price group.
    pub group: Option<String>,
    /// How far `available` may go below zero.
    pub credit_limit: Money,
    /// Their keys do not work.
    pub disabled: bool,
    /// What was chosen for them beyond the defaults.
    pub options: Options,
}

/// What an operator may choose for a customer. Both options give up a part of the API for safety: with neither, every `add` whose
/// answer was heard is an order of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The same `add` again within so many seconds is the same order, though the first one was answered. What was canceled or
    /// refused meanwhile is no order any more.
    pub duplicate_window: Option<u32>,
    /// No second order of a service for a link, letter by letter, while the first one lives.
    pub link_guard: bool,
}

impl Customer {
    /// What markup rules see of them.
    #[must_use]
    pub fn buyer(&self) -> Buyer<'_> {
        Buyer {
            customer: &self.name,
            group: self.group.as_deref(),
        }
    }
}

/// A customer's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Paid in and not spent; below zero while credit is used.
    pub available: Money,
    /// Reserved for orders that have not ended.
    pub held: Money,
    /// How far `available` may go below zero.
    pub credit_limit: Money,
}

impl Account {
    /// What `balance` answers: available + credit limit, never below zero.
    #[must_use]
    pub fn spendable(&self) -> Money {
        self.available
            .checked_add(self.credit_limit)
            .unwrap_or(self.available)
            .max(Money::ZERO)
    }
}
