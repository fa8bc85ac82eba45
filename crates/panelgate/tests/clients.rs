//! Clients that other people wrote, unmodified: only the URL and the key are ours.

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use panelgate_simpanel::{SimClock, SimPanel, SimSettings};
use support::books::catalogue;
use support::{Files, Gateway, skip};

/// Runs all that `safesmm` and `babismm` offer against `serve`.
#[tokio::test(flavor = "multi_thread")]
async fn unmodified_clients_do_all_they_offer() {
    let python = std::env::var_os("PANELGATE_TEST_PYTHON")
        .map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let there = Command::new(&python)
        .args(["-c", "import safesmm, smm"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        return skip(
            "clients",
            "no Python with safesmm and babismm; PANELGATE_TEST_PYTHON may name one",
        );
    }
    // Orders complete within a second of real time.
    let settings = SimSettings {
        clock: SimClock::real(10_000.0),
        catalogue: catalogue(),
        ..SimSettings::default()
    };
    let panel = SimPanel::start(settings).await.expect("it starts");
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "1000");
    gateway.services(&key).await;

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients.py");
    let mut command = tokio::process::Command::new(python);
    command
        .arg(script)
        .arg(gateway.url())
        .arg(&key)
        .kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(60), command.output())
        .await
        .expect("in time")
        .expect("it starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    gateway.verify();
}
