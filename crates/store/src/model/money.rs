//! Money that operators move, and accounts.

use panelgate_domain::ids::{Currency, CustomerId, OrderId, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;

/// Money that an operator moves on a customer's account: a top-up (> 0) or an adjustment (either sign, with a reason).
#[derive(Clone, Debug)]
pub struct Booking {
    /// Whose account.
    pub customer: CustomerId,
    /// How much; negative only for adjustments.
    pub amount: Money,
    /// Unique among all bookings.
    pub reference: String,
    /// Note or reason.
    pub note: Option<String>,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// Money paid to a panel.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// To whom.
    pub panel: PanelName,
    /// In its currency.
    pub currency: Currency,
    /// How much; > 0.
    pub amount: Money,
    /// Unique among all bookings.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

/// Whether a booking moved money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booked {
    /// Yes.
    Now,
    /// The same reference, account and amount were booked before: nothing moved.
    Before,
}

/// One line of a customer's statement: an entry on `available`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// When.
    pub at: Timestamp,
    /// `top_up`, `hold`, `release`, …
    pub kind: String,
    /// Signed.
    pub amount: Money,
    /// `available` afterwards.
    pub balance: Money,
    /// The order behind it.
    pub order: Option<OrderId>,
    /// Its reference.
    pub reference: String,
    /// Note or reason.
    pub note: Option<String>,
}

/// A panel's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelAccount {
    /// Whose.
    pub panel: PanelName,
    /// Its currency.
    pub currency: Currency,
    /// Paid in, minus charged.
    pub prepaid: Money,
    /// Charged.
    pub cost: Money,
}
