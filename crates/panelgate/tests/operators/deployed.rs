//! What `deploy/` has for Prometheus and Grafana.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Files;

/// A file or folder of `deploy/`.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(name)
}

/// The text of a file there.
pub(crate) fn text(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every query of every dashboard, with the dashboard's file and the panel's title.
pub(crate) fn queries() -> Vec<(String, String)> {
    let folder = path("grafana/dashboards");
    let files = std::fs::read_dir(folder).expect("a folder");
    let mut queries = Vec::new();
    for file in files {
        let file = file.expect("an entry").path();
        let name = file.file_name().expect("a file").to_string_lossy();
        let board: Value =
            serde_json::from_str(&std::fs::read_to_string(&file).expect("text")).expect("JSON");
        for panel in board["panels"].as_array().expect("panels") {
            let title = format!("{name}: {}", panel["title"]);
            let targets = panel["targets"].as_array().expect("targets");
            assert!(!targets.is_empty(), "{title} shows nothing");
            for target in targets {
                let query = target["expr"].as_str().expect("a query");
                queries.push((title.clone(), query.to_owned()));
            }
        }
    }
    queries
}

/// The names of our metrics in queries; those of a histogram without what its parts are called.
pub(crate) fn names(queries: &str) -> BTreeSet<String> {
    let words = queries.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| {
        word.strip_prefix("panelgate_")
            .or_else(|| word.strip_prefix("process_"))
            .is_some_and(|rest| !rest.is_empty())
    });
    ours.map(|name| {
        let parts = ["_bucket", "_sum", "_count"];
        let part = parts.iter().find_map(|part| name.strip_suffix(part));
        part.unwrap_or(name).to_owned()
    })
    .collect()
}

/// The queries of the alerts.
pub(crate) fn rules() -> String {
    text("prometheus/alerts.yml")
}

/// The alerts by name.
pub(crate) fn alerts() -> Vec<String> {
    let rules = rules();
    let named = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    named.map(str::to_owned).collect()
}

/// Files of a gateway that has something to show under every name: also the age of an exchange rate. It sells of alpha only.
pub(crate) fn files() -> Files {
    Files {
        main: EURO.to_owned(),
        services: "[[import]]\npanel = \"alpha\"\n".to_owned(),
        ..Files::default()
    }
}

/// Where no panel is: port 1 is nobody's.
const EURO: &str = r#"
[panels.euro]
url = "http://127.0.0.1:1/api/v2"
key = { file = "alpha.key" }
currency = "EUR"
allow_private = true
[money]
exchange = { EUR = "1.1" }
"#;
