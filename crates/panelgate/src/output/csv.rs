//! Listings as CSV (RFC 4180): a heading, lines end with CRLF, what needs quotes gets them. A spreadsheet must not run what a
//! panel or a customer named itself: text that it would take for a formula gets an apostrophe in front.

use super::table::{Cell, Listing};

pub(super) fn render(listing: &Listing) -> String {
    let heading = listing.headings.join(",");
    let rows = listing.rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(field).collect();
        cells.join(",")
    });
    let lines: Vec<String> = std::iter::once(heading).chain(rows).collect();
    lines.join("\r\n") + "\r"
}

fn field(cell: &Cell) -> String {
    let text = match cell {
        Cell::Text(text) => harmless(text),
        other => other.text(),
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// The text, with an apostrophe in front if a spreadsheet would take it for a formula. Where apostrophes and then a formula
/// stand already there is one more, so that taking one away always gives the text back.
fn harmless(text: &str) -> String {
    let bare = text.trim_start_matches('\'');
    let is_formula = bare.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && !is_plain_number(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A cell as it was before [`harmless`] wrote it.
pub(crate) fn from_csv(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if harmless(text) == cell => text,
        _ => cell,
    }
}

/// A sign, digits, a point, digits: nothing that could be a formula, and amounts have to stay numbers.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-cmd", "'-cmd"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("=\"a\"", "\"'=\"\"a\"\"\""),
            ("'=1", "''=1"),
            ("'tis", "'tis"),
            ("-2.50", "-2.50"),
            ("+7", "+7"),
            ("-2.", "'-2."),
            ("a=b", "a=b"),
        ] {
            assert_eq!(field(&text.into()), written);
            assert_eq!(from_csv(&harmless(text)), text);
        }
    }

    #[test]
    fn what_needs_quotes_gets_them() {
        let row = vec![
            "a,b".into(),
            "say \"hi\"".into(),
            Cell::Empty,
            (-5_i64).into(),
        ];
        let listing = Listing::new(&["reference", "note", "order", "amount"], [row]);
        assert_eq!(
            render(&listing),
            "reference,note,order,amount\r\n\"a,b\",\"say \"\"hi\"\"\",,-5\r"
        );
    }
}
