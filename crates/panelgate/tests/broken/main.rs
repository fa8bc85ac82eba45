//! Broken configurations, and exactly what `panelgate check` says of each.
//!
//! Every folder here is a case: the files in which it differs from a good configuration ([`GOOD`]), and `expected.txt`. After a
//! change of texts, `PANELGATE_REWRITE=1 cargo test -p panelgate --test broken` writes them anew; read every difference, for
//! each text has to say where, what was expected, and how to mend it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A configuration that is valid and gives no warning. A case's file takes the place of the one with its name.
const GOOD: &[(&str, &str)] = &[
    (
        "panelgate.toml",
        r#"[panels.alpha]
url = "https://alpha.example/api/v2"
key = { file = "alpha.key" }
currency = "USD"

[panels.beta]
url = "https://beta.example/api/v2"
key = { file = "beta.key" }
currency = "USD"
"#,
    ),
    ("markup.toml", "[default]\npercent = \"20\"\n"),
    (
        "services.toml",
        r#"[[import]]
panel = "alpha"

[[service]]
id = 101
name = "Followers"
category = "By hand"
routes = [ { panel = "alpha", service = "1" } ]
"#,
    ),
    ("alpha.key", "alpha-s3cret\n"),
    ("beta.key", "beta-s3cret\n"),
];

/// So many are looked at, lest a folder that is moved takes its cases away unseen.
const LEAST_CASES: usize = 40;

/// What `check` says of a folder: on stderr, and its code.
fn check(folder: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
    // Relative, as an operator writes it: so reports hold no path of this machine.
    command.args(["check", "--config", "panelgate.toml"]);
    command
        .current_dir(folder)
        .env_remove("PANELGATE_TEST_UNSET_KEY")
        .env_remove("CREDENTIALS_DIRECTORY");
    let output = command.output().expect("started");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code(), text)
}

/// The good configuration with a case's files in it.
fn built(case: Option<&Path>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in GOOD {
        fs::write(folder.path().join(name), text).expect("written");
    }
    for file in case.into_iter().flat_map(entries) {
        let name = file.file_name().expect("it was listed");
        fs::copy(&file, folder.path().join(name)).expect("copied");
    }
    folder
}

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("listed").path()).collect()
}

/// What is wrong with a case, if anything.
fn judge(case: &Path, rewrite: bool) -> Option<String> {
    let (code, said) = check(built(Some(case)).path());
    if code != Some(78) {
        return Some(format!("ends with {code:?} and not with 78:\n{said}"));
    }
    // A report is only good with a place and a mend for each error.
    let errors = said.lines().filter(|line| line.starts_with("error: "));
    if errors.count() == 0 || said.contains("s3cret") {
        return Some(format!("has no error, or shows a secret:\n{said}"));
    }
    let mends = said
        .split("\n\n")
        .filter(|block| block.contains("= help: "));
    if mends.count() != said.split("\n\n").count() {
        return Some(format!(
            "says what is wrong and not how to mend it:\n{said}"
        ));
    }
    let snapshot = case.join("expected.txt");
    if rewrite {
        fs::write(&snapshot, &said).expect("written");
    }
    let expected = fs::read_to_string(&snapshot).unwrap_or_default();
    (said != expected).then(|| format!("says\n{said}and not\n{expected}"))
}

#[test]
fn every_broken_configuration_is_told_how_to_mend_it() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let rewrite = std::env::var_os("PANELGATE_REWRITE").is_some();
    let cases = entries(&cases).into_iter().filter(|path| path.is_dir());
    let cases: Vec<PathBuf> = cases.collect();
    assert!(cases.len() >= LEAST_CASES, "only {} cases", cases.len());
    let faults = cases.iter().filter_map(|case| {
        let name = case.file_name().expect("it was listed").display();
        judge(case, rewrite).map(|fault| format!("{name} {fault}"))
    });
    let faults: Vec<String> = faults.collect();
    assert!(
        faults.is_empty(),
        "{}\n{} of {} cases; PANELGATE_REWRITE=1 writes what is said into their expected.txt",
        faults.join("\n"),
        faults.len(),
        cases.len(),
    );
}

#[test]
fn what_the_cases_differ_from_is_good() {
    assert_eq!(check(built(None).path()), (Some(0), String::new()));
}
