//! Listings as text.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;

use crate::clock;

/// Rows under headings. The headings are the field names of the JSON form too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(super) headings: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One value of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing: `null`.
    Empty,
    /// Text; amounts of money are text, so that nobody reads them into a float.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

impl Listing {
    /// A listing of `rows`, each with one cell per heading.
    pub(crate) fn new(
        headings: &[&'static str],
        rows: impl IntoIterator<Item = Vec<Cell>>,
    ) -> Self {
        let rows: Vec<Vec<Cell>> = rows.into_iter().collect();
        debug_assert!(rows.iter().all(|row| row.len() == headings.len()));
        Self {
            headings: headings.to_vec(),
            rows,
        }
    }
}

/// For people at a terminal. Short columns keep their width, long ones wrap into what is left of the line.
pub(super) fn render_table(listing: &Listing) -> String {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_header(listing.headings.iter().copied())
        .add_rows(listing.rows.iter().map(|row| row.iter().map(Cell::text)));
    if table.width().is_some_and(|width| width >= NARROWEST) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    let widths = table.column_max_content_widths();
    for (index, width) in widths.into_iter().enumerate() {
        let cells = listing.rows.iter().map(|row| &row[index]);
        let numbers = { cells }.all(|cell| matches!(cell, Cell::Number(_) | Cell::Empty));
        let Some(column) = table.column_mut(index) else {
            continue;
        };
        column.set_constraint(if width <= SHORT {
            ColumnConstraint::ContentWidth
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(SHORT))
        });
        if numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// One line under the headings; comfy's own presets also part every two rows.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// A point in time fits.
const SHORT: u16 = 24;

/// Narrower terminals, and those that do not know their width, get lines as long as they are.
const NARROWEST: u16 = 60;

/// For programs at a pipe: a heading, then one line a row, separated by tabs.
pub(super) fn render_plain(listing: &Listing) -> String {
    let heading = listing.headings.join("\t");
    let rows = listing.rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(Cell::text).collect();
        cells.join("\t")
    });
    std::iter::once(heading)
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\n")
}

/// One field a line, aligned.
pub(super) fn render_record(listing: &Listing) -> String {
    let width = listing.headings.iter().map(|name| name.len()).max();
    let width = width.unwrap_or(0);
    let fields = listing.rows.iter().flat_map(|row| {
        let pairs = listing.headings.iter().zip(row);
        pairs.map(|(name, cell)| format!("{name:width$}  {}", cell.text()))
    });
    let lines: Vec<String> = fields.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

impl Cell {
    /// The text on a terminal or a pipe. Control characters are escaped: panels' texts must not steer terminals or break
    /// lines.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Flag(true) => "yes".to_owned(),
            Self::Flag(false) => "no".to_owned(),
            Self::Text(text) => printable(text),
        }
    }
}

/// The text with its control characters escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Money> for Cell {
    fn from(amount: Money) -> Self {
        Self::Text(amount.to_string())
    }
}

impl From<Timestamp> for Cell {
    fn from(at: Timestamp) -> Self {
        Self::Text(clock::text(at))
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let row = vec![
            7_i64.into(),
            "a\tb\u{1b}[2J\n".into(),
            Cell::Empty,
            true.into(),
        ];
        Listing::new(&["order", "text", "panel", "refill"], [row])
    }

    #[test]
    fn pipes_get_one_line_a_row_whatever_is_in_it() {
        assert_eq!(
            render_plain(&listing()),
            "order\ttext\tpanel\trefill\n7\ta\\tb\\u{1b}[2J\\n\t\tyes"
        );
    }

    #[test]
    fn terminals_get_a_table_that_panels_cannot_steer() {
        let table = render_table(&listing());
        assert!(table.contains("order") && table.contains("[2J"));
        assert!(!table.contains('\u{1b}'));
    }

    #[test]
    fn records_are_aligned() {
        let text = render_record(&listing());
        assert_eq!(text.lines().next(), Some("order   7"));
        assert_eq!(text.lines().nth(2), Some("panel"));
    }
}
