//! How long the real binary takes to be ready with many open orders, and how much memory it holds then, beside the same
//! binary with none: `cargo bench -p panelgate-benches --bench start`. Needs a release build of the binary; makes one.
//!
//! A number among the arguments (`-- 1000000`) is how many orders are open; 100,000 without.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use panelgate_benches::orders::{funded, hold_and_place};
use panelgate_benches::table::print;
use panelgate_store::sqlite::{Options, Role, SqliteStore};

fn main() {
    let orders = std::env::args().find_map(|word| word.parse().ok());
    let orders = orders.unwrap_or(ORDERS);
    let binary = release_binary();
    let panel = closed_port();
    let mut rows = Vec::new();
    for orders in [0, orders] {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        fill(folder.path(), orders);
        configure(folder.path(), panel);
        let began = Instant::now();
        let (mut process, customers) = serve(&binary, folder.path());
        let ready = began.elapsed();
        // Memory after the work of a start: facts are spread, looks are planned.
        std::thread::sleep(SETTLED);
        let resident = resident_bytes(process.id());
        drop(customers);
        process.kill().expect("it runs");
        process.wait().expect("it ends");
        rows.push((orders, ready, resident));
    }
    let (_, _, empty) = rows[0];
    let cells = rows.iter().map(|(orders, ready, resident)| {
        let each = resident.saturating_sub(empty).checked_div(*orders);
        vec![
            orders.to_string(),
            format!("{:.2} s", ready.as_secs_f64()),
            format!("{} MB", resident / 1_000_000),
            each.map_or_else(String::new, |bytes| bytes.to_string()),
        ]
    });
    print(
        "a start of the real binary, its panel down",
        &[
            "open orders",
            "listens after",
            "resident",
            "bytes per open order",
        ],
        &cells.collect::<Vec<_>>(),
    );
}

/// Open orders at panel `alpha`, through the store's own transactions.
fn fill(folder: &Path, orders: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = Options {
            create: true,
            ..Options::default()
        };
        let path = folder.join("panelgate.db");
        let store = Arc::new(SqliteStore::open(&path, Role::Serve, options).expect("opened"));
        let customer = funded(store.as_ref()).await;
        let next = Arc::new(AtomicUsize::new(0));
        let callers = (0..CALLERS).map(|_| {
            let (store, next) = (Arc::clone(&store), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= orders {
                        return;
                    }
                    hold_and_place(store.as_ref(), customer, n).await;
                }
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            caller.await.expect("no panic");
        }
        let store = Arc::into_inner(store).expect("nobody else has it");
        store.close().await;
    });
}

fn configure(folder: &Path, panel: SocketAddr) {
    let main = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[operator]\nlisten = \"127.0.0.1:0\"\n\
         [store]\nurl = \"sqlite:panelgate.db\"\n[money]\ncurrency = \"USD\"\n\
         [panels.alpha]\nurl = \"http://{panel}/api/v2\"\nkey = {{ file = \"alpha.key\" }}\n\
         currency = \"USD\"\nallow_private = true\n"
    );
    let files = [
        ("panelgate.toml", main.as_str()),
        ("markup.toml", "[default]\npercent = \"20\"\n"),
        ("services.toml", "[[import]]\npanel = \"alpha\"\n"),
        ("alpha.key", "bench-key"),
    ];
    for (name, text) in files {
        let mut file = std::fs::File::create(folder.join(name)).expect("created");
        file.write_all(text.as_bytes()).expect("written");
    }
}

/// The process, and its answer pipe once it listens.
fn serve(binary: &Path, folder: &Path) -> (Child, impl Sized) {
    let mut process = Command::new(binary)
        .args(["serve", "--config"])
        .arg(folder.join("panelgate.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(process.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("customers: ") {
        line.clear();
        let read = lines.read_line(&mut line).expect("text");
        assert!(read > 0, "it ended before it listened");
    }
    (process, lines)
}

fn release_binary() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "panelgate"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the binary has to be built");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("it lies in the target folder");
    target.join("release/panelgate")
}

/// Where nobody listens.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    assert!(TcpStream::connect(address).is_err(), "nobody listens");
    address
}

fn resident_bytes(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.expect("the kernel says it") * 1024
}

const ORDERS: usize = 100_000;
const CALLERS: usize = 512;
const SETTLED: Duration = Duration::from_secs(3);
