//! The real binary, built in release, serving from a folder.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A process that runs until this is dropped.
pub struct Running {
    process: Child,
    /// The line that was waited for.
    pub line: String,
    _lines: BufReader<ChildStderr>,
}

impl Running {
    /// Starts it and waits for a line on standard error or output that contains this.
    ///
    /// # Panics
    /// If it does not start, or ends before it says so.
    #[must_use]
    pub fn start(binary: &Path, arguments: &[&str], says: &str) -> Self {
        let mut shell = Command::new("sh");
        // One stream of lines, whichever of the two it speaks on.
        let mut process = shell
            .args(["-c", "exec \"$0\" \"$@\" 1>&2"])
            .arg(binary)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stderr.take().expect("piped"));
        let (mut line, mut said) = (String::new(), String::new());
        while !line.contains(says) {
            line.clear();
            let read = lines.read_line(&mut line).expect("text");
            said.push_str(&line);
            assert!(read > 0, "it ended before it said `{says}`: {said}");
        }
        Self {
            process,
            line,
            _lines: lines,
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

/// Builds the binary; answers where it lies.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn release(target_tmpdir: &str) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "panelgate"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the binary has to be built");
    let target = Path::new(target_tmpdir)
        .parent()
        .expect("it lies in the target folder");
    target.join("release/panelgate")
}

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
