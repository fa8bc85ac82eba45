//! What a customer can ask for.

use crate::spec::Fields;

/// One request of the panel API, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The price list.
    Services,
    /// Place an order.
    Add(Add),
    /// How orders are doing.
    Status(Ids),
    /// Ask for refills of orders.
    Refill(Ids),
    /// How refills are doing.
    RefillStatus(Ids),
    /// Ask for orders to be canceled.
    Cancel(Ids),
    /// What can be spent.
    Balance,
}

/// An order as sent, before it is known what its service needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Add {
    /// The service id, as sent.
    pub service: Option<String>,
    /// The other fields.
    pub fields: Fields,
    /// The customer's own name for this order, if it has one: a repeat under the same name is the same order.
    pub idempotency_key: Option<String>,
}

/// The ids of a request. One id is answered bare, several in a list or a map, even if several are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ids {
    /// `order=1`.
    One(AskedId),
    /// `orders=1,2`; each named once, in the order asked.
    Many(Vec<AskedId>),
}

/// An id as a customer wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AskedId {
    /// A number: possibly one of ours.
    Number(i64),
    /// Anything else: never one of ours.
    Text(String),
}

/// Most ids that one request may name.
pub const MAX_IDS: usize = 100;

impl Action {
    /// The protocol's word, also the label in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Add(_) => "add",
            Self::Status(_) => "status",
            Self::Refill(_) => "refill",
            Self::RefillStatus(_) => "refill_status",
            Self::Cancel(_) => "cancel",
            Self::Balance => "balance",
        }
    }
}

impl AskedId {
    /// Reads an id; blanks around it do not count. Only the plain writing of a positive number is one.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let is_plain = matches!(text.as_bytes().first(), Some(b'1'..=b'9'));
        match text.parse() {
            Ok(number) if is_plain => Self::Number(number),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

impl Ids {
    /// The ids, one or many.
    #[must_use]
    pub fn as_slice(&self) -> &[AskedId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }
}
