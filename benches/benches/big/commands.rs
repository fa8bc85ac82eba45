//! Every command that reads, one after the other beside the running server.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use panelgate_benches::big::{self, FIRST_SERVICE, Plan};
use panelgate_benches::table::print;

use crate::SPARE;

/// How long each takes, the process that is started for it included.
pub(crate) fn measure(binary: &Path, folder: &Path, plan: &Plan) {
    let (first, last) = (1.to_string(), plan.orders().to_string());
    let service = FIRST_SERVICE.to_string();
    let few = ["--customer", "customer 2"];
    let much = ["--customer", "customer 1"];
    let list = ["orders", "list"];
    let lines: Vec<Vec<&str>> = vec![
        vec!["panels", "list"],
        vec!["status", "--json"],
        vec!["healthcheck"],
        vec!["customer", "list"],
        vec!["customer", "show", "customer 1"],
        vec!["customer", "statement", "customer 1"],
        vec!["customer", "statement", "customer 2"],
        vec!["key", "list", "customer 1"],
        vec!["services", "list"],
        vec!["services", "list", "--skipped"],
        vec!["services", "export"],
        vec!["services", "diff"],
        vec!["services", "explain", &service],
        vec!["orders", "show", &first],
        vec!["orders", "show", &last],
        list.to_vec(),
        [&list[..], &["--state", "open"]].concat(),
        [&list[..], &["--state", "unconfirmed"]].concat(),
        [&list[..], &["--state", "placed"]].concat(),
        [&list[..], &["--state", "closed"]].concat(),
        [&list[..], &much].concat(),
        [&list[..], &few].concat(),
        [&list[..], &["--panel", "alpha"]].concat(),
        [&list[..], &["--flagged"]].concat(),
        [&list[..], &["--parent", &first]].concat(),
        [&list[..], &["--state", "closed"], &few].concat(),
        [&list[..], &["--state", "placed"], &few].concat(),
        [&list[..], &["--state", "unconfirmed"], &much].concat(),
        [&list[..], &["--state", "closed", "--panel", "alpha"]].concat(),
        [&list[..], &["--state", "unconfirmed", "--panel", "alpha"]].concat(),
        [&list[..], &["--panel", "alpha"], &few].concat(),
        [
            &list[..],
            &["--flagged", "--state", "placed", "--panel", "alpha"],
            &much,
        ]
        .concat(),
        vec!["report", "drift"],
        vec!["report", "charges", "--days", "1"],
        vec!["report", "profit", "--by", "day", "--days", "1"],
        vec![
            "report",
            "profit",
            "--by",
            "day,panel,service,customer",
            "--days",
            "1",
        ],
    ];
    let rows: Vec<_> = lines
        .iter()
        .map(|line| row(binary, folder, line, TIMES))
        .collect();
    print("commands beside the server", &HEADINGS, &rows);
}

/// Those that read everything, with no server beside them.
pub(crate) fn measure_whole(binary: &Path, folder: &Path) {
    let copy = folder.join("copy.db");
    let markup = folder.join("markup.toml");
    let path = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let (backup, rules) = (path(&copy), path(&markup));
    let mut lines: Vec<Vec<&str>> = vec![
        vec!["verify"],
        vec!["report", "profit", "--by", "day", "--days", "30"],
        vec!["report", "profit", "--by", "day"],
        vec!["report", "charges"],
        vec!["simulate-markup", &rules],
        vec!["simulate-markup", &rules, "--days", "36500"],
    ];
    let length = std::fs::metadata(folder.join("panelgate.db"))
        .expect("it is there")
        .len();
    match big::free(folder) > length + SPARE {
        true => lines.push(vec!["backup", &backup]),
        false => println!("SKIPPED: a backup, for which the disk has too little free"),
    }
    let rows: Vec<_> = lines
        .iter()
        .map(|line| row(binary, folder, line, 1))
        .collect();
    // There is none if it was skipped.
    _ = std::fs::remove_file(copy);
    print(
        "commands that read everything, or all of a long time",
        &HEADINGS,
        &rows,
    );
}

fn row(binary: &Path, folder: &Path, line: &[&str], times: usize) -> Vec<String> {
    let mut took = Vec::new();
    let mut said = 0;
    for _ in 0..times {
        let mut command = Command::new(binary);
        let began = Instant::now();
        let output = command
            .args(line)
            .arg("--config")
            .arg(folder.join("panelgate.toml"))
            .output()
            .expect("it starts");
        took.push(began.elapsed());
        assert!(
            output.status.success() || line == ["healthcheck"],
            "{line:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        said = output.stdout.iter().filter(|byte| **byte == b'\n').count();
    }
    let first = took[0];
    took.sort_unstable();
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
    let line = line
        .iter()
        .map(|word| word.rsplit('/').next().unwrap_or(word));
    vec![
        line.collect::<Vec<_>>().join(" "),
        ms(took[took.len() / 2]),
        ms(first),
        said.to_string(),
    ]
}

const HEADINGS: [&str; 4] = ["command", "median ms", "first ms", "lines"];
const TIMES: usize = 5;
