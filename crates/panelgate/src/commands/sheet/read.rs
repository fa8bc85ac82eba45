//! From an edited file to cells under headings, whatever form it has.

use serde_json::{Map, Value};

use super::{HEADINGS, Wrong, csv};

/// One row: where it stands, and its cells by heading.
#[derive(Debug)]
pub(super) struct Edits {
    pub(super) place: String,
    cells: Vec<(&'static str, String)>,
}

impl Edits {
    /// The cell under a heading; `None` if the file has no such column.
    pub(super) fn cell(&self, heading: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(name, _)| *name == heading);
        found.map(|(_, text)| text.trim())
    }

    pub(super) fn wrong(&self, text: impl Into<String>) -> Wrong {
        Wrong {
            place: self.place.clone(),
            text: text.into(),
        }
    }
}

/// Reads CSV, or JSON if it begins like an array.
pub(super) fn read(text: &str) -> Result<Vec<Edits>, Wrong> {
    if text.trim_start().starts_with('[') {
        from_json(text)
    } else {
        from_csv(text)
    }
}

fn from_csv(text: &str) -> Result<Vec<Edits>, Wrong> {
    let mut rows = csv::read(text)?.into_iter();
    let (line, headings) = rows.next().ok_or_else(|| {
        Wrong::at(
            1,
            "the file is empty: begin with what `services export` writes",
        )
    })?;
    let headings = headings.iter().map(|heading| known(heading));
    let headings: Vec<&'static str> = headings
        .collect::<Result<_, String>>()
        .map_err(|text| Wrong::at(line, text))?;
    let rows = rows.map(|(line, cells)| {
        if cells.len() != headings.len() {
            let text = format!(
                "{} cells under {} headings: put quotes around cells with separators in them",
                cells.len(),
                headings.len()
            );
            return Err(Wrong::at(line, text));
        }
        Ok(Edits {
            place: format!("line {line}"),
            cells: headings.iter().copied().zip(cells).collect(),
        })
    });
    rows.collect()
}

fn from_json(text: &str) -> Result<Vec<Edits>, Wrong> {
    let rows: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|error| {
        Wrong::at(
            error.line(),
            format!("expected an array of objects: {error}"),
        )
    })?;
    let rows = rows.into_iter().zip(1..).map(|(row, number)| {
        let place = format!("object {number}");
        let cells = row.into_iter().map(|(name, value)| {
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            known(&name).map(|name| (name, text))
        });
        match cells.collect() {
            Ok(cells) => Ok(Edits { place, cells }),
            Err(text) => Err(Wrong { place, text }),
        }
    });
    rows.collect()
}

/// A column that nobody reads would be an edit that is lost.
fn known(heading: &str) -> Result<&'static str, String> {
    let known = HEADINGS.iter().find(|known| **known == heading.trim());
    known.copied().ok_or_else(|| {
        let mend = crate::config::suggest(heading, HEADINGS, "remove the column");
        format!("there is no column `{heading}`: {mend}")
    })
}
