//! The parsers of what operators write, as functions of texts. They belong to the binary, which is no library: the same source files
//! are compiled here once more, at the paths that they know one another by, and nothing of them is changed.
//!
//! Start with [`configuration`] and [`rows`].
#![expect(
    dead_code,
    unused_imports,
    reason = "the binary uses what is not used here"
)]

#[path = "../../../crates/panelgate/src/clock.rs"]
mod clock;
#[path = "../../../crates/panelgate/src/config/mod.rs"]
mod config;
mod control;
#[path = "../../../crates/panelgate/src/environment.rs"]
mod environment;
#[path = "../../../crates/panelgate/src/output/mod.rs"]
mod output;
mod sheet;

use std::cell::RefCell;
use std::fs;

use config::{Config, Keys};
use output::{Cell, Form, Listing};
use tempfile::TempDir;

/// Loads three texts as `panelgate.toml`, `markup.toml` and `services.toml`, without the panels' keys: the names of the panels,
/// or what an operator would read about everything that is wrong.
///
/// # Errors
/// What an operator would read, rendered.
///
/// # Panics
/// The folder for temporary files cannot be written.
pub fn configuration(main: &[u8], markup: &[u8], services: &[u8]) -> Result<Vec<String>, String> {
    thread_local! {
        static FOLDER: RefCell<TempDir> = RefCell::new(tempfile::tempdir().expect("a folder"));
    }
    FOLDER.with_borrow(|folder| {
        let files = [
            ("panelgate.toml", main),
            ("markup.toml", markup),
            ("services.toml", services),
        ];
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("written");
        }
        let loaded = Config::load(&folder.path().join("panelgate.toml"), Keys::Leave);
        match loaded {
            Ok(config) => {
                config.warnings.render(true);
                let panels = config.panels.iter();
                Ok(panels.map(|panel| panel.name.to_string()).collect())
            }
            Err(wrong) => {
                wrong.render(true);
                Err(wrong.render(false))
            }
        }
    })
}

/// Reads the rows of a CSV file, each with the line it begins in.
///
/// # Errors
/// What an operator would read.
pub fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    sheet::read(text).map_err(|broken| format!("line {}: {}", broken.line, broken.text))
}

/// Writes rows, all with as many cells as there are headings, as `--csv` does.
#[must_use]
pub fn csv(headings: &[&'static str], rows: &[Vec<String>]) -> String {
    let cells = rows
        .iter()
        .map(|row| row.iter().map(|cell| Cell::Text(cell.clone())));
    output::text(
        &Listing::new(headings, cells.map(Iterator::collect)),
        Form::Csv,
    )
}
