//! What surrounds the reader of spreadsheets.

#[path = "../../../crates/panelgate/src/commands/sheet/csv.rs"]
mod csv;

/// All rows, each with the line it begins in.
pub(super) fn read(text: &str) -> Result<Vec<csv::Row>, Wrong> {
    csv::read(text)
}

/// What is wrong with a file that is imported, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// `line 3`
    pub(crate) place: String,
    /// What.
    pub(crate) text: String,
}

impl Wrong {
    fn at(line: usize, text: impl Into<String>) -> Self {
        Self {
            place: format!("line {line}"),
            text: text.into(),
        }
    }
}
