//! The folder of a gateway with two panels, and their processes.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use panelgate_domain::order::{Order, OrderState};
use panelgate_store::Store;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use tempfile::TempDir;

use crate::process::{PATIENCE, Process};

/// The panels, in the order of their routes.
pub(crate) const PANELS: [&str; 2] = ["alpha", "beta"];

/// All of it.
pub(crate) struct Shop {
    program: PathBuf,
    folder: TempDir,
    key: String,
    gateway: Option<(Process, String)>,
    panels: Vec<(u16, Option<Process>)>,
}

impl Shop {
    /// Writes the files, starts the panels, takes in a customer with money, and serves.
    pub(crate) fn open(program: &Path) -> anyhow::Result<Self> {
        let mut shop = Self {
            program: program.to_owned(),
            folder: tempfile::tempdir()?,
            key: String::new(),
            gateway: None,
            panels: Vec::new(),
        };
        shop.write("catalogue.json", CATALOGUE)?;
        shop.write("faults.toml", FAULTS)?;
        for panel in 0..PANELS.len() {
            // The port stays the same over all lives of a panel.
            let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            shop.panels.push((free, None));
            shop.start_panel(panel, true)?;
        }
        shop.write("panelgate.toml", &shop.main_file())?;
        shop.write("markup.toml", "[default]\npercent = \"20\"\n")?;
        shop.write("services.toml", SERVICES)?;
        for name in PANELS {
            shop.write(&format!("{name}.key"), "sim-key")?;
        }
        shop.run(&["customer", "add", "ann"])?;
        let funds = [
            "customer",
            "topup",
            "ann",
            "1000000",
            "--reference",
            "first",
        ];
        shop.run(&funds)?;
        shop.key = shop.run(&["key", "issue", "ann"])?.trim_end().to_owned();
        shop.serve()?;
        Ok(shop)
    }

    /// Starts the gateway, where its last one was.
    pub(crate) fn serve(&mut self) -> anyhow::Result<()> {
        self.gateway = None;
        let (process, line) = Process::start(self.command(&["serve"]), "customers: ")?;
        let host = line.split_whitespace().nth(1).context("an address")?;
        let host = host.trim_start_matches("http://").to_owned();
        self.gateway = Some((process, host));
        Ok(())
    }

    /// Starts a panel, where its last one was, with its books.
    pub(crate) fn start_panel(&mut self, panel: usize, with_faults: bool) -> anyhow::Result<()> {
        let (port, running) = &mut self.panels[panel];
        *running = None;
        let (port, name) = (*port, PANELS[panel]);
        let mut command = Command::new(&self.program);
        command
            .args(["sim", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--speed", "200", "--catalogue"])
            .arg(self.path("catalogue.json"))
            .arg("--books")
            .arg(self.books(panel));
        if with_faults {
            command.arg("--faults").arg(self.path("faults.toml"));
        }
        let (process, _) = Process::start(command, "http://").with_context(|| name)?;
        self.panels[panel].1 = Some(process);
        Ok(())
    }

    /// The panels are honest from now on, and the gateway begins again.
    pub(crate) fn heal(&mut self) -> anyhow::Result<()> {
        for panel in 0..PANELS.len() {
            self.start_panel(panel, false)?;
        }
        self.serve()
    }

    /// Waits until every order is closed, or waits for somebody to decide about it.
    pub(crate) fn until_at_rest(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + 2 * PATIENCE;
        loop {
            let orders = self.orders()?;
            let moving: Vec<_> = orders.iter().filter(|order| !is_at_rest(order)).collect();
            if moving.is_empty() {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{} orders do not come to rest, the first is {:?}",
                moving.len(),
                moving[0]
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// All orders as the store has them.
    pub(crate) fn orders(&self) -> anyhow::Result<Vec<Order>> {
        self.look(async |store| Ok(store.list_orders(Default::default()).await?))
    }

    /// Looks into the store, beside the gateway.
    pub(crate) fn look<T>(
        &self,
        look: impl AsyncFnOnce(&dyn Store) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let path = self.path("panelgate.db");
            let store = SqliteStore::open(&path, Role::Beside, Options::default())?;
            let seen = look(&store).await;
            store.close().await;
            seen
        })
    }

    pub(crate) fn gateway(&mut self) -> anyhow::Result<&mut Process> {
        let (process, _) = self.gateway.as_mut().context("the gateway was started")?;
        Ok(process)
    }

    pub(crate) fn panel(&mut self, panel: usize) -> anyhow::Result<&mut Process> {
        let process = self.panels[panel].1.as_mut();
        process.context("the panel was started")
    }

    /// Where customers are served, as `host:port`.
    pub(crate) fn url(&self) -> anyhow::Result<String> {
        let (_, host) = self.gateway.as_ref().context("the gateway was started")?;
        Ok(host.clone())
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The books of a panel, over all of its lives.
    pub(crate) fn books(&self, panel: usize) -> PathBuf {
        self.path(&format!("{}.jsonl", PANELS[panel]))
    }

    /// Runs a command of the gateway to its end; answers what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        let config = self.path("panelgate.toml");
        command.args(arguments).arg("--config").arg(config);
        command
    }

    fn main_file(&self) -> String {
        let mut text = MAIN.to_owned();
        for (name, (port, _)) in PANELS.iter().zip(&self.panels) {
            text += &format!(
                "[panels.{name}]\nurl = \"http://127.0.0.1:{port}/api/v2\"\nkey = {{ file = \"{name}.key\" }}\n{PANEL}"
            );
        }
        text
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        std::fs::write(self.path(name), text).with_context(|| name.to_owned())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Whether nothing happens to it any more unless somebody decides: an operator, or a second look that has to wait.
fn is_at_rest(order: &Order) -> bool {
    matches!(order.state, OrderState::Closed | OrderState::Unconfirmed)
        || order.flag.is_some()
        || order.doubt.is_some()
}

const MAIN: &str = r#"
[server]
listen = "127.0.0.1:0"
[server.limits]
add_per_second = 100_000
reads_per_second = 1_000_000
[operator]
listen = "127.0.0.1:0"
[store]
url = "sqlite:panelgate.db"
[status]
fresh_for = "100ms"
gather = "5ms"
look_at_least_every = "1s"
"#;

const PANEL: &str = r#"currency = "USD"
allow_private = true
requests_per_second = 2000
max_in_flight = 64
timeout = "1s"
max_unconfirmed = 10000
"#;

const SERVICES: &str = r#"
[[service]]
id = 7
name = "Followers"
category = "Tests"
routes = [ { panel = "alpha", service = "1" }, { panel = "beta", service = "1" } ]
"#;

const CATALOGUE: &str = r#"[{"service":1,"name":"Followers","type":"Default","category":"Tests","rate":"10","min":"10","max":"10000","dripfeed":true,"refill":true,"cancel":true}]"#;

/// Half of the answers come late, so that kills find orders on their way; some panels have no time.
const FAULTS: &str = r#"
[[rule]]
action = "add"
probability = 0.5
fault = { accept_then_slow = "30ms" }

[[rule]]
action = "add"
probability = 0.05
fault = { throttle = { status = 429, retry_after = "1s" } }
"#;
