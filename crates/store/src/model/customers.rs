//! Customers and their keys.

use panelgate_domain::customer::{Account, Customer, Options};
use panelgate_domain::ids::CustomerId;
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;

/// A customer to be.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Unique name.
    pub name: String,
    /// Price group.
    pub group: Option<String>,
    /// How far `available` may go below zero; ≥ 0.
    pub credit_limit: Money,
    /// When.
    pub at: Timestamp,
}

/// What changes of a customer; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CustomerChange {
    /// Price group; `Some(None)` takes it away.
    pub group: Option<Option<String>>,
    /// Credit limit.
    pub credit_limit: Option<Money>,
    /// Keys stop or start to work.
    pub disabled: Option<bool>,
    /// All options, those that stay included.
    pub options: Option<Options>,
}

/// A key: never stored itself, only found again by its hash.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Whose.
    pub customer: CustomerId,
    /// Its first 8 characters, unique: the name people use.
    pub prefix: String,
    /// SHA-256 of the whole key.
    pub hash: [u8; 32],
    /// The operator's note.
    pub label: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A key as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Its name.
    pub prefix: String,
    /// The operator's note.
    pub label: Option<String>,
    /// When it was issued.
    pub created: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A customer and their money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    /// Who.
    pub customer: Customer,
    /// How much.
    pub account: Account,
}
