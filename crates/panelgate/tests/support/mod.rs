//! A real gateway for tests: the built binary, a store on disk, panels whose books are the truth.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test binary uses its own part of this"
)]

pub mod books;
mod files;
mod http;

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use panelgate_simpanel::{SimClock, SimPanel, SimSettings};
use serde_json::Value;

pub use files::Files;
pub use http::Client;

/// How long any condition may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway in a folder of its own.
pub struct Gateway {
    folder: tempfile::TempDir,
    process: Option<Child>,
    url: String,
    operator_url: String,
    client: Client,
}

impl Gateway {
    /// Writes the files; nothing runs yet. Each panel's list is imported whole, unless `services` says otherwise.
    pub fn prepare(panels: &[(&str, &SimPanel)], mut files: Files) -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written")
        };
        let mut main = files.head();
        for (name, panel) in panels {
            main += &format!(
                "[panels.{name}]\nurl = \"{}\"\nkey = {{ file = \"{name}.key\" }}\ncurrency = \"USD\"\nallow_private = true\n{}",
                panel.url(),
                files.panels
            );
            write(&format!("{name}.key"), "sim-key");
        }
        if files.services.is_empty() {
            files.services = panels
                .iter()
                .map(|(name, _)| format!("[[import]]\npanel = \"{name}\"\n"))
                .collect();
        }
        write("panelgate.toml", &(main + &files.main));
        write("markup.toml", &files.markup);
        write("services.toml", &files.services);
        Self {
            folder,
            process: None,
            url: String::new(),
            operator_url: String::new(),
            client: Client::default(),
        }
    }

    /// Writes the files and starts.
    pub fn start(panels: &[(&str, &SimPanel)], files: Files) -> Self {
        let mut gateway = Self::prepare(panels, files);
        gateway.serve();
        gateway
    }

    /// Starts `serve` and waits until it listens.
    pub fn serve(&mut self) {
        self.listen(self.command(&["serve"]));
    }

    /// The same in a shell that does something first.
    pub fn serve_under(&mut self, first: &str) {
        let mut shell = Command::new("sh");
        let config = self.path("panelgate.toml");
        let line = format!("{first} exec \"$0\" serve --config \"$1\"");
        shell
            .arg("-c")
            .arg(line)
            .arg(env!("CARGO_BIN_EXE_panelgate"))
            .arg(config);
        self.listen(shell);
    }

    /// Starts a command that becomes `serve`, and waits until it listens.
    pub fn listen(&mut self, command: Command) {
        let (process, line) = spawn(command, "customers: ");
        self.process = Some(process);
        let mut words = line.split_whitespace();
        let mut after = |label: &str| {
            let address = words.find(|word| *word == label).and_then(|_| words.next());
            address.expect("an address").to_owned()
        };
        self.url = format!("{}/api/v2", after("customers:"));
        self.operator_url = after("operators:");
    }

    /// The exit code, if the process has ended by itself.
    pub fn ended(&mut self) -> Option<i32> {
        let status = self
            .process
            .as_mut()
            .expect("it was started")
            .try_wait()
            .expect("a child");
        status.map(|status| status.code().unwrap_or(-1))
    }

    /// Ends the process without a word.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("killed");
        process.wait().expect("gone");
    }

    /// Asks it to end, and does not wait.
    pub fn ask_to_end(&self) {
        signal(self.process.as_ref().expect("it runs"), "TERM");
    }

    /// Ends it as an operator would; answers its exit code.
    pub fn terminate(&mut self) -> i32 {
        let mut process = self.process.take().expect("it runs");
        signal(&process, "TERM");
        process.wait().expect("gone").code().unwrap_or(-1)
    }

    pub fn hang_up(&self) {
        signal(self.process.as_ref().expect("it runs"), "HUP");
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn operator_url(&self) -> &str {
        &self.operator_url
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of the same gateway, not started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.path("panelgate.toml"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command and answers what it wrote to standard output; it must exit 0.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it starts")
    }

    /// A new customer with money; answers the key.
    #[track_caller]
    pub fn customer(&self, name: &str, funds: &str) -> String {
        self.run(&["customer", "add", name]);
        if funds != "0" {
            self.run(&[
                "customer",
                "topup",
                name,
                funds,
                "--reference",
                &format!("first-{name}"),
            ]);
        }
        self.run(&["key", "issue", name]).trim_end().to_owned()
    }

    /// `verify` must find nothing.
    #[track_caller]
    pub fn verify(&self) {
        let output = self.output(&["verify"]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }

    /// One request of the API; answers the JSON.
    pub async fn api(&self, key: &str, action: &str, parameters: &[(&str, &str)]) -> Value {
        let mut form = vec![("key", key), ("action", action)];
        form.extend(parameters);
        let text = self.client.post(&self.url, &form).await.expect("an answer");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    /// Places an order of a service for a link; answers our id, or the error.
    pub async fn add(
        &self,
        key: &str,
        service: &str,
        link: &str,
        quantity: u64,
    ) -> Result<u64, String> {
        let quantity = quantity.to_string();
        let parameters = [
            ("service", service),
            ("link", link),
            ("quantity", &quantity),
        ];
        order_id(&self.api(key, "add", &parameters).await)
    }

    /// The same; `None` if there is no answer.
    pub async fn try_add(
        &self,
        key: &str,
        service: &str,
        link: &str,
        quantity: u64,
    ) -> Option<u64> {
        let quantity = quantity.to_string();
        let form = [
            ("key", key),
            ("action", "add"),
            ("service", service),
            ("link", link),
            ("quantity", &quantity),
        ];
        let text = self.client.post(&self.url, &form).await.ok()?;
        order_id(&serde_json::from_str(&text).expect("JSON")).ok()
    }

    pub async fn status(&self, key: &str, order: u64) -> Value {
        self.api(key, "status", &[("order", &order.to_string())])
            .await
    }

    pub async fn balance(&self, key: &str) -> String {
        self.api(key, "balance", &[]).await["balance"]
            .as_str()
            .expect("a balance")
            .to_owned()
    }

    /// Waits until an order shows a word.
    #[track_caller]
    pub fn until_status<'a>(
        &'a self,
        key: &'a str,
        order: u64,
        word: &'a str,
    ) -> impl Future<Output = Value> + 'a {
        until(format!("order {order} is {word}"), move || async move {
            let status = self.status(key, order).await;
            (status["status"] == word).then_some(status)
        })
    }

    /// Waits until the price list has entries; answers it.
    pub async fn services(&self, key: &str) -> Vec<Value> {
        until("services are listed", || async {
            let list = self.api(key, "services", &[]).await;
            list.as_array().filter(|list| !list.is_empty()).cloned()
        })
        .await
    }

    /// Our id of the service with this name.
    pub async fn service_named(&self, key: &str, name: &str) -> String {
        let list = self.services(key).await;
        let entry = list.iter().find(|entry| entry["name"] == name);
        entry.unwrap_or_else(|| panic!("no service `{name}`"))["service"].to_string()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            _ = process.kill();
            _ = process.wait();
        }
    }
}

/// The id in the answer to an `add`, or its error.
pub fn order_id(answer: &Value) -> Result<u64, String> {
    match (&answer["order"], &answer["error"]) {
        (Value::Number(id), Value::Null) => Ok(id.as_u64().expect("a positive id")),
        (_, Value::String(error)) => Err(error.clone()),
        _ => panic!("neither order nor error: {answer}"),
    }
}

/// A panel with a clock that tests move, selling [`catalogue`].
pub async fn panel() -> SimPanel {
    panel_with(SimSettings::default()).await
}

/// The same with more settings.
pub async fn panel_with(settings: SimSettings) -> SimPanel {
    let settings = SimSettings {
        clock: SimClock::manual(),
        catalogue: books::catalogue(),
        ..settings
    };
    SimPanel::start(settings).await.expect("it starts")
}

/// Waits for a condition, looking often.
#[track_caller]
pub fn until<T, F: Future<Output = Option<T>>>(
    what: impl Into<String>,
    mut look: impl FnMut() -> F,
) -> impl Future<Output = T> {
    let (what, place) = (what.into(), std::panic::Location::caller());
    async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let waiting = async {
            loop {
                ticks.tick().await;
                if let Some(found) = look().await {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("{place}: not within {PATIENCE:?}: {what}"))
    }
}

/// Starts a process and waits for a line that begins so; answers it.
pub fn spawn(command: Command, begin: &'static str) -> (Child, String) {
    let (process, mut lines) = spawn_until(command, begin);
    (process, lines.pop().expect("the line that was waited for"))
}

/// Starts a process and waits for a line of its output (or standard error) that begins so; answers all lines up to it. What
/// comes later goes to the test's own standard error.
pub fn spawn_until(mut command: Command, begin: &'static str) -> (Child, Vec<String>) {
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let (tell, told) = mpsc::channel();
    let streams: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(process.stderr.take().expect("piped")),
        Box::new(process.stdout.take().expect("piped")),
    ];
    for stream in streams {
        let tell = tell.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                eprintln!("  | {line}");
                _ = tell.send(line);
            }
        });
    }
    drop(tell);
    let (mut lines, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    loop {
        match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                lines.push(line);
                if lines
                    .last()
                    .is_some_and(|line| line.trim_start().starts_with(begin))
                {
                    return (process, lines);
                }
            }
            Err(_) => {
                _ = process.kill();
                panic!("it never said `{begin}…`: {:?} {lines:?}", process.wait());
            }
        }
    }
}

fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &process.id().to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
}

/// Says loudly that something could not be tested; fails if `PANELGATE_TEST_REQUIRE` names it.
pub fn skip(what: &str, why: &str) {
    let required = std::env::var_os("PANELGATE_TEST_REQUIRE")
        .is_some_and(|list| list.to_string_lossy().split(',').any(|one| one == what));
    assert!(!required, "{what} is required: {why}");
    eprintln!("SKIPPED {what}: {why}");
}

/// Where real catalogues are, if they are here.
pub fn real_catalogues() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("PANELGATE_TEST_DATA")
        .map_or(beside, PathBuf::from)
        .join("catalogues");
    folder.is_dir().then_some(folder)
}
