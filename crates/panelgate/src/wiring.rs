//! Puts the rooms together: store, engine, listeners. `serve` and `demo` run the same gateway.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use panelgate_console::Console;
use panelgate_domain::catalogue::Definitions;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::markup::Markup;
use panelgate_edge::{Listener, Tls};
use panelgate_engine::{Engine, Parts, Rules, SystemClock};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Store, StoreMetrics};
use panelgate_upstream::PanelSettings;
use prometheus::{IntGaugeVec, Opts, Registry};
use tokio::time::Instant;

use crate::clock;
use crate::exit;
use crate::sockets::{self, Handed};

/// Everything a gateway needs to know; where it came from does not matter.
pub(crate) struct GatewaySettings {
    pub(crate) store: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) operator_listen: SocketAddr,
    /// For calls to panels that are under way when the gateway stops.
    pub(crate) stop_within: Duration,
    pub(crate) edge: panelgate_edge::Settings,
    pub(crate) engine: panelgate_engine::Settings,
    pub(crate) market: MarketSettings,
    pub(crate) panels: Vec<PanelSettings>,
}

/// The part that can be reloaded together with the panels.
pub(crate) struct MarketSettings {
    pub(crate) markup: Markup,
    pub(crate) definitions: Definitions,
    pub(crate) exchange: Exchange,
    /// SHA-256 of the text it was read from: the same text has the same revision, also after a restart.
    pub(crate) text: [u8; 32],
}

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    /// The same, as what it is.
    pub(crate) file: Arc<SqliteStore>,
    pub(crate) metrics: panelgate_engine::Metrics,
    pub(crate) registry: Registry,
    listener: Listener,
    console: Console,
    stop_within: Duration,
}

impl Gateway {
    /// Opens the store, settles what a dead process left behind, and serves. Everything that can fail without an order having
    /// left is done first: a start that fails sends nothing.
    pub(crate) async fn start(settings: GatewaySettings, handed: Handed) -> anyhow::Result<Self> {
        let registry = Registry::new();
        let metrics = panelgate_engine::Metrics::register(&registry)?;
        let upstream_metrics = panelgate_upstream::Metrics::register(&registry)?;
        let edge_metrics = panelgate_edge::Metrics::register(&registry)?;
        let store_metrics = StoreMetrics::register(&registry)?;
        register_process(&registry)?;

        let customers = sockets::listen(handed.customers, settings.listen).await?;
        let operators = sockets::listen(handed.operators, settings.operator_listen).await?;
        let file = Arc::new(open_to_serve(&settings.store, store_metrics)?);
        let store: Arc<dyn Store> = file.clone();
        crate::store::fix_currency(store.as_ref(), &settings.engine.currency).await?;
        let rules = rules(store.as_ref(), settings.market).await?;
        let engine = Engine::start(Parts {
            store: Arc::clone(&store),
            clock: Arc::new(SystemClock),
            settings: settings.engine,
            rules,
            panels: settings.panels,
            metrics: metrics.clone(),
            upstream_metrics,
        });
        let engine = engine.await?;
        metrics.config_last_reload_successful.set(1);
        Ok(Self {
            listener: Listener::start(customers, settings.edge, engine.clone(), edge_metrics)?,
            console: Console::start(operators, engine.clone(), registry.clone())?,
            stop_within: settings.stop_within,
            engine,
            store,
            file,
            metrics,
            registry,
        })
    }

    /// Where customers are served.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// What customers are shown, if they are served over TLS.
    pub(crate) const fn tls(&self) -> Option<&Tls> {
        self.listener.tls()
    }

    /// Where operators are served.
    pub(crate) const fn operator_address(&self) -> SocketAddr {
        self.console.address()
    }

    /// Answers whoever waits for an order, and serves on until the calls to panels that are under way have ended, at most
    /// `stop_within`: what is opened meanwhile is sent by the next process. Then it stops accepting, and lets everything be
    /// written down.
    pub(crate) async fn stop(self) {
        let deadline = Instant::now() + self.stop_within;
        self.console.not_ready();
        _ = tokio::time::timeout_at(deadline, self.engine.wind_down()).await;
        if !self.listener.stop(ANSWER_WITHIN).await {
            tracing::warn!("some customers were not answered in time");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        self.engine.stop_within(left.max(WRITE_DOWN_WITHIN)).await;
        self.console.stop();
    }
}

/// The rules with their number.
pub(crate) async fn rules(store: &dyn Store, market: MarketSettings) -> anyhow::Result<Rules> {
    let revision = store.revision(market.text, clock::now()).await?;
    Ok(Rules {
        revision,
        markup: market.markup,
        definitions: market.definitions,
        exchange: market.exchange,
    })
}

fn open_to_serve(path: &Path, metrics: StoreMetrics) -> anyhow::Result<SqliteStore> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let on_fatal = Arc::new(|error: String| {
        tracing::error!(
            error,
            "a commit failed: nobody was answered; the next start decides from the file"
        );
        exit::now(exit::STORE_UNREACHABLE);
    });
    Ok(SqliteStore::open(
        path,
        Role::Serve,
        Options {
            create: true,
            on_fatal,
            metrics,
            ..Options::default()
        },
    )?)
}

fn register_process(registry: &Registry) -> anyhow::Result<()> {
    let build = IntGaugeVec::new(
        Opts::new("panelgate_build_info", "Which build this is; always 1"),
        &["version", "commit"],
    )?;
    build
        .with_label_values(&[
            env!("CARGO_PKG_VERSION"),
            option_env!("PANELGATE_COMMIT").unwrap_or("unknown"),
        ])
        .set(1);
    registry.register(Box::new(build))?;
    registry.register(Box::new(
        prometheus::process_collector::ProcessCollector::for_self(),
    ))?;
    Ok(())
}

/// Longer than the longest answer to a customer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What waits for nobody but the store has so long at least.
const WRITE_DOWN_WITHIN: Duration = Duration::from_secs(2);
