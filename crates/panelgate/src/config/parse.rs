//! From text to the raw form, with every error of a file and not just the first.
//!
//! serde stops at the first key it does not like. So that key is reported, taken out of the parsed table, and the rest is
//! tried again, until nothing is left to dislike.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::diagnostic::Span;
use super::suggest;

/// Something serde or the parser did not like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Where; `None` if the parser cannot say.
    pub(crate) span: Option<Span>,
    /// What is wrong.
    pub(crate) title: String,
    /// What was expected.
    pub(crate) label: String,
    /// How to mend it.
    pub(crate) mend: String,
}

/// The result of reading one file.
#[derive(Debug)]
pub(crate) struct Parsed<T> {
    /// What could be read; `None` if the file is no TOML at all.
    pub(crate) raw: Option<T>,
    /// What could not.
    pub(crate) complaints: Vec<Complaint>,
    /// Keys that were complained about already: they are not missing as well.
    pub(crate) blamed: Blamed,
}

/// Keys by the start of the table they are in.
pub(crate) type Blamed = BTreeSet<(usize, String)>;

/// Reads a file into its raw form.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Parsed<T> {
    let (mut table, errors) = DeTable::parse_recoverable(text);
    let mut parsed = Parsed {
        raw: None,
        complaints: errors.iter().map(syntax).collect(),
        blamed: Blamed::new(),
    };
    if !errors.is_empty() {
        return parsed; // What the parser skipped would be called missing.
    }
    while parsed.complaints.len() < MOST_COMPLAINTS {
        match T::deserialize(Deserializer::from(table.clone())) {
            Ok(raw) => {
                parsed.raw = Some(raw);
                break;
            }
            Err(error) => {
                let (complaint, meant) = typed(&error);
                let span = complaint.span.clone();
                parsed.complaints.push(complaint);
                let start = table.span().start;
                let taken = span.and_then(|span| take(table.get_mut(), start, &span));
                let Some(taken) = taken else {
                    break;
                };
                parsed
                    .blamed
                    .extend(meant.map(|key| (taken.0, key)).into_iter().chain([taken]));
            }
        }
    }
    parsed
}

/// A file with more mistakes than this is the wrong file.
const MOST_COMPLAINTS: usize = 100;

fn syntax(error: &Error) -> Complaint {
    let (title, label) = split(error.message());
    let (label, mend) = match title.as_str() {
        "duplicate key" => ("it is written above already".to_owned(), TWICE),
        _ => (label, NO_TOML),
    };
    Complaint {
        span: error.span(),
        title,
        label,
        mend: mend.to_owned(),
    }
}

const NO_TOML: &str =
    "this is not TOML: texts are in \"quotes\", tables in [brackets], one `key = value` a line";
const TWICE: &str = "write every key and every [table] once: join the two, or remove one of them";

/// An error of serde in our words; with the key that was meant, if one was.
fn typed(error: &Error) -> (Complaint, Option<String>) {
    let message = error.message();
    let at = |title, label: &str, mend| Complaint {
        span: error.span(),
        title,
        label: label.to_owned(),
        mend,
    };
    if message.starts_with("unknown field") {
        let mut names = message.split('`').skip(1).step_by(2);
        let unknown = names.next().unwrap_or_default();
        let known: Vec<&str> = names.collect();
        let meant = suggest::closest(unknown, &known);
        let mend = meant.map_or_else(
            || format!("known keys here: {}", known.join(", ")),
            |meant| format!("did you mean `{meant}`?"),
        );
        let title = format!("unknown key `{unknown}`");
        return (
            at(title, "not a key of this table", mend),
            meant.map(str::to_owned),
        );
    }
    let (title, label) = split(&without_value(message));
    let mend = mend_type(&label);
    (at(title, &label, mend), None)
}

/// `invalid type: string "…", expected …` without what stands in the file: it may be a secret, and if it is none, its line is
/// shown anyway.
fn without_value(message: &str) -> String {
    match (message.find(['"', '`']), message.rfind(", expected ")) {
        (Some(value), Some(expected)) if message.starts_with("invalid ") && value < expected => {
            [message[..value].trim_end(), &message[expected..]].concat()
        }
        _ => message.to_owned(),
    }
}

fn split(message: &str) -> (String, String) {
    match message.split_once(", expected ") {
        Some((title, expected)) => {
            let title = title
                .replace(": map", ": table")
                .replace(": sequence", ": list");
            (title, format!("expected {}", in_words(expected)))
        }
        None => (message.to_owned(), String::new()),
    }
}

fn in_words(expected: &str) -> &str {
    match expected {
        "i64" => "a whole number",
        "a sequence" => "a list",
        "a map" => "a table",
        "a TOML datetime" => "a day",
        other => other,
    }
}

fn mend_type(expected: &str) -> String {
    match expected {
        "expected a string" => {
            "put it in quotes, with its unit if it is a duration: \"20\", \"10s\", \"30d\""
        }
        "expected a whole number" => "write the number without quotes: 10 or 10_000",
        "expected a boolean" => "write true or false, without quotes",
        "expected a list" => "write a list, also of one: [ \"…\" ] or [ { … } ]",
        "expected a day" => "write a day without quotes: 2026-11-20",
        "expected a table" => "write a table: a [head] and keys below it, or { key = \"value\" }",
        _ => return expected.replacen("expected", "write", 1),
    }
    .to_owned()
}

/// Takes out the innermost key that stands at this place, or whose value does, or whose list has an element there. Answers
/// the start of its table and its name.
fn take(table: &mut DeTable<'_>, start: usize, place: &Span) -> Option<(usize, String)> {
    let inner = table
        .iter_mut()
        .find_map(|(_, value)| take_inside(value, place));
    if inner.is_some() {
        return inner;
    }
    let (key, _) = table.iter().find(|(key, value)| {
        let elements = value
            .get_ref()
            .as_array()
            .into_iter()
            .flat_map(|array| array.iter());
        let mut places = elements.chain([*value]).map(Spanned::span);
        key.span() == *place || places.any(|other| other == *place)
    })?;
    let key = key.get_ref().to_string();
    table.remove(key.as_str());
    Some((start, key))
}

fn take_inside(value: &mut Spanned<DeValue<'_>>, place: &Span) -> Option<(usize, String)> {
    let start = value.span().start;
    match value.get_mut() {
        DeValue::Table(table) => take(table, start, place),
        DeValue::Array(array) => array
            .iter_mut()
            .find_map(|element| take_inside(element, place)),
        _ => None,
    }
}
