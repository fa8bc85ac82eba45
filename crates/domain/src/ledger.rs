//! The words of the books. Every transfer moves an amount > 0 from one account to another; entries are only ever appended.

use std::fmt;

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountKind {
    /// A customer's money that can be spent.
    Available,
    /// A customer's money that is reserved for orders.
    Held,
    /// What we earned, in our currency.
    Sales,
    /// The world: where money comes from and goes to, per currency.
    Outside,
    /// Our money at a panel, in its currency.
    Prepaid,
    /// What a panel has charged us, in its currency.
    Cost,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TransferKind {
    /// outside → available.
    TopUp,
    /// outside ↔ available, with a reason.
    Adjustment,
    /// available → held, when an order is opened.
    Hold,
    /// held → sales, when an order is closed.
    Take,
    /// held → available, when an order is closed.
    Release,
    /// sales → available, when a final word changes in the customer's favour.
    Refund,
    /// outside → prepaid, when we pay a panel.
    Deposit,
    /// prepaid → cost, when an order is placed or its charge grows.
    Charge,
    /// cost → prepaid, when a charge shrinks.
    Credit,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in tables, logs and lists.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|this| this.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}
pub(crate) use words;

words! { AccountKind {
    Available = "available", Held = "held", Sales = "sales", Outside = "outside", Prepaid = "prepaid", Cost = "cost",
} }

words! { TransferKind {
    TopUp = "top_up", Adjustment = "adjustment", Hold = "hold", Take = "take", Release = "release", Refund = "refund",
    Deposit = "deposit", Charge = "charge", Credit = "credit",
} }
