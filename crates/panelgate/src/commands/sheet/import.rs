//! `services import`: what an edited list changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use panelgate_domain::ids::ServiceId;
use panelgate_domain::overrides::MAX_QUANTITY;
use panelgate_store::Store;

use super::edit::{Change, Edited, Written};
use super::read::{Edits, read};
use super::{Goods, Row, Wrong, text_of};
use crate::commands::services::Supply;
use crate::config::{Config, Keys};
use crate::output::{self, Cell, Form, Listing};

/// Writes what the file changes into `services.toml`, once it is known to be valid; a dry run only says what that is.
pub(in crate::commands) async fn import(
    config_path: &Path,
    config: &Config,
    store: &dyn Store,
    file: &Path,
    dry_run: bool,
) -> anyhow::Result<()> {
    let text = utf8(file)?;
    let supply = Supply::load(config, store).await?;
    let goods = Goods::new(&supply, &config.definitions);
    let before = text_of(&config.services_path)?;
    let mut edited = Edited::new(&before)?;
    let rows = goods.rows().map(|(row, _)| (row.id, row)).collect();
    let refuse = |wrong: Vec<Wrong>| {
        let lines: Vec<String> = wrong.iter().map(|one| format!("\n  {one}")).collect();
        let (file, lines) = (file.display(), lines.concat());
        anyhow!("nothing is imported from {file}:{lines}")
    };
    let sheet = Sheet::read(&text, &rows, &edited).map_err(refuse)?;
    let mut changes = sheet.changes;
    changes.retain(|change| edited.apply(change));
    let after = edited.text();
    if changes.is_empty() || after == before {
        output::note("nothing to change: services.toml stays as it is");
        return Ok(());
    }
    let new = Config::load_with_services(config_path, &after, Keys::Leave)?;
    let becomes = Goods::new(&supply, &new.definitions);
    let lost = lost(&changes, &sheet.places, &becomes);
    if !lost.is_empty() {
        return Err(refuse(lost));
    }
    output::list(&listing(&changes, &rows), Form::Text)?;
    for note in new_notes(&goods, &becomes) {
        output::note(&note);
    }
    if dry_run {
        output::note("that would be written; without --dry-run it is");
        return Ok(());
    }
    replace(&config.services_path, &before, &after)?;
    output::note("written; a running server reads it on save");
    Ok(())
}

/// Spreadsheets write other encodings unless they are told not to.
pub(in crate::commands) fn utf8(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    String::from_utf8(bytes).with_context(|| {
        let file = file.display();
        format!("{file} is not UTF-8: save it as \"CSV UTF-8\", so that no name is garbled")
    })
}

pub(super) type Rows = BTreeMap<ServiceId, Row>;

/// What a file changes, and where it says so.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) changes: Vec<Change>,
    places: BTreeMap<ServiceId, String>,
}

impl Sheet {
    /// All changes, or everything that is wrong.
    pub(super) fn read(text: &str, rows: &Rows, edited: &Edited) -> Result<Self, Vec<Wrong>> {
        let (mut sheet, mut wrong) = (Self::default(), Vec::new());
        for edits in read(text).map_err(|one| vec![one])? {
            match sheet.row_of(&edits, rows) {
                Ok(row) => {
                    let changes = changes_of(&edits, row, edited.is_hand_made(row.id));
                    match changes {
                        Ok(more) => sheet.changes.extend(more),
                        Err(one) => wrong.push(one),
                    }
                }
                Err(one) => wrong.push(one),
            }
        }
        if wrong.is_empty() {
            Ok(sheet)
        } else {
            Err(wrong)
        }
    }

    /// What a row of the file is about; once only.
    fn row_of<'a>(&mut self, edits: &Edits, rows: &'a Rows) -> Result<&'a Row, Wrong> {
        let id = edits.cell("service").unwrap_or_default();
        let id = id.parse().map(ServiceId);
        let id = id.map_err(|_| edits.wrong("the column `service` has to say which service"))?;
        let row = rows.get(&id).ok_or_else(|| {
            edits.wrong(format!(
                "there is no service {id}: leave out what is not sold any more"
            ))
        })?;
        match self.places.insert(id, edits.place.clone()) {
            None => Ok(row),
            Some(_) => {
                Err(edits.wrong(format!("service {id} is here twice: leave one of them out")))
            }
        }
    }
}

fn changes_of(edits: &Edits, now: &Row, hand_made: bool) -> Result<Vec<Change>, Wrong> {
    let id = now.id;
    let mut changes = Vec::new();
    for (key, is) in [
        ("name", &now.name),
        ("category", &now.category),
        ("description", &now.description),
    ] {
        if let Some(cell) = edits.cell(key).filter(|cell| cell != &is.trim()) {
            if cell.is_empty() && hand_made && key != "description" {
                return Err(edits.wrong(format!("service {id} is made by hand: it needs a {key}")));
            }
            let value = (!cell.is_empty()).then(|| Written::Text(cell.to_owned()));
            changes.push(now.change(key, value));
        }
    }
    changes.extend(limits(edits, now)?);
    if let Some(sell) = edits.cell("sell").filter(|cell| !cell.is_empty()) {
        let sell = flag(edits, sell)?;
        if sell != now.sell {
            if hand_made {
                let text =
                    format!("service {id} is made by hand: take it out of services.toml instead");
                return Err(edits.wrong(text));
            }
            changes.push(now.change("sell", (!sell).then_some(Written::Flag(false))));
        }
    }
    // An override goes away when it says nothing any more: what it is to say has to be there before.
    changes.sort_by_key(|change| change.value.is_none());
    Ok(changes)
}

/// Limits between which there is no quantity are refused here, where it is known which cell says so.
fn limits(edits: &Edits, now: &Row) -> Result<Vec<Change>, Wrong> {
    let mut changes = Vec::new();
    let mut bounds = [Some(now.min), Some(now.max)];
    for ((key, is), bound) in [("min", now.min), ("max", now.max)]
        .into_iter()
        .zip(&mut bounds)
    {
        if let Some(cell) = edits.cell(key).filter(|cell| *cell != is.to_string()) {
            *bound = number(edits, key, cell)?;
            let value = bound.and_then(|bound| i64::try_from(bound).ok());
            changes.push(now.change(key, value.map(Written::Number)));
        }
    }
    match bounds {
        [Some(min), Some(max)] if min > max && !changes.is_empty() => {
            Err(edits.wrong(format!("max {max} is under min {min}: no quantity is left")))
        }
        _ => Ok(changes),
    }
}

/// Services that could not be sold any more: an import takes nothing off but by `sell`.
fn lost(changes: &[Change], places: &BTreeMap<ServiceId, String>, after: &Goods) -> Vec<Wrong> {
    let gone = changes
        .iter()
        .map(|change| change.service)
        .filter(|id| after.for_sale.service(*id).is_none());
    let gone: BTreeSet<ServiceId> = gone.collect();
    let wrong = gone.into_iter().map(|id| Wrong {
        place: places.get(&id).cloned().unwrap_or_default(),
        text: format!("min and max leave no quantity that the offers of service {id} take"),
    });
    wrong.collect()
}

/// What will not be as it is written, for instance limits that no offer takes.
fn new_notes(now: &Goods, becomes: &Goods) -> Vec<String> {
    let notes = |goods: &Goods| -> Vec<String> {
        let notes = goods.for_sale.notes().iter();
        notes
            .map(|note| format!("{}: {}", note.about, note.what))
            .collect()
    };
    let known: BTreeSet<String> = notes(now).into_iter().collect();
    let mut notes = notes(becomes);
    notes.retain(|note| !known.contains(note));
    notes
}

impl Row {
    fn change(&self, key: &'static str, value: Option<Written>) -> Change {
        Change {
            service: self.id,
            origin: self.origin.clone(),
            key,
            value,
        }
    }

    fn cell(&self, key: &str) -> Cell {
        match key {
            "name" => self.name.as_str().into(),
            "category" => self.category.as_str().into(),
            "description" => self.description.as_str().into(),
            "min" => output::count(self.min),
            "max" => output::count(self.max),
            _ => self.sell.into(),
        }
    }
}

/// An empty cell takes the limit away.
fn number(edits: &Edits, key: &str, cell: &str) -> Result<Option<u64>, Wrong> {
    if cell.is_empty() {
        return Ok(None);
    }
    let most = MAX_QUANTITY.unsigned_abs();
    let number = cell
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number));
    let number = number.ok_or_else(|| {
        edits.wrong(format!(
            "`{cell}` is no {key}: expected a whole number from 1 to {most}, such as 100"
        ))
    })?;
    Ok(Some(number))
}

/// As it is exported, and as spreadsheets in capitals write it.
fn flag(edits: &Edits, cell: &str) -> Result<bool, Wrong> {
    match cell.to_ascii_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(edits.wrong(format!("`{cell}` under `sell`: expected yes or no"))),
    }
}

fn listing(changes: &[Change], rows: &Rows) -> Listing {
    let cells = changes.iter().map(|change| {
        let was = rows.get(&change.service).map(|row| row.cell(change.key));
        let becomes = match &change.value {
            None if change.key == "sell" => true.into(),
            None => Cell::Empty,
            Some(Written::Text(text)) => text.as_str().into(),
            Some(Written::Number(number)) => (*number).into(),
            Some(Written::Flag(flag)) => (*flag).into(),
        };
        vec![
            change.service.0.into(),
            change.key.into(),
            was.unwrap_or(Cell::Empty),
            becomes,
        ]
    });
    Listing::new(&["service", "key", "was", "becomes"], cells)
}

/// Puts the new text in the place of the old one at once: whoever reads the file meanwhile sees the one or the other. Not if
/// somebody has changed it since it was read.
fn replace(path: &Path, before: &str, after: &str) -> anyhow::Result<()> {
    // A file that is a link stays one.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().context("services.toml lies in a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    file.write_all(after.as_bytes())?;
    if let Ok(metadata) = path.metadata() {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    if text_of(&path.clone())? != before {
        bail!(
            "somebody changed {} meanwhile: import again",
            path.display()
        );
    }
    file.persist(path)
        .with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(())
}
