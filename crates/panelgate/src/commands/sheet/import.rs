//! `services import`: what an edited list changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use panelgate_domain::ids::ServiceId;
use panelgate_store::Store;

use super::edit::{Change, Edited, Written};
use super::read::{Edits, read};
use super::{Row, Wrong, row, text_of};
use crate::commands::services::Market;
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
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let market = Market::load(config, store).await?;
    let before = text_of(&config.services_path)?;
    let mut edited = Edited::new(&before)?;
    let rows = market
        .catalogue
        .services()
        .map(|service| row(service, &edited));
    let rows: BTreeMap<ServiceId, Row> = rows.map(|row| (row.id, row)).collect();
    let changes = match all_changes(&text, &rows) {
        Ok(changes) => changes,
        Err(wrong) => {
            let lines: Vec<String> = wrong.iter().map(|one| format!("\n  {one}")).collect();
            bail!(
                "nothing is imported from {}:{}",
                file.display(),
                lines.concat()
            );
        }
    };
    for change in &changes {
        edited.apply(change);
    }
    if changes.is_empty() {
        output::note("nothing differs: services.toml stays as it is");
        return Ok(());
    }
    output::list(&listing(&changes, &rows), Form::Text)?;
    let after = edited.text();
    Config::load_with_services(config_path, &after, Keys::Leave)?;
    if dry_run {
        output::note("that would be written; without --dry-run it is");
        return Ok(());
    }
    replace(&config.services_path, &before, &after)?;
    output::note("written; a running server reads it on save");
    Ok(())
}

/// All changes, or everything that is wrong.
fn all_changes(text: &str, rows: &BTreeMap<ServiceId, Row>) -> Result<Vec<Change>, Vec<Wrong>> {
    let (mut changes, mut wrong) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for edits in read(text).map_err(|one| vec![one])? {
        match changes_of(&edits, rows, &mut seen) {
            Ok(more) => changes.extend(more),
            Err(one) => wrong.push(one),
        }
    }
    if wrong.is_empty() {
        Ok(changes)
    } else {
        Err(wrong)
    }
}

fn changes_of(
    edits: &Edits,
    rows: &BTreeMap<ServiceId, Row>,
    seen: &mut BTreeSet<ServiceId>,
) -> Result<Vec<Change>, Wrong> {
    let id = edits.cell("service").unwrap_or_default();
    let id = id.parse().map(ServiceId);
    let id = id.map_err(|_| edits.wrong("the column `service` has to say which service"))?;
    let now = rows.get(&id).ok_or_else(|| {
        edits.wrong(format!(
            "there is no service {id}: leave out what is not sold any more"
        ))
    })?;
    if !seen.insert(id) {
        return Err(edits.wrong(format!("service {id} is here twice: leave one of them out")));
    }
    let mut changes = Vec::new();
    for (key, is) in [
        ("name", &now.name),
        ("category", &now.category),
        ("description", &now.description),
    ] {
        if let Some(cell) = edits.cell(key).filter(|cell| cell != &is.trim()) {
            if cell.is_empty() && now.hand_made && key != "description" {
                return Err(edits.wrong(format!("service {id} is made by hand: it needs a {key}")));
            }
            let value = (!cell.is_empty()).then(|| Written::Text(cell.to_owned()));
            changes.push(now.change(key, value));
        }
    }
    for (key, is) in [("min", now.min), ("max", now.max)] {
        if let Some(cell) = edits.cell(key).filter(|cell| *cell != is.to_string()) {
            changes.push(now.change(key, number(edits, key, cell)?));
        }
    }
    if let Some(sell) = edits.cell("sell").filter(|cell| !cell.is_empty()) {
        let sell = flag(edits, sell)?;
        if sell != now.sell {
            if now.hand_made {
                let text =
                    format!("service {id} is made by hand: take it out of services.toml instead");
                return Err(edits.wrong(text));
            }
            changes.push(now.change("sell", (!sell).then_some(Written::Flag(false))));
        }
    }
    Ok(changes)
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
fn number(edits: &Edits, key: &str, cell: &str) -> Result<Option<Written>, Wrong> {
    if cell.is_empty() {
        return Ok(None);
    }
    let number = cell.parse().ok().filter(|number| *number >= 1);
    let number = number.ok_or_else(|| {
        edits.wrong(format!(
            "`{cell}` is no {key}: expected a whole number such as 100"
        ))
    })?;
    Ok(Some(Written::Number(number)))
}

/// As it is exported, and as spreadsheets in capitals write it.
fn flag(edits: &Edits, cell: &str) -> Result<bool, Wrong> {
    match cell.to_ascii_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(edits.wrong(format!("`{cell}` under `sell`: expected yes or no"))),
    }
}

fn listing(changes: &[Change], rows: &BTreeMap<ServiceId, Row>) -> Listing {
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
