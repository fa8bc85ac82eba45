//! How long the real binary takes to be ready with many open orders, and how much memory it holds then, beside the same
//! binary with none: `cargo bench -p panelgate-benches --bench start`. Needs a release build of the binary; makes one.
//!
//! A number among the arguments (`-- 1000000`) is how many orders are open; 100,000 without.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use panelgate_benches::binary::{self, Running};
use panelgate_benches::orders::{funded, hold_and_place};
use panelgate_benches::table::print;
use panelgate_store::sqlite::{Options, Role, SqliteStore};

fn main() {
    let orders = std::env::args().find_map(|word| word.parse().ok());
    let orders = orders.unwrap_or(ORDERS);
    let binary = binary::release(env!("CARGO_TARGET_TMPDIR"));
    let panel = format!("http://{}/api/v2", binary::closed_port());
    let mut rows = Vec::new();
    for orders in [0, orders] {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        fill(folder.path(), orders);
        let markup = "[default]\npercent = \"20\"\n";
        binary::configure(folder.path(), &panel, markup);
        let config = folder.path().join("panelgate.toml");
        let config = config.to_str().expect("a plain path");
        let began = Instant::now();
        let gateway = Running::start(&binary, &["serve", "--config", config], "customers: ");
        let ready = began.elapsed();
        // Memory after the work of a start: facts are spread, looks are planned.
        std::thread::sleep(SETTLED);
        let resident = resident_bytes(gateway.id());
        drop(gateway);
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

fn resident_bytes(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.expect("the kernel says it") * 1024
}

const ORDERS: usize = 100_000;
const CALLERS: usize = 512;
const SETTLED: Duration = Duration::from_secs(3);
