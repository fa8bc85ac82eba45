//! The real binary beside a simulated panel with a long list, and its customer.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use panelgate_simpanel::{SimCatalogue, SimClock, SimPanel, SimSettings};
use serde_json::{Value, json};

use crate::binary::{self, Running};

/// A gateway that serves until this is dropped.
pub struct Gateway {
    /// Where customers ask.
    pub address: SocketAddr,
    binary: PathBuf,
    folder: tempfile::TempDir,
    running: Running,
}

impl Gateway {
    /// Starts it in a folder of its own within this one, on one core if one is named, with more lines in `[server.limits]`.
    /// What bounds a customer or a panel by default is out of the way; facts stay fresh for an hour.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(
        binary: &Path,
        core: Option<usize>,
        within: &str,
        panel: &SimPanel,
        limits: &str,
    ) -> Self {
        let folder = tempfile::tempdir_in(within).expect("a folder");
        binary::configure(folder.path(), &panel.url(), "[default]\npercent = \"20\"\n");
        let path = folder.path().join("panelgate.toml");
        let main = std::fs::read_to_string(&path).expect("read");
        let main = main.replace(
            "[operator]\n",
            &format!("[server.limits]\n{WIDE}{limits}[operator]\n"),
        );
        let main = main.replace(
            "allow_private = true\n",
            "allow_private = true\nrequests_per_second = 1_000_000\nmax_in_flight = 1_000\n",
        );
        std::fs::write(&path, main + "[status]\nfresh_for = \"1h\"\n").expect("written");
        let config = path.to_str().expect("a plain path");
        let running = Running::on(core, binary, &["serve", "--config", config], "customers: ");
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
    #[must_use]
    pub fn customer(&self) -> String {
        let topup = "customer topup ann 1000000 --reference first";
        self.command(&["customer", "add", "ann"]);
        self.command(&topup.split(' ').collect::<Vec<_>>());
        self.command(&["key", "issue", "ann"]).trim_end().to_owned()
    }

    /// What a command says.
    ///
    /// # Panics
    /// It fails.
    pub fn command(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--config");
        let output = command
            .arg(self.folder.path().join("panelgate.toml"))
            .output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The file of its store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("panelgate.db")
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// What of it is in memory.
    ///
    /// # Panics
    /// It runs no more.
    #[must_use]
    pub fn resident(&self) -> usize {
        let path = format!("/proc/{}/status", self.running.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
        kilobytes.expect("the kernel says it") * 1024
    }
}

/// A panel that answers at once and whose list has a megabyte. Its clock stands still, so what it says of an order stays as it is.
///
/// # Panics
/// It cannot listen.
pub async fn panel() -> SimPanel {
    let entries = (1..=SERVICES).map(|number| {
        json!({
            "service": number, "name": format!("Followers {number}, as good as they come, from wherever they are, with no refill at all"),
            "type": "Default", "category": "Bench", "rate": "1", "min": "10", "max": "1000",
        })
    });
    let settings = SimSettings {
        catalogue: SimCatalogue::Json(Value::Array(entries.collect()).to_string()),
        key: PANEL_KEY.to_owned(),
        clock: SimClock::manual(),
        ..SimSettings::default()
    };
    SimPanel::start(settings).await.expect("it starts")
}

/// The gateway's key at its panel.
pub const PANEL_KEY: &str = "bench-key";

/// All clients have one address here, and one key.
const WIDE: &str = "connections = 20_000\nper_address = 20_000\nadd_per_second = 1_000_000\nreads_per_second = 1_000_000\n";

const SERVICES: usize = 5_000;
