//! Ids that cannot be mixed up: ours are integers, those of panels are opaque text.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident($text:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($text);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<$text>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

integer_id! {
    /// A customer.
    CustomerId
}
integer_id! {
    /// An order of ours. Always below 2³¹, because old clients read it into an `int`.
    OrderId
}
integer_id! {
    /// A service of ours; it survives re-imports, renames and restarts and is never used again.
    ServiceId
}
integer_id! {
    /// A refill of ours.
    RefillId
}
integer_id! {
    /// One attempt to place an order at a panel.
    PlacementId
}
text_id! {
    /// The name of a panel in the configuration.
    PanelName(Arc<str>)
}
text_id! {
    /// The id of an offer in a panel's list: a number, or text of up to 64 characters.
    OfferId(Arc<str>)
}
text_id! {
    /// The id a panel gave to an order or a refill.
    UpstreamId(Arc<str>)
}
text_id! {
    /// A currency code such as `USD`, upper case. Every status has one, so short ones are copied and not counted.
    Currency(SmolStr)
}

/// The largest id that old clients can read (`int` in C#, Java, 32-bit PHP).
pub const MAX_ID: i64 = i32::MAX as i64;
