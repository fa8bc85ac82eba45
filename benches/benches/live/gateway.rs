//! The whole gateway in this process: edge, engine, store and a desk for each panel.

use std::num::NonZeroU32;
use std::sync::Arc;

use panelgate_benches::orders::{issue_key, order, placement, rich};
use panelgate_benches::settings;
use panelgate_domain::ids::{CustomerId, UpstreamId};
use panelgate_edge::Listener;
use panelgate_engine::{Clock as _, Engine, Parts, SystemClock};
use panelgate_store::Store;
use panelgate_store::model::{Answer, NewOrder, NewPlacement, Opened};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_upstream::{PanelSettings, Transport};
use prometheus::Registry;
use tokio::task::JoinSet;

use crate::knobs::{FRESH_FOR, GATHER, LIMIT, LOOK_AT_LEAST_EVERY, WAIT};
use crate::load::{Target, key};
use crate::panels::Panels;
use crate::trace::Trace;

/// A gateway that runs as long as it is kept.
pub(crate) struct Gateway {
    pub(crate) target: Target,
    engine: Engine,
    _listener: Listener,
    _folder: tempfile::TempDir,
}

impl Gateway {
    pub(crate) async fn stop(self) {
        self.engine.stop().await;
    }
}

/// A gateway whose customers have placed every order of the trace a moment ago.
pub(crate) async fn start(trace: &Trace, panels: &Panels) -> Gateway {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder on the disk of the build");
    let options = Options {
        create: true,
        ..Options::default()
    };
    let store =
        SqliteStore::open(&folder.path().join("bench.db"), Role::Serve, options).expect("opened");
    let store: Arc<dyn Store> = Arc::new(store);
    let ids = fill(&store, trace, panels).await;

    let registry = Registry::new();
    let engine = Engine::start(Parts {
        store,
        clock: Arc::new(SystemClock),
        settings: panelgate_engine::Settings {
            status_wait: WAIT,
            fresh_for: FRESH_FOR,
            look_at_least_every: LOOK_AT_LEAST_EVERY,
            ..panelgate_engine::Settings::new("USD".into())
        },
        rules: settings::rules(&["alpha".into()]),
        panels: NAMES.iter().zip(panels.urls()).map(settings_of).collect(),
        metrics: panelgate_engine::Metrics::register(&registry).expect("registered"),
        upstream_metrics: panelgate_upstream::Metrics::register(&registry).expect("registered"),
    });
    let engine = engine.await.expect("it starts");
    let metrics = panelgate_edge::Metrics::register(&registry).expect("registered");
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("bound");
    let settings = panelgate_edge::Settings::default();
    let listener = Listener::start(socket, settings, engine.clone(), metrics).expect("an address");
    Gateway {
        target: Target {
            address: listener.address(),
            ids,
        },
        engine,
        _listener: listener,
        _folder: folder,
    }
}

fn settings_of((name, url): (&&str, String)) -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::new(LIMIT).expect("not 0"),
        gather: GATHER,
        fresh_for: FRESH_FOR,
        look_at_least_every: LOOK_AT_LEAST_EVERY,
        transport: Transport::Network,
        ..settings::panel((*name).into(), &url)
    }
}

/// Customers and their orders. Returned is the id of each order.
async fn fill(store: &Arc<dyn Store>, trace: &Trace, panels: &Panels) -> Arc<[i64]> {
    store.fix_currency(&"USD".into()).await.expect("fixed");
    let places: Arc<[_]> = panels.places().into();
    let mut customers = JoinSet::new();
    for (number, of) in trace.customers.iter().enumerate() {
        let (store, places, orders) = (Arc::clone(store), Arc::clone(&places), of.orders.clone());
        customers.spawn(async move {
            let customer = rich(store.as_ref(), &format!("customer-{number}")).await;
            issue_key(store.as_ref(), customer, &key(number)).await;
            let mut ids = Vec::new();
            for order in orders {
                let place = places[order as usize];
                let id = place_order(store.as_ref(), customer, order as usize, place).await;
                ids.push((order as usize, id));
            }
            ids
        });
    }
    let mut ids = vec![0; places.len()];
    for (order, id) in customers.join_all().await.into_iter().flatten() {
        ids[order] = id;
    }
    ids.into()
}

async fn place_order(
    store: &dyn Store,
    customer: CustomerId,
    number: usize,
    (panel, upstream): (usize, i64),
) -> i64 {
    let at = SystemClock.now();
    let new = NewOrder {
        at,
        ..order(customer, number)
    };
    let placement = NewPlacement {
        panel: NAMES[panel].into(),
        at,
        ..placement()
    };
    let opened = store.open_order(new, Some(placement)).await;
    let Opened::New(order, Some(placement)) = opened.expect("opened") else {
        panic!("a new order with its placement")
    };
    let answer = Answer {
        outcome: "accepted".into(),
        raw: format!("{{\"order\":{upstream}}}"),
        at,
    };
    let id = UpstreamId::new(upstream.to_string());
    let confirmed = store.confirm_placement(placement, id, answer).await;
    confirmed.expect("confirmed");
    order.id.0
}

const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];
