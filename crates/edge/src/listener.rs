//! The accept loop: a bounded number of connections, each read by hyper, all drained when the gateway stops.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use panelgate_engine::Engine;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::entrance::{Entrance, NoRoom, Opened, Place};
use crate::handler::{Handler, NoAnswer};
use crate::line::Line;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::tls::Tls;

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
        let house = House {
            entrance: Entrance::new(&settings),
            handler: Handler::new(settings, engine, metrics),
            accepting: accepting.clone(),
        };
        let tls = house.entrance.tls().cloned();
        let answers = house.handler.answers().clone();
        let accept = accept(socket, Arc::new(house), connections.clone());
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
    /// nothing yet is given a moment for it: its request is on its way. Nobody waits longer than that for clients that are
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

/// What every connection needs.
struct House {
    entrance: Entrance,
    handler: Handler,
    accepting: CancellationToken,
}

impl House {
    async fn answer(
        &self,
        request: Request<Incoming>,
        line: &Line,
        peer: IpAddr,
    ) -> Result<Response<Full<Bytes>>, NoAnswer> {
        let (client, share) = self.entrance.asks(peer, request.headers());
        match share {
            Ok(_share) => self.handler.handle(request, line, client).await,
            Err(NoRoom) => Ok(self.handler.no_room(client)),
        }
    }
}

async fn accept(socket: TcpListener, house: Arc<House>, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = house.accepting.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            // Without a place the connection is closed at once: a client that tries again later is better off than one
            // that waits for nothing.
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                if let Some(place) = house.entrance.enter(peer) {
                    connections.spawn(serve(stream, peer, Arc::clone(&house), place));
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

async fn serve(stream: TcpStream, peer: IpAddr, house: Arc<House>, _place: Place) {
    // Answers are small and whole; waiting for more to send only delays them.
    _ = stream.set_nodelay(true);
    let opened = tokio::select! {
        biased;
        opened = house.entrance.open(stream, peer) => opened,
        () = a_moment_after(&house.accepting) => return,
    };
    let Opened {
        stream,
        line,
        peer: client,
        share: _share,
    } = match opened {
        Ok(opened) => opened,
        Err(error) => return tracing::debug!(%peer, %error, "a connection was not opened"),
    };
    let asked = Arc::new(Notify::new());
    let (ask, answering) = (Arc::clone(&asked), Arc::clone(&house));
    let service = service_fn(move |request| {
        ask.notify_one();
        let (house, line) = (Arc::clone(&answering), Arc::clone(&line));
        async move { house.answer(request, &line, client).await }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(house.handler.settings().head)
        .title_case_headers(true)
        .max_buf_size(HEAD_BYTES)
        .half_close(true);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = may_close(&house.accepting, &asked) => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(peer = %client, %error, "a connection ended");
    }
}

/// A connection that is closed gracefully before it was asked anything is closed without an answer, although its first request
/// may have been sent. Later ones can be closed by either side at any time, and clients know that.
async fn may_close(end: &CancellationToken, asked: &Notify) {
    end.cancelled().await;
    tokio::select! {
        () = asked.notified() => {}
        () = a_moment_after(end) => {}
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
