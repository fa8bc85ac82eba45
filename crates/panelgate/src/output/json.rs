//! Listings as JSON: an array of objects, one a line, fields in the order of the headings.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::table::{Cell, Listing};

/// An array of objects; `[]` if there are none.
pub(super) fn render(listing: &Listing) -> String {
    let rows = listing.rows.iter().map(|cells| {
        let row = Row {
            headings: &listing.headings,
            cells,
        };
        serde_json::to_string(&row).expect("keys are text and values are plain")
    });
    let rows: Vec<String> = rows.collect();
    match rows.as_slice() {
        [] => "[]".to_owned(),
        rows => format!("[\n{}\n]", rows.join(",\n")),
    }
}

struct Row<'a> {
    headings: &'a [&'static str],
    cells: &'a [Cell],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.cells.len()))?;
        for (name, cell) in self.headings.iter().zip(self.cells) {
            match cell {
                Cell::Empty => map.serialize_entry(name, &())?,
                Cell::Text(text) => map.serialize_entry(name, text)?,
                Cell::Number(number) => map.serialize_entry(name, number)?,
                Cell::Flag(flag) => map.serialize_entry(name, flag)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_objects_in_the_order_of_the_headings() {
        let row = vec![7_i64.into(), "a\n".into(), Cell::Empty, false.into()];
        let listing = Listing::new(&["order", "customer", "panel", "refill"], [row]);
        assert_eq!(
            render(&listing),
            "[\n{\"order\":7,\"customer\":\"a\\n\",\"panel\":null,\"refill\":false}\n]"
        );
        assert_eq!(render(&Listing::new(&["order"], [])), "[]");
    }
}
