//! The operators' listener: metrics and health, on its own port, never on the customers'.
//!
//! `/metrics` is for Prometheus, `/healthz` says that the process runs, `/readyz` that it can take orders. None of the three
//! needs a token, so the listener is bound to loopback unless an operator says otherwise.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use panelgate_engine::Engine;
use prometheus::{Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The operators' listener. It serves until it is stopped.
pub struct Console {
    address: SocketAddr,
    stop: CancellationToken,
    stopping: Arc<AtomicBool>,
    serving: JoinHandle<io::Result<()>>,
}

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    engine: Engine,
    registry: Registry,
    stopping: Arc<AtomicBool>,
}

impl Console {
    /// Begins to serve on the current tokio runtime.
    ///
    /// # Errors
    /// The socket has no address.
    pub fn start(socket: TcpListener, engine: Engine, registry: Registry) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let stop = CancellationToken::new();
        let stopping = Arc::new(AtomicBool::new(false));
        let shared = Shared {
            engine,
            registry,
            stopping: Arc::clone(&stopping),
        };
        let routes = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .with_state(shared);
        let until = stop.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            axum::serve(socket, routes)
                .with_graceful_shutdown(until)
                .await
        });
        Ok(Self {
            address,
            stop,
            stopping,
            serving,
        })
    }

    /// Where it listens; tells the port if 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `/readyz` answers 503, so that nobody sends new customers.
    pub fn not_ready(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Stops serving. A scrape that is under way is cut.
    pub fn stop(self) {
        self.stop.cancel();
        self.serving.abort();
    }
}

async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    match TextEncoder::new().encode_to_string(&shared.registry.gather()) {
        Ok(text) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)],
            text,
        ),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            let text = "metrics could not be written\n".to_owned();
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                [(header::CONTENT_TYPE, "text/plain")],
                text,
            )
        }
    }
}

/// Ready means that the store takes writes. A dead panel does not keep the gateway out of service.
async fn ready(State(shared): State<Shared>) -> (StatusCode, String) {
    if shared.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    match shared.engine.check_writable().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}
