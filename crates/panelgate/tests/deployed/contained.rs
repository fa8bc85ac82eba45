//! What a package or a container needs of the program: whether it is well, completions, manual pages.

use std::process::{Command, Stdio};

use crate::support::{Files, Gateway, panel, skip};

#[tokio::test(flavor = "multi_thread")]
async fn it_says_itself_whether_it_is_well() {
    let panel = panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    let ill = |gateway: &Gateway| {
        let output = gateway.output(&["healthcheck"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(ill(&gateway), "error: no server is running\n");
    gateway.serve();
    assert_eq!(gateway.run(&["healthcheck"]), "ready\n");
    gateway.kill();
    assert_eq!(ill(&gateway), "error: no server is running\n");
}

#[test]
fn shells_can_complete_and_readers_can_read() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("healthcheck"), "{shell}: {script}");
        parses(shell, &script);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("man");
    run(&["man", pages.to_str().expect("text")]);
    for name in ["panelgate", "panelgate-serve", "panelgate-orders-resolve"] {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1")));
        let page = page.expect("a page");
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
}

fn run(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
    let output = command.args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// By the shell itself, if it is here.
fn parses(shell: &str, script: &str) {
    if !matches!(shell, "bash" | "zsh" | "fish") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script");
    std::fs::write(&path, script).expect("written");
    let read = Command::new(shell)
        .arg("-n")
        .arg(&path)
        .stdin(Stdio::null())
        .output();
    match read {
        Err(_) => skip(shell, "it is not installed"),
        Ok(output) => assert!(output.status.success(), "{shell}: {output:?}"),
    }
}
