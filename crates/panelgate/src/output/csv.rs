//! Listings as CSV (RFC 4180): a heading, lines end with CRLF, what needs quotes gets them.

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
        Cell::Text(text) => text.clone(),
        other => other.text(),
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
