//! Orders held and placed per second (order row, hold, placement; then confirmation and cost: two transactions an order),
//! with group commit, beside one commit per order, beside what this disk can sync. All in one run.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use panelgate_benches::orders::{funded, hold_and_place};
use panelgate_benches::table::{per_second, print};
use panelgate_store::Store;
use panelgate_store::sqlite::{Options, Role, SqliteStore};

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder on the disk of the build");
    let syncs = syncs_per_second(folder.path());
    println!("fdatasync of this disk, 4 KiB appended each: {syncs:.0}/s");

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut rows = Vec::new();
    for concurrent in [1, 8, 64, 256] {
        let grouped = runtime.block_on(orders_per_second(
            folder.path(),
            concurrent,
            Options::default().batch,
        ));
        let single = runtime.block_on(orders_per_second(folder.path(), concurrent, 1));
        rows.push(vec![
            concurrent.to_string(),
            format!("{grouped:.0}"),
            format!("{single:.0}"),
            format!("{:.2}", grouped / single),
            format!("{:.2}", grouped / syncs),
        ]);
    }
    print(
        "orders held and placed per second",
        &[
            "concurrent",
            "group commit",
            "one commit each",
            "ratio",
            "orders per fdatasync",
        ],
        &rows,
    );
}

fn syncs_per_second(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("syncs")).expect("created");
    let (began, mut syncs) = (Instant::now(), 0);
    while began.elapsed() < MEASURED {
        file.write_all(&[0; 4096]).expect("written");
        file.sync_data().expect("synced");
        syncs += 1;
    }
    per_second(syncs, began.elapsed().as_secs_f64())
}

async fn orders_per_second(folder: &Path, concurrent: usize, batch: usize) -> f64 {
    let path = folder.join(format!("orders-{concurrent}-{batch}.db"));
    let options = Options {
        create: true,
        batch,
        ..Options::default()
    };
    let store = Arc::new(SqliteStore::open(&path, Role::Serve, options).expect("opened"));
    let customer = funded(store.as_ref()).await;
    let numbers = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let callers = (0..concurrent).map(|_| {
        let (store, numbers) = (Arc::clone(&store), Arc::clone(&numbers));
        tokio::spawn(async move {
            while began.elapsed() < MEASURED {
                hold_and_place(
                    store.as_ref(),
                    customer,
                    numbers.fetch_add(1, Ordering::Relaxed),
                )
                .await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no panic");
    }
    let took = began.elapsed().as_secs_f64();
    assert!(
        store.verify().await.expect("verified").is_empty(),
        "speed without right books is worth nothing"
    );
    per_second(numbers.load(Ordering::Relaxed), took)
}

const MEASURED: Duration = Duration::from_secs(4);
