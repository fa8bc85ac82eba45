//! Searches for inputs that break a parser: libFuzzer, led by what each input covers, in rounds that are counted one by one.
//!
//! Everything lies in the target folder: the program, the corpus that grows from campaign to campaign, and what was found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use panelgate_fuzz::{TARGETS, Target};
use panelgate_tally::Tally;

use crate::report::Report;

/// Lets every target (or those named) search for so many seconds of processor time. What breaks a target ends its turn, is made
/// small and kept as a file, and is a violation that names the file.
pub(crate) fn search(seconds: u64, only: &[String], report: &mut Report) -> anyhow::Result<()> {
    let program = build()?;
    let is_asked = |target: &&Target| only.is_empty() || only.iter().any(|name| name == target.0);
    for (target, _) in TARGETS.iter().filter(is_asked) {
        let place = Place::new(target)?;
        let (mut spent, whole) = (0, seconds.saturating_mul(1_000));
        while spent < whole {
            // A round is measured by the clock on the wall, and on a busy machine the processor is somewhere else.
            let left = (whole - spent).div_ceil(1_000);
            let round = place.round(&program, left.clamp(SHORTEST_ROUND, LONGEST_ROUND))?;
            spent += round.milliseconds.max(1);
            let mut tally = Tally::default();
            tally.count(format!("inputs · {target}"), round.inputs);
            tally.count(
                format!("processor milliseconds · {target}"),
                round.milliseconds,
            );
            tally.count(format!("new inputs kept · {target}"), round.kept);
            if let Some(file) = &round.found {
                tally.violation(format!("{target}: {}", file.display()));
            }
            report.add(&tally)?;
            let Round { inputs, kept, .. } = round;
            eprintln!(
                "{target}: {spent} ms, {inputs} inputs, {kept} kept; {}",
                round.coverage
            );
            if round.found.is_some() {
                break;
            }
        }
    }
    Ok(())
}

/// Builds the program with the compiler's coverage instrumentation, apart from all other builds. The target is named so that the
/// flags do not reach what runs while building.
fn build() -> anyhow::Result<PathBuf> {
    let version = Command::new("rustc").arg("-vV").output()?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say what it runs on")?;
    let built = Command::new("cargo")
        .args(["build", "--release", "--package", "panelgate-campaign"])
        .args(["--features", "campaign", "--bin", "campaign"])
        .args(["--target", host, "--target-dir", FOLDER])
        .env("RUSTFLAGS", INSTRUMENTED.join(" "))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true")
        .status()?;
    anyhow::ensure!(built.success(), "the campaign does not build");
    let program = Path::new(FOLDER).join(host).join("release/campaign");
    Ok(fs::canonicalize(program)?)
}

/// Where one target's files are.
struct Place {
    target: &'static str,
    grown: PathBuf,
    found: PathBuf,
    given: PathBuf,
}

/// What one round came to.
struct Round {
    milliseconds: u64,
    inputs: u64,
    kept: u64,
    coverage: String,
    found: Option<PathBuf>,
}

impl Place {
    fn new(target: &'static str) -> anyhow::Result<Self> {
        let place = Self {
            target,
            grown: Path::new(FOLDER).join("corpus").join(target),
            found: Path::new(FOLDER).join("found").join(target),
            given: Path::new(GIVEN).join(target),
        };
        fs::create_dir_all(&place.grown)?;
        fs::create_dir_all(&place.found)?;
        Ok(place)
    }

    fn round(&self, program: &Path, seconds: u64) -> anyhow::Result<Round> {
        let (before, known) = (processor_milliseconds()?, self.finds()?);
        let said = self
            .command(program)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", self.found.display()))
            .arg(format!("-dict={WORDS}"))
            .args(["-print_final_stats=1", "-timeout=20", "-rss_limit_mb=2048"])
            .args([&self.grown, &self.given])
            .output()?;
        let text = String::from_utf8_lossy(&said.stderr);
        let stat = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|number| number.trim().parse().ok())
                .unwrap_or(0)
        };
        let found = self.finds()?.into_iter().find(|file| !known.contains(file));
        if found.is_none() && !said.status.success() {
            anyhow::bail!("{}: {}\n{text}", self.target, said.status);
        }
        Ok(Round {
            milliseconds: processor_milliseconds()? - before,
            inputs: stat("stat::number_of_executed_units:"),
            kept: stat("stat::new_units_added:"),
            coverage: coverage(&text),
            found: found.map(|file| self.smaller(program, file)).transpose()?,
        })
    }

    /// The same find in fewer bytes, if there is one: the last file that still breaks the target.
    fn smaller(&self, program: &Path, found: PathBuf) -> anyhow::Result<PathBuf> {
        let small = found.with_extension("small");
        self.command(program)
            .arg("-minimize_crash=1")
            .arg(format!("-max_total_time={MINIMISING}"))
            .arg(format!("-exact_artifact_path={}", small.display()))
            .arg(&found)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(if small.exists() { small } else { found })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("PANELGATE_FUZZ_TARGET", self.target);
        command
    }

    fn finds(&self) -> anyhow::Result<Vec<PathBuf>> {
        let files = fs::read_dir(&self.found)?;
        Ok(files
            .map(|file| Ok(file?.path()))
            .collect::<std::io::Result<_>>()?)
    }
}

/// `cov: 812 ft: 3301 corp: 402/19Kb`: edges and features that the corpus reaches.
fn coverage(text: &str) -> String {
    let last = text.lines().rev().find(|line| line.contains(" cov: "));
    let words = last.and_then(|line| line.split_once("cov: "));
    let words = words.map_or("", |(_, words)| words).split_whitespace();
    format!("cov: {}", words.take(5).collect::<Vec<_>>().join(" "))
}

/// What all programs that this one has started and seen end have used.
fn processor_milliseconds() -> anyhow::Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat").context("only Linux says what was used")?;
    let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
    // Behind the name and counted from it: cutime and cstime, in hundredths.
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap_or(0)).sum();
    Ok(ticks * 10)
}

/// Apart from the other builds, because its flags would make them build everything again.
const FOLDER: &str = "target/campaign";
/// What is kept in the repository.
const GIVEN: &str = "xtask/fuzz/corpus";
/// Words of the protocol: without the sanitizers' hooks libFuzzer does not see what texts are compared with.
const WORDS: &str = "xtask/fuzz/words.dict";
/// Seconds between two writings of the report.
const LONGEST_ROUND: u64 = 60;
/// Reading the corpus again costs something, too.
const SHORTEST_ROUND: u64 = 10;
const MINIMISING: u64 = 30;

/// What libFuzzer needs to be told by the program, on a stable compiler and without a sanitizer's runtime.
const INSTRUMENTED: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];
