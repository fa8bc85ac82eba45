//! The real binary, built in release, serving from a folder; and other processes beside it.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// A process that runs until this is dropped.
pub struct Running {
    process: Child,
    /// The line that was waited for.
    pub line: String,
}

impl Running {
    /// Starts it and waits for a line on standard error or output that contains this. What it says goes to a file: a pipe that
    /// nobody reads would hold it up.
    ///
    /// # Panics
    /// If it does not start, or ends before it says so.
    #[must_use]
    pub fn start(binary: &Path, arguments: &[&str], says: &str) -> Self {
        Self::on(None, binary, arguments, says)
    }

    /// The same on one core, if one is named.
    ///
    /// # Panics
    /// If it does not start, or ends before it says so.
    #[must_use]
    pub fn on(core: Option<usize>, binary: &Path, arguments: &[&str], says: &str) -> Self {
        let said = tempfile::tempfile().expect("a file");
        let again = || said.try_clone().expect("a descriptor");
        let mut command = command(binary, core);
        command.args(arguments).stdout(again()).stderr(again());
        let mut process = command.spawn().expect("it starts");
        loop {
            let ended = process.try_wait().expect("it is ours");
            let text = text(&said);
            let mut lines = text.split_inclusive('\n');
            if let Some(line) = lines.find(|line| line.contains(says) && line.ends_with('\n')) {
                return Self {
                    process,
                    line: line.to_owned(),
                };
            }
            assert!(ended.is_none(), "it ended before it said `{says}`: {text}");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// A command, on one core if one is named.
#[must_use]
pub fn command(binary: &Path, core: Option<usize>) -> Command {
    let Some(core) = core else {
        return Command::new(binary);
    };
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", &core.to_string()]).arg(binary);
    pinned
}

fn text(file: &File) -> String {
    let length = file.metadata().expect("it is open").len();
    let mut bytes = vec![0; usize::try_from(length).expect("not that long")];
    file.read_exact_at(&mut bytes, 0).expect("it only grows");
    String::from_utf8_lossy(&bytes).into_owned()
}

const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Builds the binary; answers where it lies.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn release(target_tmpdir: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo says of the bench to the bench would be heard by build scripts of the binary, which would run again.
    for name in OF_THE_BENCH {
        cargo.env_remove(name);
    }
    let built = cargo
        .args(["build", "--release", "--package", "panelgate"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the binary has to be built");
    let target = Path::new(target_tmpdir)
        .parent()
        .expect("it lies in the target folder");
    target.join("release/panelgate")
}

/// Of those, all that a build script in the tree looks at.
const OF_THE_BENCH: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Writes the files of a gateway with one panel, `alpha`, whose list is imported whole.
///
/// # Panics
/// If the folder cannot be written.
pub fn configure(folder: &Path, panel_url: &str, markup: &str) {
    let main = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[operator]\nlisten = \"127.0.0.1:0\"\n\
         [store]\nurl = \"sqlite:panelgate.db\"\n[money]\ncurrency = \"USD\"\n\
         [panels.alpha]\nurl = \"{panel_url}\"\nkey = {{ file = \"alpha.key\" }}\n\
         currency = \"USD\"\nallow_private = true\n"
    );
    let files = [
        ("panelgate.toml", main.as_str()),
        ("markup.toml", markup),
        ("services.toml", "[[import]]\npanel = \"alpha\"\n"),
        ("alpha.key", "bench-key"),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("written");
    }
}

/// Where nobody listens.
///
/// # Panics
/// If somebody does.
#[must_use]
pub fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    assert!(TcpStream::connect(address).is_err(), "nobody listens");
    address
}
