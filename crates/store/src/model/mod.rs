//! What goes into the store's transactions and what comes out.

mod archive;
mod catalogue;
mod customers;
mod money;
mod moves;
mod orders;
mod questions;
mod refills;
mod stories;
mod violation;

pub use self::archive::{Archive, ArchivedOrder, History, Kept, Stub};
pub use self::catalogue::{HISTORY_OF_AN_OFFER, HistoryLine, Suspect, Synced};
pub use self::customers::{CustomerChange, CustomerRow, KeyRow, NewCustomer, NewKey};
pub use self::money::{Booked, Booking, Deposit, PanelAccount, StatementLine};
pub use self::moves::{
    Clash, Home, Item, Moved, Moving, MovingCustomer, MovingKey, MovingOrder, MovingService, Tally,
};
pub use self::orders::{
    Adopted, Answer, CancelAnswer, Decision, Family, Learned, NewOrder, NewPlacement, Opened,
    Sendable,
};
pub use self::questions::{
    Causes, DRIFTS_OF_A_PANEL, Drift, MOST_CAUSES, Neighbours, OtherCharge, Polled, Question,
};
pub use self::refills::{Refill, RefillAnswer, RefillAsked};
pub use self::stories::{Event, OrderFilter, OrderStory, PanelHour, PlacementRow, TransferRow};
pub use self::violation::Violation;
