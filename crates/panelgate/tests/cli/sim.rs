use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::panelgate;

#[test]
fn a_simulated_panel_answers_until_it_is_told_to_stop() {
    let args = [
        "sim",
        "--listen",
        "127.0.0.1:0",
        "--key",
        "k",
        "--balance",
        "12.5",
        "--currency",
        "EUR",
    ];
    let mut child = panelgate().args(args).spawn().expect("started");
    let mut url = String::new();
    let stdout = child.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut url).expect("a line");
    let host = url
        .trim()
        .strip_prefix("http://")
        .and_then(|rest| rest.strip_suffix("/api/v2"));
    let host = host.unwrap_or_else(|| panic!("`{url}` is no address of a panel"));

    let mut stream = TcpStream::connect(host).expect("it listens");
    let body = "key=k&action=balance";
    let head = format!(
        "POST /api/v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    write!(stream, "{head}{body}").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(
        answer.ends_with(r#"{"balance":"12.50","currency":"EUR"}"#),
        "{answer}"
    );

    let killed = Command::new("kill").arg(child.id().to_string()).status();
    assert!(killed.expect("kill runs").success());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

#[test]
fn a_fault_plan_that_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("faults.toml");
    std::fs::write(&plan, "[[rule]]\nfault = \"nonsense\"\n").expect("written");
    let args = ["sim", "--listen", "127.0.0.1:0", "--faults"];
    let output = panelgate().args(args).arg(&plan).output().expect("ran");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(error.contains("faults.toml"), "{error}");
}

#[test]
fn a_panel_that_makes_no_sense_is_wrong_use() {
    let wrong = [
        ("--speed", "0"),
        ("--speed", "-1"),
        ("--speed", "inf"),
        ("--speed", "NaN"),
        ("--balance", "-1"),
        ("--key", ""),
    ];
    for (name, value) in wrong {
        let setting = format!("{name}={value}");
        let args = ["sim", "--listen", "127.0.0.1:0", &setting];
        let ran = crate::Ran::from(panelgate().args(args).output().expect("ran"));
        ran.expect_error(2);
    }
}
