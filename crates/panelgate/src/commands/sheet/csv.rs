//! CSV as spreadsheets write it: RFC 4180, but for the separator, which depends on where the operator lives, and line ends.

use crate::output;

/// A row with the line it begins in.
pub(crate) type Row = (usize, Vec<String>);

/// What no spreadsheet writes, and the line it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) line: usize,
    pub(crate) text: &'static str,
}

/// All rows, the heading among them; blank lines are none.
///
/// # Errors
/// Quotes that are never closed, or with something behind them.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, Broken> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        rest: text,
        line: 1,
        separator: separator(text),
    };
    let mut rows = Vec::new();
    while !reader.rest.is_empty() {
        let line = reader.line;
        let row = reader.row()?;
        if row.iter().any(|cell| !cell.is_empty()) {
            rows.push((line, row));
        }
    }
    Ok(rows)
}

/// The one that the heading has most of: no heading of ours holds any.
fn separator(text: &str) -> char {
    let heading = text.lines().next().unwrap_or_default();
    let of = |separator: &char| heading.matches(*separator).count();
    [';', '\t', ',']
        .into_iter()
        .max_by_key(of)
        .expect("there are three")
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    separator: char,
}

impl Reader<'_> {
    fn row(&mut self) -> Result<Vec<String>, Broken> {
        let mut row = Vec::new();
        loop {
            let cell = if self.rest.starts_with('"') {
                self.quoted()?
            } else {
                let ends = |c: char| c == self.separator || c == '\n' || c == '\r';
                let end = self.rest.find(ends).unwrap_or(self.rest.len());
                self.take(end).to_owned()
            };
            row.push(output::from_csv(&cell).to_owned());
            if let Some(rest) = self.rest.strip_prefix(self.separator) {
                self.rest = rest;
            } else if self.ends_line() {
                return Ok(row);
            } else {
                return Err(Broken {
                    line: self.line,
                    text: "something stands behind a closing quote: double the quotes inside a cell",
                });
            }
        }
    }

    /// The end of the file is one, too.
    fn ends_line(&mut self) -> bool {
        let ended = ["\r\n", "\n", "\r"]
            .iter()
            .find_map(|end| self.rest.strip_prefix(end));
        if let Some(rest) = ended {
            self.rest = rest;
            self.line += 1;
        }
        ended.is_some() || self.rest.is_empty()
    }

    fn quoted(&mut self) -> Result<String, Broken> {
        let opened = self.line;
        let mut cell = String::new();
        self.rest = &self.rest[1..];
        loop {
            let end = self.rest.find('"').ok_or(Broken {
                line: opened,
                text: "a quote is opened and never closed: close it with \"",
            })?;
            cell.push_str(self.take(end));
            self.rest = &self.rest[1..];
            match self.rest.strip_prefix('"') {
                Some(rest) => {
                    cell.push('"');
                    self.rest = rest;
                }
                None => {
                    self.line += cell.matches('\n').count();
                    return Ok(cell);
                }
            }
        }
    }

    fn take(&mut self, end: usize) -> &str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &[&str])]) {
        let rows = read(text).expect("readable");
        let rows: Vec<(usize, Vec<&str>)> = rows
            .iter()
            .map(|(line, row)| (*line, row.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(usize, Vec<&str>)> = expected
            .iter()
            .map(|(line, row)| (*line, row.to_vec()))
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn spreadsheets_of_all_countries_are_read() {
        check("a,b\r\n1,2\r\n", &[(1, &["a", "b"]), (2, &["1", "2"])]);
        check(
            "\u{feff}a;b\n\"1,5\";2",
            &[(1, &["a", "b"]), (2, &["1,5", "2"])],
        );
        check("a\tb\r\rx\t", &[(1, &["a", "b"]), (3, &["x", ""])]);
    }

    #[test]
    fn quotes_hold_anything() {
        check(
            "a,b\n\"say \"\"hi\"\"\nand go\",\"\"\nlast,",
            &[
                (1, &["a", "b"]),
                (2, &["say \"hi\"\nand go", ""]),
                (4, &["last", ""]),
            ],
        );
    }

    #[test]
    fn the_apostrophe_of_a_formula_is_taken_off() {
        check(
            "a,b\n'=1+1,''=x\n",
            &[(1, &["a", "b"]), (2, &["=1+1", "'=x"])],
        );
    }

    #[test]
    fn broken_quotes_are_told_with_their_line() {
        for (text, line) in [("a\n\"x", 2), ("a\nb\n\"x\"y\n", 3)] {
            assert_eq!(read(text).map_err(|broken| broken.line), Err(line));
        }
    }
}
