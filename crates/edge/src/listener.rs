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
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
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
    answers: TaskTracker,
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
        let answers = handler.answers().clone();
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
            answers,
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

    /// Stops accepting, lets requests that are being answered finish, and closes idle connections. What has connected and said
    /// nothing yet is given [`A_MOMENT`] for it: its request is on its way. Nobody waits longer than that for clients that are
    /// slow to ask or to read, nor for answers that are not there `within`. Answers whether those were there.
    pub async fn stop(&self, within: Duration) -> bool {
        self.accepting.cancel();
        self.connections.close();
        self.answers.close();
        let answered = async {
            tokio::time::sleep(A_MOMENT).await;
            self.answers.wait().await;
            tokio::time::sleep(TO_READ_IT).await;
        };
        tokio::select! {
            () = self.connections.wait() => true,
            answered = tokio::time::timeout(within, answered) => answered.is_ok(),
        }
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
        () = a_moment_after(&accepting) => return,
    };
    let stream = match secured {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "a TLS handshake failed"),
    };
    let asked = Arc::new(Notify::new());
    let ask = Arc::clone(&asked);
    let service = service_fn(move |request| {
        ask.notify_one();
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
    // A connection that is closed gracefully before it was asked anything is closed without an answer, although its first request
    // may have been sent. Later ones can be closed by either side at any time, and clients know that.
    let may_close = async {
        accepting.cancelled().await;
        tokio::select! {
            () = asked.notified() => {}
            () = a_moment_after(&accepting) => {}
        }
    };
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = may_close => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Resolves when no more connections are accepted, and what was sent before has had time to arrive.
async fn a_moment_after(end: &CancellationToken) {
    end.cancelled().await;
    tokio::time::sleep(A_MOMENT).await;
}

/// Bound of what hyper buffers of a head.
const HEAD_BYTES: usize = 64 * 1024;

const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// Longer than a request needs from a client to its server, short enough that whoever waits for the next process does not mind.
const A_MOMENT: Duration = Duration::from_millis(300);

/// For clients that take long to read an answer.
const TO_READ_IT: Duration = Duration::from_secs(1);
