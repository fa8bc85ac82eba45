//! An engine, its store and a simulated panel in this process, and a wall clock that a test moves. What would need a day in
//! one process is told over a restart: the store carries over what has to be known.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use panelgate_domain::action::{Action, Add};
use panelgate_domain::catalogue::{Definitions, Import};
use panelgate_domain::customer::Customer;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::field::Field;
use panelgate_domain::ids::OrderId;
use panelgate_domain::markup::{Markup, Terms};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::reply::Reply;
use panelgate_domain::time::Timestamp;
use panelgate_engine::{Clock, Cx, Engine, Parts, Rules, Settings, SystemClock};
use panelgate_simpanel::{SimOrder, SimPanel, SimSettings};
use panelgate_store::Store;
use panelgate_store::model::{Booking, NewCustomer, OrderFilter};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_upstream::PanelSettings;
use prometheus::Registry;

/// The machine's clock, moved forward.
#[derive(Debug, Default)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

/// One customer with money, and one panel.
pub(crate) struct Shop {
    pub(crate) panel: SimPanel,
    store: Arc<SqliteStore>,
    engine: Option<Engine>,
    clock: Arc<Moved>,
    customer: Arc<Customer>,
    _folder: tempfile::TempDir,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let panel = SimPanel::start(SimSettings::default()).await;
        let options = Options {
            create: true,
            ..Options::default()
        };
        let path = folder.path().join("shop.db");
        let store = Arc::new(SqliteStore::open(&path, Role::Serve, options).expect("opened"));
        let customer = funded(store.as_ref()).await;
        let mut shop = Self {
            panel: panel.expect("it starts"),
            store,
            engine: None,
            clock: Arc::default(),
            customer: Arc::new(customer),
            _folder: folder,
        };
        shop.start().await;
        shop
    }

    async fn start(&mut self) {
        let registry = Registry::new();
        let parts = Parts {
            store: Arc::<SqliteStore>::clone(&self.store),
            clock: Arc::<Moved>::clone(&self.clock),
            settings: Settings {
                fresh_for: FRESH_FOR,
                look_at_least_every: LOOK_EVERY,
                ..Settings::new("USD".into())
            },
            rules: rules(),
            panels: vec![panel_settings(&self.panel)],
            metrics: panelgate_engine::Metrics::register(&registry).expect("registered"),
            upstream_metrics: panelgate_upstream::Metrics::register(&registry).expect("registered"),
        };
        self.engine = Some(Engine::start(parts).await.expect("it starts"));
    }

    /// The engine ends, time passes, and another one begins on the same store.
    pub(crate) async fn later(&mut self, passed: Duration) {
        self.engine.take().expect("it runs").stop().await;
        let millis = i64::try_from(passed.as_millis()).expect("a short time");
        self.clock.0.fetch_add(millis, Ordering::Relaxed);
        self.start().await;
    }

    /// Orders 100 of the first service so many times; they wait at the panel until a test says otherwise.
    pub(crate) async fn order(&self, count: usize) -> Vec<OrderId> {
        let mut orders = Vec::new();
        for n in 0..count {
            let link = format!("https://example.com/slow/{n}");
            let add = Add {
                service: Some("1001".to_owned()),
                fields: [(Field::Link, link), (Field::Quantity, "100".to_owned())].into(),
                idempotency_key: None,
            };
            match self.run(Action::Add(add)).await {
                Reply::Added(id) => orders.push(id),
                other => panic!("an order: {other:?}"),
            }
        }
        let placed = |order: &Order| order.state == OrderState::Placed;
        self.until("all of them are placed", async || {
            self.all(&orders).await.iter().all(placed)
        })
        .await;
        orders
    }

    /// Changes orders at the panel, all at one moment.
    pub(crate) async fn at_the_panel(&self, orders: &[OrderId], change: impl Fn(&mut SimOrder)) {
        let id = |order: Order| {
            let id = order.upstream_id.expect("it is at the panel");
            id.as_str().parse().expect("a number")
        };
        let ids: Vec<i64> = self.all(orders).await.into_iter().map(id).collect();
        self.panel.set_orders(ids, change);
    }

    pub(crate) async fn all(&self, orders: &[OrderId]) -> Vec<Order> {
        self.store.orders(orders.to_vec()).await.expect("read")
    }

    /// The operator's list.
    pub(crate) async fn flagged(&self) -> Vec<OrderId> {
        let filter = OrderFilter {
            flagged: true,
            ..OrderFilter::default()
        };
        let found = self.store.list_orders(filter).await.expect("read");
        found.into_iter().map(|order| order.id).collect()
    }

    /// What the customer has not any more of all that was paid in.
    pub(crate) async fn spent(&self) -> Money {
        let account = self.store.account(self.customer.id).await.expect("read");
        let funds = Money::from_micros(FUNDS);
        funds.checked_sub(account.available).expect("small")
    }

    /// How often the panel was asked for statuses.
    pub(crate) fn status_calls(&self) -> usize {
        self.panel.books().status_calls().count()
    }

    /// The books hold.
    pub(crate) async fn verify(&self) {
        assert_eq!(self.store.verify().await.expect("read"), []);
    }

    /// Waits until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let polled = async {
            while !holds().await {
                tokio::task::yield_now().await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, polled).await;
        assert!(came.is_ok(), "never: {what}");
    }

    async fn run(&self, action: Action) -> Reply {
        let cx = Cx {
            customer: Arc::clone(&self.customer),
        };
        let engine = self.engine.as_ref().expect("it runs");
        engine.run(&cx, action).await.expect("no fault")
    }
}

async fn funded(store: &dyn Store) -> Customer {
    store.fix_currency(&"USD".into()).await.expect("fixed");
    let new = NewCustomer {
        name: "ann".into(),
        group: None,
        credit_limit: Money::ZERO,
        at: Timestamp(0),
    };
    let customer = store.add_customer(new).await.expect("added");
    let booking = Booking {
        customer: customer.id,
        amount: Money::from_micros(FUNDS),
        reference: "first".into(),
        note: None,
        actor: "test".into(),
        at: Timestamp(0),
    };
    store.top_up(booking).await.expect("booked");
    customer
}

fn rules() -> Rules {
    let import = Import::whole("alpha".into());
    let default = Terms::percent(20.into());
    Rules {
        revision: 1,
        markup: Markup {
            default,
            rules: Vec::new(),
        },
        definitions: Definitions {
            imports: vec![import],
            ..Definitions::default()
        },
        exchange: Exchange::new("USD".into(), BTreeMap::new()),
    }
}

fn panel_settings(panel: &SimPanel) -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::new(1_000).expect("not 0"),
        allow_private: true,
        gather: Duration::from_millis(1),
        fresh_for: FRESH_FOR,
        look_at_least_every: LOOK_EVERY,
        ..PanelSettings::new(
            "alpha".into(),
            panel.url().parse().expect("a URL"),
            "sim-key".to_owned().into(),
            "USD".into(),
        )
    }
}

const FUNDS: i64 = 1_000_000_000_000;
const FRESH_FOR: Duration = Duration::from_millis(50);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);
