//! Real price lists, served by `panelgate sim`, imported, listed, and ordered from.

mod support;

use std::path::Path;
use std::process::Command;

use panelgate_simpanel::SimPanel;
use serde_json::Value;
use support::{Files, Gateway, skip, spawn};

#[tokio::test(flavor = "multi_thread")]
async fn real_catalogues_are_imported_listed_and_orderable() {
    let Some(folder) = support::real_catalogues() else {
        return skip(
            "catalogues",
            "no real catalogues here; PANELGATE_TEST_DATA may name their folder",
        );
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("read")
        .map(|file| file.expect("read").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        check(&file).await;
    }
}

/// The quirks of real lists, in a list of our own: what cannot be sold is named.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sold_is_listed_with_its_reason() {
    let list = r#"[
        {"service":1,"name":"Good\r\n<b>one</b>","category":"A","rate":0.00011999999999999999,"min":"10","max":2147483647,"type":"default","refill":"false","cancel":1},
        {"service":"2","name":"Special","category":"A","rate":"1","min":1,"max":10,"type":"Special"},
        {"service":3,"name":"Zero","category":"A","rate":1,"min":0,"max":0,"type":"Default"},
        {"service":4,"name":"Upside down","category":"A","rate":1,"min":11,"max":10,"type":"Default"},
        {"service":5,"name":"-----","category":"A","rate":"0","min":1,"max":1,"type":"Package"},
        {"service":7,"name":"Too much","category":"A","rate":"99999999","min":1,"max":2147483647,"type":"Default"}
    ]"#;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("list.json");
    std::fs::write(&file, list).expect("written");
    let (mut sim, gateway, key) = start(&file).await;
    let services = gateway.services(&key).await;
    assert_eq!(services.len(), 1, "{services:?}");
    assert_eq!(services[0]["name"], "Good <b>one</b>");
    assert_eq!(
        (&services[0]["refill"], &services[0]["cancel"]),
        (&Value::Bool(false), &Value::Bool(true))
    );
    let skipped = gateway.run(&["services", "list", "--skipped", "--json"]);
    for reason in [
        "unknown type `Special`",
        "max is 0",
        "min is above max",
        "rate is 0",
        "too large",
    ] {
        assert!(skipped.contains(reason), "{reason}: {skipped}");
    }
    _ = sim.kill();
    _ = sim.wait();
}

/// Names as no panel should have them, and some do.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_break_spreadsheets_go_the_same_way() {
    let names = [
        "=HYPERLINK(\"http://evil.example\";\"x\")",
        "+1 @ 5 % \"real\", fast; \\ 'quoted'",
        "-2+3",
        "'=1",
        "\u{feff}@SUM(A1)",
        "🔥 Followers\r\n\t🇧🇷 ➜ 30 days ♻️",
        "\u{200f}متابعين",
        "red \u{1b}[31m\u{7f}\u{9f}",
        "[[service]] # \"\"\"",
        "  '''  ",
        "007",
        "1e5",
        "no",
    ];
    let entries = (1..).zip(names).map(|(id, name)| {
        serde_json::json!({
            "service": id, "name": name, "category": name, "rate": "1", "min": "10", "max": "100", "type": "Default",
            "refill": true, "cancel": false,
        })
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("list.json");
    let list = Value::from(entries.collect::<Vec<_>>());
    std::fs::write(&file, list.to_string()).expect("written");
    check(&file).await;
}

async fn check(file: &Path) {
    let (mut sim, gateway, key) = start(file).await;
    let entries: Vec<Value> =
        serde_json::from_slice(&std::fs::read(file).expect("read")).expect("a list");
    let services = gateway.services(&key).await;
    let skipped: Vec<Value> =
        serde_json::from_str(&gateway.run(&["services", "list", "--skipped", "--json"]))
            .expect("JSON");
    assert_eq!(
        services.len() + skipped.len(),
        entries.len(),
        "{}: sold or named",
        file.display()
    );
    assert!(
        skipped
            .iter()
            .all(|row| !row["reason"].as_str().expect("a reason").is_empty())
    );
    eprintln!(
        "{}: {} sold, {} skipped",
        file.display(),
        services.len(),
        skipped.len()
    );

    // A real list that has not changed alters nothing, and every price of it can be explained.
    gateway.run(&["services", "sync"]);
    let diff = gateway.run(&["services", "diff", "--fetch", "--json"]);
    assert_eq!(diff.trim(), "[]", "{}", file.display());
    for service in chosen(&services) {
        let id = service["service"].to_string();
        let quantity = service["min"].as_str().expect("text");
        let said = gateway.run(&["services", "explain", &id, "--quantity", quantity]);
        let name = service["name"].as_str().expect("text");
        let plain = !name.contains(char::is_control);
        assert!(!plain || said.contains(name), "{name} is not in {said}");
        assert!(said.lines().all(|line| !line.contains(char::is_control)));
        assert!(said.contains(", appeared\n"), "{said}");
    }
    sheets_come_back_as_they_left(&gateway);
    odd_texts_survive_a_sheet(&gateway);

    let orderable = services.iter().find(|service| service["type"] == "Default");
    if let Some(service) = orderable {
        let quantity: u64 = service["min"]
            .as_str()
            .expect("text")
            .parse()
            .expect("a number");
        let service = service["service"].to_string();
        gateway
            .add(&key, &service, "https://example.com/1", quantity)
            .await
            .expect("accepted");
    }
    gateway.verify();
    _ = sim.kill();
    _ = sim.wait();
}

/// A few of a list, those with the oddest names among them.
fn chosen(services: &[Value]) -> Vec<&Value> {
    let mut chosen: Vec<&Value> = services.iter().collect();
    chosen.sort_by_key(|service| std::cmp::Reverse(oddness(service["name"].as_str())));
    chosen.truncate(3);
    chosen.extend(services.first());
    chosen.extend(services.last());
    chosen
}

/// How much there is in a text that a spreadsheet, TOML, or a reader of lines could stumble over.
fn oddness(text: Option<&str>) -> usize {
    let text = text.unwrap_or_default();
    let formula = text.starts_with(['=', '+', '-', '@', '\'']);
    let quotes = text.matches(['"', '\'', ',', ';', '\t', '\n', '\\']);
    let foreign = text.chars().filter(|c| !c.is_ascii());
    let control = text.contains(char::is_control);
    usize::from(formula || control) * 100 + quotes.count() * 10 + foreign.count()
}

fn written(gateway: &Gateway) -> String {
    std::fs::read_to_string(gateway.path("services.toml")).expect("read")
}

fn export(gateway: &Gateway, format: &str) -> String {
    gateway.run(&["services", "export", "--format", format])
}

fn import(gateway: &Gateway, sheet: &str) -> String {
    let file = gateway.path("sheet");
    std::fs::write(&file, sheet).expect("written");
    gateway.run(&["services", "import", file.to_str().expect("UTF-8")])
}

#[track_caller]
fn sheets_come_back_as_they_left(gateway: &Gateway) {
    let before = written(gateway);
    for format in ["csv", "json"] {
        let sheet = export(gateway, format);
        assert_eq!(import(gateway, &sheet), "", "{format} changed something");
        assert_eq!(written(gateway), before, "{format}");
    }
}

/// Names of the list itself, written as names and descriptions of others, are in `services.toml` what they were, and are off
/// again as if nothing had been.
#[track_caller]
fn odd_texts_survive_a_sheet(gateway: &Gateway) {
    let before = written(gateway);
    let sheet: Vec<Value> = serde_json::from_str(&export(gateway, "json")).expect("JSON");
    let mut odd: Vec<&Value> = sheet.iter().collect();
    odd.sort_by_key(|row| std::cmp::Reverse(oddness(row["name"].as_str())));
    odd.truncate(ODD);
    let said = |row: &Value, other: &Value| {
        serde_json::json!({
            "service": row["service"], "name": other["name"], "description": row["name"], "sell": false,
        })
    };
    let others = odd.iter().rev();
    let edits: Vec<Value> = odd
        .iter()
        .zip(others)
        .map(|(row, other)| said(row, other))
        .collect();
    import(gateway, &Value::from(edits.clone()).to_string());
    sheets_come_back_as_they_left(gateway);
    // Once more by way of CSV: what is read back is what was written.
    let csv = export(gateway, "csv");
    let back: Vec<Value> = serde_json::from_str(&export(gateway, "json")).expect("JSON");
    for edit in &edits {
        let row = back.iter().find(|row| row["service"] == edit["service"]);
        let row = row.expect("what is not sold is in the sheet");
        for key in ["name", "description", "sell"] {
            assert_eq!(row[key], edit[key], "{csv}");
        }
    }
    let off = edits.iter().map(|edit| {
        serde_json::json!({ "service": edit["service"], "name": "", "description": "", "sell": true })
    });
    import(gateway, &Value::from(off.collect::<Vec<_>>()).to_string());
    assert_eq!(written(gateway), before);
}

/// So many of each list are edited.
const ODD: usize = 40;

/// `panelgate sim` with this list, and a gateway that imports it.
async fn start(file: &Path) -> (std::process::Child, Gateway, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
    command
        .args([
            "sim",
            "--listen",
            "127.0.0.1:0",
            "--key",
            "sim-key",
            "--balance",
            "1000000000",
            "--catalogue",
        ])
        .arg(file);
    let (sim, line) = spawn(command, "http://");
    let url = line.split_whitespace().next().expect("a URL").to_owned();
    let main = format!(
        "[panels.real]\nurl = \"{url}\"\nkey = {{ file = \"real.key\" }}\ncurrency = \"USD\"\nallow_private = true\n"
    );
    let files = Files {
        main,
        services: "[[import]]\npanel = \"real\"\n".to_owned(),
        ..Files::default()
    };
    let none: [(&str, &SimPanel); 0] = [];
    let mut gateway = Gateway::prepare(&none, files);
    std::fs::write(gateway.path("real.key"), "sim-key").expect("written");
    gateway.serve();
    let key = gateway.customer("ann", "1000000");
    (sim, gateway, key)
}
