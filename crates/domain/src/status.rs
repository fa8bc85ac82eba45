//! Status words, what a panel reports of an order, and the fact we keep of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::family::Kind;
use crate::ids::UpstreamId;
use crate::ledger::words;
use crate::money::Money;
use crate::time::Timestamp;

/// The words a customer sees, in the canonical spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the field's own")]
pub enum StatusWord {
    Pending,
    Processing,
    InProgress,
    Completed,
    Partial,
    Canceled,
    /// A subscription waits for posts.
    Active,
    /// A subscription waits for its owner.
    Paused,
    /// The last day of a subscription is over.
    Expired,
}

/// How an order ended. A subscription that has expired is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Final {
    /// Delivered.
    Completed,
    /// Delivered in part; the rest is paid back.
    Partial,
    /// Nothing is charged: refused, never placed, or canceled.
    Canceled,
}

/// The words of a refill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the field's own")]
pub enum RefillWord {
    Pending,
    InProgress,
    Completed,
    Rejected,
    Error,
}

words! { StatusWord {
    Pending = "Pending", Processing = "Processing", InProgress = "In progress", Completed = "Completed",
    Partial = "Partial", Canceled = "Canceled", Active = "Active", Paused = "Paused", Expired = "Expired",
} }

words! { Final { Completed = "Completed", Partial = "Partial", Canceled = "Canceled" } }

words! { RefillWord {
    Pending = "Pending", InProgress = "In progress", Completed = "Completed", Rejected = "Rejected", Error = "Error",
} }

/// What a panel's word for an order means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// One of the canonical words.
    Word(StatusWord),
    /// Being refilled: the last word is kept.
    Refill,
    /// `fail`, `error`: live for the customer, on the operator's list.
    Failed,
    /// Not a word we know: changes nothing.
    Unknown(String),
}

/// What a panel reports of one order, in our terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The word.
    pub heard: Heard,
    /// What the panel charges us, rounded up, in its currency.
    pub charge: Option<Money>,
    /// The counter before the work began.
    pub start_count: Option<i64>,
    /// What is still to be delivered; may be negative or too large.
    pub remains: Option<i64>,
    /// Runs done, of a drip-feed; posts seen, of a subscription.
    pub runs: Option<u64>,
    /// Orders that this one spawned.
    pub children: Vec<UpstreamId>,
}

/// The last known upstream state of an order, and when we learned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The word.
    pub word: StatusWord,
    /// What the panel charges us.
    pub charge: Option<Money>,
    /// The counter before the work began.
    pub start_count: Option<i64>,
    /// What is still to be delivered, as the panel said it.
    pub remains: Option<i64>,
    /// Runs done, of a drip-feed; posts seen, of a subscription.
    pub runs: Option<u64>,
    /// When we learned it.
    pub at: Timestamp,
}

/// Something in a report that an operator should see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oddity {
    /// More remains than was ordered.
    RemainsAboveQuantity,
    /// The start count is not what it was.
    StartCountChanged,
    /// The panel says the order failed.
    Failed,
    /// A word we do not know.
    UnknownWord,
}

impl StatusWord {
    /// How the order ended, if the word says so.
    #[must_use]
    pub const fn final_word(self) -> Option<Final> {
        match self {
            Self::Completed | Self::Expired => Some(Final::Completed),
            Self::Partial => Some(Final::Partial),
            Self::Canceled => Some(Final::Canceled),
            Self::Pending | Self::Processing | Self::InProgress | Self::Active | Self::Paused => {
                None
            }
        }
    }
}

impl From<Final> for StatusWord {
    fn from(word: Final) -> Self {
        match word {
            Final::Completed => Self::Completed,
            Final::Partial => Self::Partial,
            Final::Canceled => Self::Canceled,
        }
    }
}

impl Heard {
    /// Reads a panel's word: case, blanks, `-` and `_` do not count.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match folded(word).as_str() {
            "pending" | "awaiting" => Self::Word(StatusWord::Pending),
            "processing" => Self::Word(StatusWord::Processing),
            "inprogress" => Self::Word(StatusWord::InProgress),
            "active" => Self::Word(StatusWord::Active),
            "paused" => Self::Word(StatusWord::Paused),
            "expired" => Self::Word(StatusWord::Expired),
            "completed" => Self::Word(StatusWord::Completed),
            "partial" | "partiallycompleted" => Self::Word(StatusWord::Partial),
            "canceled" | "cancelled" | "canelled" | "refunded" | "refunds" => {
                Self::Word(StatusWord::Canceled)
            }
            "refill" => Self::Refill,
            "fail" | "failed" | "error" => Self::Failed,
            _ => Self::Unknown(word.chars().take(64).collect()),
        }
    }

    /// What it means for an order of this kind: each has words of its own.
    #[must_use]
    fn of(self, kind: Kind) -> Self {
        use StatusWord::{Active, Expired, InProgress, Partial, Paused, Pending, Processing};
        let subscribes = kind == Kind::Subscription;
        match self {
            Self::Word(Pending | Processing | InProgress) if subscribes => Self::Word(Active),
            Self::Word(Active | Paused) if !subscribes => Self::Word(InProgress),
            Self::Word(word @ Partial) if subscribes => Self::Unknown(word.to_string()),
            Self::Word(word @ Expired) if !subscribes => Self::Unknown(word.to_string()),
            same => same,
        }
    }
}

impl Report {
    /// What it says of an order of this kind: a subscription has no counters but its posts.
    #[must_use]
    pub fn of(self, kind: Kind) -> Self {
        let counts = |counter: Option<i64>| counter.filter(|_| kind != Kind::Subscription);
        Self {
            heard: self.heard.of(kind),
            start_count: counts(self.start_count),
            remains: counts(self.remains),
            ..self
        }
    }
}

impl RefillWord {
    /// Reads a panel's word for a refill; `None` if it is none we know.
    #[must_use]
    pub fn hear(word: &str) -> Option<Self> {
        match folded(word).as_str() {
            "pending" | "awaiting" => Some(Self::Pending),
            "inprogress" | "processing" => Some(Self::InProgress),
            "completed" | "success" => Some(Self::Completed),
            "rejected" | "canceled" | "cancelled" => Some(Self::Rejected),
            "error" | "fail" | "failed" => Some(Self::Error),
            _ => None,
        }
    }

    /// Whether it can still change.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress)
    }
}

fn folded(word: &str) -> String {
    word.chars()
        .filter(|c| !c.is_whitespace() && *c != '-' && *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

impl Fact {
    /// What acceptance alone says: it is waiting, and everything remains.
    #[must_use]
    pub const fn accepted(at: Timestamp) -> Self {
        Self {
            word: StatusWord::Pending,
            charge: None,
            start_count: None,
            remains: None,
            runs: None,
            at,
        }
    }

    /// The fact after a report. What a report leaves out keeps its last value; an unknown word changes nothing but is odd.
    #[must_use]
    pub fn after(self, report: &Report, quantity: u64, at: Timestamp) -> (Self, Vec<Oddity>) {
        let mut odd = Vec::new();
        let word = match &report.heard {
            Heard::Word(word) => *word,
            Heard::Refill => self.word,
            Heard::Failed => {
                odd.push(Oddity::Failed);
                if self.word.final_word().is_some() {
                    self.word
                } else {
                    StatusWord::InProgress
                }
            }
            Heard::Unknown(_) => return (self, vec![Oddity::UnknownWord]),
        };
        if report
            .remains
            .is_some_and(|remains| u64::try_from(remains).is_ok_and(|left| left > quantity))
        {
            odd.push(Oddity::RemainsAboveQuantity);
        }
        // A panel fills the counter in when work begins, so only a change from one real count to another is odd.
        if let (Some(old), Some(new)) = (self.start_count, report.start_count)
            && old != new
            && old != 0
        {
            odd.push(Oddity::StartCountChanged);
        }
        // What was delivered at the end is said with the end, or not at all: `remains` of a look before it would pay back
        // what has been delivered since.
        let same_end = self.word == word;
        let kept = same_end || word.final_word().is_none();
        // A report that does not say the end that is kept counts something else: what remains of a refill, for one.
        let told = word.final_word().is_none() || matches!(report.heard, Heard::Word(_));
        let fact = Self {
            word,
            charge: report.charge.or(self.charge),
            start_count: report.start_count.or(self.start_count),
            remains: report
                .remains
                .filter(|_| told)
                .or(self.remains.filter(|_| kept)),
            runs: report.runs.filter(|_| told).or(self.runs.filter(|_| kept)),
            at,
        };
        (fact, odd)
    }

    /// The same knowledge, whenever it was learned.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        Self {
            at: other.at,
            ..*self
        } == *other
    }
}

impl Oddity {
    /// The operator's text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::RemainsAboveQuantity => "the panel says that more remains than was ordered",
            Self::StartCountChanged => "the panel changed the start count",
            Self::Failed => "the panel says that the order failed",
            Self::UnknownWord => "the panel used a status word that is not known",
        }
    }

    /// Money moves only after a second look at this id alone agrees.
    #[must_use]
    pub const fn needs_second_look(self) -> bool {
        matches!(self, Self::RemainsAboveQuantity | Self::StartCountChanged)
    }
}

#[cfg(test)]
mod tests;
