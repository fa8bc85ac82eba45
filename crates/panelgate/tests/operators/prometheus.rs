//! A real Prometheus that scrapes a gateway, with the files of `deploy/prometheus` and shorter times.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::deployed;
use crate::support::{Client, Gateway, skip};

/// It ends with this.
pub(crate) struct Prometheus {
    process: Child,
    url: String,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Starts it; `None` if it is not installed. `shorter` are texts of the rules and what to write in their place.
    pub(crate) fn start(gateway: &Gateway, shorter: &[(&str, &str)]) -> Option<Self> {
        if Command::new("prometheus")
            .arg("--version")
            .output()
            .is_err()
        {
            skip("prometheus", "it is not installed");
            return None;
        }
        let folder = tempfile::tempdir().expect("a scratch folder");
        let target = gateway.operator_url().trim_start_matches("http://");
        let config = replaced(
            deployed::text("prometheus/prometheus.yml"),
            &[("127.0.0.1:8081", target), (": 15s", ": 500ms")],
        );
        let rules = at_once(&replaced(deployed::rules(), shorter));
        for (name, text) in [("prometheus.yml", config), ("alerts.yml", rules)] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let argument = |name: &str, value: &str| {
            let path = folder.path().join(value);
            format!("{name}={}", path.display())
        };
        let mut process = Command::new("prometheus")
            .arg(argument("--config.file", "prometheus.yml"))
            .arg(argument("--storage.tsdb.path", "data"))
            .arg("--web.listen-address=127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            eprintln!("  | {line}");
            let (_, address) = line.split_once("msg=\"Listening on\" address=")?;
            Some(address.trim().to_owned())
        });
        // What nobody reads would block it.
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| eprintln!("  | {line}"))
        });
        Some(Self {
            process,
            url: format!("http://{}/api/v1", address.expect("it listens")),
            client: Client::default(),
            _folder: folder,
        })
    }

    /// What a query answers now: labels and value of each series.
    pub(crate) async fn query(&self, query: &str) -> Vec<(Value, String)> {
        let query: String = byte_serialize(query.as_bytes()).collect();
        let answer = self.get(&format!("/query?query={query}")).await;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        let series = answer["data"]["result"].as_array().expect("series").iter();
        series
            .map(|one| {
                let value = one["value"][1].as_str().expect("a value").to_owned();
                (one["metric"].clone(), value)
            })
            .collect()
    }

    /// The alerts that fire now, by name and panel.
    pub(crate) async fn firing(&self) -> BTreeSet<(String, String)> {
        let answer = self.get("/alerts").await;
        let alerts = answer["data"]["alerts"].as_array().cloned();
        let firing = alerts.unwrap_or_default().into_iter();
        let firing = firing.filter(|alert| alert["state"] == "firing");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        firing
            .map(|alert| {
                let labels = &alert["labels"];
                (word(&labels["alertname"]), word(&labels["panel"]))
            })
            .collect()
    }

    async fn get(&self, path: &str) -> Value {
        let text = self.client.get(&format!("{}{path}", self.url)).await;
        text.ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn replaced(mut text: String, pairs: &[(&str, &str)]) -> String {
    for (from, to) in pairs {
        assert!(text.contains(from), "`{from}` is not in\n{text}");
        text = text.replace(from, to);
    }
    text
}

/// The rules without their patience.
fn at_once(rules: &str) -> String {
    let lines = rules.lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("for: "));
    lines.map(|line| format!("{line}\n")).collect()
}
