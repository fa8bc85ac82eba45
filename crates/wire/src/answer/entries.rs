//! Which part of an answer belongs to which id.
//!
//! Real panels answer a question about several ids with a map, a list, a map that PHP turned into a list or a list that it
//! turned into a map, and a question about one id with any of these or with the bare answer. An answer is given to an id
//! only if it names it, or if there is one answer and one id; order and count prove nothing.

use std::collections::HashMap;

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::About;

use super::object::{Object, id_text};
use super::{AnswerError, Http, document, error};
use crate::json::Node;
use crate::refusal::{Classifier, Meaning};

/// The answers to ids, and how many were to ids that nobody asked for.
#[derive(Debug)]
pub(super) struct Answers<T> {
    pub(super) by_id: HashMap<UpstreamId, Result<T, String>>,
    pub(super) strangers: usize,
    /// The answer about several ids was a list.
    pub(super) listed: bool,
}

/// What is particular to one action.
pub(super) struct Reading<'r, T> {
    /// The keys under which an entry names its id, folded.
    pub(super) id_names: &'r [&'r str],
    /// The keys that an answer about one id has, folded; `error` need not be named.
    pub(super) answer_names: &'r [&'r str],
    /// What one answer says; an error text if it is about this id alone.
    pub(super) read: &'r dyn Fn(Node<'_>) -> Result<T, String>,
}

/// Reads an answer about `asked`, with a map, a list or one answer at the top or inside `data`.
///
/// # Errors
/// The answer is about the whole call, or cannot be given to ids.
pub(super) fn answers<T>(
    http: &Http<'_>,
    asked: &[UpstreamId],
    classifier: &Classifier,
    reading: &Reading<'_, T>,
) -> Result<Answers<T>, AnswerError> {
    let text = document::text(http);
    let top = document::open(http, &text)?;
    let listed = asked.len() > 1 && inside_data(top).is_list();
    let entries = match about_everything(top, asked) {
        None => entries(inside_data(top), asked, reading)?,
        Some(text) => match asked {
            [one] if is_about_one(classifier, &text) => {
                return Ok(Answers {
                    by_id: HashMap::from([(one.clone(), Err(text))]),
                    strangers: 0,
                    listed: false,
                });
            }
            _ => return Err(document::refused(http, classifier, text)),
        },
    };
    Ok(Answers {
        listed,
        ..assigned(entries, asked, reading)
    })
}

/// A part of an answer, and the id it names.
struct Entry<'a> {
    id: Named,
    value: Node<'a>,
}

enum Named {
    Id(String),
    /// Its key and its content name two ids that were asked for.
    Torn,
    Nothing,
}

/// An error text at the top: in an object that is no map of ids, or as a bare text.
fn about_everything(top: Node<'_>, asked: &[UpstreamId]) -> Option<String> {
    if top.is_text() {
        return top.scalar().map(|text| text.trim().to_owned());
    }
    let object = Object::read(top)?;
    if is_keyed(&object, asked) {
        return None;
    }
    error::text(&object)
}

fn is_about_one(classifier: &Classifier, text: &str) -> bool {
    matches!(classifier.classify(text), Meaning::Refused(About::Order(_)))
}

fn inside_data(top: Node<'_>) -> Node<'_> {
    let data = Object::read(top).and_then(|object| object.get(&["data"]));
    data.filter(|data| data.is_object() || data.is_list())
        .unwrap_or(top)
}

fn entries<'a, T>(
    node: Node<'a>,
    asked: &[UpstreamId],
    reading: &Reading<'_, T>,
) -> Result<Vec<Entry<'a>>, AnswerError> {
    if let Some(items) = node.items() {
        return Ok(items
            .into_iter()
            .map(|item| listed(item, reading.id_names))
            .collect());
    }
    let object = Object::read(node).ok_or(AnswerError::WrongShape("neither object nor list"))?;
    let single = object.has(reading.answer_names) || error::text(&object).is_some();
    if single && !is_keyed(&object, asked) {
        // Alone, `id` may be anything; only `order` can say that it is somebody else's.
        let telling: Vec<&str> = names_but_id(reading.id_names);
        return Ok(vec![listed(node, &telling)]);
    }
    let members = object.members();
    Ok(members
        .filter(|(_, value)| value.is_object() || value.is_list() || value.is_text())
        .map(|(key, value)| Entry {
            id: keyed(key.trim(), inner_id(value, reading.id_names), asked),
            value,
        })
        .collect())
}

fn is_keyed(object: &Object<'_>, asked: &[UpstreamId]) -> bool {
    let mut keys = object.members().map(|(key, _)| key.trim());
    keys.any(|key| is_asked(asked, key))
}

fn names_but_id<'n>(names: &[&'n str]) -> Vec<&'n str> {
    names.iter().copied().filter(|name| *name != "id").collect()
}

fn listed<'a>(value: Node<'a>, id_names: &[&str]) -> Entry<'a> {
    let id = match inner_id(value, id_names) {
        Some(id) => Named::Id(id),
        None => Named::Nothing,
    };
    Entry { id, value }
}

/// The key is the id, unless it is only a place in a list and the entry itself names an id that was asked for.
fn keyed(key: &str, inner: Option<String>, asked: &[UpstreamId]) -> Named {
    let Some(inner) = inner.filter(|inner| is_asked(asked, inner)) else {
        return Named::Id(key.to_owned());
    };
    if inner != key && is_asked(asked, key) {
        return Named::Torn;
    }
    Named::Id(inner)
}

fn inner_id(value: Node<'_>, names: &[&str]) -> Option<String> {
    let object = Object::read(value)?;
    names
        .iter()
        .find_map(|name| object.all(name).find_map(id_text))
}

fn is_asked(asked: &[UpstreamId], id: &str) -> bool {
    asked.iter().any(|asked| asked.as_str() == id)
}

fn assigned<T>(
    entries: Vec<Entry<'_>>,
    asked: &[UpstreamId],
    reading: &Reading<'_, T>,
) -> Answers<T> {
    let mut answers = Answers {
        by_id: HashMap::new(),
        strangers: 0,
        listed: false,
    };
    let lonely = match (asked, entries.len()) {
        ([one], 1) => Some(one),
        _ => None,
    };
    for entry in entries {
        let id = match &entry.id {
            Named::Id(id) => asked.iter().find(|asked| asked.as_str() == id),
            Named::Nothing => lonely,
            Named::Torn => None,
        };
        match id {
            Some(id) if !answers.by_id.contains_key(id) => {
                answers
                    .by_id
                    .insert(id.clone(), (reading.read)(entry.value));
            }
            _ => answers.strangers += 1,
        }
    }
    answers
}
