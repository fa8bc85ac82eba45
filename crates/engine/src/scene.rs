//! A whole engine on a store of its own, for tests that say what a panel reports and see what becomes of the money.
//!
//! Its panel cannot be reached, so nothing is heard but what a test says.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use panelgate_domain::catalogue::Definitions;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::family::Share;
use panelgate_domain::field::Field;
use panelgate_domain::ids::{CustomerId, OrderId, PanelName, ServiceId, UpstreamId};
use panelgate_domain::markup::{Markup, Terms};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Heard, Report};
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::model::{Answer, Booking, NewCustomer, NewOrder, NewPlacement, Opened};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_upstream::{Look, PanelSettings, Reports};
use prometheus::Registry;
use tempfile::TempDir;

use crate::core::{Core, Engine};
use crate::market::Rules;
use crate::settings::Settings;
use crate::start::Parts;
use crate::{Clock, Metrics};

/// An engine, its store and its clock. Order `n` is its panel's `n`, costs 10.00 and is about 100 pieces.
pub(crate) struct Scene {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) now: Arc<Hands>,
    pub(crate) ann: CustomerId,
    engine: Engine,
    _folder: TempDir,
}

/// A clock that goes when it is told to.
#[derive(Debug)]
pub(crate) struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

impl Hands {
    pub(crate) fn advance(&self, by: Duration) {
        self.set(self.now().after(by));
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }
}

impl Scene {
    /// With so many orders, all of them placed, and no money beside what they hold.
    pub(crate) async fn with_orders(orders: i64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            create: true,
            ..Options::default()
        };
        let path = folder.path().join("panelgate.db");
        let store = SqliteStore::open(&path, Role::Serve, options).expect("opened");
        let store: Arc<dyn Store> = Arc::new(store);
        let now = Arc::new(Hands(AtomicI64::new(START.0)));
        let ann = fund(&*store, orders).await;
        for order in 1..=orders {
            place(&*store, ann, order).await;
        }
        let engine = engine(Arc::clone(&store), Arc::clone(&now)).await;
        Self {
            store,
            now,
            ann,
            engine,
            _folder: folder,
        }
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn core(&self) -> &Core {
        &self.engine.0
    }

    fn funds(&self) -> Booking {
        Booking {
            customer: self.ann,
            amount: money("10"),
            reference: "more funds".to_owned(),
            note: Some("a note".to_owned()),
            actor: "operator".to_owned(),
            at: START,
        }
    }

    /// One more order, paid for and not sent.
    pub(crate) async fn opened(&self) -> Order {
        self.store.top_up(self.funds()).await.expect("booked");
        let opened = self.store.open_order(new_order(self.ann), None).await;
        let Opened::New(order, None) = opened.expect("opened") else {
            panic!("not opened")
        };
        *order
    }

    /// A subscription of ann's with so many posts of 50 to 100 pieces at 0.10 each, placed at the panel under its own number
    /// and paid for by another top-up.
    pub(crate) async fn subscribed(&self, posts: u64) -> Order {
        let price = money(&(posts * 10).to_string());
        let booking = Booking {
            amount: price,
            reference: format!("for {posts} posts"),
            ..self.funds()
        };
        self.store.top_up(booking).await.expect("booked");
        let new = NewOrder {
            service_type: ServiceType::Subscriptions,
            spec: subscription(posts),
            quote: Quote {
                price,
                ..new_order(self.ann).quote
            },
            ..new_order(self.ann)
        };
        let placement = NewPlacement {
            rate: Rate::parse("60").expect("a rate"),
            share: Some(Share::Post),
            ..new_placement()
        };
        let opened = self.store.open_order(new, Some(placement)).await;
        let Opened::New(order, Some(placement)) = opened.expect("opened") else {
            panic!("not begun")
        };
        let accepted = self
            .store
            .confirm_placement(placement, upstream_id(order.id.0), accepted())
            .await;
        self.core().remember(accepted.expect("placed"))
    }

    /// One call's looks.
    pub(crate) async fn hear(&self, looks: impl IntoIterator<Item = (i64, Report)>) {
        let looks = looks.into_iter();
        let looks = looks.map(|(order, report)| (upstream_id(order), Look::Report(report)));
        self.core().reported(&panel(), looks.collect()).await;
    }

    /// As the store has it, with what waited to be written.
    pub(crate) async fn order(&self, order: i64) -> Order {
        self.core().write_learned().await;
        let found = self.store.orders(vec![OrderId(order)]).await;
        found.expect("read").pop().expect("there")
    }

    /// What ann has left of what is not held.
    #[track_caller]
    pub(crate) fn expect(&self, available: &str) -> impl Future<Output = ()> + '_ {
        let (expected, caller) = (money(available), std::panic::Location::caller());
        async move {
            let account = self.store.account(self.ann).await.expect("read");
            assert_eq!(account.available, expected, "available at {caller}");
            let violations = self.store.verify().await.expect("verified");
            assert_eq!(violations, [], "at {caller}");
        }
    }
}

/// The panel of all orders.
pub(crate) fn panel() -> PanelName {
    "alpha".into()
}

/// What the panel calls an order.
pub(crate) fn upstream_id(order: i64) -> UpstreamId {
    UpstreamId::new(order.to_string())
}

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

/// A word, and what remains.
pub(crate) fn says(word: &str, remains: Option<i64>) -> Report {
    Report {
        heard: Heard::parse(word),
        charge: None,
        start_count: None,
        remains,
        runs: None,
        children: Vec::new(),
    }
}

/// The same with a counter before the work began.
pub(crate) fn counts(word: &str, start_count: i64) -> Report {
    Report {
        start_count: Some(start_count),
        ..says(word, None)
    }
}

async fn fund(store: &dyn Store, orders: i64) -> CustomerId {
    store.fix_currency(&"USD".into()).await.expect("fixed");
    let new = NewCustomer {
        name: "ann".to_owned(),
        group: None,
        credit_limit: Money::ZERO,
        at: START,
    };
    let ann = store.add_customer(new).await.expect("added").id;
    if orders > 0 {
        let booking = Booking {
            customer: ann,
            amount: money(&(orders * 10).to_string()),
            reference: "funds".to_owned(),
            note: Some("a note".to_owned()),
            actor: "operator".to_owned(),
            at: START,
        };
        store.top_up(booking).await.expect("booked");
    }
    ann
}

fn new_order(customer: CustomerId) -> NewOrder {
    NewOrder {
        customer,
        service: ServiceId(7),
        service_type: ServiceType::Default,
        spec: spec(),
        quote: Quote {
            rate: Rate::parse("100").expect("a rate"),
            price: money("10"),
            revision: 1,
        },
        refill: false,
        cancel: false,
        idempotency_key: None,
        options: panelgate_domain::customer::Options::default(),
        open_max: 1_000,
        at: START,
    }
}

fn new_placement() -> NewPlacement {
    NewPlacement {
        panel: panel(),
        offer: "1".into(),
        cost: money("6"),
        rate: Rate::default(),
        share: None,
        currency: "USD".into(),
        at: START,
    }
}

fn accepted() -> Answer {
    Answer {
        outcome: "accepted".to_owned(),
        raw: String::new(),
        at: START,
    }
}

async fn place(store: &dyn Store, customer: CustomerId, number: i64) {
    let opened = store
        .open_order(new_order(customer), Some(new_placement()))
        .await;
    let Opened::New(order, Some(placement)) = opened.expect("opened") else {
        panic!("not begun")
    };
    assert_eq!(order.id, OrderId(number));
    let placed = store.confirm_placement(placement, upstream_id(number), accepted());
    placed.await.expect("placed");
}

fn spec() -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000_000,
        dripfeed: false,
        subscribing: Subscribing::default(),
    };
    let sent: BTreeMap<Field, String> = [
        (Field::Link, "https://example.com/p/1".to_owned()),
        (Field::Quantity, "100".to_owned()),
    ]
    .into();
    OrderSpec::read(&limits, &sent).expect("valid")
}

fn subscription(posts: u64) -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Subscriptions,
        min: 1,
        max: 1_000,
        dripfeed: false,
        subscribing: Subscribing::default(),
    };
    let posts = posts.to_string();
    let sent = [
        (Field::Username, "someone"),
        (Field::Min, "50"),
        (Field::Max, "100"),
        (Field::Posts, &posts),
        (Field::Delay, "0"),
    ];
    let sent = sent.map(|(field, text)| (field, text.to_owned()));
    OrderSpec::read(&limits, &sent.into()).expect("valid")
}

async fn engine(store: Arc<dyn Store>, clock: Arc<Hands>) -> Engine {
    let registry = Registry::new();
    let parts = Parts {
        store,
        clock,
        settings: Settings::new("USD".into()),
        rules: rules(),
        panels: vec![unreachable()],
        metrics: Metrics::register(&registry).expect("the first"),
        upstream_metrics: panelgate_upstream::Metrics::register(&registry).expect("the first"),
    };
    Engine::start(parts).await.expect("started")
}

pub(crate) fn rules() -> Rules {
    let default = Terms::percent(0.into());
    Rules {
        revision: 1,
        markup: Markup {
            default,
            rules: Vec::new(),
        },
        definitions: Definitions::default(),
        exchange: Exchange::new("USD".into(), BTreeMap::new()),
    }
}

pub(crate) fn unreachable() -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::MIN,
        max_in_flight: 4,
        timeout: Duration::from_secs(1),
        late_answer: Duration::from_secs(1),
        allow_private: true,
        gather: Duration::from_millis(300),
        ..PanelSettings::new(
            panel(),
            url::Url::parse("http://127.0.0.1:9/").expect("a URL"),
            "secret".to_owned().into(),
            "USD".into(),
        )
    }
}

/// When all orders are placed.
const START: Timestamp = Timestamp(1_800_000_000_000);
