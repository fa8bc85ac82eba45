//! The real binary beside a simulated panel with a long list, and its customer.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use panelgate_benches::binary::{self, Running};
use panelgate_simpanel::{SimCatalogue, SimPanel, SimSettings};
use serde_json::{Value, json};

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    binary: PathBuf,
    folder: tempfile::TempDir,
    running: Running,
}

impl Gateway {
    /// Starts it with more lines in `[server.limits]`.
    pub(crate) fn start(binary: &Path, panel_url: &str, limits: &str) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        binary::configure(folder.path(), panel_url, "[default]\npercent = \"20\"\n");
        let path = folder.path().join("panelgate.toml");
        let main = std::fs::read_to_string(&path).expect("read");
        // All clients have one address here, and an honest one is to be slowed down by others only.
        let limits = format!(
            "[server.limits]\nper_address = 10_000\nadd_per_second = 1_000_000\nreads_per_second = 1_000_000\n{limits}[operator]\n"
        );
        let main = main.replace("[operator]\n", &limits);
        let main = main.replace(
            "allow_private = true\n",
            "allow_private = true\nrequests_per_second = 10_000\nmax_in_flight = 64\n",
        );
        std::fs::write(&path, main).expect("written");
        let config = path.to_str().expect("a plain path");
        let running = Running::start(binary, &["serve", "--config", config], "customers: ");
        let mut words = running.line.split_whitespace();
        let url = words
            .find(|word| word.starts_with("http://"))
            .expect("a URL");
        let address = url.trim_start_matches("http://").parse();
        Self {
            address: address.expect("an address"),
            binary: binary.to_owned(),
            folder,
            running,
        }
    }

    /// A customer with money; answers the key.
    pub(crate) fn customer(&self) -> String {
        self.run(&["customer", "add", "ann"]);
        self.run(&[
            "customer",
            "topup",
            "ann",
            "1000000",
            "--reference",
            "first",
        ]);
        self.run(&["key", "issue", "ann"]).trim_end().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--config");
        let output = command
            .arg(self.folder.path().join("panelgate.toml"))
            .output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// What of it is in memory.
    pub(crate) fn resident(&self) -> usize {
        let path = format!("/proc/{}/status", self.running.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
        kilobytes.expect("the kernel says it") * 1024
    }
}

/// A panel whose list has about a megabyte.
pub(crate) async fn panel() -> SimPanel {
    let entries = (1..=SERVICES).map(|number| {
        json!({
            "service": number, "name": format!("Followers {number}, as good as they come, from wherever they are, with no refill at all"),
            "type": "Default", "category": "Bench", "rate": "1", "min": "10", "max": "1000",
        })
    });
    let settings = SimSettings {
        catalogue: SimCatalogue::Json(Value::Array(entries.collect()).to_string()),
        key: "bench-key".to_owned(),
        ..SimSettings::default()
    };
    SimPanel::start(settings).await.expect("it starts")
}

const SERVICES: usize = 6_000;
