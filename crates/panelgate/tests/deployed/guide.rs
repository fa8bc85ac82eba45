//! `docs/deploying.md`: its commands, one after the other, as they stand there but for the paths.

use std::path::Path;
use std::process::Command;

use crate::support::{Files, Gateway, panel};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_guide_says_can_be_done() {
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploying.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    let commands = commands(&guide);
    assert_eq!(commands.len(), 6, "{commands:?}");
    for command in commands {
        if command.contains(" restore ") {
            assert_eq!(gateway.terminate(), 0);
        }
        let program = env!("CARGO_BIN_EXE_panelgate");
        let line = command
            .replacen("panelgate ", &format!("{program} "), 1)
            .replace("/etc/panelgate/", "")
            .replace("/var/backups/", "");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(gateway.path(""));
        let output = shell.output().expect("a shell");
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

/// The lines of all blocks of shell.
fn commands(guide: &str) -> Vec<&str> {
    let blocks = guide.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).collect()
}
