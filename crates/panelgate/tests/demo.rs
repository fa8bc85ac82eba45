//! `demo`, used as its own text says.

mod support;

use std::process::Command;

use support::{skip, spawn_until, until};

/// Pastes each line that the demo prints into a shell.
#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_demo_works_when_pasted() {
    if !Command::new("curl")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return skip("curl", "there is no curl here");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
    command.args([
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--operator-listen",
        "127.0.0.1:0",
    ]);
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
    assert!(answers[1].contains("\"balance\":\"100.00\""), "{answers:?}");
    assert_eq!(answers[2], "{\"order\":1}");
    for (order, word) in [("1", "Completed"), ("2", "Partial"), ("3", "Canceled")] {
        let status = pasted
            .iter()
            .find(|line| line.contains("-d order=1"))
            .expect("a status line");
        let status = status.replace("order=1", &format!("order={order}"));
        until(format!("order {order} is {word}"), || async {
            shell(&status)
                .contains(&format!("\"status\":\"{word}\""))
                .then_some(())
        })
        .await;
    }
    _ = demo.kill();
    _ = demo.wait();
}

fn shell(line: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", line])
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}
