//! Ended orders that were moved to an archive, and what is left of them.

use std::path::PathBuf;

use panelgate_domain::family::{Origin, Share};
use panelgate_domain::ids::{CustomerId, OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, Order, OrderState};
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_domain::time::Timestamp;

use super::stories::{Event, PlacementRow, TransferRow};

/// What is left of an archived order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// Its id.
    pub id: OrderId,
    /// Whose it was.
    pub customer: CustomerId,
    /// What was bought.
    pub service: ServiceId,
    /// Its type.
    pub service_type: ServiceType,
    /// The word that its customer sees, for ever.
    pub word: StatusWord,
    /// What was held.
    pub price: Money,
    /// What was kept of it.
    pub charge: Money,
    /// How much was ordered, all runs together.
    pub quantity: u64,
    /// What its customer sees of what was not delivered.
    pub remains: u64,
    /// What its customer sees of the count at the start.
    pub start_count: i64,
    /// Whether its service had refills.
    pub refill: bool,
    /// Posts that its panel has seen, of a subscription.
    pub posts: Option<u64>,
    /// The panel of its last placement.
    pub panel: Option<PanelName>,
    /// Its id at that panel.
    pub upstream_id: Option<UpstreamId>,
    /// What it was to the money of its family.
    pub share: Option<Share>,
    /// The order that spawned it, which is archived too.
    pub parent: Option<OrderId>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it ended.
    pub closed: Timestamp,
    /// The file that has all of it.
    pub file: PathBuf,
}

impl Stub {
    /// The order as far as its customer can tell: it shows what it showed before. What nobody asks of an ended order is not kept: the rate
    /// and the rules it was priced by, and the charge of its panel.
    #[must_use]
    pub fn order(&self) -> Order {
        // A subscription that has expired is completed.
        let ended = self.word.final_word().unwrap_or(Final::Completed);
        Order {
            id: self.id,
            // Newer than whatever is remembered of it.
            version: i64::MAX,
            customer: self.customer,
            service: self.service,
            service_type: self.service_type,
            state: OrderState::Closed,
            ended: Some(ended),
            price: self.price,
            rate: Rate::default(),
            quantity: Quantity {
                per_run: self.quantity,
                runs: 1,
            },
            revision: 0,
            panel: self.panel.clone(),
            upstream_id: self.upstream_id.clone(),
            fact: Some(Fact {
                word: self.word,
                charge: None,
                start_count: Some(self.start_count),
                remains: i64::try_from(self.remains).ok(),
                runs: self.posts,
                at: self.closed,
            }),
            doubt: None,
            taken: Some(self.charge),
            refill: self.refill,
            cancel: false,
            cancel_wish: CancelWish::None,
            flag: None,
            share: self.share,
            origin: self.parent.map(|parent| Origin {
                parent,
                is_sized: true,
            }),
            created: self.created,
            closed: Some(self.closed),
        }
    }
}

/// An archived order, as it is looked at.
#[derive(Clone, Debug)]
pub struct ArchivedOrder {
    /// What is left of it.
    pub stub: Stub,
    /// Its customer's name.
    pub customer: String,
    /// All its transfers, oldest first, which are in the store.
    pub transfers: Vec<TransferRow>,
    /// What its archive has of it; `None` if the file is not where it was.
    pub history: Option<History>,
}

/// What happened to an order, as its archive has it.
#[derive(Clone, Debug)]
pub struct History {
    /// All placements, oldest first.
    pub placements: Vec<PlacementRow>,
    /// All events, oldest first.
    pub events: Vec<Event>,
}

/// Why an order that is old enough is not archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kept {
    /// It lives, or one of its family does.
    Lives,
    /// Something happened to it, or to one of its family, less long ago: its end, a refund, a refill, a late word of its panel.
    ChangedSince,
    /// It is on the operator's list.
    WaitsForOperator,
    /// Nobody knew for a time whether its panel had it, and what was found out about it may speak for others.
    WasAQuestion,
    /// An older order at its panel is unconfirmed, and what was sent after it speaks for it.
    QuestionAtItsPanel,
    /// `verify` finds something wrong with it.
    Unsound,
    /// A stub would not show what it shows.
    NoStub,
}

impl Kept {
    /// The word in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lives => "lives",
            Self::ChangedSince => "changed_since",
            Self::WaitsForOperator => "waits_for_operator",
            Self::WasAQuestion => "was_a_question",
            Self::QuestionAtItsPanel => "question_at_its_panel",
            Self::Unsound => "unsound",
            Self::NoStub => "no_stub",
        }
    }
}

/// An archive that orders were moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Where it was when it was last written.
    pub file: PathBuf,
    /// How many orders it has.
    pub orders: u64,
    /// When the last of them was opened.
    pub opened_until: Timestamp,
    /// When it was last written.
    pub at: Timestamp,
}
