//! How long a change of prices takes, and a sync that brings nothing new, on the real binary with a large catalogue:
//! `cargo bench -p panelgate-benches --bench market`. Needs a release build of the binary; makes one.
//!
//! A reload is one `panelgate reload`: the process starts, the server parses and checks the files, resolves every service for
//! every price group that lists are in use for, and swaps. A sync is one `panelgate services sync`: the panel's list is
//! downloaded, read and compared. Beside them stands a command that does nothing, because starting it counts too.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use panelgate_benches::binary::{self, Running};
use panelgate_benches::table::print;

fn main() {
    let binary = binary::release(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let services = SERVICES.to_string();
    let sim = [
        "sim",
        "--listen",
        "127.0.0.1:0",
        "--key",
        "bench-key",
        "--services",
        &services,
    ];
    let panel = Running::start(&binary, &sim, "http://");
    let url = panel
        .line
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    binary::configure(folder.path(), url.expect("a URL"), &markup(20));
    let config = folder.path().join("panelgate.toml");
    let config = config.to_str().expect("a plain path");
    let gateway = Running::start(&binary, &["serve", "--config", config], "customers: ");
    let url = gateway
        .line
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    let url = format!("{}/api/v2", url.expect("a URL"));

    let run = |arguments: &[&str]| command(&binary, config, arguments);
    run(&["services", "sync"]);
    let listed = lists_in_use(&url, run);
    let idle = times(|_| _ = run(&["panels", "list"]));
    let reload = times(|n| {
        // A change each time: otherwise there is nothing to resolve.
        write_markup(folder.path(), 21 + n);
        run(&["reload"]);
    });
    let sync = times(|_| _ = run(&["services", "sync"]));
    let row = |what: &str, mut times: Vec<Duration>| {
        times.sort_unstable();
        let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
        vec![
            what.to_owned(),
            ms(times[times.len() / 2]),
            ms(*times.last().expect("some")),
        ]
    };
    print(
        &format!(
            "{listed} services sold, {RULES} rules, {GROUPS} price groups whose lists are in use"
        ),
        &["command", "median ms", "longest ms"],
        &[
            row("panels list", idle),
            row("reload", reload),
            row("services sync, unchanged", sync),
        ],
    );
}

fn command(binary: &Path, config: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(binary);
    let output = command.args(arguments).args(["--config", config]).output();
    let output = output.expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// One customer of each group asks for its prices. Answers how many services there are.
fn lists_in_use(url: &str, run: impl Fn(&[&str]) -> String) -> usize {
    let mut listed = 0;
    for group in 0..GROUPS {
        let (name, group) = (format!("customer-{group}"), format!("group-{group}"));
        run(&["customer", "add", &name, "--group", &group]);
        let key = run(&["key", "issue", &name]);
        listed = ask_for_services(url, key.trim());
    }
    listed
}

fn ask_for_services(url: &str, key: &str) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let client =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
        let client = client.build_http::<http_body_util::Full<bytes::Bytes>>();
        let uri = format!("{url}?key={key}&action=services");
        let response = client
            .get(uri.parse().expect("a URL"))
            .await
            .expect("an answer");
        let body = http_body_util::BodyExt::collect(response.into_body()).await;
        let body = body.expect("whole").to_bytes();
        let list: Vec<serde_json::Value> = serde_json::from_slice(&body).expect("a list");
        assert!(list.len() > SERVICES / 2, "{} services", list.len());
        list.len()
    })
}

fn times(mut once: impl FnMut(usize)) -> Vec<Duration> {
    let timed = (0..TIMES).map(|n| {
        let began = Instant::now();
        once(n);
        began.elapsed()
    });
    timed.collect()
}

fn write_markup(folder: &Path, percent: usize) {
    std::fs::write(folder.join("markup.toml"), markup(percent)).expect("written");
}

/// Rules of all kinds; few match, so that most services are compared with all of them.
fn markup(percent: usize) -> String {
    let mut text = format!("[default]\npercent = \"{percent}\"\n");
    for rule in 0..RULES {
        let condition = match rule % 5 {
            0 => format!(
                "group = \"group-{}\"\nservice_name = \"*likes [{rule}]*\"",
                rule % GROUPS
            ),
            1 => format!("category = \"*no such category [{rule}]*\""),
            2 => format!(
                "group = \"group-{}\"\ncategory = \"Instagram {rule} *\"",
                rule % GROUPS
            ),
            3 => format!("type = \"Package\"\nservice_name = \"*premium [{rule}]*\""),
            _ => format!("services = [{}, {}]", 1_001 + rule, 2_001 + rule),
        };
        _ = write!(
            text,
            "[[rule]]\nname = \"rule {rule}\"\n{condition}\npercent = \"{}\"\n",
            10 + rule
        );
    }
    text
}

const SERVICES: usize = 10_000;
const RULES: usize = 50;
const GROUPS: usize = 10;
const TIMES: usize = 15;
