//! A panel that listens.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::money::Money;
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::books::Books;
use crate::catalogue::SimCatalogue;
use crate::clock::SimClock;
use crate::error::SimError;
use crate::fault::plan::RunningPlan;
use crate::fault::rule::FaultRule;
use crate::office::Office;
use crate::order::SimOrder;
use crate::settings::SimSettings;
use connection::Host;

mod connection;
mod io;
mod response;

/// A running panel. Dropping it stops it without waiting for what is being answered.
#[derive(Debug)]
pub struct SimPanel {
    office: Arc<Office>,
    address: SocketAddr,
    tasks: TaskTracker,
}

impl SimPanel {
    /// Starts to listen. Needs a tokio runtime with time and I/O, which it lives on.
    ///
    /// # Errors
    /// The address is taken, the catalogue is none, or the file of books cannot be opened.
    pub async fn start(settings: SimSettings) -> Result<Self, SimError> {
        let mut panel = Self::detached(settings)?;
        let wanted = panel.address;
        let failed = |source| SimError::Listen {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        panel.address = listener.local_addr().map_err(failed)?;
        panel.tasks.spawn(accept(listener, panel.host()));
        Ok(panel)
    }

    /// A panel that listens nowhere: [`connect`](Self::connect) is the only way to it. Needs a tokio runtime, which it lives on.
    ///
    /// # Errors
    /// The catalogue is none, or the file of books cannot be opened.
    pub fn detached(settings: SimSettings) -> Result<Self, SimError> {
        let address = settings.listen;
        Ok(Self {
            office: Arc::new(Office::open(settings, CancellationToken::new())?),
            address,
            tasks: TaskTracker::new(),
        })
    }

    /// A new connection to it, without a socket. Dropping it closes the connection.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (ours, its) = tokio::io::duplex(LINE_BUFFER);
        self.tasks.spawn(connection::serve(its, self.host()));
        ours
    }

    fn host(&self) -> Host {
        Host {
            office: Arc::clone(&self.office),
            tasks: self.tasks.clone(),
        }
    }

    /// The URL of its API, such as `http://127.0.0.1:40123/api/v2`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api/v2", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A copy of its books as they are now.
    #[must_use]
    pub fn books(&self) -> Books {
        self.office.look(Books::clone)
    }

    /// Resolves as soon as the books are as wanted; looks at them after every change of them and of the clock. It waits for
    /// ever if they never are: bound it with a timeout. The panel stands still while `wanted` looks, so it must not call it.
    /// Dropping this changes nothing.
    pub async fn until(&self, wanted: impl FnMut(&Books) -> bool) {
        self.office.until(wanted).await;
    }

    /// Adds a rule after those that are there.
    pub fn plan(&self, rule: FaultRule) {
        self.office.plan(|plan| plan.push(rule));
    }

    /// Drops all rules: from here on the panel is honest.
    pub fn clear_faults(&self) {
        self.office.plan(RunningPlan::clear);
    }

    /// The clock that its orders progress on.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        self.office.clock()
    }

    /// What the holder of the key can spend.
    #[must_use]
    pub fn balance(&self) -> Money {
        self.office.look(Books::balance)
    }

    /// Changes what the holder of the key can spend.
    pub fn set_balance(&self, balance: Money) {
        self.office.panel(|panel| panel.set_balance(balance));
    }

    /// Allows so many requests within any second from here on; `None`: any number.
    pub fn set_limit(&self, per_second: Option<NonZeroU32>) {
        self.office.set_limit(per_second);
    }

    /// Sells something else from here on; orders that were accepted go on.
    ///
    /// # Errors
    /// It is no list of services; then the old one stays.
    pub fn set_catalogue(&self, catalogue: &SimCatalogue) -> Result<(), SimError> {
        self.office.set_catalogue(catalogue)
    }

    /// Changes an order, and its money with it. The panel stands still meanwhile, so `change` must not call it.
    ///
    /// # Panics
    /// There is no such order: a test is wrong about what it has placed.
    #[track_caller]
    pub fn set_order(&self, id: i64, change: impl FnOnce(&mut SimOrder)) {
        let known = self.office.panel(|panel| panel.set_order(id, change));
        assert!(known, "the panel has no order {id}");
    }

    /// Changes several orders at one moment: no answer shows some of them changed and others not. Like
    /// [`set_order`](Self::set_order) otherwise.
    ///
    /// # Panics
    /// One of them does not exist.
    #[track_caller]
    pub fn set_orders(
        &self,
        ids: impl IntoIterator<Item = i64>,
        mut change: impl FnMut(&mut SimOrder),
    ) {
        let unknown = self.office.panel(|panel| {
            let mut ids = ids.into_iter();
            ids.find(|id| !panel.set_order(*id, &mut change))
        });
        assert_eq!(unknown, None, "the panel has no such order");
    }

    /// Makes an order for a post or a run of an order now. It stays `Pending` until somebody changes it. `None` if there is no such
    /// parent, or no money for it.
    pub fn spawn(&self, parent: i64, quantity: u64) -> Option<i64> {
        self.office.panel(|panel| panel.spawn(parent, quantity))
    }

    /// A subscription makes no orders until it is resumed.
    ///
    /// # Panics
    /// There is no such subscription.
    #[track_caller]
    pub fn pause(&self, id: i64) {
        let known = self.office.panel(|panel| panel.set_paused(id, true));
        assert!(known, "the panel has no subscription {id}");
    }

    /// It goes on.
    ///
    /// # Panics
    /// There is no such subscription.
    #[track_caller]
    pub fn resume(&self, id: i64) {
        let known = self.office.panel(|panel| panel.set_paused(id, false));
        assert!(known, "the panel has no subscription {id}");
    }

    /// The last day of a subscription is over.
    ///
    /// # Panics
    /// There is no such subscription.
    #[track_caller]
    pub fn expire(&self, id: i64) {
        let known = self.office.panel(|panel| panel.expire(id));
        assert!(known, "the panel has no subscription {id}");
    }

    /// Stops listening, ends held connections, gives what is being answered a second, and returns when all is done.
    pub async fn stop(self) {
        self.office.stop.cancel();
        self.ended().await;
    }

    /// Resolves when it has stopped by itself, because its books could not be written.
    pub async fn ended(&self) {
        self.office.stop.cancelled().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for SimPanel {
    fn drop(&mut self) {
        self.office.stop.cancel();
    }
}

async fn accept(listener: TcpListener, host: Host) {
    let seats = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let stop = host.office.stop.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = seated(&listener, &seats) => accepted,
        };
        match accepted {
            Ok((stream, seat)) => {
                let host = host.clone();
                host.tasks.clone().spawn(async move {
                    connection::serve(stream, host).await;
                    drop(seat);
                });
            }
            Err(error) => {
                // Out of files, or the client has left already: neither is mended by giving up.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn seated(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let seat = Arc::clone(seats)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, seat))
}

/// Between two tries to accept when the system refuses.
const PAUSE: Duration = Duration::from_millis(50);

/// Bytes on their way, each way, of a connection without a socket.
const LINE_BUFFER: usize = 64 * 1024;

/// More wait in the system's queue.
const MOST_CONNECTIONS: usize = 10_000;
