//! A copy of a store that is in use: one snapshot of it, as a file that can be opened like any other.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{newest, open};
use crate::api::Result;
use crate::error::StoreError;

/// Copies what this connection sees to a new file, and checks the copy.
pub(super) fn to_file(connection: &Connection, path: &Path) -> Result<()> {
    match open::private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists {
                what: "file",
                name: path.display().to_string(),
            });
        }
        Err(error) => return Err(StoreError::Database(format!("{}: {error}", path.display()))),
    }
    let mut copy = Connection::open(path)?;
    // In one step: a copy in several starts again whenever somebody writes in between.
    let copied = Backup::new(connection, &mut copy)?.step(-1)?;
    if copied != StepResult::Done {
        return Err(StoreError::Database(format!(
            "the copy stopped: {copied:?}"
        )));
    }
    // One file, for a copy may lie where nothing can be written beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let verdict: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict == "ok" {
        newest::sync_folder(path)
            .map_err(|error| StoreError::Database(format!("{}: {error}", path.display())))
    } else {
        Err(StoreError::Corrupt(format!(
            "the copy is damaged: {verdict}"
        )))
    }
}
