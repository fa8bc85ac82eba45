//! A gateway in this process: a real store, one simulated panel, one customer with one order.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use panelgate_edge::Listener;
use panelgate_engine::{Engine, Parts, SystemClock};
use panelgate_simpanel::{SimPanel, SimSettings};
use panelgate_store::Store;
use panelgate_store::model::{Booking, NewCustomer, NewKey};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use prometheus::Registry;
use sha2::{Digest, Sha256};

mod settings;

use settings::{panel_settings, rules};

/// A gateway that runs as long as it is kept.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    order: String,
    _folder: tempfile::TempDir,
    _panel: SimPanel,
    _engine: Engine,
    _listener: Listener,
}

impl Gateway {
    pub(crate) fn status_form(&self) -> Bytes {
        format!("key={KEY}&action=status&order={}", self.order).into()
    }

    pub(crate) fn balance_form(&self) -> Bytes {
        format!("key={KEY}&action=balance").into()
    }
}

pub(crate) async fn start() -> Gateway {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder on the disk of the build");
    let panel = SimPanel::start(SimSettings::default())
        .await
        .expect("it starts");
    let options = Options {
        create: true,
        ..Options::default()
    };
    let store =
        SqliteStore::open(&folder.path().join("bench.db"), Role::Serve, options).expect("opened");
    let store: Arc<dyn Store> = Arc::new(store);
    customer(store.as_ref()).await;

    let registry = Registry::new();
    let engine = Engine::start(Parts {
        store,
        clock: Arc::new(SystemClock),
        settings: panelgate_engine::Settings {
            fresh_for: Duration::from_secs(3_600),
            ..panelgate_engine::Settings::new("USD".into())
        },
        rules: rules(),
        panels: vec![panel_settings("alpha", &panel.url())],
        metrics: panelgate_engine::Metrics::register(&registry).expect("registered"),
        upstream_metrics: panelgate_upstream::Metrics::register(&registry).expect("registered"),
    });
    let engine = engine.await.expect("it starts");
    let metrics = panelgate_edge::Metrics::register(&registry).expect("registered");
    let settings = panelgate_edge::Settings {
        add_per_second: NonZeroU32::MAX,
        reads_per_second: NonZeroU32::new(1_000_000_000).expect("not 0"),
        ..panelgate_edge::Settings::default()
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("bound");
    let listener = Listener::start(socket, settings, engine.clone(), metrics).expect("an address");
    let address = listener.address();
    let form = format!(
        "key={KEY}&action=add&service=1001&link=https%3A%2F%2Fexample.com%2Fp&quantity=100"
    );
    let added = super::one(address, &form.into()).await;
    let added = String::from_utf8(added.to_vec()).expect("text");
    let order = added
        .trim_start_matches("{\"order\":")
        .trim_end_matches('}')
        .to_owned();
    assert!(order.parse::<u32>().is_ok(), "an order was placed: {added}");
    Gateway {
        address,
        order,
        _folder: folder,
        _panel: panel,
        _engine: engine,
        _listener: listener,
    }
}

async fn customer(store: &dyn Store) {
    let at = Timestamp(0);
    let new = NewCustomer {
        name: "ann".into(),
        group: None,
        credit_limit: Money::ZERO,
        at,
    };
    store.fix_currency(&"USD".into()).await.expect("fixed");
    let customer = store.add_customer(new).await.expect("added").id;
    let amount = Money::from_micros(1_000_000_000_000);
    let booking = Booking {
        customer,
        amount,
        reference: "first".into(),
        note: None,
        actor: "bench".into(),
        at,
    };
    store.top_up(booking).await.expect("booked");
    let hash = Sha256::digest(KEY.as_bytes()).into();
    let key = NewKey {
        customer,
        prefix: KEY[..8].to_owned(),
        hash,
        label: None,
        at,
    };
    store.issue_key(key).await.expect("issued");
}

const KEY: &str = "BenchKey00000000000000000000000000000000";
