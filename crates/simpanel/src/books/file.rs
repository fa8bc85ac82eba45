//! The books as a file: one line of JSON per request and per order, written before anything of it is answered.
//!
//! ```text
//! {"request":{"number":1,"at":1795500000000,"path":"/api/v2","action":"add","service":"1","link":"https://…","over_limit":false,"read":true}}
//! {"order":{"id":1,"request":1,"at":1795500000000,"service":"1","link":"https://…","quantity":100,"fields":{"link":"https://…","quantity":"100"},"charge":"0.09"}}
//! ```
//!
//! Each line goes to the operating system whole and at once, so the file tells the truth after the client, or the panel
//! itself, was killed. How an order goes on is not in here: that is what `status` is for.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use panelgate_domain::field::Field;
use panelgate_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Request;
use crate::order::SimOrder;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A request was read.
    Request(Request),
    /// An order was accepted.
    Order(AcceptedOrder),
}

/// An order as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedOrder {
    /// The panel's id for it.
    pub id: i64,
    /// The number of the request that placed it.
    pub request: u64,
    /// When, by the machine's clock.
    pub at: Timestamp,
    /// What was ordered.
    pub service: String,
    /// Where it goes; empty for types without a link.
    pub link: String,
    /// Units over all runs.
    pub quantity: u64,
    /// Every field, normalised.
    pub fields: BTreeMap<Field, String>,
    /// What the panel took, as decimal text.
    pub charge: String,
    /// The order that spawned it; then the request is that one's, and so are the fields.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<i64>,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct BooksFile {
    file: File,
}

/// Reads a file of books. A last line that was cut short is left out: whatever it was about was never answered. A pipe or a device
/// keeps nothing, so there is nothing in it.
///
/// # Errors
/// The file cannot be read, or another line of it is none of ours.
pub fn read(path: &Path) -> io::Result<Vec<Line>> {
    if !std::fs::metadata(path)?.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().enumerate().map(|(place, line)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("{}:{}: {error}", path.display(), place + 1);
            io::Error::new(io::ErrorKind::InvalidData, place)
        })
    });
    lines.collect()
}

/// The orders that are in it.
pub(crate) fn accepted(path: &Path) -> io::Result<Vec<AcceptedOrder>> {
    let orders = read(path)?.into_iter().filter_map(|line| match line {
        Line::Order(order) => Some(order),
        Line::Request(_) => None,
    });
    Ok(orders.collect())
}

impl BooksFile {
    /// Opens it to append; makes it if there is none. A last line that was cut short goes: nothing may be written behind it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        if !file.metadata()?.is_file() {
            return Ok(Self { file });
        }
        let text = std::fs::read(path)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))?;
        }
        Ok(Self { file })
    }

    pub(crate) fn request(&mut self, request: &Request) -> io::Result<()> {
        self.write(&Line::Request(request.clone()))
    }

    pub(crate) fn order(&mut self, order: &SimOrder, at: Timestamp) -> io::Result<()> {
        let fields = order.spec.fields();
        self.write(&Line::Order(AcceptedOrder {
            id: order.id,
            request: order.request,
            at,
            service: order.service.as_str().to_owned(),
            link: order.link().to_owned(),
            quantity: order.quantity(),
            fields: fields
                .map(|(field, text)| (field, text.to_owned()))
                .collect(),
            charge: order.charge.to_string(),
            parent: order.parent,
        }))
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use panelgate_domain::action::Action;

    use super::*;

    #[test]
    fn what_is_written_can_be_read_and_a_cut_line_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("books.jsonl");
        let mut requests = Vec::new();
        for number in 1..=2 {
            // Opened twice: a second panel goes on where the first one stopped.
            let mut file = BooksFile::open(&path).expect("a file");
            let request = Request::new(number, Timestamp(5), "/api/v2", Some(&Action::Balance));
            file.request(&request).expect("written");
            requests.push(Line::Request(request));
        }
        assert_eq!(read(&path).expect("books"), requests);
        let mut file = OpenOptions::new().append(true).open(&path).expect("a file");
        file.write_all(b"{\"order\":{\"id\":1,").expect("written");
        assert_eq!(read(&path).expect("books"), requests);
        file.write_all(b"\n").expect("written");
        let error = read(&path).expect_err("a line that is none");
        assert!(error.to_string().contains(":3:"), "{error}");
    }
}
