//! What surrounds the reader of spreadsheets.

#[path = "../../../crates/panelgate/src/commands/sheet/csv.rs"]
mod csv;

pub(super) use csv::read;
