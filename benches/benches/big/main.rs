//! The real binary on a store of any size: how long a start takes, how much memory it holds then, and how long every command takes
//! beside it. `cargo bench -p panelgate-benches --bench big` makes 100,000 open and 1,000,000 ended orders;
//! `-- --open 1000000 --ended 10000000` as many as that. Needs a release build of the binary; makes one.
//!
//! It says first how much of the disk it takes, and is skipped if that is not there. `--days N` is over how long the orders were
//! opened (365), `--in FOLDER` keeps the store there, and takes the one that is there already; `--binary FILE` takes that one as it is.

mod commands;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use panelgate_benches::arguments;
use panelgate_benches::big::{self, Plan};
use panelgate_benches::binary::{self, Running};
use panelgate_benches::table::print;

fn main() {
    let plan = Plan::new(
        arguments::number("--open", 100_000),
        arguments::number("--ended", 1_000_000),
        arguments::number("--days", 365),
    );
    let here = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let scratch = tempfile::tempdir_in(&here).expect("a folder");
    let folder = arguments::text("--in").map_or_else(|| scratch.path().join("full"), PathBuf::from);
    std::fs::create_dir_all(&folder).expect("made");
    let binary = arguments::text("--binary").map_or_else(
        || binary::release(env!("CARGO_TARGET_TMPDIR")),
        PathBuf::from,
    );
    let store = folder.join("panelgate.db");
    if !store.exists() {
        let (needed, free) = (big::bytes(&plan), big::free(&folder));
        let (open, ended) = (plan.open, plan.ended);
        println!(
            "{open} open and {ended} ended orders take up to {} of the disk; {} are free",
            gigabytes(needed),
            gigabytes(free)
        );
        if free < needed + SPARE {
            println!("SKIPPED: that is too little");
            return;
        }
        plan.write(&store, |n| plan.usual(n));
    }
    let length = std::fs::metadata(&store).expect("it is there").len();
    println!(
        "the file has {}, {} bytes for each order",
        gigabytes(length),
        length / plan.orders().max(1).unsigned_abs()
    );

    let empty = scratch.path().join("empty");
    std::fs::create_dir(&empty).expect("made");
    Plan {
        open: 0,
        ended: 0,
        ..plan.clone()
    }
    .write(&empty.join("panelgate.db"), |n| plan.usual(n));
    let mut rows = Vec::new();
    let (_, none) = start(&binary, &empty, 0, 0, &mut rows, 0);
    let (gateway, _) = start(&binary, &folder, plan.open, plan.ended, &mut rows, none);
    print("a start of the real binary, its panel down", &START, &rows);
    commands::measure(&binary, &folder, &plan);
    drop(gateway);
    commands::measure_whole(&binary, &folder);
}

/// Starts it three times, and says how it went in another row. Answers the last one that serves, and the memory that it holds.
fn start(
    binary: &Path,
    folder: &Path,
    open: i64,
    ended: i64,
    rows: &mut Vec<Vec<String>>,
    empty: usize,
) -> (Running, usize) {
    let panel = format!("http://{}/api/v2", binary::closed_port());
    binary::configure(folder, &panel, "[default]\npercent = \"20\"\n");
    let config = folder.join("panelgate.toml");
    let config = config.to_str().expect("a plain path");
    let mut times = Vec::new();
    let mut gateway = None;
    for _ in 0..STARTS {
        drop(gateway.take());
        let began = Instant::now();
        gateway = Some(Running::start(
            binary,
            &["serve", "--config", config],
            "customers: ",
        ));
        times.push(began.elapsed());
    }
    let gateway = gateway.expect("it was started");
    // Memory after the work of a start: facts are spread, looks are planned.
    std::thread::sleep(SETTLED);
    let resident = resident_bytes(gateway.id());
    let each =
        (resident.saturating_sub(empty)).checked_div(usize::try_from(open).expect("not negative"));
    rows.push(vec![
        open.to_string(),
        ended.to_string(),
        times
            .iter()
            .map(|time| format!("{:.2}", time.as_secs_f64()))
            .collect::<Vec<_>>()
            .join(", "),
        format!("{} MB", resident / 1_000_000),
        each.map_or_else(String::new, |bytes| bytes.to_string()),
    ]);
    (gateway, resident)
}

fn resident_bytes(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kilobytes.expect("the kernel says it") * 1024
}

fn gigabytes(bytes: u64) -> String {
    format!(
        "{}.{} GB",
        bytes / 1_000_000_000,
        bytes % 1_000_000_000 / 100_000_000
    )
}

const START: [&str; 5] = [
    "open orders",
    "ended",
    "listens after s",
    "resident",
    "bytes per open order",
];
const STARTS: usize = 3;
const SETTLED: Duration = Duration::from_secs(5);
/// What the disk keeps for others.
const SPARE: u64 = 2_000_000_000;
