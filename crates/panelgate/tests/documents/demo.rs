//! `demo`, used as its own text says.

use std::path::Path;
use std::process::Command;

use crate::support::{skip, spawn_until, until};

/// Pastes each line that the demo prints into a shell; and again, with a store that has orders already.
#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_demo_works_when_pasted() {
    if !Command::new("curl")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return skip("curl", "there is no curl here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let answers = pasted(folder.path(), 1).await;
    assert!(answers[1].contains("\"balance\":\"100.00\""), "{answers:?}");
    pasted(folder.path(), 4).await;
}

/// Runs the demo in a folder and answers what its lines did, after its three orders ended as it says.
async fn pasted(folder: &Path, first: u64) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
    command
        .args(["demo", "--listen", "127.0.0.1:0"])
        .args(["--operator-listen", "127.0.0.1:0", "--data"])
        .arg(folder);
    let (mut demo, lines) = spawn_until(command, "Ctrl-C");
    let pasted: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert!(pasted.len() >= 8, "{lines:?}");
    let mut answers = Vec::new();
    for line in &pasted {
        answers.push(shell(line));
    }
    assert!(answers[0].starts_with("[{\"service\":1,"), "{answers:?}");
    assert_eq!(answers[2], format!("{{\"order\":{first}}}"));
    let status = pasted
        .iter()
        .find(|line| line.contains(&format!("-d order={first}")))
        .expect("a status line");
    for (order, word) in (first..).zip(["Completed", "Partial", "Canceled"]) {
        let status = status.replace(&format!("order={first}"), &format!("order={order}"));
        until(format!("order {order} is {word}"), || async {
            shell(&status)
                .contains(&format!("\"status\":\"{word}\""))
                .then_some(())
        })
        .await;
    }
    // As Ctrl-C does it. After a kill nobody knows which answers were heard, and the same orders again would be the ones there are.
    assert!(shell(&format!("kill -s TERM {} && echo sent", demo.id())).contains("sent"));
    _ = demo.wait();
    answers
}

fn shell(line: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", line])
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}
