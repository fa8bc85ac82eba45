//! The report of all runs: what they counted, added up. It is written after every piece, so that a run that is ended in the middle
//! is not lost.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use panelgate_tally::Tally;

/// The sum of all runs, and the file that holds it.
pub(crate) struct Report {
    all: Tally,
    path: PathBuf,
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

    /// Runs so many more seeds, in pieces.
    pub(crate) fn seeds(&mut self, seeds: u64) -> anyhow::Result<()> {
        let mut left = seeds;
        while left > 0 {
            let piece = left.min(PIECE);
            let from = self.all.of("seeds");
            self.add(&panelgate_simulation::seeds(from, piece))?;
            left -= piece;
            let violations = self.all.violations();
            eprintln!("{} seeds, {violations} violations", self.all.of("seeds"));
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

/// A report that is not there yet is an empty one.
fn read(path: &Path) -> anyhow::Result<Tally> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Tally::default()),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Whole or not at all: the old report stays until the new one is there.
fn write(path: &Path, all: &Tally) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let text = serde_json::to_string_pretty(all)?;
    fs::write(&new, text).with_context(|| new.display().to_string())?;
    fs::rename(&new, path).with_context(|| path.display().to_string())
}

/// Seeds between two writings.
const PIECE: u64 = 200;
