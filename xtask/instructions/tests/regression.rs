//! No request takes more instructions than it did, and none fewer unnoticed. What is counted does not depend on how busy a machine
//! is, only on the compiler, so the figures are those of one version and one profile.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde::{Deserialize, Serialize};

/// What `figures.toml` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    rustc: String,
    /// Instructions of one request, by profile and path.
    #[serde(flatten)]
    profiles: BTreeMap<String, BTreeMap<String, u64>>,
}

#[test]
fn requests_take_no_more_instructions() {
    let Some(counted) = counted() else {
        assert!(
            !is_required(),
            "instructions cannot be counted without valgrind"
        );
        eprintln!("SKIPPED instructions: valgrind is not installed");
        return;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("figures.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let known: Option<Figures> = toml::from_str(&text).ok();
    show(&counted, known.as_ref());
    if std::env::var_os("PANELGATE_REWRITE").is_some() {
        let text = rewritten(known, counted);
        std::fs::write(&path, text).expect("written");
        return;
    }
    let known = known.expect("figures.toml is readable");
    if !is_required() || known.rustc != rustc() {
        eprintln!(
            "SKIPPED comparing instructions: the figures are of rustc {} as CI builds, without incremental compilation",
            known.rustc
        );
        return;
    }
    let wrongs: Vec<String> = compared(&known.profiles[PROFILE], &counted).collect();
    assert!(
        wrongs.is_empty(),
        "{}\nIf that is right: CARGO_INCREMENTAL=0 PANELGATE_REWRITE=1 cargo test -p panelgate-instructions",
        wrongs.join("\n")
    );
}

fn compared<'a>(
    known: &'a BTreeMap<String, u64>,
    counted: &'a BTreeMap<String, u64>,
) -> impl Iterator<Item = String> + 'a {
    counted.iter().filter_map(|(path, now)| {
        let Some(then) = known.get(path) else {
            return Some(format!("{path} has no figure"));
        };
        let most = then / 100 * TOLERANCE_PERCENT;
        let is_far = now.abs_diff(*then) > most;
        is_far.then(|| format!("{path}: {now} instructions, not {then}"))
    })
}

/// Instructions of one request by path; none without valgrind.
fn counted() -> Option<BTreeMap<String, u64>> {
    if cfg!(not(all(target_arch = "x86_64", target_os = "linux"))) {
        return None;
    }
    Command::new("valgrind").arg("--version").output().ok()?;
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("callgrind");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(env!("CARGO_BIN_EXE_panelgate-instructions"));
    let said = succeeded(valgrind.output().expect("valgrind runs"));
    let mut annotate = Command::new("callgrind_annotate");
    annotate
        .args(["--inclusive=yes", "--threshold=100", "--auto=no"])
        .arg(&profile);
    let costs = succeeded(
        annotate
            .output()
            .expect("callgrind_annotate is part of valgrind"),
    );
    let each = said.lines().map(|line| {
        let (path, times) = line.split_once(' ').expect("a path, and how often");
        let times: u64 = times.parse().expect("a number");
        (path.to_owned(), cost(&costs, path) / times)
    });
    Some(each.collect())
}

/// What callgrind says that all requests of a path took together.
fn cost(costs: &str, path: &str) -> u64 {
    let name = format!("measured::{path} [");
    let line = costs.lines().find(|line| line.contains(&name));
    let line = line.unwrap_or_else(|| panic!("{name} was not counted"));
    let number = line.split_whitespace().next().expect("a number");
    number.replace(',', "").parse().expect("a number")
}

fn succeeded(output: Output) -> String {
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}");
    String::from_utf8(output.stdout).expect("text")
}

fn rewritten(known: Option<Figures>, counted: BTreeMap<String, u64>) -> String {
    let rustc = rustc();
    let known = known.filter(|known| known.rustc == rustc);
    let mut profiles = known.map(|known| known.profiles).unwrap_or_default();
    profiles.insert(PROFILE.to_owned(), counted);
    let figures = toml::to_string(&Figures { rustc, profiles }).expect("plain data");
    format!("{HEAD}{figures}")
}

fn show(counted: &BTreeMap<String, u64>, known: Option<&Figures>) {
    let known = known.and_then(|known| known.profiles.get(PROFILE));
    for (path, now) in counted {
        let then = known.and_then(|known| known.get(path));
        let then = then.map_or_else(|| "no figure".to_owned(), u64::to_string);
        eprintln!("{path}: {now} instructions ({PROFILE}; noted: {then})");
    }
}

/// The version, as in `1.95.0`.
fn rustc() -> String {
    let said = Command::new("rustc").arg("--version").output();
    let said = succeeded(said.expect("rustc runs"));
    let version = said.split_whitespace().nth(1);
    version.expect("a version").to_owned()
}

/// Whether this is the build that the figures are of, on a machine that is to have valgrind: `.ci/run` says so.
fn is_required() -> bool {
    std::env::var_os("PANELGATE_TEST_REQUIRE").is_some_and(|required| {
        let required = required.to_string_lossy();
        required.split(',').any(|name| name == "instructions")
    })
}

const PROFILE: &str = if cfg!(debug_assertions) {
    "dev"
} else {
    "release"
};

/// Seeds of hashes and moments of background work make less than one of a hundred.
const TOLERANCE_PERCENT: u64 = 4;

const HEAD: &str = "# Instructions that one request takes, the client's few included: PANELGATE_REWRITE=1 cargo test -p panelgate-instructions
# writes those of the profile it is built with (--release). CI compares those of `dev`.

";
