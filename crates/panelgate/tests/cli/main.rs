//! The commands that need no server, as scripts see them: arguments, stdout, stderr, exit code.

mod customers;
mod exits;
mod keys;
mod panels;
mod past;
mod report;
mod services;
mod sheet;
mod sim;
mod simulate;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with a valid configuration, and no store yet.
struct House {
    folder: tempfile::TempDir,
}

/// What a command left behind.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl House {
    fn new() -> Self {
        let house = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        house.write(
            "panelgate.toml",
            r#"
[panels.alpha]
url = "https://alpha.example/api/v2"
key = { file = "alpha.key" }
currency = "USD"
"#,
        );
        house.write("markup.toml", "[default]\npercent = \"20\"\n");
        house.write("services.toml", "[[import]]\npanel = \"alpha\"\n");
        house.write("alpha.key", "s3cret\n");
        house
    }

    /// With a store, and the customer ann in it.
    fn with_ann() -> Self {
        let house = Self::new();
        house.run(&["customer", "add", "ann"]).expect(0);
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    fn store(&self) -> PathBuf {
        self.path("data/panelgate.db")
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let config = self.path("panelgate.toml");
        let mut child = panelgate()
            .args(args)
            .arg("--config")
            .arg(config)
            .spawn()
            .expect("started");
        let mut pipe = child.stdin.take().expect("piped");
        pipe.write_all(stdin.as_bytes()).expect("written");
        drop(pipe);
        child.wait_with_output().expect("ended").into()
    }
}

fn panelgate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panelgate"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Ran {
    /// Its stdout, if it ended with this code.
    #[track_caller]
    fn expect(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its stderr, if it ended with this code and said nothing on stdout.
    #[track_caller]
    fn expect_error(self, code: i32) -> String {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (code, ""),
            "{}",
            self.stderr
        );
        self.stderr
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

#[track_caller]
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

fn exists(path: &Path) -> bool {
    path.try_exists().expect("can be looked at")
}
