//! A CSV file under known headings, cell by cell.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;
use std::sync::Arc;

use panelgate_domain::ids::MAX_ID;
use panelgate_domain::money::Money;

use super::findings::{Findings, Place, Places};
use crate::commands::panels;
use crate::commands::sheet::{csv, utf8};
use crate::config::{Config, Panel, suggest};

/// The headings of a file.
pub(super) struct Columns {
    /// These have to be there.
    pub(super) needed: &'static [&'static str],
    /// These may be.
    pub(super) optional: &'static [&'static str],
}

/// What was read, and where it stands.
pub(super) struct Rows<T> {
    pub(super) items: Vec<T>,
    pub(super) places: Places,
}

/// Reads every row of a file; nothing without one. What `read` leaves out is wrong, and it has said so.
pub(super) fn each_row<T>(
    file: Option<&Path>,
    columns: &Columns,
    found: &mut Findings,
    mut read: impl FnMut(&mut Cells<'_>) -> Option<T>,
) -> anyhow::Result<Rows<T>> {
    let path: Arc<Path> = file.unwrap_or(Path::new("")).into();
    let mut rows = Rows {
        items: Vec::new(),
        places: Places {
            file: Arc::clone(&path),
            lines: Vec::new(),
        },
    };
    let Some(file) = file else { return Ok(rows) };
    let text = utf8(file)?;
    let place = |line| Place {
        file: Arc::clone(&path),
        line,
    };
    let lines = match csv::read(&text) {
        Ok(lines) => lines,
        Err(broken) => {
            found.add(place(broken.line), "", broken.text);
            return Ok(rows);
        }
    };
    let mut lines = lines.into_iter();
    let (line, written) = lines.next().unwrap_or((1, Vec::new()));
    let Some(headings) = columns.headings(&written, &place(line), found) else {
        return Ok(rows);
    };
    for (line, cells) in lines {
        let mut cells = Cells {
            headings: &headings,
            cells,
            place: place(line),
            found,
        };
        if let Some(item) = cells.all_there().and_then(|()| read(&mut cells)) {
            rows.items.push(item);
            rows.places.lines.push(line);
        }
    }
    Ok(rows)
}

impl Columns {
    /// The headings as they stand, if each is known, none is there twice and none is missing.
    fn headings(
        &self,
        written: &[String],
        place: &Place,
        found: &mut Findings,
    ) -> Option<Vec<&'static str>> {
        let known = [self.needed, self.optional].concat();
        let mut headings: Vec<&'static str> = Vec::new();
        let mut fits = true;
        let mut wrong = |text: String| {
            found.add(place.clone(), "", text);
            fits = false;
        };
        for heading in written {
            let heading = heading.trim();
            match known.iter().find(|known| **known == heading) {
                Some(known) if headings.contains(known) => {
                    wrong(format!("the column `{known}` is there twice"));
                }
                Some(known) => headings.push(known),
                None => wrong(format!(
                    "there is no column `{heading}`: {}",
                    suggest(heading, &known, "remove it")
                )),
            }
        }
        for missing in self
            .needed
            .iter()
            .filter(|needed| !headings.contains(needed))
        {
            wrong(format!("the column `{missing}` is missing"));
        }
        fits.then_some(headings)
    }
}

/// A row, and where to say what is wrong with it.
pub(super) struct Cells<'a> {
    headings: &'a [&'static str],
    cells: Vec<String>,
    place: Place,
    found: &'a mut Findings,
}

impl Cells<'_> {
    /// What stands in a column; nothing if the file does not have it.
    pub(super) fn text(&self, column: &str) -> &str {
        let at = self.headings.iter().position(|heading| *heading == column);
        let cell = at.and_then(|at| self.cells.get(at));
        cell.map_or("", |cell| cell.trim())
    }

    /// Says that a cell is wrong.
    pub(super) fn wrong(&mut self, column: &'static str, text: impl Into<String>) {
        self.found.add(self.place.clone(), column, text);
    }

    /// The value of a cell that must not be empty.
    pub(super) fn read<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.read_if_there(column, parse)? {
            Some(value) => Some(value),
            None => {
                self.wrong(column, "is empty");
                None
            }
        }
    }

    /// The value of a cell, or that there is none.
    pub(super) fn read_if_there<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let text = self.text(column);
        if text.is_empty() {
            return Some(None);
        }
        match parse(text) {
            Ok(value) => Some(Some(value)),
            Err(why) => {
                self.wrong(column, why);
                None
            }
        }
    }

    /// Says so if there was the same in a line before.
    pub(super) fn once<K: Hash + Eq>(
        &mut self,
        column: &'static str,
        key: K,
        seen: &mut HashMap<K, usize>,
    ) -> Option<()> {
        match seen.insert(key, self.place.line) {
            None => Some(()),
            Some(before) => {
                self.wrong(column, format!("the same is in line {before}"));
                None
            }
        }
    }

    /// Where the row begins.
    pub(super) const fn line(&self) -> usize {
        self.place.line
    }

    fn all_there(&mut self) -> Option<()> {
        let (cells, headings) = (self.cells.len(), self.headings.len());
        if cells == headings {
            return Some(());
        }
        let text = format!(
            "{cells} cells under {headings} headings: put quotes around cells with separators in them"
        );
        self.wrong("", text);
        None
    }
}

/// An amount, exactly.
pub(super) fn money(text: &str) -> Result<Money, String> {
    Money::parse(text).map_err(|error| error.to_string())
}

/// An amount of nothing or more.
pub(super) fn no_debt(text: &str) -> Result<Money, String> {
    let amount = money(text)?;
    if amount < Money::ZERO {
        return Err(format!("`{text}` is less than nothing"));
    }
    Ok(amount)
}

/// A number of ours for something.
pub(super) fn id(text: &str) -> Result<i64, String> {
    let id = text.parse().ok().filter(|id| (1..=MAX_ID).contains(id));
    id.ok_or_else(|| format!("`{text}` is not a whole number from 1 to {MAX_ID}"))
}

/// What a panel calls something.
pub(super) fn foreign_id(text: &str) -> Result<&str, String> {
    let is_short = (1..=64).contains(&text.len());
    if is_short && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err("1 to 64 characters, printable ASCII without blanks".to_owned())
    }
}

/// A panel of the configuration, by its name.
pub(super) fn panel<'a>(config: &'a Config, text: &str) -> Result<&'a Panel, String> {
    panels::named(config, text).map_err(|error| error.to_string())
}
