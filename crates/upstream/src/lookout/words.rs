//! What goes into a lookout and what comes out of it.

use std::time::Duration;

use panelgate_domain::ids::UpstreamId;
use tokio::time::Instant;

/// What the panel and the operator allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// Most ids per call; 0 counts as 1.
    pub batch: usize,
    /// How long an asked id waits for company.
    pub gather: Duration,
    /// How long a fact is as good as new.
    pub fresh_for: Duration,
    /// Calls for which nobody waits are at least so far apart: the part of the panel's rate that is theirs.
    pub due_every: Duration,
    /// An id that shows nothing again and again is looked at so often at least.
    pub longest_rest: Duration,
}

/// What its owner knows of an order's future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// How it is looked at.
    pub kind: Kind,
    /// Until then its fact is as good as new.
    pub fresh_until: Instant,
    /// When it is looked at though nobody asks.
    pub due: Instant,
    /// When a customer is expected to ask for it and to find its fact too old.
    pub next_miss: Option<Instant>,
}

/// How an order is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// It lives.
    #[default]
    Live,
    /// It has ended; its panel may change its mind.
    Ended,
    /// In a call of its own: an odd answer is to be confirmed.
    Alone,
}

/// Where outlooks come from: `None` means that an id is not to be looked at any more.
pub type Outlooks<'a> = &'a dyn Fn(&UpstreamId) -> Option<Outlook>;

/// One call to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Names it in [`super::Lookout::finished`].
    pub number: u64,
    /// At least one. One id goes out in the singular form.
    pub ids: Vec<UpstreamId>,
    /// What its places are used for.
    pub slots: Slots,
    /// It finds out which id spoils calls of a panel that works: its failure says nothing about the panel.
    pub tests_ids: bool,
}

/// What the places of one call were used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// A customer waits.
    pub asked: usize,
    /// A look was due.
    pub due: usize,
    /// Ahead of their time.
    pub ahead: usize,
    /// Of ended orders.
    pub recheck: usize,
    /// Nothing.
    pub empty: usize,
}

impl Slots {
    /// The labels of [`Slots::counts`].
    pub(crate) const KINDS: [&str; 5] = ["asked", "due", "ahead", "recheck", "empty"];

    pub(crate) const fn counts(self) -> [usize; Self::KINDS.len()] {
        [self.asked, self.due, self.ahead, self.recheck, self.empty]
    }
}

/// When the next call should leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// As soon as the panel's limits allow.
    Now,
    /// Then.
    At(Instant),
    /// Nobody wants anything.
    Idle,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The panel answered. Of these ids it said nothing, or an error.
    Answered(Vec<UpstreamId>),
    /// It failed as a whole, and one of its ids may be the reason.
    Spoiled {
        /// The panel answered that it does not want this call: perhaps it does not know its form.
        refused: bool,
    },
    /// It failed, and no id is to blame: no connection, asked too often, a key that is not wanted.
    Failed,
}

/// What follows from the end of a call.
#[derive(Debug)]
pub struct Finished<W> {
    /// Whoever waited for the last of its ids, now and only now.
    pub told: Vec<W>,
    /// Ids that turned out to spoil every call they are in.
    pub convicted: Vec<UpstreamId>,
    /// It turned out that the panel does not understand several ids in one call.
    pub is_singular: bool,
}
