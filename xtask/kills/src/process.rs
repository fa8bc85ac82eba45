//! A child process, and what happens to it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts it and waits for a line of its output, or of its errors, that begins so; answers that line.
    pub(crate) fn start(mut command: Command, begins: &str) -> anyhow::Result<(Self, String)> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        let (tell, told) = mpsc::channel();
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().context("piped")?),
            Box::new(child.stderr.take().context("piped")?),
        ];
        for stream in streams {
            let tell = tell.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    // Nobody listens any more once the line has come.
                    _ = tell.send(line);
                }
            });
        }
        drop(tell);
        let mut process = Self(child);
        let (mut lines, deadline) = (Vec::new(), Instant::now() + PATIENCE);
        while let Ok(line) = told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if line.trim_start().starts_with(begins) {
                return Ok((process, line));
            }
            lines.push(line);
        }
        process.kill()?;
        bail!("{command:?} never said `{begins}`, but {lines:?}")
    }

    /// Without a word.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// As an operator would; answers its exit code.
    pub(crate) fn end(&mut self) -> anyhow::Result<Option<i32>> {
        self.signal("TERM")?;
        Ok(self.0.wait()?.code())
    }

    /// It does nothing for a while, and does not notice.
    pub(crate) fn stop_for(&self, length: Duration) -> anyhow::Result<()> {
        self.signal("STOP")?;
        std::thread::sleep(length);
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> anyhow::Result<()> {
        let number = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &number]).status()?;
        ensure!(sent.success(), "no {name} for process {number}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        _ = self.kill();
    }
}

/// How long anything may take that a process is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
