//! The store's one trait.

use std::collections::HashMap;

use async_trait::async_trait;
use panelgate_domain::catalogue::ImportKey;
use panelgate_domain::completion::Completions;
use panelgate_domain::customer::{Account, Customer};
use panelgate_domain::family::Size;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{
    Currency, CustomerId, OfferId, OrderId, PanelName, PlacementId, RefillId, ServiceId, UpstreamId,
};
use panelgate_domain::money::Money;
use panelgate_domain::offer::OfferList;
use panelgate_domain::order::Order;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::settlement::Settlement;
use panelgate_domain::status::{Fact, RefillWord};
use panelgate_domain::sync::Baselines;
use panelgate_domain::time::Timestamp;

use crate::archives::Archives;
use crate::error::StoreError;
use crate::model::{
    Adopted, Answer, Booked, Booking, CancelAnswer, CustomerChange, CustomerRow, Decision, Deposit,
    Family, HistoryLine, KeyRow, Learned, NewCustomer, NewKey, NewOrder, NewPlacement, Opened,
    OrderFilter, OrderStory, PanelAccount, PanelHour, Refill, RefillAnswer, RefillAsked, Sendable,
    StatementLine, Suspect, Synced, Violation,
};
use crate::moves::Moves;
use crate::questions::Questions;
use crate::reports::Reports;

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Most facts that [`Store::learn`] takes at once: new orders wait for no longer than these take to be written.
pub const MAX_LEARNED: usize = 1_000;

/// The books, the orders and the catalogue. Every method is one transaction: when it returns `Ok`, what it did is durable;
/// when its future is dropped, it happens or not, but never half.
///
/// Each method that changes an order answers the order as it is afterwards, with a greater version.
#[async_trait]
pub trait Store: Archives + Moves + Questions + Reports + Send + Sync + 'static {
    // --- customers and keys -------------------------------------------------------------------------------------------

    /// Creates a customer with an empty account.
    async fn add_customer(&self, new: NewCustomer) -> Result<Customer>;
    /// Changes a customer.
    async fn change_customer(
        &self,
        customer: CustomerId,
        change: CustomerChange,
    ) -> Result<Customer>;
    /// All customers, by name.
    async fn customers(&self) -> Result<Vec<CustomerRow>>;
    /// A customer by id.
    async fn customer(&self, id: CustomerId) -> Result<Customer>;
    /// A customer by name.
    async fn customer_named(&self, name: &str) -> Result<CustomerRow>;
    /// Keeps a key's hash. The same hash for the same customer again is no error.
    async fn issue_key(&self, key: NewKey) -> Result<()>;
    /// Ends a key for ever.
    async fn revoke_key(&self, prefix: &str, at: Timestamp) -> Result<()>;
    /// All keys of a customer, oldest first.
    async fn keys(&self, customer: CustomerId) -> Result<Vec<KeyRow>>;
    /// Who owns the unrevoked key with this SHA-256; disabled customers are answered too.
    async fn key_owner(&self, hash: [u8; 32]) -> Result<Option<Customer>>;

    // --- money --------------------------------------------------------------------------------------------------------

    /// A customer's money, read from the books.
    async fn account(&self, customer: CustomerId) -> Result<Account>;
    /// The same from memory, at once; none if it has to be read. Everything that was answered here before is in it. What another
    /// process has committed may be missing until [`foreign_commits`](Self::foreign_commits) or another transaction was answered.
    fn known_account(&self, customer: CustomerId) -> Option<Account>;
    /// outside → available. Same reference, customer and amount: [`Booked::Before`]; same reference otherwise: an error.
    async fn top_up(&self, booking: Booking) -> Result<Booked>;
    /// outside ↔ available. May not bring `available` below −credit limit.
    async fn adjust(&self, booking: Booking) -> Result<Booked>;
    /// outside → prepaid.
    async fn deposit(&self, deposit: Deposit) -> Result<Booked>;
    /// What happened to `available` since then, or ever: the newest lines, so many or with 0 all of them, oldest first.
    async fn statement(
        &self,
        customer: CustomerId,
        since: Option<Timestamp>,
        limit: u64,
    ) -> Result<Vec<StatementLine>>;
    /// The accounts of all panels.
    async fn panel_accounts(&self) -> Result<Vec<PanelAccount>>;

    // --- catalogue ----------------------------------------------------------------------------------------------------

    /// Replaces a panel's list by a newer one.
    async fn save_offers(&self, list: OfferList, at: Timestamp) -> Result<()>;
    /// Keeps what a sync that is believed brought: list, baselines and history, of which each offer has its last
    /// [`HISTORY_OF_AN_OFFER`](crate::model::HISTORY_OF_AN_OFFER) lines. The panel's list that was not believed is forgotten. Nothing is kept if the stored list is newer.
    async fn keep_sync(&self, sync: Synced) -> Result<()>;
    /// What was approved of every panel's offers.
    async fn baselines(&self) -> Result<HashMap<PanelName, Baselines>>;
    /// The last changes of an offer, newest first, at most `limit`.
    async fn offer_history(
        &self,
        panel: &PanelName,
        offer: &OfferId,
        limit: u64,
    ) -> Result<Vec<HistoryLine>>;
    /// Keeps the last list of a panel that is not believed, until the next sync that is.
    async fn suspect(&self, suspect: Suspect) -> Result<()>;
    /// Lists that are not believed.
    async fn suspects(&self) -> Result<Vec<Suspect>>;
    /// All lists.
    async fn offers(&self) -> Result<Vec<OfferList>>;
    /// Gives every key without one a service id: ascending from 1001, never one used before, never one in `reserved`.
    /// Answers the ids of all keys ever given one.
    async fn assign_services(
        &self,
        keys: Vec<ImportKey>,
        reserved: Vec<ServiceId>,
    ) -> Result<HashMap<ImportKey, ServiceId>>;

    // --- the life of an order -----------------------------------------------------------------------------------------

    /// Writes order, spec and hold (available → held), and begins its first placement if one is given.
    ///
    /// # Errors
    /// [`StoreError::NotEnoughFunds`], [`StoreError::TooManyWaiting`] (only without a placement), [`StoreError::Busy`].
    async fn open_order(&self, new: NewOrder, placement: Option<NewPlacement>) -> Result<Opened>;
    /// Keeps what the customer was told instead of an order that they gave a name: a repeat under that name hears the same.
    async fn keep_refusal(&self, order: OrderId, refusal: Refusal) -> Result<()>;
    /// open → sending. `WrongState` if somebody closed or sent it meanwhile.
    async fn begin_placement(&self, order: OrderId, placement: NewPlacement)
    -> Result<PlacementId>;
    /// sending | unconfirmed → placed; prepaid → cost. The first fact is the acceptance.
    ///
    /// # Errors
    /// [`StoreError::DuplicateUpstreamId`]: park it instead.
    async fn confirm_placement(
        &self,
        placement: PlacementId,
        upstream_id: UpstreamId,
        answer: Answer,
    ) -> Result<Order>;
    /// sending → open: not sent, throttled, or refused for a reason that is about the panel. An order that its customer
    /// wants canceled is closed instead: it is nowhere, and need not leave again.
    async fn return_order(&self, placement: PlacementId, answer: Answer) -> Result<Order>;
    /// sending | unconfirmed → closed(Canceled); held → available: a refusal about the order.
    async fn refuse_order(
        &self,
        placement: PlacementId,
        refusal: Refusal,
        answer: Answer,
    ) -> Result<Order>;
    /// sending → unconfirmed.
    async fn park_placement(&self, placement: PlacementId, answer: Answer) -> Result<Order>;
    /// Every `sending` of a dead process becomes `unconfirmed`; answers them. Called once, at start.
    async fn park_orphans(&self, at: Timestamp) -> Result<Vec<Order>>;
    /// open → closed(Canceled); held → available. It was never sent, so this is always safe.
    async fn close_unsent(&self, decision: Decision) -> Result<Order>;
    /// Keeps what was learned of placed orders (facts, doubts, flags), and moves the difference if a panel's charge changed.
    /// An older fact replaces neither a newer one nor its doubt. Orders that are not placed any more are left alone. Answers
    /// those that changed.
    ///
    /// # Errors
    /// [`StoreError::BadAmount`] for more than [`MAX_LEARNED`]: the caller cuts them into pieces.
    async fn learn(&self, learned: Vec<Learned>) -> Result<Vec<Order>>;
    /// placed → closed; the hold is split (held → sales, held → available). The age of a delivered order is counted, see
    /// [`completions`](Self::completions).
    /// A child takes from its parent's hold, and never more than is left of it.
    /// `lived`: when it was last seen to live. It ended at some time between that and the fact; the middle counts.
    async fn close_order(
        &self,
        order: OrderId,
        fact: Fact,
        settlement: Settlement,
        lived: Timestamp,
    ) -> Result<Order>;

    /// Makes orders of ours of those that a panel says it has made for a placed parent: placed, without a hold, of the largest
    /// size. Known ones are left alone, so a repeat changes nothing. What cannot be a child (it comes after the parent was
    /// closed, or is another order of ours) puts the parent on the operator's list, once.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] if the order cannot have children.
    async fn adopt(
        &self,
        parent: OrderId,
        children: Vec<UpstreamId>,
        at: Timestamp,
    ) -> Result<Adopted>;
    /// A child's quantity became known, and with it what it costs at most and what it costs us. Once: afterwards, and for a
    /// child that is not placed any more, nothing changes.
    async fn size_child(&self, child: OrderId, size: Size, at: Timestamp) -> Result<Order>;
    /// placed → closed, for a subscription whose children are all closed: what they left of its hold goes back. Answers how
    /// much that was, too.
    ///
    /// # Errors
    /// [`StoreError::Unresolved`] while children live, or while fewer are known than the panel counts.
    async fn close_parent(&self, order: OrderId, fact: Fact) -> Result<(Order, Money)>;
    /// A parent's spec and children, archived ones too.
    async fn family(&self, parent: OrderId) -> Result<Family>;

    /// An order that a fact closed has ended better for its customer, says a later look: sales → available, the difference
    /// between what is taken and what `settlement` takes, so that hand refunds count and nothing is paid twice. End and fact
    /// change with it. `settlement` has to be what the formula makes of the fact.
    ///
    /// # Errors
    /// [`StoreError::WrongState`] if it is not closed. [`StoreError::NothingMore`] if its panel did not close it, if the fact is
    /// older than the one known, or if the customer would gain nothing, as in a repeat.
    async fn settle_later(
        &self,
        order: OrderId,
        fact: Fact,
        settlement: Settlement,
    ) -> Result<Order>;
    /// Later looks at closed orders found what was known: their facts are as young as that. A fact never gets older, and orders
    /// that are not closed are left alone.
    ///
    /// # Errors
    /// [`StoreError::BadAmount`] for more than [`MAX_LEARNED`].
    async fn confirm_ends(&self, looked: Vec<(OrderId, Timestamp)>) -> Result<()>;
    /// Puts an order in any state on the operator's list, unless it is there already.
    async fn flag_order(&self, order: OrderId, text: String, at: Timestamp) -> Result<Order>;

    // --- cancel and refill --------------------------------------------------------------------------------------------

    /// Remembers the wish to cancel an order that is sending, unconfirmed or placed.
    async fn wish_cancel(&self, order: OrderId, at: Timestamp) -> Result<Order>;
    /// Keeps what became of the wish once the panel was asked.
    async fn answer_cancel(
        &self,
        order: OrderId,
        answer: CancelAnswer,
        raw: Answer,
    ) -> Result<Order>;
    /// A refill row with our id, durable before the panel is asked; or the one asked within the last 24 h.
    async fn ask_refill(&self, order: OrderId, at: Timestamp) -> Result<RefillAsked>;
    /// asked → known | refused | unknown.
    async fn answer_refill(
        &self,
        refill: RefillId,
        answer: RefillAnswer,
        raw: Answer,
    ) -> Result<()>;
    /// The customer's refills among these ids; refused ones are not found.
    async fn refills(&self, customer: CustomerId, ids: Vec<RefillId>) -> Result<Vec<Refill>>;
    /// Keeps the last word of refills.
    async fn learn_refills(&self, words: Vec<(RefillId, RefillWord)>, at: Timestamp) -> Result<()>;

    // --- looking at orders --------------------------------------------------------------------------------------------

    /// The orders among these ids, whoever's they are; unknown ids are left out. Of an archived one, what its
    /// [stub](crate::model::Stub::order) shows.
    async fn orders(&self, ids: Vec<OrderId>) -> Result<Vec<Order>>;
    /// The oldest open orders with their specs.
    async fn waiting_orders(&self, limit: u64) -> Result<Vec<Sendable>>;
    /// This process stops by itself, and knows all answers to `add` that were lost lately.
    async fn keep_unheard(&self, lost: Vec<(OrderId, Timestamp)>) -> Result<()>;
    /// What the last process kept when it stopped; `None` if it did not, or if that was asked for before.
    async fn take_unheard(&self) -> Result<Option<Vec<(Sendable, Timestamp)>>>;
    /// Orders that customers have opened since then without an idempotency key, with their specs, newest first, at most `limit`.
    async fn opened_since(&self, since: Timestamp, limit: u64) -> Result<Vec<Sendable>>;
    /// Placed orders with greater ids than `after`, at most `limit`, by id: what has to be looked at, page by page.
    async fn placed_orders(&self, after: OrderId, limit: u64) -> Result<Vec<Order>>;
    /// Orders that a fact closed at or after `since`, at most `limit`, oldest end first: their panels may still change their
    /// minds. Of those closed at `since` itself, only the ones with greater ids than `after`: the next page begins with the
    /// time and the id of the last order.
    async fn ended_since(&self, since: Timestamp, after: OrderId, limit: u64)
    -> Result<Vec<Order>>;
    /// For each service the ages at which its orders were delivered, whole or in part.
    async fn completions(&self) -> Result<Vec<(ServiceId, Completions)>>;
    /// What became of the panels' orders since then, by the hour: what was sent counts where it began, what ended where it
    /// was closed. Refusals that are about the order say nothing about a panel and are left out.
    async fn panel_hours(&self, since: Timestamp) -> Result<Vec<PanelHour>>;
    /// Orders by filter, newest first.
    async fn list_orders(&self, filter: OrderFilter) -> Result<Vec<Order>>;
    /// Everything about one order.
    async fn story(&self, order: OrderId) -> Result<OrderStory>;
    /// How many orders there are by state and panel (`None` while no panel is chosen), closed ones aside.
    async fn count_live(
        &self,
    ) -> Result<Vec<(Option<PanelName>, panelgate_domain::order::OrderState, u64)>>;

    // --- decisions of operators ---------------------------------------------------------------------------------------

    /// unconfirmed → placed, with the id an operator found.
    async fn resolve_placed(&self, decision: Decision, upstream_id: UpstreamId) -> Result<Order>;
    /// unconfirmed → closed(Canceled); held → available.
    async fn resolve_not_placed(&self, decision: Decision) -> Result<Order>;
    /// Gives back `refund`: of the hold of a placed order, which closes it; or of what was taken of a closed one
    /// (sales → available), never more than is left. Takes the order off the operator's list.
    async fn settle_by_hand(&self, decision: Decision, refund: Money) -> Result<Order>;
    /// Stops (or starts) new orders at a panel, or everywhere.
    async fn set_pause(&self, panel: Option<PanelName>, paused: bool, at: Timestamp) -> Result<()>;
    /// What is paused; `None` stands for everything.
    async fn pauses(&self) -> Result<Vec<Option<PanelName>>>;

    /// A panel is at this host from now on.
    async fn set_panel_host(&self, panel: &PanelName, host: &str, at: Timestamp) -> Result<()>;
    /// The hosts of all panels that ever served: another host under an old name never had that panel's orders.
    async fn panel_hosts(&self) -> Result<HashMap<PanelName, String>>;
    /// Keeps (or forgets) that a panel speaks in this way.
    async fn set_panel_trait(
        &self,
        panel: &PanelName,
        learned: PanelTrait,
        on: bool,
        at: Timestamp,
    ) -> Result<()>;
    /// How panels speak.
    async fn panel_traits(&self) -> Result<Vec<(PanelName, PanelTrait)>>;
    /// Keeps an answer that came after its order was decided, and puts the order on the operator's list: the panel may have an
    /// order that belongs to nobody.
    async fn note_orphan(&self, order: OrderId, answer: Answer) -> Result<Order>;

    // --- health -------------------------------------------------------------------------------------------------------

    /// Checks the invariants marked (s) in `money.md`. Reads one snapshot; writes nothing.
    async fn verify(&self) -> Result<Vec<Violation>>;
    /// Fails if nothing can be written.
    async fn check_writable(&self) -> Result<()>;
    /// A number that grows whenever another process has committed: memory of rows must be dropped then.
    async fn foreign_commits(&self) -> Result<u64>;
    /// The number of a set of rules (the SHA-256 of their text): the same one for the same rules, a greater one for new rules.
    async fn revision(&self, rules: [u8; 32], at: Timestamp) -> Result<u64>;
    /// The currency the books are kept in: set by the first start, for ever.
    async fn fix_currency(&self, currency: &Currency) -> Result<()>;
}
