//! An honest client of the real binary, alone and beside a thousand clients that hold what they were given, in the same run:
//! `cargo bench -p panelgate-benches --bench slow`. Then what the gateway's memory does when bodies come that never end, with
//! the default bound for all of them together and with one that bounds nothing. Needs a release build of the binary; makes one.

mod honest;
mod slow;

use std::time::Duration;

use panelgate_benches::gateway::{self, Gateway};
use panelgate_benches::table::print;
use panelgate_simpanel::SimPanel;
use tokio::runtime::Runtime;

use crate::honest::Figures;
use crate::slow::{Crowd, Habit};

fn main() {
    let binary = panelgate_benches::binary::release(env!("CARGO_TARGET_TMPDIR"));
    // The crowd and the honest client have a thread each, and so has the panel.
    let (honest, crowd, panel) = (runtime(), runtime(), runtime());
    let panel = panel.block_on(gateway::panel());
    let gateway = start(&binary, &panel, "");
    let key = gateway.customer();
    let line = honest.block_on(honest::ready(gateway.address, &key));
    let measure = || honest.block_on(honest::measure(gateway.address, &line));

    let mut rows = Vec::new();
    // What is asked for the first time is rendered, compressed and opened.
    measure();
    rows.push(row("alone", &measure(), &gateway));
    let idle = crowd.block_on(Crowd::gather(gateway.address, &key, &[Habit::Idle; EACH]));
    rows.push(row("1,000 idle sockets", &measure(), &gateway));
    let slow = crowd.block_on(Crowd::gather(gateway.address, &key, &slow_habits()));
    rows.push(row("and 1,000 slow clients", &measure(), &gateway));
    let held = format!(
        "{} idle and {} slow connections were made anew",
        idle.again(),
        slow.again()
    );
    drop((idle, slow));
    rows.push(row("alone again", &measure(), &gateway));
    let columns = [
        "beside it",
        "requests",
        "p50",
        "p99",
        "largest",
        "gateway resident",
    ];
    print(
        "an honest client: add, status, balance in turn on one connection",
        &columns,
        &rows,
    );
    println!("  {held}");
    drop(gateway);

    let mut rows = Vec::new();
    for (name, limits) in [
        ("default: 64 MiB", DEFAULT),
        ("8 MiB", SMALL),
        ("none to speak of", NONE),
    ] {
        rows.push(flood(&binary, &panel, &crowd, name, limits));
    }
    let columns = [
        "bound",
        "before",
        "with 1,000 bodies of 1 MiB, all but a byte",
        "ratio",
    ];
    print("the gateway's resident memory", &columns, &rows);
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn start(binary: &std::path::Path, panel: &SimPanel, limits: &str) -> Gateway {
    Gateway::start(binary, None, env!("CARGO_TARGET_TMPDIR"), panel, limits)
}

/// A third of each.
fn slow_habits() -> Vec<Habit> {
    let habits = [Habit::SlowHead, Habit::SlowBody, Habit::SlowReader];
    habits.into_iter().cycle().take(EACH).collect()
}

fn row(name: &str, figures: &Figures, gateway: &Gateway) -> Vec<String> {
    let milliseconds = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    vec![
        name.to_owned(),
        figures.len().to_string(),
        milliseconds(figures.at(0.5)),
        milliseconds(figures.at(0.99)),
        milliseconds(figures.at(1.0)),
        megabytes(gateway.resident()),
    ]
}

fn flood(
    binary: &std::path::Path,
    panel: &SimPanel,
    crowd: &Runtime,
    name: &str,
    limits: &str,
) -> Vec<String> {
    let gateway = start(binary, panel, limits);
    let before = gateway.resident();
    let bodies = crowd.block_on(Crowd::gather(
        gateway.address,
        "",
        &[Habit::LargeBody; EACH],
    ));
    // The last of it is under way when the crowd is there.
    std::thread::sleep(SETTLED);
    let after = gateway.resident();
    drop(bodies);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let ratio = after as f64 / before as f64;
    vec![
        name.to_owned(),
        megabytes(before),
        megabytes(after),
        format!("{ratio:.1}"),
    ]
}

fn megabytes(bytes: usize) -> String {
    format!("{} MB", bytes / 1_000_000)
}

const EACH: usize = 1_000;
const SETTLED: Duration = Duration::from_secs(2);
/// A body's own deadline must not end what is measured.
const DEFAULT: &str = "body = \"60s\"\n";
const SMALL: &str = "body = \"60s\"\nbodies_bytes = 8_388_608\n";
const NONE: &str = "body = \"60s\"\nbodies_bytes = 68_719_476_736\n";
