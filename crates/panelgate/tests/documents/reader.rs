//! Somebody who types what the documents say, in a folder with the configuration that comes with the project.
//!
//! Documents name ports, and a test must not: each address that is listened on is another one here, and stands for the
//! documented one in all that is typed later.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::markdown::root;
use crate::support::{PATIENCE, spawn_until};

pub(crate) struct Reader {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    /// The documented addresses that are others here.
    addresses: Vec<(String, String)>,
    panels: Vec<Child>,
    gateway: Option<Child>,
}

impl Default for Reader {
    fn default() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config");
        fs::create_dir(&config).expect("made");
        for name in ["panelgate.toml", "markup.toml", "services.toml"] {
            let text = fs::read_to_string(root().join("config").join(name)).expect("it is there");
            let text = LISTENERS
                .iter()
                .fold(text, |text, address| text.replace(address, ANY));
            fs::write(config.join(name), text).expect("written");
        }
        Self {
            folder,
            environment: Vec::new(),
            addresses: Vec::new(),
            panels: Vec::new(),
            gateway: None,
        }
    }
}

impl Reader {
    /// What is missing on this machine.
    pub(crate) fn lacks() -> Option<&'static str> {
        let has = |program: &str| {
            let asked = Command::new(program).arg("--version").output();
            asked.is_ok_and(|output| output.status.success())
        };
        (!has("curl")).then_some("there is no curl here")
    }

    /// Does a command, and compares what it answers with what is shown, if anything is.
    pub(crate) fn types(&mut self, place: &str, command: &str, shown: &[&str]) {
        eprintln!("{place}: $ {command}");
        let command = command.trim_end_matches(" &");
        let command = self
            .addresses
            .iter()
            .fold(command.to_owned(), |text, (documented, here)| {
                text.replace(documented, here)
            });
        let is_setting = |word: &&str| word.contains('=');
        let mut words = command.split_whitespace().skip_while(is_setting);
        let answer = match (words.next(), words.next()) {
            _ if command.contains("=$(") => self.assign(place, &command),
            (Some("export"), _) => self.export(&command),
            // They were built, and are tested elsewhere.
            (Some("cargo" | "git"), _) => return,
            (Some("panelgate"), Some("sim")) => self.sim(&command),
            (Some("panelgate"), Some("serve")) => self.serve(&command),
            (Some("panelgate"), Some("demo")) => self.demo(&command),
            _ => self.run(place, &command),
        };
        if !shown.is_empty() {
            compare(place, shown, &answer);
        }
    }

    fn export(&mut self, command: &str) -> String {
        for word in command.split_whitespace().skip(1) {
            let (name, value) = word.split_once('=').expect("NAME=VALUE");
            self.environment.push((name.to_owned(), value.to_owned()));
        }
        String::new()
    }

    /// `NAME=$(…)`
    fn assign(&mut self, place: &str, command: &str) -> String {
        let (name, value) = command.split_once('=').expect("NAME=VALUE");
        let value = self.run(place, &format!("printf %s \"{value}\""));
        self.environment.push((name.to_owned(), value));
        String::new()
    }

    fn run(&self, place: &str, command: &str) -> String {
        let output = self.shell(command).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{place}: {command}\n{said}{talk}");
        said + &talk
    }

    fn shell(&self, command: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_panelgate"));
        let mut path = binary.parent().expect("a folder").as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .current_dir(self.folder.path())
            .env("PATH", path)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        shell
    }

    fn sim(&mut self, command: &str) -> String {
        let documented = address_in(command).expect("sim listens somewhere");
        let command = command.replace(&documented, ANY);
        let (process, lines) = spawn_until(self.shell(&format!("exec {command}")), "http://");
        self.panels.push(process);
        let here = lines
            .iter()
            .find_map(|line| address_in(line))
            .expect("an address");
        let main = self.folder.path().join("config/panelgate.toml");
        let text = fs::read_to_string(&main).expect("it is there");
        fs::write(main, text.replace(&documented, &here)).expect("written");
        self.addresses.push((documented, here));
        lines.join("\n")
    }

    fn serve(&mut self, command: &str) -> String {
        if let Some(running) = self.gateway.take() {
            end(running);
        }
        let assignments = command.split("panelgate serve").next().unwrap_or_default();
        let command = format!("{assignments} exec {}", &command[assignments.len()..]);
        let (process, lines) = spawn_until(self.shell(&command), "customers: ");
        self.gateway = Some(process);
        let line = lines.last().expect("the line that was waited for");
        let here = line.split("://").skip(1).filter_map(address_in);
        self.addresses
            .retain(|(documented, _)| !LISTENERS.contains(&documented.as_str()));
        let here = LISTENERS
            .iter()
            .map(|&documented| documented.to_owned())
            .zip(here);
        self.addresses.extend(here);
        self.until_something_is_sold();
        lines.join("\n")
    }

    /// Somebody who reads has waited for longer than the first sync takes.
    fn until_something_is_sold(&self) {
        let begun = Instant::now();
        while self
            .run("the first sync", "panelgate services list --json")
            .trim()
            == "[]"
        {
            assert!(begun.elapsed() < PATIENCE, "nothing is sold");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn demo(&self, command: &str) -> String {
        let anywhere = format!("exec {command} --listen {ANY} --operator-listen {ANY}");
        let (process, lines) = spawn_until(self.shell(&anywhere), "Ctrl-C");
        end(process);
        lines.join("\n")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for process in self.gateway.take().into_iter().chain(self.panels.drain(..)) {
            end(process);
        }
    }
}

fn end(mut process: Child) {
    _ = process.kill();
    _ = process.wait();
}

/// The first loopback address in a text, with its port.
fn address_in(text: &str) -> Option<String> {
    let begin = text.find("127.0.0.1:")?;
    let address = text[begin..].split(|c: char| !c.is_ascii_digit() && !".:".contains(c));
    address.into_iter().next().map(str::to_owned)
}

/// Each shown line is answered, in this order; other lines may stand between them only where a line `…` says so.
#[track_caller]
fn compare(place: &str, shown: &[&str], answer: &str) {
    let mut rest: Vec<&str> = answer.lines().collect();
    rest.reverse();
    let mut may_skip = false;
    for line in shown {
        if *line == ANYTHING {
            may_skip = true;
            continue;
        }
        loop {
            let found = rest.pop();
            let found = found.unwrap_or_else(|| panic!("{place}: `{line}` is not in:\n{answer}"));
            if is_like(line, found) {
                break;
            }
            assert!(
                may_skip,
                "{place}: it says\n  {found}\nnot\n  {line}\nin:\n{answer}"
            );
        }
        may_skip = false;
    }
    assert!(
        may_skip || rest.is_empty(),
        "{place}: it says more:\n{answer}"
    );
}

fn is_like(shown: &str, found: &str) -> bool {
    let mut parts = shown.split(ANYTHING);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = found.strip_prefix(first) else {
        return false;
    };
    for part in parts {
        let Some(at) = (match part {
            "" => Some(rest.len()),
            part => rest.find(part),
        }) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// What stands for anything.
const ANYTHING: &str = "…";
/// Where `serve` listens by the configuration that comes with the project: for customers, for operators.
const LISTENERS: [&str; 2] = ["127.0.0.1:8080", "127.0.0.1:8081"];
/// Any port that is free.
const ANY: &str = "127.0.0.1:0";
