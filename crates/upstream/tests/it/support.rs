//! A panel made of a TCP listener: it counts what reaches it, and misbehaves as told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use panelgate_domain::field::Field;
use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Limits, OrderSpec, Subscribing};
use panelgate_upstream::{
    Class, Desk, Kind, Look, Metrics, Outlook, PanelSettings, Placed, Reports,
};
use parking_lot::Mutex;
use prometheus::{Registry, TextEncoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// The key of every test panel; both its spellings differ.
pub(crate) const KEY: &str = "k3y/with+signs";
/// What is held for an order.
pub(crate) const STAKE: Money = Money::from_micros(1_500_000);

/// What a peer does with a request it has read.
#[derive(Clone)]
pub(crate) enum Act {
    /// Writes these bytes and keeps the connection.
    Write(Vec<u8>),
    /// Writes these bytes and closes.
    WriteAndClose(Vec<u8>),
    /// Sends a reset.
    Reset,
    /// Does nothing until notified, then goes on.
    Hold(Arc<Notify>, Box<Act>),
}

/// A request as the peer saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) form: HashMap<String, String>,
}

/// The peer.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    counts: watch::Receiver<(usize, usize)>,
}

/// 200 with this JSON.
pub(crate) fn json(body: &str) -> Act {
    Act::Write(response("200 OK", "", body.as_bytes()))
}

/// A whole response. `headers` end with a line break each.
pub(crate) fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Peer {
    /// Answers every request by `act`.
    pub(crate) async fn start(act: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let act = Arc::new(act);
        Self::accept(move |stream, log| {
            let act = Arc::clone(&act);
            tokio::spawn(async move { serve(stream, &log, &*act).await });
        })
        .await
    }

    /// Closes every connection as soon as it is there.
    pub(crate) async fn closing() -> Self {
        Self::accept(|stream, _| drop(stream)).await
    }

    async fn accept(serve: impl Fn(TcpStream, Log) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let (counts, watched) = watch::channel((0, 0));
        let log = Log {
            seen: Arc::default(),
            counts: Arc::new(counts),
        };
        let seen = Arc::clone(&log.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                log.counts.send_modify(|(connections, _)| *connections += 1);
                serve(stream, log.clone());
            }
        });
        Self {
            address,
            seen,
            counts: watched,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v2", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.borrow().0
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// Waits until so many requests have been read.
    pub(crate) async fn saw(&self, requests: usize) {
        let mut counts = self.counts.clone();
        let enough = counts.wait_for(|(_, seen)| *seen >= requests);
        tokio::time::timeout(PATIENCE, enough)
            .await
            .expect("requests come")
            .expect("the peer lives");
    }
}

#[derive(Clone)]
struct Log {
    seen: Arc<Mutex<Vec<Seen>>>,
    counts: Arc<watch::Sender<(usize, usize)>>,
}

async fn serve(mut stream: TcpStream, log: &Log, act: &(dyn Fn(&Seen) -> Act + Send + Sync)) {
    while let Some(seen) = read_request(&mut stream).await {
        log.seen.lock().push(seen.clone());
        log.counts.send_modify(|(_, requests)| *requests += 1);
        let mut next = act(&seen);
        loop {
            next = match next {
                Act::Hold(gate, then) => {
                    gate.notified().await;
                    *then
                }
                Act::Write(bytes) => match stream.write_all(&bytes).await {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Act::WriteAndClose(bytes) => {
                    _ = stream.write_all(&bytes).await;
                    _ = stream.shutdown().await;
                    return;
                }
                Act::Reset => {
                    stream.set_zero_linger().expect("a socket");
                    return;
                }
            };
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().expect("a length"))
            });
            let body = end + 4..end + 4 + length.unwrap_or(0);
            if bytes.len() >= body.end {
                let form = url::form_urlencoded::parse(&bytes[body])
                    .into_owned()
                    .collect();
                return Some(Seen { head, form });
            }
        }
        let mut chunk = [0; 8_192];
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Settings that let a test panel be asked quickly and at home.
pub(crate) fn settings(url: &str) -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::new(1_000).expect("not zero"),
        timeout: PATIENCE,
        late_answer: PATIENCE,
        allow_private: true,
        gather: Duration::from_millis(5),
        ..PanelSettings::new(
            PanelName::from("alpha"),
            url.parse().expect("a URL"),
            KEY.into(),
            "USD".into(),
        )
    }
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) looks: Mutex<Vec<Vec<(UpstreamId, Look)>>>,
    /// Of the orders that are followed.
    pub(crate) outlooks: Mutex<HashMap<UpstreamId, Outlook>>,
    pub(crate) learned: Mutex<Vec<PanelTrait>>,
}

#[async_trait]
impl Reports for Recorder {
    async fn reported(&self, _: &PanelName, looks: Vec<(UpstreamId, Look)>) {
        // What was looked at is looked at again in an hour.
        for (id, _) in &looks {
            if let Some(outlook) = self.outlooks.lock().get_mut(id) {
                outlook.fresh_until = Instant::now() + PATIENCE;
                outlook.due = Instant::now() + Duration::from_secs(3_600);
            }
        }
        self.looks.lock().push(looks);
    }

    fn outlook(&self, _: &PanelName, id: &UpstreamId) -> Option<Outlook> {
        self.outlooks.lock().get(id).copied()
    }

    async fn learned(&self, _: &PanelName, what: PanelTrait) {
        self.learned.lock().push(what);
    }
}

/// A desk with all that belongs to it.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) recorder: Arc<Recorder>,
    registry: Registry,
}

impl Office {
    pub(crate) fn open(settings: PanelSettings) -> Self {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).expect("a new registry");
        let recorder = Arc::new(Recorder::default());
        let reports: Weak<dyn Reports> =
            Arc::downgrade(&(Arc::clone(&recorder) as Arc<dyn Reports>));
        let desk = Desk::open(settings, reports, &metrics).expect("settings that work");
        Self {
            desk,
            recorder,
            registry,
        }
    }

    /// Follows orders that are due now.
    pub(crate) fn follow(&self, kind: Kind, ids: &[UpstreamId]) {
        let now = Instant::now();
        let outlook = Outlook {
            kind,
            fresh_until: now,
            due: now,
            next_miss: None,
        };
        let entries = ids.iter().map(|id| (id.clone(), outlook));
        self.recorder.outlooks.lock().extend(entries);
        self.desk.follow(ids);
    }

    pub(crate) async fn add(&self) -> Placed {
        let permit = self
            .desk
            .admit(Class::Money, PATIENCE)
            .await
            .expect("a permit");
        self.desk.add(permit, &"7".into(), &order(), STAKE).await
    }

    /// The value of a metric, as Prometheus would read it.
    pub(crate) fn metric(&self, line: &str) -> Option<String> {
        let text = TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .expect("text");
        text.lines()
            .find_map(|found| Some(found.strip_prefix(line)?.trim().to_owned()))
    }
}

/// An order as a customer may send it.
pub(crate) fn order() -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000,
        dripfeed: false,
        subscribing: Subscribing::default(),
    };
    let sent = [
        (Field::Link, "https://example.com/p/1"),
        (Field::Quantity, "100"),
    ]
    .map(|(field, text)| (field, text.to_owned()))
    .into();
    OrderSpec::read(&limits, &sent).expect("a valid order")
}

/// Polls until something holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    let polled = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, polled)
        .await
        .expect("it comes true");
}
