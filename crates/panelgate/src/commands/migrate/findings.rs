//! Everything that is wrong with the files, in the order of the files and their lines.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: Arc<Path>,
    pub(super) line: usize,
}

/// Where each of what was read from a file stands in it.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) file: Arc<Path>,
    pub(super) lines: Vec<usize>,
}

impl Places {
    /// Of the one with this number.
    pub(super) fn of(&self, at: usize) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line: self.lines.get(at).copied().unwrap_or(0),
        }
    }
}

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

#[derive(Debug)]
struct Finding {
    place: Place,
    column: &'static str,
    text: String,
}

impl Findings {
    /// A cell is wrong; without a column it is the line.
    pub(super) fn add(&mut self, place: Place, column: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Finding {
            place,
            column,
            text,
        });
    }

    /// Whether nothing is.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all: Vec<&Finding> = self.0.iter().collect();
        all.sort_by_key(|one| &one.place);
        for one in all.iter().take(MOST) {
            write!(f, "{}:{}: ", one.place.file.display(), one.place.line)?;
            if !one.column.is_empty() {
                write!(f, "{}: ", one.column)?;
            }
            writeln!(f, "{}", one.text)?;
        }
        if all.len() > MOST {
            writeln!(f, "and {} more", all.len() - MOST)?;
        }
        let mistakes = if all.len() == 1 {
            "mistake"
        } else {
            "mistakes"
        };
        write!(f, "{} {mistakes}", all.len())
    }
}

/// Nobody reads more at once.
const MOST: usize = 1_000;
