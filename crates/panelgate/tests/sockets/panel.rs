//! A panel on a raw socket, which knows next to nothing of HTTP: it keeps every byte that reaches it, and does to an `add`
//! whatever its script says. Calls that only look are answered plainly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::script::{Begin, Script, Step, answer};

/// It listens until it is dropped.
pub(crate) struct RawPanel {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    service: String,
    script: Script,
    /// Whether the next connection is treated by the script, whatever it asks for.
    armed: AtomicBool,
    /// Connections that the script was done with, and that the other side has left.
    left: AtomicUsize,
    /// So many calls that look are still read and not answered: their connection is closed.
    snubs: AtomicUsize,
    /// What each connection said.
    heard: Mutex<Vec<Vec<u8>>>,
}

impl RawPanel {
    /// A panel that sells one service of this name.
    pub(crate) async fn start(service: &str, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            service: service.to_owned(),
            script,
            armed: AtomicBool::new(false),
            left: AtomicUsize::new(0),
            snubs: AtomicUsize::new(0),
            heard: Mutex::default(),
        });
        let listening = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            listening,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v2", self.address)
    }

    /// A script that begins before a request is read does so on the next connection.
    pub(crate) fn arm(&self) {
        self.shared.armed.store(true, Ordering::SeqCst);
    }

    /// The next calls that look are read, and their connection is closed.
    pub(crate) fn snub(&self, times: usize) {
        self.shared.snubs.store(times, Ordering::SeqCst);
    }

    /// So many of them are still to come.
    pub(crate) fn snubs(&self) -> usize {
        self.shared.snubs.load(Ordering::SeqCst)
    }

    /// Whether a connection that the script has treated was left by the gateway.
    pub(crate) fn is_left(&self) -> bool {
        self.shared.left.load(Ordering::SeqCst) > 0
    }

    /// What each connection said.
    pub(crate) fn heard(&self) -> Vec<Vec<u8>> {
        self.shared.heard.lock().clone()
    }

    /// How often an `add` began to arrive, whole or not.
    pub(crate) fn adds(&self) -> usize {
        let heard = self.heard();
        heard.iter().map(|bytes| count(bytes, ADD)).sum()
    }

    /// How many whole requests name an action.
    pub(crate) fn requests(&self, action: &str) -> usize {
        let named = format!("action={action}");
        let heard = self.heard();
        let bodies = heard.iter().flat_map(|bytes| bodies(bytes));
        bodies
            .filter(|body| count(body, named.as_bytes()) > 0)
            .count()
    }

    /// An `add` has its connection to itself: nothing came before it that could be answered in its place, nothing after.
    #[track_caller]
    pub(crate) fn adds_are_alone(&self) {
        for bytes in self.heard() {
            let is_crowded = count(&bytes, ADD) > 0 && count(&bytes, b"POST /") != 1;
            assert!(!is_crowded, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

impl Drop for RawPanel {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.expect("accepted");
        let number = {
            let mut heard = shared.heard.lock();
            heard.push(Vec::new());
            heard.len() - 1
        };
        let line = Line {
            stream,
            shared: Arc::clone(&shared),
            number,
            read: 0,
            peeked: 0,
        };
        tokio::spawn(line.serve());
    }
}

/// One connection.
struct Line {
    stream: TcpStream,
    shared: Arc<Shared>,
    number: usize,
    /// What was read of all that it said.
    read: usize,
    /// What was kept before it was read.
    peeked: usize,
}

impl Line {
    async fn serve(mut self) {
        let begin = self.shared.script.begin;
        if begin != Begin::Read && self.shared.armed.swap(false, Ordering::SeqCst) {
            if begin == Begin::Unread {
                self.peek().await;
            }
            return self.act().await;
        }
        while let Some(body) = self.request().await {
            if count(&body, ADD) > 0 {
                return self.act().await;
            }
            if self.is_snubbed() {
                return;
            }
            let looked = answer(&look(&self.shared.service, &String::from_utf8_lossy(&body)));
            if self.stream.write_all(looked.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    /// Does what the script says, and keeps what else comes.
    async fn act(mut self) {
        for step in self.shared.script.steps.clone() {
            let done = match step {
                Step::Send(bytes) => self.stream.write_all(&bytes).await,
                Step::Flood(bytes) => loop {
                    if let Err(error) = self.stream.write_all(&bytes).await {
                        break Err(error);
                    }
                },
                Step::Dribble(bytes, each) => self.dribble(&bytes, each).await,
                Step::Shut => self.stream.shutdown().await,
                Step::Close => return,
                Step::Reset => return self.stream.set_zero_linger().expect("a socket"),
            };
            if done.is_err() {
                break;
            }
        }
        while self.hear().await {}
        self.shared.left.fetch_add(1, Ordering::SeqCst);
    }

    async fn dribble(&mut self, bytes: &[u8], each: std::time::Duration) -> std::io::Result<()> {
        let mut ticks = tokio::time::interval(each);
        for byte in bytes {
            ticks.tick().await;
            self.stream.write_all(&[*byte]).await?;
        }
        Ok(())
    }

    /// The body of the next whole request.
    async fn request(&mut self) -> Option<Vec<u8>> {
        loop {
            let found = {
                let heard = self.shared.heard.lock();
                first(&heard[self.number][self.read..])
                    .map(|(body, length)| (body.to_vec(), length))
            };
            if let Some((body, length)) = found {
                self.read += length;
                return Some(body);
            }
            if !self.hear().await {
                return None;
            }
        }
    }

    /// Whether there was more to hear.
    async fn hear(&mut self) -> bool {
        let mut chunk = [0; 4 * 1024];
        let Ok(length @ 1..) = self.stream.read(&mut chunk).await else {
            return false;
        };
        let known = self.peeked.min(length);
        self.peeked -= known;
        self.keep(&chunk[known..length]);
        true
    }

    /// Keeps what is there without reading it.
    async fn peek(&mut self) {
        let mut chunk = [0; 4 * 1024];
        self.peeked = self.stream.peek(&mut chunk).await.unwrap_or(0);
        self.keep(&chunk[..self.peeked]);
    }

    fn keep(&self, bytes: &[u8]) {
        self.shared.heard.lock()[self.number].extend_from_slice(bytes);
    }

    fn is_snubbed(&self) -> bool {
        let one_less = |snubs: usize| snubs.checked_sub(1);
        let snubs = &self.shared.snubs;
        snubs
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
    }
}

/// The answer to a call that looks.
fn look(service: &str, body: &str) -> String {
    let order = r#"{"charge":"0.01","start_count":"5","status":"Completed","remains":"0","currency":"USD"}"#;
    let fields: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).collect();
    let field = |name: &str| {
        fields
            .iter()
            .find(|field| field.0 == name)
            .map_or("", |field| &field.1)
    };
    match field("action") {
        "services" => format!(
            r#"[{{"service":1,"name":"{service}","type":"Default","category":"Tests","rate":"1","min":"10","max":"1000"}}]"#
        ),
        "status" if field("orders").is_empty() => order.to_owned(),
        "status" => {
            let each = field("orders")
                .split(',')
                .map(|id| format!("\"{id}\":{order}"));
            format!("{{{}}}", each.collect::<Vec<_>>().join(","))
        }
        "balance" => r#"{"balance":"100","currency":"USD"}"#.to_owned(),
        _ => r#"{"error":"Incorrect request"}"#.to_owned(),
    }
}

/// The bodies of all whole requests.
fn bodies(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    while let Some((body, length)) = first(bytes) {
        bodies.push(body.to_vec());
        bytes = &bytes[length..];
    }
    bodies
}

/// The body of the first whole request, and how long that request is.
fn first(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)?
        .split("\r\n")
        .next()?;
    let length: usize = length.parse().ok()?;
    Some((bytes.get(end..end + length)?, end + length))
}

fn count(bytes: &[u8], what: &[u8]) -> usize {
    bytes
        .windows(what.len())
        .filter(|part| *part == what)
        .count()
}

const ADD: &[u8] = b"action=add";
