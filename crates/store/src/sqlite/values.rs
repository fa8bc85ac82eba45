//! Between the domain's values and SQLite's.

use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Row, RowIndex};

use crate::api::Result;
use crate::error::StoreError;

/// A column of micros.
pub(super) fn money(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Money> {
    row.get(column).map(Money::from_micros)
}

/// A column of milliseconds.
pub(super) fn time(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp)
}

/// A column of text that is a value's written form: a word, a rate, JSON.
pub(super) fn read<T>(
    row: &Row<'_>,
    column: impl RowIndex,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| unreadable(row, column, &text))
}

/// The same, where nothing may be.
pub(super) fn read_opt<T>(
    row: &Row<'_>,
    column: impl RowIndex,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse(&text).ok_or_else(|| unreadable(row, column, &text)))
        .transpose()
}

/// A column of a count that was written by [`integer`].
pub(super) fn count(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<u64> {
    let integer: i64 = row.get(column)?;
    u64::try_from(integer).map_err(|_| unreadable(row, column, &integer.to_string()))
}

/// A count as SQLite can keep it.
pub(super) fn integer(count: u64) -> Result<i64> {
    i64::try_from(count)
        .map_err(|_| StoreError::BadAmount(format!("{count} is more than the store can count")))
}

/// At most [`MAX_TEXT`] bytes of a foreign text, cut between two characters.
pub(super) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}

fn unreadable(row: &Row<'_>, column: impl RowIndex, text: &str) -> rusqlite::Error {
    let statement = row.as_ref();
    let column = column
        .idx(statement)
        .and_then(|at| statement.column_name(at));
    let column = column.unwrap_or("?");
    let why = format!(
        "column {column} holds `{}`, which means nothing",
        bounded(text)
    );
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, why.into())
}

/// Most bytes that are kept of a panel's answer.
const MAX_TEXT: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts_are_cut_between_characters() {
        assert_eq!(bounded("short"), "short");
        let long = format!("x{}", "ü".repeat(4_000));
        assert_eq!(bounded(&long).len(), 4_095);
    }
}
