//! The machine: what it is, who runs where on it, and how fast its disk is.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// The core of what is measured, and that of the load and the panel.
pub(crate) const SERVER: usize = 0;
const LOAD: usize = 1;

/// Keeps this process to the core of the load; what it starts goes where it is told to.
pub(crate) fn pin_the_load() {
    let id = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", &LOAD.to_string(), &id])
        .output();
    let pinned = pinned.expect("taskset (util-linux) says who runs where");
    assert!(
        pinned.status.success(),
        "this bench needs two cores: {pinned:?}"
    );
}

/// Processor time of a server and of this process.
pub(crate) struct Busy {
    process: u32,
    server: f64,
    load: f64,
}

impl Busy {
    pub(crate) fn now(process: u32) -> Self {
        Self {
            process,
            server: used(process),
            load: used(std::process::id()),
        }
    }

    /// The parts of their cores that both have used since, of so many seconds.
    pub(crate) fn since(&self, seconds: f64) -> (f64, f64) {
        let now = Self::now(self.process);
        (
            (now.server - self.server) / seconds,
            (now.load - self.load) / seconds,
        )
    }
}

/// Seconds of processor time that a process has used.
fn used(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let (_, behind_its_name) = stat.rsplit_once(") ").expect("its name is in brackets");
    let mut fields = behind_its_name.split(' ').skip(11);
    let mut ticks = || {
        let field = fields.next().and_then(|field| field.parse::<f64>().ok());
        field.expect("user and system time")
    };
    (ticks() + ticks()) / TICKS_PER_SECOND
}

/// How long this disk takes to append 4 KiB and make them durable, one after the other.
pub(crate) fn syncs(folder: &Path, length: Duration) -> Histogram<u64> {
    let mut file = File::create(folder.join("syncs")).expect("created");
    let mut histogram = nanoseconds();
    let began = Instant::now();
    while began.elapsed() < length {
        let one = Instant::now();
        file.write_all(&[0; 4096]).expect("written");
        file.sync_data().expect("synced");
        let nanoseconds = u64::try_from(one.elapsed().as_nanos()).unwrap_or(u64::MAX);
        histogram.saturating_record(nanoseconds);
    }
    histogram
}

/// For times up to a minute, to three digits.
pub(crate) fn nanoseconds() -> Histogram<u64> {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).expect("bounds in their order")
}

/// What a reader has to know of it.
pub(crate) fn facts(panelgate: &Path) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models = || cpu.lines().filter(|line| line.starts_with("model name"));
    let model = models().next().and_then(|line| line.split(": ").nth(1));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = memory.split_whitespace().nth(1);
    let kilobytes: u64 = kilobytes.and_then(|text| text.parse().ok()).unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut text = String::new();
    let cores = models().count();
    let mut fact = |name: &str, value: &str| {
        writeln!(text, "| {name} | {} |", value.trim()).expect("memory");
    };
    fact("processor", model.unwrap_or("unknown"));
    fact(
        "cores",
        &format!("{cores}: {SERVER} for the server, {LOAD} for load and panel"),
    );
    fact("memory", &format!("{} MB", kilobytes / 1_000));
    fact("kernel", &kernel);
    fact("panelgate", &version(panelgate, "--version"));
    fact("rustc", &version(Path::new("rustc"), "--version"));
    fact("nginx", &version(Path::new(NGINX), "-v"));
    text
}

/// What a program says of itself, wherever it says it.
fn version(program: &Path, flag: &str) -> String {
    match Command::new(program).arg(flag).output() {
        Ok(said) => {
            let text = [said.stdout, said.stderr].concat();
            String::from_utf8_lossy(&text).trim().to_owned()
        }
        Err(_) => "not installed".to_owned(),
    }
}

/// Where Debian has it.
pub(crate) const NGINX: &str = "/usr/sbin/nginx";

/// Of `/proc/PID/stat`; the same on every Linux machine.
const TICKS_PER_SECOND: f64 = 100.0;
