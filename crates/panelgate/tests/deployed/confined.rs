//! The units of systemd: without mistakes, and as confined as they claim.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::skip;

const UNITS: [&str; 3] = [
    "panelgate.service",
    "panelgate.socket",
    "panelgate-operators.socket",
];
/// Tenths: `systemd-analyze security` calls 0 to 2 "safe" or nearly so.
const MOST_EXPOSED: &str = "--threshold=20";

#[test]
fn the_units_hold_together_and_confine() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        return skip("systemd", "there is no systemd-analyze");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let units = UNITS.map(|unit| installed(unit, folder.path()));
    let service = &units[0];
    let mut verify = vec!["verify".as_ref(), "--man=no".as_ref()];
    verify.extend(units.iter().map(PathBuf::as_path));
    let verified = analyze(&verify);
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(String::from_utf8_lossy(&verified.stderr), "", "no warnings");

    let security = ["security", "--offline=yes", MOST_EXPOSED].map(Path::new);
    let confined = analyze(&[&security[..], &[service.as_ref()]].concat());
    let text = String::from_utf8_lossy(&confined.stdout);
    assert!(confined.status.success(), "{text}");
    eprintln!("{}", text.lines().last().unwrap_or_default());
}

/// The unit as it is installed, with the program where it is now.
fn installed(unit: &str, folder: &Path) -> PathBuf {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd");
    let text = std::fs::read_to_string(units.join(unit)).expect("a unit");
    let text = text.replace("/usr/bin/panelgate", env!("CARGO_BIN_EXE_panelgate"));
    let path = folder.join(unit);
    std::fs::write(&path, text).expect("written");
    path
}

fn analyze(arguments: &[&Path]) -> Output {
    let mut command = Command::new("systemd-analyze");
    command.args(arguments).output().expect("it starts")
}
