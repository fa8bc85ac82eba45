//! The report of all runs: what they counted, added up. It is written after every piece, so that a run that is ended in the middle
//! is not lost.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use panelgate_tally::Tally;

/// Runs so many more seeds, in pieces, and keeps the sum of all runs in `path`.
pub(crate) fn prove(seeds: u64, resume: bool, path: &Path) -> anyhow::Result<Tally> {
    let mut all = if resume {
        read(path)?
    } else {
        Tally::default()
    };
    let mut left = seeds;
    while left > 0 {
        let piece = left.min(PIECE);
        let from = all.of("seeds");
        all.add(&panelgate_simulation::seeds(from, piece));
        write(path, &all)?;
        left -= piece;
        eprintln!("{} seeds, {} violations", all.of("seeds"), all.violations());
    }
    Ok(all)
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
