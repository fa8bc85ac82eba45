//! The store as one life of the process sees it: every transaction may fail, take its time, or be the last thing that happens.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use panelgate_domain::catalogue::ImportKey;
use panelgate_domain::completion::Completions;
use panelgate_domain::customer::{Account, Customer};
use panelgate_domain::evidence::Evidence;
use panelgate_domain::family::Size;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{
    Currency, CustomerId, OfferId, OrderId, PanelName, PlacementId, RefillId, ServiceId, UpstreamId,
};
use panelgate_domain::money::Money;
use panelgate_domain::offer::OfferList;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::settlement::Settlement;
use panelgate_domain::status::{Fact, RefillWord};
use panelgate_domain::sync::Baselines;
use panelgate_domain::time::Timestamp;
use panelgate_store::api::Result;
use panelgate_store::model::{
    Adopted, Answer, Archive, ArchivedOrder, Booked, Booking, CancelAnswer, Causes, CustomerChange,
    CustomerRow, Decision, Deposit, Drift, Family, HistoryLine, KeyRow, Learned, Moved, Moving,
    Neighbours, NewCustomer, NewKey, NewOrder, NewPlacement, Opened, OrderFilter, OrderStory,
    OtherCharge, PanelAccount, PanelHour, Polled, Question, Refill, RefillAnswer, RefillAsked,
    Sendable, StatementLine, Stub, Suspect, Synced, Violation,
};
use panelgate_store::reports::{Grouping, PastOrder, Profit, Reports};
use panelgate_store::sqlite::SqliteStore;
use panelgate_store::{Archives, Moves, Questions, Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::life::Life;
use crate::mishap::{Kind, Mishap, Mishaps};
use crate::trace::Trace;

/// A store with mishaps.
pub(crate) struct Boundary {
    store: Mutex<Option<Arc<SqliteStore>>>,
    life: Life,
    mishaps: Arc<Mishaps>,
    trace: Arc<Trace>,
}

/// A transaction that goes ahead.
struct Entered {
    store: Arc<SqliteStore>,
    crashes_after: bool,
}

impl Boundary {
    pub(crate) fn new(
        store: Arc<SqliteStore>,
        life: Life,
        mishaps: Arc<Mishaps>,
        trace: Arc<Trace>,
    ) -> Self {
        Self {
            store: Mutex::new(Some(store)),
            life,
            mishaps,
            trace,
        }
    }

    /// The process is over; the file is free once nothing is under way any more.
    pub(crate) fn give_up(&self) -> Option<Arc<SqliteStore>> {
        self.store.lock().take()
    }

    async fn enter(&self, place: &'static str, kind: Kind) -> Result<Entered> {
        let mut crashes_after = false;
        match self.mishaps.at(place, kind) {
            Some(Mishap::CrashBefore) => {
                self.trace.note(format_args!("crash before {place}"));
                self.life.end();
            }
            Some(Mishap::CrashAfter) => crashes_after = true,
            Some(Mishap::Error) => {
                self.trace.note(format_args!("{place} fails"));
                return Err(StoreError::Database("disk I/O error".to_owned()));
            }
            Some(Mishap::Delay(length)) => {
                self.life.lived(tokio::time::sleep(length)).await;
            }
            None => {}
        }
        let store = self.life.lived(async { self.store.lock().clone() }).await;
        match store {
            Some(store) => Ok(Entered {
                store,
                crashes_after,
            }),
            None => std::future::pending().await,
        }
    }

    async fn leave<T>(&self, place: &str, crashes_after: bool, result: Result<T>) -> Result<T> {
        match &result {
            Ok(_) => self.trace.note(place),
            Err(error) => self.trace.note(format_args!("{place}: {error}")),
        }
        if crashes_after {
            self.trace.note(format_args!("crash after {place}"));
            self.life.end();
        }
        self.life.lived(std::future::ready(result)).await
    }
}

macro_rules! through {
    ($trait:ident $({ $($own:tt)* })?: $($kind:ident $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl $trait for Boundary {
            $($($own)*)?

            $(async fn $name(&self, $($arg: $type),*) -> Result<$out> {
                let place = stringify!($name);
                let Entered { store, crashes_after } = self.enter(place, Kind::$kind).await?;
                // A dead process must not hold on to the store, so the work takes it along.
                let work = async move { store.$name($($arg),*).await };
                let result = self.life.lived(work).await;
                self.leave(place, crashes_after, result).await
            })*
        }
    };
}

through! { Store {
        // Memory cannot fail, and ends with the process.
        fn known_account(&self, customer: CustomerId) -> Option<Account> {
            self.store.lock().as_ref()?.known_account(customer)
        }
    }:
    Write add_customer(new: NewCustomer) -> Customer;
    Write change_customer(customer: CustomerId, change: CustomerChange) -> Customer;
    Read customers() -> Vec<CustomerRow>;
    Read customer(id: CustomerId) -> Customer;
    Read customer_named(name: &str) -> CustomerRow;
    Write issue_key(key: NewKey) -> ();
    Write revoke_key(prefix: &str, at: Timestamp) -> ();
    Read keys(customer: CustomerId) -> Vec<KeyRow>;
    Read key_owner(hash: [u8; 32]) -> Option<Customer>;
    Read account(customer: CustomerId) -> Account;
    Write top_up(booking: Booking) -> Booked;
    Write adjust(booking: Booking) -> Booked;
    Write deposit(deposit: Deposit) -> Booked;
    Read statement(customer: CustomerId, since: Option<Timestamp>, limit: u64) -> Vec<StatementLine>;
    Read panel_accounts() -> Vec<PanelAccount>;
    Write save_offers(list: OfferList, at: Timestamp) -> ();
    Write keep_sync(sync: Synced) -> ();
    Read baselines() -> HashMap<PanelName, Baselines>;
    Read offer_history(panel: &PanelName, offer: &OfferId, limit: u64) -> Vec<HistoryLine>;
    Write suspect(suspect: Suspect) -> ();
    Read suspects() -> Vec<Suspect>;
    Read offers() -> Vec<OfferList>;
    Write assign_services(keys: Vec<ImportKey>, reserved: Vec<ServiceId>) -> HashMap<ImportKey, ServiceId>;
    Write open_order(new: NewOrder, placement: Option<NewPlacement>) -> Opened;
    Write keep_refusal(order: OrderId, refusal: Refusal) -> ();
    Write begin_placement(order: OrderId, placement: NewPlacement) -> PlacementId;
    Write confirm_placement(placement: PlacementId, upstream_id: UpstreamId, answer: Answer) -> Order;
    Write return_order(placement: PlacementId, answer: Answer) -> Order;
    Write refuse_order(placement: PlacementId, refusal: Refusal, answer: Answer) -> Order;
    Write park_placement(placement: PlacementId, answer: Answer) -> Order;
    Write park_orphans(at: Timestamp) -> Vec<Order>;
    Write close_unsent(decision: Decision) -> Order;
    Write learn(learned: Vec<Learned>) -> Vec<Order>;
    Write close_order(order: OrderId, fact: Fact, settlement: Settlement, lived: Timestamp) -> Order;
    Write adopt(parent: OrderId, children: Vec<UpstreamId>, at: Timestamp) -> Adopted;
    Write size_child(child: OrderId, size: Size, at: Timestamp) -> Order;
    Write close_parent(order: OrderId, fact: Fact) -> (Order, Money);
    Read family(parent: OrderId) -> Family;
    Write settle_later(order: OrderId, fact: Fact, settlement: Settlement) -> Order;
    Write confirm_ends(looked: Vec<(OrderId, Timestamp)>) -> ();
    Write flag_order(order: OrderId, text: String, at: Timestamp) -> Order;
    Write wish_cancel(order: OrderId, at: Timestamp) -> Order;
    Write answer_cancel(order: OrderId, answer: CancelAnswer, raw: Answer) -> Order;
    Write ask_refill(order: OrderId, at: Timestamp) -> RefillAsked;
    Write answer_refill(refill: RefillId, answer: RefillAnswer, raw: Answer) -> ();
    Read refills(customer: CustomerId, ids: Vec<RefillId>) -> Vec<Refill>;
    Write learn_refills(words: Vec<(RefillId, RefillWord)>, at: Timestamp) -> ();
    Read orders(ids: Vec<OrderId>) -> Vec<Order>;
    Read waiting_orders(limit: u64) -> Vec<Sendable>;
    Write keep_unheard(lost: Vec<(OrderId, Timestamp)>) -> ();
    Write take_unheard() -> Option<Vec<(Sendable, Timestamp)>>;
    Read opened_since(since: Timestamp, limit: u64) -> Vec<Sendable>;
    Read placed_orders(after: OrderId, limit: u64) -> Vec<Order>;
    Read ended_since(since: Timestamp, after: OrderId, limit: u64) -> Vec<Order>;
    Read completions() -> Vec<(ServiceId, Completions)>;
    Read panel_hours(since: Timestamp) -> Vec<PanelHour>;
    Read list_orders(filter: OrderFilter) -> Vec<Order>;
    Read story(order: OrderId) -> OrderStory;
    Read count_live() -> Vec<(Option<PanelName>, OrderState, u64)>;
    Write resolve_placed(decision: Decision, upstream_id: UpstreamId) -> Order;
    Write resolve_not_placed(decision: Decision) -> Order;
    Write settle_by_hand(decision: Decision, refund: Money) -> Order;
    Write set_pause(panel: Option<PanelName>, paused: bool, at: Timestamp) -> ();
    Read pauses() -> Vec<Option<PanelName>>;
    Write set_panel_host(panel: &PanelName, host: &str, at: Timestamp) -> ();
    Read panel_hosts() -> HashMap<PanelName, String>;
    Write set_panel_trait(panel: &PanelName, learned: PanelTrait, on: bool, at: Timestamp) -> ();
    Read panel_traits() -> Vec<(PanelName, PanelTrait)>;
    Write note_orphan(order: OrderId, answer: Answer) -> Order;
    Read verify() -> Vec<Violation>;
    Read check_writable() -> ();
    Read foreign_commits() -> u64;
    Write revision(rules: [u8; 32], at: Timestamp) -> u64;
    Write fix_currency(currency: &Currency) -> ();
}

through! { Archives:
    Read stub(order: OrderId) -> Option<Stub>;
    Read archived(order: OrderId) -> Option<ArchivedOrder>;
    Read archives() -> Vec<Archive>;
}

through! { Questions:
    Read questions(limit: u64) -> Vec<Question>;
    Read oldest_questions() -> Vec<(PanelName, Timestamp)>;
    Read neighbours(question: &Question, settled: Timestamp, until: Timestamp) -> Neighbours;
    Read known_at(panel: &PanelName, ids: Vec<UpstreamId>) -> Vec<UpstreamId>;
    Write keep_evidence(order: OrderId, evidence: Evidence) -> bool;
    Read evidence(orders: Vec<OrderId>) -> Vec<(OrderId, Evidence)>;
    Read standing(panel: &PanelName, currency: &Currency) -> Option<Money>;
    Write keep_drift(polled: Polled) -> ();
    Read drifts(panel: Option<PanelName>, since: Timestamp) -> Vec<Drift>;
    Read causes(panel: &PanelName, from: Timestamp, to: Timestamp) -> Causes;
    Read other_charges(panel: Option<PanelName>, since: Timestamp) -> Vec<OtherCharge>;
    Read overcharges(since: Timestamp) -> Vec<(PanelName, Currency, Money)>;
}

through! { Moves:
    Read plan_move(moving: Arc<Moving>) -> Moved;
    Write move_in(moving: Arc<Moving>) -> Moved;
}

through! { Reports:
    Read profit(by: Grouping, since: Option<Timestamp>) -> Vec<Profit>;
    Read past_orders(since: Timestamp, batches: mpsc::Sender<Vec<PastOrder>>) -> ();
}
