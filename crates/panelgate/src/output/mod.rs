//! What commands say: data to stdout, talk to stderr. A terminal gets tables, a pipe gets plain text, `--json` gets JSON.

mod busy;
mod csv;
mod json;
mod table;

use std::io::{self, IsTerminal, Write};

use crate::environment;

pub(crate) use busy::busy;
pub(crate) use csv::from_csv;
pub(crate) use table::{Cell, Listing, printable};

/// How a listing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A table on a terminal, tab-separated lines with a heading on a pipe.
    Text,
    /// An array of objects.
    Json,
    /// RFC 4180, with a heading.
    Csv,
}

impl Form {
    /// The form that `--json` asks for.
    pub(crate) const fn json_if(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// Writes a listing to stdout.
///
/// # Errors
/// stdout cannot be written; a reader that went away is told apart in [`crate::exit`].
pub(crate) fn list(listing: &Listing, form: Form) -> io::Result<()> {
    say(text(listing, form).trim_end_matches('\n'))
}

/// A listing as it is written to stdout, but for the end of the last line.
pub(crate) fn text(listing: &Listing, form: Form) -> String {
    match form {
        Form::Json => json::render(listing),
        Form::Csv => csv::render(listing),
        Form::Text if io::stdout().is_terminal() => table::render_table(listing),
        Form::Text => table::render_plain(listing),
    }
}

/// Writes the only row of a listing to stdout, one field a line; as JSON it is an array of one object.
///
/// # Errors
/// As for [`list`].
pub(crate) fn record(listing: &Listing, form: Form) -> io::Result<()> {
    match form {
        Form::Text => say(table::render_record(listing).trim_end_matches('\n')),
        _ => list(listing, form),
    }
}

/// Writes a line of data to stdout; nothing at all if the text is empty.
///
/// # Errors
/// As for [`list`].
pub(crate) fn say(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Whether stdout is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes a text over the one before it, from the top of the terminal on.
///
/// # Errors
/// As for [`list`].
pub(crate) fn redraw(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    write!(stdout, "{HOME}")?;
    for line in text.lines() {
        writeln!(stdout, "{line}{REST_OF_LINE}")?;
    }
    write!(stdout, "{REST_OF_SCREEN}")?;
    stdout.flush()
}

/// What terminals do: the cursor goes to the upper left corner.
const HOME: &str = "\x1b[H";
/// What is right of the cursor goes away.
const REST_OF_LINE: &str = "\x1b[K";
/// What is below it.
const REST_OF_SCREEN: &str = "\x1b[J";

/// A count as a number, or as text if it is larger than readers of JSON expect.
pub(crate) fn count(number: u64) -> Cell {
    i64::try_from(number).map_or_else(|_| number.to_string().into(), Cell::from)
}

/// Writes a line of talk to stderr. Nobody may be listening.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether stderr shows colours: on a terminal, unless <https://no-color.org> is asked for.
pub(crate) fn colours() -> bool {
    io::stderr().is_terminal()
        && environment::variable("NO_COLOR").is_none_or(|value| value.is_empty())
}
