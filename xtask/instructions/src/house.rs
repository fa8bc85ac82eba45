//! A gateway, its customer and its panel.

use std::num::NonZeroU32;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use panelgate_benches::orders::{funded, issue_key};
use panelgate_benches::settings;
use panelgate_edge::Listener;
use panelgate_engine::{Engine, Parts, Settings, SystemClock};
use panelgate_simpanel::{SimPanel, SimSettings};
use panelgate_store::Store;
use panelgate_store::sqlite::{Options, Role, SqliteStore, Work};
use panelgate_upstream::PanelSettings;
use prometheus::Registry;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A gateway on one thread, its store's work included, and a client's connection to it.
pub(crate) struct House {
    runtime: Runtime,
    stream: TcpStream,
    _engine: Engine,
    _listener: Listener,
    _folder: tempfile::TempDir,
}

/// A request, and how long its answer is: the client has nothing to think about while it is measured.
pub(crate) struct Question {
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl House {
    pub(crate) fn open() -> Self {
        let panel = panel();
        let runtime = runtime();
        let folder = tempfile::tempdir().expect("a folder");
        let (engine, listener, stream) = runtime.block_on(async {
            let store = store(folder.path()).await;
            let (engine, listener) = gateway(store, &panel).await;
            let stream = TcpStream::connect(listener.address()).await;
            (engine, listener, stream.expect("connected"))
        });
        Self {
            runtime,
            stream,
            _engine: engine,
            _listener: listener,
            _folder: folder,
        }
    }

    /// Asks once, to learn how long the answer is.
    pub(crate) fn question(&mut self, form: &str) -> Question {
        let body = format!("key={KEY}&{form}");
        let request = format!(
            "POST /api/v2 HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let request = request.into_bytes();
        let answer = self.runtime.block_on(first(&mut self.stream, &request));
        Question { request, answer }
    }

    pub(crate) fn ask(&mut self, question: &mut Question, times: usize) {
        let Question { request, answer } = question;
        let stream = &mut self.stream;
        self.runtime.block_on(async {
            for _ in 0..times {
                stream.write_all(request).await.expect("written");
                stream.read_exact(answer).await.expect("an answer");
                assert!(answer.starts_with(OK), "it was answered");
            }
        });
    }

    /// The id of a new order.
    pub(crate) fn order(&mut self) -> String {
        let question = self.question(ADD);
        let end = question.answer.windows(4).position(|end| end == END);
        let body = &question.answer[end.expect("a head") + 4..];
        let answer: Value = serde_json::from_slice(body).expect("JSON");
        answer["order"].as_u64().expect("an order").to_string()
    }
}

async fn first(stream: &mut TcpStream, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).await.expect("written");
    let mut answer = Vec::new();
    loop {
        stream.read_buf(&mut answer).await.expect("an answer");
        let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.expect("a length").parse().expect("a number");
        if body.len() == length {
            assert!(!body.contains("\"error\""), "{body}");
            return answer;
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// The address of a panel on a thread of its own, for as long as the process lives.
fn panel() -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let panel = SimPanel::start(SimSettings::default()).await;
            let panel = panel.expect("it starts");
            tell.send(panel.url()).expect("somebody listens");
            std::future::pending::<()>().await;
        });
    });
    told.recv().expect("it starts")
}

/// A store with one rich customer.
async fn store(folder: &std::path::Path) -> Arc<dyn Store> {
    let options = Options {
        create: true,
        work: Work::Inline,
        ..Options::default()
    };
    let store = SqliteStore::open(&folder.join("panelgate.db"), Role::Serve, options);
    let store = store.expect("opened");
    let customer = funded(&store).await;
    issue_key(&store, customer, KEY).await;
    Arc::new(store)
}

async fn gateway(store: Arc<dyn Store>, panel: &str) -> (Engine, Listener) {
    let registry = Registry::new();
    let engine = Engine::start(Parts {
        store,
        clock: Arc::new(SystemClock),
        settings: Settings {
            fresh_for: FRESH_FOR,
            // How often that happens during a request depends on how busy the machine is.
            foreign_every: FRESH_FOR,
            ..Settings::new("USD".into())
        },
        rules: settings::rules(&["alpha".into()]),
        panels: vec![panel_settings(panel)],
        metrics: panelgate_engine::Metrics::register(&registry).expect("registered"),
        upstream_metrics: panelgate_upstream::Metrics::register(&registry).expect("registered"),
    });
    let engine = engine.await.expect("it starts");
    let settings = panelgate_edge::Settings {
        add_per_second: NonZeroU32::MAX,
        reads_per_second: NonZeroU32::new(1_000_000_000).expect("not 0"),
        ..panelgate_edge::Settings::default()
    };
    let metrics = panelgate_edge::Metrics::register(&registry).expect("registered");
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let listener = Listener::start(socket, settings, engine.clone(), metrics);
    (engine, listener.expect("an address"))
}

/// Orders do not wait for their turn, and facts stay fresh.
fn panel_settings(url: &str) -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::new(1_000_000).expect("not 0"),
        fresh_for: FRESH_FOR,
        ..settings::panel("alpha".into(), url)
    }
}

pub(crate) const ADD: &str =
    "action=add&service=1001&link=https%3A%2F%2Fexample.com%2Fp&quantity=100";
const KEY: &str = "CountKey00000000000000000000000000000000";
const FRESH_FOR: Duration = Duration::from_secs(24 * 3_600);
const OK: &[u8] = b"HTTP/1.1 200 OK";
const END: &[u8] = b"\r\n\r\n";
