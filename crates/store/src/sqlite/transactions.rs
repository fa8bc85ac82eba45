//! The methods of [`Store`]: each hands one function to the writer or to a reader.

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
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::settlement::Settlement;
use panelgate_domain::status::{Fact, RefillWord};
use panelgate_domain::sync::Baselines;
use panelgate_domain::time::Timestamp;

use super::orders::{
    self, cancel, close, completions, families, flag, hours, later, learn, list, place, query,
    refill,
};
use super::writer::Room;
use super::{
    SqliteStore, bookings, customers, decisions, hosts, keys, ledger, meta, offers, pauses, syncs,
    traits, unheard, verify,
};
use crate::api::{Result, Store};
use crate::model::{
    Adopted, Answer, Booked, Booking, CancelAnswer, CustomerChange, CustomerRow, Decision, Deposit,
    Family, HistoryLine, KeyRow, Learned, NewCustomer, NewKey, NewOrder, NewPlacement, Opened,
    OrderFilter, OrderStory, PanelAccount, PanelHour, Refill, RefillAnswer, RefillAsked, Sendable,
    StatementLine, Suspect, Synced, Violation,
};

#[async_trait]
impl Store for SqliteStore {
    async fn add_customer(&self, new: NewCustomer) -> Result<Customer> {
        self.write(move |c| customers::add(c, &new)).await
    }
    async fn change_customer(
        &self,
        customer: CustomerId,
        change: CustomerChange,
    ) -> Result<Customer> {
        self.write(move |c| customers::change(c, customer, &change))
            .await
    }
    async fn customers(&self) -> Result<Vec<CustomerRow>> {
        self.read(customers::all).await
    }
    async fn customer(&self, id: CustomerId) -> Result<Customer> {
        self.read(move |c| customers::one(c, id)).await
    }
    async fn customer_named(&self, name: &str) -> Result<CustomerRow> {
        let name = name.to_owned();
        self.read(move |c| customers::named(c, &name)).await
    }
    async fn issue_key(&self, key: NewKey) -> Result<()> {
        self.write(move |c| keys::issue(c, &key)).await
    }
    async fn revoke_key(&self, prefix: &str, at: Timestamp) -> Result<()> {
        let prefix = prefix.to_owned();
        self.write(move |c| keys::revoke(c, &prefix, at)).await
    }
    async fn keys(&self, customer: CustomerId) -> Result<Vec<KeyRow>> {
        self.read(move |c| keys::of_customer(c, customer)).await
    }
    async fn key_owner(&self, hash: [u8; 32]) -> Result<Option<Customer>> {
        self.read(move |c| keys::owner(c, &hash)).await
    }

    async fn account(&self, customer: CustomerId) -> Result<Account> {
        let mark = self.accounts.as_ref().map(|accounts| accounts.mark());
        let account = self.read(move |c| ledger::account(c, customer)).await?;
        if let (Some(accounts), Some(mark)) = (&self.accounts, mark) {
            accounts.learn(customer, account, mark);
        }
        Ok(account)
    }
    fn known_account(&self, customer: CustomerId) -> Option<Account> {
        self.accounts.as_ref()?.get(customer)
    }
    async fn top_up(&self, booking: Booking) -> Result<Booked> {
        self.write(move |c| bookings::top_up(c, &booking)).await
    }
    async fn adjust(&self, booking: Booking) -> Result<Booked> {
        self.write(move |c| bookings::adjust(c, &booking)).await
    }
    async fn deposit(&self, deposit: Deposit) -> Result<Booked> {
        self.write(move |c| bookings::deposit(c, &deposit)).await
    }
    async fn statement(
        &self,
        customer: CustomerId,
        since: Option<Timestamp>,
        limit: u64,
    ) -> Result<Vec<StatementLine>> {
        self.read(move |c| bookings::statement(c, customer, since, limit))
            .await
    }
    async fn panel_accounts(&self) -> Result<Vec<PanelAccount>> {
        self.read(bookings::panel_accounts).await
    }

    async fn save_offers(&self, list: OfferList, at: Timestamp) -> Result<()> {
        let written = offers::write(&list)?;
        self.write(move |c| offers::save(c, &written, at).map(|_| ()))
            .await
    }
    async fn offers(&self) -> Result<Vec<OfferList>> {
        self.read(offers::all).await
    }
    async fn keep_sync(&self, sync: Synced) -> Result<()> {
        let written = sync.list.as_ref().map(offers::write).transpose()?;
        self.write(move |c| syncs::keep(c, &sync, written.as_ref()))
            .await
    }
    async fn baselines(&self) -> Result<HashMap<PanelName, Baselines>> {
        self.read(syncs::baselines).await
    }
    async fn offer_history(
        &self,
        panel: &PanelName,
        offer: &OfferId,
        limit: u64,
    ) -> Result<Vec<HistoryLine>> {
        let (panel, offer) = (panel.clone(), offer.clone());
        self.read(move |c| syncs::history(c, &panel, &offer, limit))
            .await
    }
    async fn suspect(&self, suspect: Suspect) -> Result<()> {
        let written = offers::write(&suspect.list)?;
        self.write(move |c| syncs::suspect(c, &written, suspect.reason, suspect.at))
            .await
    }
    async fn suspects(&self) -> Result<Vec<Suspect>> {
        self.read(syncs::suspects).await
    }
    async fn assign_services(
        &self,
        keys: Vec<ImportKey>,
        reserved: Vec<ServiceId>,
    ) -> Result<HashMap<ImportKey, ServiceId>> {
        self.write(move |c| offers::assign(c, &keys, &reserved))
            .await
    }

    async fn open_order(&self, new: NewOrder, placement: Option<NewPlacement>) -> Result<Opened> {
        let opened = self
            .writer
            .run(Room::Refusable, move |c| {
                orders::open::open(c, &new, placement.as_ref())
            })
            .await?;
        if let Opened::New(order, _) = &opened {
            self.tell_passed(order.id).await;
        }
        Ok(opened)
    }
    async fn keep_refusal(&self, order: OrderId, refusal: Refusal) -> Result<()> {
        self.write(move |c| orders::open::keep_refusal(c, order, refusal))
            .await
    }
    async fn begin_placement(
        &self,
        order: OrderId,
        placement: NewPlacement,
    ) -> Result<PlacementId> {
        self.write(move |c| place::begin(c, order, &placement))
            .await
    }
    async fn confirm_placement(
        &self,
        placement: PlacementId,
        upstream_id: UpstreamId,
        answer: Answer,
    ) -> Result<Order> {
        self.write(move |c| place::confirm(c, placement, &upstream_id, &answer))
            .await
    }
    async fn return_order(&self, placement: PlacementId, answer: Answer) -> Result<Order> {
        self.write(move |c| place::give_back(c, placement, &answer))
            .await
    }
    async fn refuse_order(
        &self,
        placement: PlacementId,
        refusal: Refusal,
        answer: Answer,
    ) -> Result<Order> {
        self.write(move |c| place::refuse(c, placement, refusal, &answer))
            .await
    }
    async fn park_placement(&self, placement: PlacementId, answer: Answer) -> Result<Order> {
        self.write(move |c| place::park(c, placement, &answer))
            .await
    }
    async fn park_orphans(&self, at: Timestamp) -> Result<Vec<Order>> {
        self.write(move |c| place::park_orphans(c, at)).await
    }
    async fn close_unsent(&self, decision: Decision) -> Result<Order> {
        self.write(move |c| close::unsent(c, &decision)).await
    }
    async fn learn(&self, learned: Vec<Learned>) -> Result<Vec<Order>> {
        self.write(move |c| learn::learn(c, &learned)).await
    }
    async fn close_order(
        &self,
        order: OrderId,
        fact: Fact,
        settlement: Settlement,
        lived: Timestamp,
    ) -> Result<Order> {
        self.write(move |c| close::by_fact(c, order, &fact, settlement, lived))
            .await
    }
    async fn adopt(
        &self,
        parent: OrderId,
        children: Vec<UpstreamId>,
        at: Timestamp,
    ) -> Result<Adopted> {
        let adopted = self
            .write(move |c| families::adopt(c, parent, &children, at))
            .await?;
        for child in &adopted.children {
            self.tell_passed(child.id).await;
        }
        Ok(adopted)
    }
    async fn size_child(&self, child: OrderId, size: Size, at: Timestamp) -> Result<Order> {
        self.write(move |c| families::size(c, child, size, at))
            .await
    }
    async fn close_parent(&self, order: OrderId, fact: Fact) -> Result<(Order, Money)> {
        self.write(move |c| close::parent_by_fact(c, order, &fact))
            .await
    }
    async fn family(&self, parent: OrderId) -> Result<Family> {
        self.read(move |c| families::of(c, parent)).await
    }
    async fn settle_later(
        &self,
        order: OrderId,
        fact: Fact,
        settlement: Settlement,
    ) -> Result<Order> {
        self.write(move |c| later::settle(c, order, &fact, settlement))
            .await
    }
    async fn confirm_ends(&self, looked: Vec<(OrderId, Timestamp)>) -> Result<()> {
        self.write(move |c| later::confirm(c, &looked)).await
    }
    async fn flag_order(&self, order: OrderId, text: String, at: Timestamp) -> Result<Order> {
        self.write(move |c| flag::set(c, order, &text, at)).await
    }

    async fn wish_cancel(&self, order: OrderId, at: Timestamp) -> Result<Order> {
        self.write(move |c| cancel::wish(c, order, at)).await
    }
    async fn answer_cancel(
        &self,
        order: OrderId,
        answer: CancelAnswer,
        raw: Answer,
    ) -> Result<Order> {
        self.write(move |c| cancel::answer(c, order, answer, &raw))
            .await
    }
    async fn ask_refill(&self, order: OrderId, at: Timestamp) -> Result<RefillAsked> {
        self.write(move |c| refill::ask(c, order, at)).await
    }
    async fn answer_refill(&self, id: RefillId, answer: RefillAnswer, raw: Answer) -> Result<()> {
        self.write(move |c| refill::answer(c, id, &answer, &raw))
            .await
    }
    async fn refills(&self, customer: CustomerId, ids: Vec<RefillId>) -> Result<Vec<Refill>> {
        self.read(move |c| refill::of_customer(c, customer, &ids))
            .await
    }
    async fn learn_refills(&self, words: Vec<(RefillId, RefillWord)>, at: Timestamp) -> Result<()> {
        self.write(move |c| refill::learn(c, &words, at)).await
    }

    async fn orders(&self, ids: Vec<OrderId>) -> Result<Vec<Order>> {
        self.read(move |c| query::among(c, &ids)).await
    }
    async fn waiting_orders(&self, limit: u64) -> Result<Vec<Sendable>> {
        self.read(move |c| query::waiting(c, limit)).await
    }
    async fn keep_unheard(&self, lost: Vec<(OrderId, Timestamp)>) -> Result<()> {
        self.write(move |c| unheard::keep(c, &lost)).await
    }
    async fn take_unheard(&self) -> Result<Option<Vec<(Sendable, Timestamp)>>> {
        self.write(unheard::take).await
    }
    async fn opened_since(&self, since: Timestamp, limit: u64) -> Result<Vec<Sendable>> {
        self.read(move |c| query::opened(c, since, limit)).await
    }
    async fn placed_orders(&self, after: OrderId, limit: u64) -> Result<Vec<Order>> {
        self.read(move |c| query::placed(c, after, limit)).await
    }
    async fn ended_since(
        &self,
        since: Timestamp,
        after: OrderId,
        limit: u64,
    ) -> Result<Vec<Order>> {
        self.read(move |c| query::ended(c, since, after, limit))
            .await
    }
    async fn completions(&self) -> Result<Vec<(ServiceId, Completions)>> {
        self.read(completions::all).await
    }
    async fn panel_hours(&self, since: Timestamp) -> Result<Vec<PanelHour>> {
        self.read(move |c| hours::since(c, since)).await
    }
    async fn list_orders(&self, filter: OrderFilter) -> Result<Vec<Order>> {
        self.read(move |c| list::list(c, &filter)).await
    }
    async fn story(&self, order: OrderId) -> Result<OrderStory> {
        self.read(move |c| query::story(c, order)).await
    }
    async fn count_live(&self) -> Result<Vec<(Option<PanelName>, OrderState, u64)>> {
        self.read(query::count_live).await
    }

    async fn resolve_placed(&self, decision: Decision, upstream_id: UpstreamId) -> Result<Order> {
        self.write(move |c| decisions::resolve_placed(c, &decision, &upstream_id))
            .await
    }
    async fn resolve_not_placed(&self, decision: Decision) -> Result<Order> {
        self.write(move |c| decisions::resolve_not_placed(c, &decision))
            .await
    }
    async fn settle_by_hand(&self, decision: Decision, refund: Money) -> Result<Order> {
        self.write(move |c| decisions::settle_by_hand(c, &decision, refund))
            .await
    }
    async fn set_pause(&self, panel: Option<PanelName>, paused: bool, at: Timestamp) -> Result<()> {
        self.write(move |c| pauses::set(c, panel.as_ref(), paused, at))
            .await
    }
    async fn set_panel_host(&self, panel: &PanelName, host: &str, at: Timestamp) -> Result<()> {
        let (panel, host) = (panel.clone(), host.to_owned());
        self.write(move |c| hosts::set(c, &panel, &host, at)).await
    }
    async fn panel_hosts(&self) -> Result<HashMap<PanelName, String>> {
        self.read(hosts::all).await
    }
    async fn set_panel_trait(
        &self,
        panel: &PanelName,
        learned: PanelTrait,
        on: bool,
        at: Timestamp,
    ) -> Result<()> {
        let panel = panel.clone();
        self.write(move |c| traits::set(c, &panel, learned, on, at))
            .await
    }
    async fn panel_traits(&self) -> Result<Vec<(PanelName, PanelTrait)>> {
        self.read(traits::all).await
    }
    async fn note_orphan(&self, order: OrderId, answer: Answer) -> Result<Order> {
        self.write(move |c| flag::note_orphan(c, order, &answer))
            .await
    }
    async fn pauses(&self) -> Result<Vec<Option<PanelName>>> {
        self.read(pauses::all).await
    }

    async fn verify(&self) -> Result<Vec<Violation>> {
        self.read(verify::verify).await
    }
    async fn check_writable(&self) -> Result<()> {
        self.write(meta::touch).await
    }
    async fn foreign_commits(&self) -> Result<u64> {
        self.write(|_| Ok(())).await?;
        Ok(self.writer.foreign_commits())
    }
    async fn revision(&self, rules: [u8; 32], at: Timestamp) -> Result<u64> {
        self.write(move |c| meta::revision(c, &rules, at)).await
    }
    async fn fix_currency(&self, currency: &Currency) -> Result<()> {
        let currency = currency.clone();
        self.write(move |c| meta::fix_currency(c, &currency)).await
    }
}
