//! What can go wrong at a panel, one fault at a time.
//!
//! A fault is four answers: how far the panel gets with the request, what it waits for, what it answers, and what becomes of
//! the connection. Which request it strikes is the business of [`rule`] and [`plan`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) mod answer;
mod chosen;
pub mod plan;
mod rewrite;
pub mod rule;
mod text;

use text::{duration, duration_option, status};

/// Something that goes wrong with one request.
///
/// In a plan file a fault is its name (`"accept_then_reset"`), or its name with what it needs
/// (`{ status_before_reading = 500 }`, `{ throttle = { status = 429, retry_after = "2s" } }`). In texts `{key}` becomes the key
/// that came with the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    // The panel does what it was asked, and the answer does not arrive, or not as an answer.
    /// Never answers; the connection stays open until the client or the panel ends it.
    AcceptThenTimeout,
    /// Resets the connection (RST).
    AcceptThenReset,
    /// Closes the connection (FIN) without a byte.
    AcceptThenClose,
    /// Another status and body than the order deserves, such as a proxy's 502.
    AcceptThenStatus {
        /// The HTTP status.
        #[serde(with = "status")]
        status: u16,
        /// The body.
        #[serde(default = "text::error_page")]
        body: String,
    },
    /// Status 200 with a page of HTML.
    AcceptThenHtml,
    /// Half of the body, then FIN.
    AcceptThenHalfBody,
    /// The right answer, late.
    AcceptThenSlow(#[serde(with = "duration")] Duration),

    // The panel never sees the request. Here it does look at it, to find out whether the fault is meant, and books it as not read.
    /// A status with a page of HTML.
    StatusBeforeReading(#[serde(with = "status")] u16),
    /// RST.
    ResetBeforeReading,
    /// FIN.
    CloseBeforeReading,

    // The panel reads the request and does nothing.
    /// An error in JSON, status 200.
    Refuse(String),
    /// `Too many requests`.
    Throttle {
        /// The HTTP status: 200 or 429.
        #[serde(default = "text::ok", with = "status")]
        status: u16,
        /// The header of that name, in whole seconds, rounded up.
        #[serde(default, with = "duration_option")]
        retry_after: Option<Duration>,
    },
    /// Any status and body.
    Text {
        /// The HTTP status.
        #[serde(default = "text::ok", with = "status")]
        status: u16,
        /// The body.
        body: String,
    },
    /// Sends the client elsewhere.
    Redirect {
        /// The HTTP status, such as 301, 307 or 308.
        #[serde(with = "status")]
        status: u16,
        /// Where to.
        location: String,
    },

    // The panel does what it was asked, and says so in its own way.
    /// Begins the work late, and does it even if the client has left by then.
    Slow(#[serde(with = "duration")] Duration),
    /// A byte order mark before the JSON.
    ByteOrderMark,
    /// A notice of PHP before the JSON, and HTML as its type.
    PhpNotice,
    /// Answers under ids that nobody asked for.
    WrongIds,
    /// Leaves every second id out, beginning with the first.
    OmitIds,
    /// Leaves these orders out of an answer about several; an answer about one of them alone is `[]`.
    LeaveOut(Vec<i64>),
    /// Has an error for these orders, whatever they are; the others are answered honestly.
    OrderErrors {
        /// Which.
        orders: Vec<i64>,
        /// What it says of each.
        #[serde(default = "text::incorrect_order")]
        error: String,
    },
    /// `"1":"Incorrect order ID"` instead of `"1":{"error":"Incorrect order ID"}`.
    BareStringErrors,
    /// A list of the values, without ids, instead of a map.
    ListInsteadOfMap,
    /// `[]`, PHP's way to write an empty map.
    EmptyList,
    /// `Order` instead of `order`, and so on.
    OtherCase,
    /// `"service":"1"` instead of `1`.
    NumbersAsStrings,
    /// `"remains":157` instead of `"157"`, through a float as PHP does it.
    StringsAsNumbers,
    /// A new order under the id of the one before it; under its own if there is none.
    DuplicateOrderId,
    /// A new order under id 0.
    OrderIdZero,
    /// An order id and an error in one answer.
    ErrorAndId,
    /// A million more remains than really does.
    RemainsTooHigh,
    /// Names all orders that an order has spawned but the newest.
    ChildrenLate,
    /// Names every order that an order has spawned twice, as a number and as a text.
    ChildrenTwice,
    /// Names none of them, though it may have done so before.
    ChildrenVanish,
    /// Does not say what an order costs.
    NoCharge,
    /// The answer is compressed.
    Gzip,
}

/// How far the panel gets with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Does not see it.
    Unread,
    /// Sees it, and does nothing.
    Read,
    /// Does what it was asked.
    Done,
}

/// When the panel is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    No,
    BeforeWork(Duration),
    AfterWork(Duration),
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The whole answer; the connection lives on.
    None,
    /// Half of the answer's body, then FIN.
    HalfWay,
    /// Nothing, for ever.
    Silence,
    /// FIN.
    Close,
    /// RST.
    Reset,
}

impl Fault {
    pub(crate) const fn stage(&self) -> Stage {
        match self {
            Self::StatusBeforeReading(_) | Self::ResetBeforeReading | Self::CloseBeforeReading => {
                Stage::Unread
            }
            Self::Refuse(_) | Self::Throttle { .. } | Self::Text { .. } | Self::Redirect { .. } => {
                Stage::Read
            }
            _ => Stage::Done,
        }
    }

    pub(crate) const fn wait(&self) -> Wait {
        match self {
            Self::Slow(length) => Wait::BeforeWork(*length),
            Self::AcceptThenSlow(length) => Wait::AfterWork(*length),
            _ => Wait::No,
        }
    }

    pub(crate) const fn cut(&self) -> Cut {
        match self {
            Self::AcceptThenTimeout => Cut::Silence,
            Self::AcceptThenReset | Self::ResetBeforeReading => Cut::Reset,
            Self::AcceptThenClose | Self::CloseBeforeReading => Cut::Close,
            Self::AcceptThenHalfBody => Cut::HalfWay,
            _ => Cut::None,
        }
    }
}
