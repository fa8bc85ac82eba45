//! The accept loop: a bounded number of connections, each read by hyper, all drained when the gateway stops.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use panelgate_engine::Engine;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::guesses::neighbours;
use crate::handler::Handler;
use crate::line::Watched;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::tls::{self, Tls};

/// The customers' listener. It serves until it is stopped.
pub struct Listener {
    address: SocketAddr,
    tls: Option<Tls>,
    accepting: CancellationToken,
    connections: TaskTracker,
}

impl Listener {
    /// Begins to serve on the current tokio runtime. What has connected since the socket was bound has waited in the kernel.
    ///
    /// # Errors
    /// The socket has no address.
    pub fn start(
        socket: TcpListener,
        settings: Settings,
        engine: Engine,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let accepting = CancellationToken::new();
        let connections = TaskTracker::new();
        let room = Arc::new(Room::new(&settings));
        let tls = room.tls.clone();
        let handler = Arc::new(Handler::new(settings, engine, metrics));
        let accept = accept(
            socket,
            handler,
            room,
            accepting.clone(),
            connections.clone(),
        );
        connections.spawn(accept);
        Ok(Self {
            address,
            tls,
            accepting,
            connections,
        })
    }

    /// Where it listens; tells the port if 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its clients are shown, if it speaks TLS.
    #[must_use]
    pub const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Stops accepting, lets requests that are being answered finish, and closes idle connections. Connections that are
    /// not done `within` are cut. Answers whether all were done.
    pub async fn stop(&self, within: Duration) -> bool {
        self.accepting.cancel();
        self.connections.close();
        tokio::time::timeout(within, self.connections.wait())
            .await
            .is_ok()
    }
}

/// Who may connect, and how.
struct Room {
    tls: Option<Tls>,
    all: Arc<Semaphore>,
    per_address: usize,
    addresses: DashMap<IpAddr, usize>,
}

/// A place for one connection; given back when dropped.
struct Place {
    room: Arc<Room>,
    address: IpAddr,
    _one_of_all: OwnedSemaphorePermit,
}

impl Room {
    fn new(settings: &Settings) -> Self {
        Self {
            tls: settings.certificate.as_ref().map(Tls::new),
            all: Arc::new(Semaphore::new(settings.connections)),
            per_address: settings.per_address,
            addresses: DashMap::new(),
        }
    }

    fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = neighbours(address);
        let one_of_all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let mut count = self.addresses.entry(address).or_insert(0);
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Place {
            room: Arc::clone(self),
            address,
            _one_of_all: one_of_all,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room
            .addresses
            .remove_if_mut(&self.address, |_, count| {
                *count -= 1;
                *count == 0
            });
    }
}

async fn accept(
    socket: TcpListener,
    handler: Arc<Handler>,
    room: Arc<Room>,
    accepting: CancellationToken,
    connections: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = accepting.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            // Without a place the connection is closed at once: a client that tries again later is better off than one
            // that waits for nothing.
            Ok((stream, peer)) => {
                if let Some(place) = room.enter(peer.ip()) {
                    connections.spawn(serve(
                        stream,
                        Arc::clone(&handler),
                        place,
                        accepting.clone(),
                    ));
                }
            }
            Err(error) => {
                // Out of file descriptors, usually; accepting again at once would only spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    handler: Arc<Handler>,
    place: Place,
    accepting: CancellationToken,
) {
    // Answers are small and whole; waiting for more to send only delays them.
    _ = stream.set_nodelay(true);
    let (head, write) = (handler.settings().head, handler.settings().write);
    let address = place.address;
    let (stream, line) = Watched::new(stream, write);
    let secured = tokio::select! {
        biased;
        secured = tls::over(place.room.tls.as_ref(), stream, head) => secured,
        // Nothing was asked yet.
        () = accepting.cancelled() => return,
    };
    let stream = match secured {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "a TLS handshake failed"),
    };
    let service = service_fn(move |request| {
        let (handler, line) = (Arc::clone(&handler), Arc::clone(&line));
        async move { handler.handle(request, &line, address).await }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head)
        .title_case_headers(true)
        .max_buf_size(HEAD_BYTES)
        .half_close(true);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = accepting.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Bound of what hyper buffers of a head.
const HEAD_BYTES: usize = 64 * 1024;

const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);
