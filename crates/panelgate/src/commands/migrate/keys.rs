//! Keys that customers have. What stands in that column is never shown.

use std::collections::HashMap;
use std::path::Path;

pub(super) use panelgate_store::model::MovingKey as Key;

use super::findings::Findings;
use super::sheet::{Cells, Columns, Rows, each_row};
use crate::cli;
use crate::commands::key::{hash, is_key, not_a_key, prefix};

const COLUMNS: Columns = Columns {
    needed: &["customer", "key"],
    optional: &["label"],
};

pub(super) fn read(file: Option<&Path>, found: &mut Findings) -> anyhow::Result<Rows<Key>> {
    let mut prefixes = HashMap::new();
    each_row(file, &COLUMNS, found, |cells| key(cells, &mut prefixes))
}

fn key(cells: &mut Cells<'_>, prefixes: &mut HashMap<String, usize>) -> Option<Key> {
    let customer = cells.read("customer", |text| Ok(text.to_owned()));
    let kept = cells.read("key", |text| match is_key(text) {
        true => Ok((prefix(text).to_owned(), hash(text))),
        false => Err(not_a_key()),
    });
    let label = cells.read_if_there("label", cli::reference);
    let (prefix, hash) = kept?;
    if let Some(before) = prefixes.insert(prefix.clone(), cells.line()) {
        let text = format!("begins with the same characters as the key in line {before}");
        cells.wrong("key", text);
        return None;
    }
    Some(Key {
        customer: customer?,
        prefix,
        hash,
        label: label?,
    })
}
