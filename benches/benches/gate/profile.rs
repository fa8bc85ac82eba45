//! Where the server's core spends its time: `perf` looks at the real binary while it answers one kind of request after the other.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::ask::Ask;
use crate::closed;
use crate::looks::CONNECTIONS;
use crate::orders::IN_FLIGHT;
use crate::shop::Shop;

/// Prints what takes most of it, for each kind; what `perf` has recorded stays in the folder.
pub(crate) fn print(binary: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).expect("created");
    let shop = Shop::open(binary);
    let ids: Vec<String> = shop.orders.iter().map(ToString::to_string).collect();
    let same = |form: String, more_headers| {
        let body = shop.answer(&form, more_headers);
        Ask::same(&form, more_headers, body)
    };
    let status = |more: String| same(shop.form("status", &more), "");
    let asks = [
        ("status", status(format!("&order={}", ids[0]))),
        ("statuses", status(format!("&orders={}", ids.join(",")))),
        ("balance", same(shop.form("balance", ""), "")),
        ("services", same(shop.form("services", ""), "")),
        ("add", Ask::add(&shop.key, &shop.service)),
    ];
    for (name, ask) in asks {
        let connections = match &ask {
            Ask::Add(_) => IN_FLIGHT,
            Ask::Same { .. } => CONNECTIONS,
        };
        let (server, ask) = (shop.server(), Arc::new(ask));
        let asking = shop
            .runtime
            .spawn(async move { closed::run(server, &ask, connections, RECORDED).await.0 });
        let file = folder.join(format!("{name}.perf"));
        record(server.process, &file);
        let round = shop
            .runtime
            .block_on(asking)
            .expect("every answer is right");
        let (per_second, busy) = (round.per_second, round.server * 100.0);
        println!("\n{name}: {per_second:.0}/s, {busy:.0} % of the server's core");
        println!("{}", report(&file));
    }
}

fn record(process: u32, file: &Path) {
    let recorded = Command::new("perf")
        .args([
            "record",
            "--quiet",
            "--freq",
            "1999",
            "--pid",
            &process.to_string(),
        ])
        .arg("--output")
        .arg(file)
        .args(["--", "sleep", &(RECORDED.as_secs() - 1).to_string()])
        .status();
    let recorded = recorded.expect("perf is installed");
    assert!(recorded.success(), "perf records");
}

fn report(file: &Path) -> String {
    let said = Command::new("perf")
        .args([
            "report",
            "--stdio",
            "--no-children",
            "--percent-limit",
            "0.7",
            "--sort",
            "symbol",
        ])
        .arg("--input")
        .arg(file)
        .output()
        .expect("perf is installed");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

const RECORDED: Duration = Duration::from_secs(5);
