//! Clients that hold what they were given. One that is cut off comes again at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Says nothing.
    Idle,
    /// A byte of a head now and then.
    SlowHead,
    /// A byte of a body now and then.
    SlowBody,
    /// Asks for the whole list again and again, and reads a byte of it now and then.
    SlowReader,
    /// All of a large body but a byte, and comes no more when refused.
    LargeBody,
}

/// Clients that go on until this is dropped.
pub(crate) struct Crowd {
    _clients: JoinSet<()>,
    came: Arc<AtomicUsize>,
    size: usize,
}

impl Crowd {
    /// Lets one client of each habit come, and waits until all have begun.
    pub(crate) async fn gather(address: SocketAddr, key: &str, habits: &[Habit]) -> Self {
        let (came, begun) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
        let mut clients = JoinSet::new();
        for habit in habits {
            let client = Client {
                address,
                key: key.to_owned(),
                habit: *habit,
                begun: Arc::clone(&begun),
                came: Arc::clone(&came),
            };
            clients.spawn(client.live());
        }
        let all = u32::try_from(habits.len()).expect("not that many");
        drop(begun.acquire_many(all).await.expect("never closed"));
        Self {
            _clients: clients,
            came,
            size: habits.len(),
        }
    }

    /// How often one of them was cut off and came again.
    pub(crate) fn again(&self) -> usize {
        self.came.load(Ordering::Relaxed).saturating_sub(self.size)
    }
}

struct Client {
    address: SocketAddr,
    key: String,
    habit: Habit,
    begun: Arc<Semaphore>,
    came: Arc<AtomicUsize>,
}

impl Client {
    async fn live(self) {
        let mut is_first = true;
        loop {
            self.came.fetch_add(1, Ordering::Relaxed);
            let once = self.once(std::mem::take(&mut is_first)).await;
            // Cut off, as it should be. A gateway that is gone ends the bench.
            if once.is_err() && self.habit == Habit::LargeBody {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// One connection, until it is cut off.
    async fn once(&self, is_first: bool) -> io::Result<()> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(8 * 1024)?;
        let mut stream = socket.connect(self.address).await?;
        let said = stream.write_all(&self.opening()).await;
        if is_first {
            self.begun.add_permits(1);
        }
        said?;
        let mut ticks = tokio::time::interval(EACH);
        loop {
            ticks.tick().await;
            self.go_on(&mut stream).await?;
        }
    }

    fn opening(&self) -> Vec<u8> {
        let post = "POST /api/v2 HTTP/1.1\r\nHost: x\r\n";
        let large = format!("{post}Content-Length: {LARGE}\r\n\r\n");
        match self.habit {
            Habit::Idle => Vec::new(),
            Habit::SlowHead => format!("{post}X-Slow: ").into_bytes(),
            Habit::SlowBody => large.into_bytes(),
            Habit::SlowReader => {
                let key = &self.key;
                format!("GET /api/v2?key={key}&action=services HTTP/1.1\r\nHost: x\r\n\r\n")
                    .repeat(8)
                    .into_bytes()
            }
            Habit::LargeBody => [large.into_bytes(), vec![b'x'; LARGE - 1]].concat(),
        }
    }

    async fn go_on(&self, stream: &mut TcpStream) -> io::Result<()> {
        match self.habit {
            Habit::SlowHead | Habit::SlowBody => stream.write_all(b"x").await,
            Habit::SlowReader => stream.read_u8().await.map(|_| ()),
            // Only whether it is still there.
            Habit::Idle | Habit::LargeBody => stream.read_u8().await.map(|_| ()),
        }
    }
}

const EACH: Duration = Duration::from_secs(1);
const LARGE: usize = 1 << 20;
