//! The store without a gateway around it: orders held and placed by callers that share its core (order row, hold and placement;
//! then confirmation and cost: two transactions an order, as the gateway makes them).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use panelgate_benches::orders::{funded, hold_and_place};
use panelgate_benches::table::per_second;
use panelgate_store::Store as _;
use panelgate_store::sqlite::{Options, Role, SqliteStore};

/// Writes into a new store for so long and says how many orders a second that were. A batch of 1 is a commit for each.
pub(crate) fn write(folder: &Path, batch: usize, callers: usize, seconds: f64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let orders = runtime.block_on(orders_per_second(folder, batch, callers, seconds));
    println!("{orders}");
}

async fn orders_per_second(folder: &Path, batch: usize, callers: usize, seconds: f64) -> f64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder");
    let options = Options {
        create: true,
        batch,
        ..Options::default()
    };
    let path = folder.path().join("rows.db");
    let store = Arc::new(SqliteStore::open(&path, Role::Serve, options).expect("opened"));
    let customer = funded(store.as_ref()).await;
    let numbers = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let callers = (0..callers).map(|_| {
        let (store, numbers) = (Arc::clone(&store), Arc::clone(&numbers));
        tokio::spawn(async move {
            while began.elapsed().as_secs_f64() < seconds {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                hold_and_place(store.as_ref(), customer, number).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no panic");
    }
    let took = began.elapsed().as_secs_f64();
    let broken = store.verify().await.expect("verified");
    assert!(
        broken.is_empty(),
        "speed without right books is worth nothing"
    );
    per_second(numbers.load(Ordering::Relaxed), took)
}
