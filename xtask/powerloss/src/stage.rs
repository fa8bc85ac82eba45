//! A store in a folder, and the deeds that are done to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture, join_all};
use panelgate_domain::fault::Refusal;
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, PlacementId, RefillId, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::settlement::Verdict;
use panelgate_domain::spec::{Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Fact, RefillWord, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::{
    Answer, Booking, CancelAnswer, Decision, Deposit, Learned, NewCustomer, NewOrder, NewPlacement,
    Opened, RefillAnswer, RefillAsked,
};
use panelgate_store::sqlite::{Options, Role, SqliteStore, Work};
use panelgate_store::{Store, StoreError};
use parking_lot::Mutex;

use crate::disk::Disk;
use crate::script::{CUSTOMERS, Deed, Given};

type Result<T> = std::result::Result<T, StoreError>;

/// The file of a store.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("panelgate.db")
}

/// Opens it as a server would. `lost` is told why, if nothing can be written any more.
fn open(folder: &Path, lost: Arc<Mutex<Option<String>>>) -> Result<SqliteStore> {
    let options = Options {
        create: true,
        work: Work::Inline,
        on_fatal: Arc::new(move |why| *lost.lock() = Some(why)),
        ..Options::default()
    };
    SqliteStore::open(&file(folder), Role::Serve, options)
}

/// As another process would: numbers of orders begin later, or the log is written back into the file.
fn beside(folder: &Path, sql: &str) -> Result<()> {
    let connection = rusqlite::Connection::open(file(folder))?;
    connection.execute_batch(sql)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// What tells a story.
pub(crate) struct Teller<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) disk: &'a Disk,
    pub(crate) script: &'a [Deed],
    pub(crate) given: Mutex<Given>,
    /// Why nothing can be written any more.
    pub(crate) lost: Arc<Mutex<Option<String>>>,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(folder: &'a Path, disk: &'a Disk, script: &'a [Deed], given: Given) -> Self {
        Self {
            folder,
            disk,
            script,
            given: Mutex::new(given),
            lost: Arc::default(),
        }
    }

    pub(crate) fn open(&self) -> Result<SqliteStore> {
        open(self.folder, Arc::clone(&self.lost))
    }

    /// Takes one step, and acknowledges it. A store is given back unless it could not be opened again.
    pub(crate) async fn step(
        &self,
        store: SqliteStore,
        step: usize,
    ) -> (Option<SqliteStore>, Result<()>) {
        let (store, done) = match &self.script[step] {
            Deed::Restart => {
                store.close().await;
                match self.open() {
                    Ok(store) => (Some(store), Ok(())),
                    Err(error) => (None, Err(error)),
                }
            }
            Deed::Checkpoint => {
                let done = beside(self.folder, "PRAGMA wal_checkpoint(PASSIVE)");
                (Some(store), done)
            }
            Deed::Number => {
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ('orders', 996)";
                (Some(store), beside(self.folder, sql))
            }
            deed => {
                let stage = Stage {
                    store: &store,
                    step,
                    given: &self.given,
                };
                let done = stage.act(deed).await;
                (Some(store), done)
            }
        };
        if done.is_ok() {
            self.disk.acknowledge(step + 1);
        }
        (store, done)
    }
}

/// What one step has to know, and what it was given.
pub(crate) struct Stage<'a> {
    pub(crate) store: &'a SqliteStore,
    /// When, and under which reference.
    pub(crate) step: usize,
    pub(crate) given: &'a Mutex<Given>,
}

impl Stage<'_> {
    /// Does a deed; not those about the process.
    pub(crate) fn act<'a>(&'a self, deed: &'a Deed) -> LocalBoxFuture<'a, Result<()>> {
        match deed {
            Deed::Together(deeds) => {
                let all = join_all(deeds.iter().map(|deed| self.act(deed)));
                all.map(|results| results.into_iter().collect())
                    .boxed_local()
            }
            Deed::TopUp(_) | Deed::Deposit => self.book(deed).boxed_local(),
            Deed::Open(..) | Deed::Send(..) => self.open(deed).boxed_local(),
            Deed::Begin(order)
            | Deed::Confirm(order)
            | Deed::Return(order)
            | Deed::Park(order)
            | Deed::Refuse(order) => self.send(*order, deed).boxed_local(),
            Deed::Refill(order) | Deed::Refilling(order) | Deed::Refilled(order) => {
                self.refill(*order, deed).boxed_local()
            }
            Deed::Later(order, remains) => self
                .end(*order, StatusWord::Partial, *remains, true)
                .boxed_local(),
            Deed::Close(order, word, remains) => {
                self.end(*order, *word, *remains, false).boxed_local()
            }
            Deed::Found(order)
            | Deed::Learn(order)
            | Deed::Unsent(order)
            | Deed::Wish(order)
            | Deed::Asked(order)
            | Deed::Refund(order) => self.decide(*order, deed).boxed_local(),
            Deed::Currency | Deed::Customer(_) => self.begin(deed).boxed_local(),
            Deed::Number | Deed::Checkpoint | Deed::Restart => {
                unreachable!("it is about the process")
            }
        }
    }

    async fn begin(&self, deed: &Deed) -> Result<()> {
        let Deed::Customer(number) = deed else {
            return self.store.fix_currency(&"USD".into()).await;
        };
        let (id, name) = CUSTOMERS[*number];
        let new = NewCustomer {
            name: name.to_owned(),
            group: None,
            credit_limit: Money::ZERO,
            at: self.at(),
        };
        let customer = self.store.add_customer(new).await?;
        assert_eq!(customer.id, id, "ids of a new store");
        Ok(())
    }

    async fn book(&self, deed: &Deed) -> Result<()> {
        let (amount, reference, at) = (money("50"), self.step.to_string(), self.at());
        if let Deed::TopUp(customer) = deed {
            let booking = Booking {
                customer: CUSTOMERS[*customer].0,
                amount,
                reference,
                note: None,
                actor: "operator".to_owned(),
                at,
            };
            return self.store.top_up(booking).await.map(drop);
        }
        let deposit = Deposit {
            panel: "alpha".into(),
            currency: "EUR".into(),
            amount,
            reference,
            at,
        };
        self.store.deposit(deposit).await.map(drop)
    }

    async fn open(&self, deed: &Deed) -> Result<()> {
        let (Deed::Open(order, customer) | Deed::Send(order, customer)) = deed else {
            unreachable!("nothing else opens")
        };
        let placement = matches!(deed, Deed::Send(..)).then(|| self.placement());
        let new = NewOrder {
            customer: CUSTOMERS[*customer].0,
            service: ServiceId(7),
            service_type: ServiceType::Default,
            spec: spec(*order),
            quote: Quote {
                rate: Rate::parse("10.007").expect("a rate"),
                price: money("1.0007"),
                revision: 1,
            },
            refill: true,
            cancel: true,
            idempotency_key: order.is_multiple_of(3).then(|| order.to_string()),
            options: panelgate_domain::customer::Options::default(),
            open_max: 100,
            at: self.at(),
        };
        match self.store.open_order(new, placement).await? {
            Opened::New(row, placement) => {
                let mut given = self.given.lock();
                given.orders.insert(*order, row.id);
                given
                    .placements
                    .extend(placement.map(|placement| (*order, placement)));
                Ok(())
            }
            other => panic!("a new order: {other:?}"),
        }
    }

    async fn send(&self, order: usize, deed: &Deed) -> Result<()> {
        let store = self.store;
        match deed {
            Deed::Begin(_) => {
                let placement = store
                    .begin_placement(self.id(order), self.placement())
                    .await?;
                self.given.lock().placements.insert(order, placement);
                Ok(())
            }
            Deed::Confirm(_) => {
                let placement = self.placement_of(order);
                let said = self.said("accepted");
                store
                    .confirm_placement(placement, upstream(order), said)
                    .await
                    .map(drop)
            }
            Deed::Return(_) => store
                .return_order(self.placement_of(order), self.said("throttled"))
                .await
                .map(drop),
            Deed::Park(_) => store
                .park_placement(self.placement_of(order), self.said("unknown"))
                .await
                .map(drop),
            _ => {
                let said = self.said("refused_order");
                store
                    .refuse_order(self.placement_of(order), Refusal::BadLink, said)
                    .await
                    .map(drop)
            }
        }
    }

    async fn refill(&self, order: usize, deed: &Deed) -> Result<()> {
        let store = self.store;
        let asked = || -> RefillId { self.given.lock().refills[&order] };
        match deed {
            Deed::Refill(_) => {
                let (RefillAsked::New(refill) | RefillAsked::Repeat(refill)) =
                    store.ask_refill(self.id(order), self.at()).await?;
                self.given.lock().refills.insert(order, refill);
                Ok(())
            }
            Deed::Refilling(_) => {
                let known = RefillAnswer::Known(upstream(order));
                store
                    .answer_refill(asked(), known, self.said("accepted"))
                    .await
            }
            _ => {
                let words = vec![(asked(), RefillWord::Completed)];
                store.learn_refills(words, self.at()).await
            }
        }
    }

    async fn end(&self, order: usize, word: StatusWord, remains: i64, later: bool) -> Result<()> {
        let id = self.id(order);
        let fact = Fact {
            word,
            remains: Some(remains),
            charge: Some(money("0.7")),
            ..Fact::accepted(self.at())
        };
        let row = self.store.orders(vec![id]).await?.pop();
        let Some(Verdict::Settle(settlement)) = row.map(|row| row.basis().settle(&fact)) else {
            panic!("order {id} cannot end as {fact:?}")
        };
        let done = if later {
            self.store.settle_later(id, fact, settlement).await
        } else {
            self.store.close_order(id, fact, settlement, fact.at).await
        };
        done.map(drop)
    }

    async fn decide(&self, order: usize, deed: &Deed) -> Result<()> {
        let (store, id) = (self.store, self.id(order));
        let decision = Decision {
            order: id,
            actor: "operator".to_owned(),
            reason: "looked".to_owned(),
            at: self.at(),
        };
        match deed {
            Deed::Found(_) => store
                .resolve_placed(decision, upstream(order))
                .await
                .map(drop),
            Deed::Unsent(_) => store.close_unsent(decision).await.map(drop),
            Deed::Wish(_) => store.wish_cancel(id, self.at()).await.map(drop),
            Deed::Asked(_) => {
                let said = self.said("accepted");
                let asked = store.answer_cancel(id, CancelAnswer::Sent, said);
                asked.await.map(drop)
            }
            Deed::Refund(_) => store.settle_by_hand(decision, money("0.1")).await.map(drop),
            _ => {
                let fact = Fact {
                    word: StatusWord::InProgress,
                    charge: Some(money("0.9")),
                    ..Fact::accepted(self.at())
                };
                let learned = Learned {
                    order: id,
                    fact,
                    flag: None,
                    doubt: None,
                };
                store.learn(vec![learned]).await.map(drop)
            }
        }
    }

    fn placement(&self) -> NewPlacement {
        NewPlacement {
            panel: "alpha".into(),
            offer: "77".into(),
            cost: money("0.8"),
            rate: Rate::parse("8").expect("a rate"),
            share: None,
            currency: "EUR".into(),
            at: self.at(),
        }
    }

    fn said(&self, outcome: &str) -> Answer {
        Answer {
            outcome: outcome.to_owned(),
            raw: format!("raw {outcome}"),
            at: self.at(),
        }
    }

    fn at(&self) -> Timestamp {
        at(i64::try_from(self.step).expect("a short story") + 1)
    }

    fn id(&self, order: usize) -> OrderId {
        self.given.lock().orders[&order]
    }

    fn placement_of(&self, order: usize) -> PlacementId {
        self.given.lock().placements[&order]
    }
}

/// A moment, in seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + seconds * 1_000)
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

/// What the panel calls an order.
fn upstream(order: usize) -> UpstreamId {
    format!("u{order}").as_str().into()
}

fn spec(order: usize) -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000,
        dripfeed: false,
        subscribing: Subscribing::default(),
    };
    let link = format!("https://example.com/p/{order}");
    let sent = [(Field::Link, link), (Field::Quantity, "100".to_owned())];
    OrderSpec::read(&limits, &sent.into()).expect("valid")
}
