//! The whole server and its peers, side by side: `cargo bench -p panelgate-benches --bench gate`. Needs two cores, `taskset`, and
//! a release build of the binary, which it makes; compares with nginx where that is installed.
//!
//! The real binary has one core for itself, and each peer has the same core in its turn; the load and a simulated panel that
//! answers at once have the other. All are asked by the same load over the same kind of connections, in rounds that take turns;
//! the medians are compared. Every answer is checked in every round, and the books at the end.
//!
//! It writes `docs/figures/gate.md` and the figures beside it. `-- --quick` takes less than a minute, and writes into the target
//! folder. `-- --profile` measures nothing: it shows where the server's core spends its time, by `perf`.

mod ask;
mod bare;
mod books;
mod closed;
mod goals;
mod latency;
mod line;
mod looks;
mod machine;
mod open;
mod orders;
mod pace;
mod peers;
mod profile;
mod report;
mod rows;
mod shop;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use panelgate_benches::binary;

use crate::ask::Ask;
use crate::pace::Pace;
use crate::report::Run;
use crate::shop::Shop;

/// As in the binary, for the peers' sake.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if peers::is_one(&arguments) {
        return;
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let figures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/figures");
    let asked = |option: &str| arguments.iter().any(|argument| argument == option);
    let binary = binary::release(env!("CARGO_TARGET_TMPDIR"));
    machine::pin_the_load();
    match (asked("--profile"), asked("--quick")) {
        (true, _) => profile::print(&binary, &target.join("gate")),
        (_, true) => measure(&binary, Pace::QUICK).write(&target.join("gate")),
        _ => measure(&binary, Pace::FULL).write(&figures),
    }
}

fn measure(binary: &Path, pace: Pace) -> Run {
    let began = Instant::now();
    let shop = Shop::open(binary);
    let syncs = machine::syncs(shop.folder.path(), pace.orders);
    let looks = looks::measure(&shop, pace);
    let add = Arc::new(Ask::add(&shop.key, &shop.service));
    let orders = orders::measure(&shop, &add, pace);
    let (adds, direct) = latency::orders(&shop, &add, orders.gateway.per_second, pace);
    let status = shop.form("status", &format!("&order={}", shop.orders[0]));
    let status = Arc::new(Ask::same(&status, "", shop.answer(&status, "")));
    let knee = looks.iter().find(|look| look.name == looks::STATUS);
    let knee = knee.and_then(|look| look.of(looks::PANELGATE));
    let knee = knee.expect("it was asked");
    let statuses = latency::measure(&shop, "`status` of an order", &status, knee, pace);
    let told = [&shop.orders[..], &orders.placed, &adds.placed].concat();
    let books = books::check(&shop, &told, direct);
    Run {
        facts: machine::facts(binary),
        syncs,
        looks,
        orders,
        latencies: [adds, statuses],
        books,
        seconds: began.elapsed().as_secs(),
    }
}
