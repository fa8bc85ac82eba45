//! The report of all runs: what they counted, added up. It is written after every piece, so that a run that is ended in the middle
//! is not lost.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use panelgate_tally::Tally;

use crate::{gateway, text};

/// The sum of all runs, and the file that holds it.
pub(crate) struct Report {
    all: Tally,
    path: PathBuf,
}

/// What is proved by number, each next one from where the last run ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    /// Simulated worlds.
    Seeds,
    /// Power cuts: stories of a fixed number of them.
    Power,
    /// Processes that are killed, stopped or ended.
    Kills,
}

impl Report {
    /// Goes on with the report in the file if that is wanted, or begins a new one.
    pub(crate) fn open(path: PathBuf, resume: bool) -> anyhow::Result<Self> {
        let all = if resume {
            read(&path)?
        } else {
            Tally::default()
        };
        Ok(Self { all, path })
    }

    /// Runs so many more of these, in pieces.
    pub(crate) fn prove(&mut self, proof: Proof, times: u64) -> anyhow::Result<()> {
        let what = proof.counted();
        let end = self.all.of(what) + times;
        while self.all.of(what) < end {
            let done = self.all.of(what);
            let piece = proof.piece().min(end - done);
            self.add(&proof.run(done, piece)?)?;
            let (now, violations) = (self.all.of(what), self.all.violations());
            eprintln!("{now} {what}, {violations} violations");
            anyhow::ensure!(now > done, "{what}: nothing was done");
        }
        Ok(())
    }

    /// Adds what a piece counted, and writes the sum.
    pub(crate) fn add(&mut self, piece: &Tally) -> anyhow::Result<()> {
        self.all.add(piece);
        write(&self.path, &self.all)
    }

    /// What was counted until now.
    pub(crate) const fn all(&self) -> &Tally {
        &self.all
    }
}

impl Proof {
    /// What is counted, and from what the next run begins.
    pub(crate) const fn counted(self) -> &'static str {
        match self {
            Self::Seeds => "seeds",
            Self::Power => "power · cuts",
            Self::Kills => "kills",
        }
    }

    /// So many between two writings.
    const fn piece(self) -> u64 {
        match self {
            Self::Seeds => 200,
            Self::Power => 10 * panelgate_powerloss::CUTS as u64,
            Self::Kills => 30,
        }
    }

    /// The next `piece` ones, of which `done` are done.
    fn run(self, done: u64, piece: u64) -> anyhow::Result<Tally> {
        Ok(match self {
            Self::Seeds => panelgate_simulation::seeds(done, piece),
            Self::Power => {
                let cuts = panelgate_powerloss::CUTS as u64;
                panelgate_powerloss::cuts(done.div_ceil(cuts), piece.div_ceil(cuts))
            }
            Self::Kills => panelgate_kills::kills(&gateway::program()?, done, piece),
        })
    }
}

/// A report that is not there yet is an empty one.
fn read(path: &Path) -> anyhow::Result<Tally> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Tally::default()),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn write(path: &Path, all: &Tally) -> anyhow::Result<()> {
    replace(path, &(serde_json::to_string_pretty(all)? + "\n"))?;
    replace(&path.with_extension("md"), &text::of(all))
}

/// Whole or not at all: the old file stays until the new one is there.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text).with_context(|| new.display().to_string())?;
    fs::rename(&new, path).with_context(|| path.display().to_string())
}
