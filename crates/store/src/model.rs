//! What goes into the store's transactions and what comes out.

use panelgate_domain::customer::{Account, Customer};
use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{
    Currency, CustomerId, OfferId, OrderId, PanelName, PlacementId, RefillId, ServiceId, UpstreamId,
};
use panelgate_domain::money::Money;
use panelgate_domain::offer::OfferList;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::OrderSpec;
use panelgate_domain::status::{Fact, RefillWord};
use panelgate_domain::sync::{Baseline, Change, Distrust};
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

/// An order to be opened: row, spec and hold in one transaction.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Whose.
    pub customer: CustomerId,
    /// What.
    pub service: ServiceId,
    /// Its type.
    pub service_type: ServiceType,
    /// What exactly.
    pub spec: OrderSpec,
    /// Price, rate and revision.
    pub quote: Quote,
    /// The service's refill flag now.
    pub refill: bool,
    /// The service's cancel flag now.
    pub cancel: bool,
    /// The customer's own name for this order.
    pub idempotency_key: Option<String>,
    /// At most so many orders may wait in `open`.
    pub open_max: u64,
    /// When.
    pub at: Timestamp,
}

/// What became of an order to be opened.
#[derive(Clone, Debug)]
pub enum Opened {
    /// It was opened; with its placement if one was begun in the same transaction.
    New(Box<Order>, Option<PlacementId>),
    /// The same customer opened the same order under the same idempotency key within 24 h.
    Repeat(Box<Order>),
    /// The same customer used the idempotency key for something else within 24 h.
    OtherUnderSameKey,
}

/// A placement to be begun: open → sending, durable before a byte leaves.
#[derive(Clone, Debug)]
pub struct NewPlacement {
    /// At which panel.
    pub panel: PanelName,
    /// For which offer.
    pub offer: OfferId,
    /// What it should cost, in the panel's currency.
    pub cost: Money,
    /// The offer's rate, in the same.
    pub rate: Rate,
    /// The panel's currency.
    pub currency: Currency,
    /// What the order's children will be to its money, if it may have any.
    pub share: Option<Share>,
    /// When.
    pub at: Timestamp,
}

/// What became of orders that a panel says it has made for one of ours.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// Those that are new.
    pub children: Vec<Order>,
    /// The parent, if something about it has changed: it may be on the operator's list now.
    pub parent: Order,
}

/// A parent and its children, as far as they do not change with every look.
#[derive(Clone, Debug)]
pub struct Family {
    /// What exactly was ordered.
    pub spec: OrderSpec,
    /// The rate of the parent's offer when it was sent, in the panel's currency.
    pub rate: Option<Rate>,
    /// The children, oldest first, and what the panel calls them.
    pub children: Vec<(OrderId, UpstreamId)>,
}

/// What a panel answered, or why it did not, for the operator: bounded, and without keys.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The class of the outcome: `accepted`, `refused_order`, `unknown`, …
    pub outcome: String,
    /// The raw text, or the error; the store keeps at most 4 KiB of it.
    pub raw: String,
    /// When.
    pub at: Timestamp,
}

/// An order with everything that is needed to send it.
#[derive(Clone, Debug)]
pub struct Sendable {
    /// The order.
    pub order: Order,
    /// What exactly was ordered.
    pub spec: OrderSpec,
}

/// What was learned of an order.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Which.
    pub order: OrderId,
    /// The fact; replaces an older one.
    pub fact: Fact,
    /// Puts the order on the operator's list, if it is not there yet.
    pub flag: Option<String>,
    /// See [`Order::doubt`]; replaces what was kept before.
    pub doubt: Option<Timestamp>,
}

/// A filter over orders; everything given must match. Newest first.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// In this state.
    pub state: Option<OrderState>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Last placed at this panel.
    pub panel: Option<PanelName>,
    /// Opened at or after.
    pub from: Option<Timestamp>,
    /// Opened before.
    pub to: Option<Timestamp>,
    /// Only those on the operator's list.
    pub flagged: bool,
    /// At most so many; 0 means all.
    pub limit: u64,
}

/// One event in the life of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// `opened`, `sending`, `placed`, `learned`, `closed`, …
    pub kind: String,
    /// What there is to say, raw upstream texts included.
    pub text: String,
}

/// Everything about one order.
#[derive(Clone, Debug)]
pub struct OrderStory {
    /// The order and its spec.
    pub order: Sendable,
    /// The orders that it spawned, oldest first.
    pub children: Vec<Order>,
    /// The customer's name.
    pub customer: String,
    /// All placements, oldest first: id, panel, offer, outcome.
    pub placements: Vec<PlacementRow>,
    /// All events, oldest first.
    pub events: Vec<Event>,
    /// All transfers, oldest first: when, kind, amount, currency.
    pub transfers: Vec<TransferRow>,
}

/// One placement as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacementRow {
    /// Its id.
    pub id: PlacementId,
    /// Where.
    pub panel: PanelName,
    /// What for.
    pub offer: OfferId,
    /// `None` while it is under way.
    pub outcome: Option<String>,
    /// The panel's raw answer, or the error.
    pub raw: Option<String>,
    /// When it began.
    pub at: Timestamp,
}

/// One transfer as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    /// When.
    pub at: Timestamp,
    /// Its kind.
    pub kind: String,
    /// How much, > 0.
    pub amount: Money,
    /// In which currency.
    pub currency: Currency,
    /// Its reference.
    pub reference: String,
    /// Who and why, if an operator did it.
    pub note: Option<String>,
}

/// What became of the wish for a refill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefillAsked {
    /// A row is durable: ask the panel now, once.
    New(RefillId),
    /// Asked within 24 h: this one; the panel is not asked again.
    Repeat(RefillId),
}

/// How a refill is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refill {
    /// Our id.
    pub id: RefillId,
    /// The order.
    pub order: OrderId,
    /// The order's panel.
    pub panel: PanelName,
    /// The panel's id; `None` while it is asked or unknown.
    pub upstream_id: Option<UpstreamId>,
    /// The last word.
    pub word: RefillWord,
    /// When the word was learned.
    pub at: Timestamp,
}

/// What a panel answered to a refill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefillAnswer {
    /// It has it under this id.
    Known(UpstreamId),
    /// It refused: the customer may ask again at once.
    Refused(Refusal),
    /// Nobody knows: kept, never asked again within 24 h.
    Unknown,
}

/// How a running wish for a cancel went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAnswer {
    /// The panel took note, or nobody knows: what becomes of it is seen by `status`.
    Sent,
    /// The panel refused: the customer may ask again.
    Refused,
}

/// An operator's decision about an order.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Which order.
    pub order: OrderId,
    /// Who decided.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What a sync that is believed brought, or an approval.
#[derive(Clone, Debug)]
pub struct Synced {
    /// Whose.
    pub panel: PanelName,
    /// Its list; `None` if it is the stored one.
    pub list: Option<OfferList>,
    /// Baselines that are new or have moved.
    pub baselines: Vec<(OfferId, Baseline)>,
    /// What happened to offers.
    pub changes: Vec<Change>,
    /// Who approved it; `None` if nobody had to.
    pub actor: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A list that is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The list.
    pub list: OfferList,
    /// Why.
    pub reason: Distrust,
    /// When it came.
    pub at: Timestamp,
}

/// One line of an offer's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLine {
    /// What happened.
    pub change: Change,
    /// Who approved it.
    pub actor: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// So many lines are kept of each offer's history; the oldest go. At the shortest time between two syncs, with a change in
/// each, that is half a day; at a change a day it is more than two months.
pub const HISTORY_OF_AN_OFFER: u64 = 72;

/// A broken invariant that `verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in `money.md`.
    pub invariant: u8,
    /// What is wrong, with ids and amounts.
    pub text: String,
}

/// A customer and their money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    /// Who.
    pub customer: Customer,
    /// How much.
    pub account: Account,
}

/// What became of a panel's orders in one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanelHour {
    /// Which panel.
    pub panel: PanelName,
    /// When the hour began.
    pub began: Timestamp,
    /// Orders it took.
    pub accepted: u64,
    /// What they were to cost, in its currency.
    pub cost: Money,
    /// Orders it refused for a reason of its own.
    pub refused: u64,
    /// Orders that ended whole.
    pub completed: u64,
    /// Orders that ended in part.
    pub partial: u64,
    /// Orders that ended canceled.
    pub canceled: u64,
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
