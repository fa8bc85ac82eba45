//! The containers in which panels put their error texts.

use super::object::{Object, clipped, is_spelling, spells};
use crate::json::Node;

/// The error text of an object, if it holds one: `error`, `errors`, `{"status":"fail","message":…}`,
/// `{"status":"error","msg":…}` or `{"success":false,"msg":…}`.
///
/// `{"status":"Fail"}` without a message, or beside a charge, is the state of an order and no error.
pub(super) fn text(object: &Object<'_>) -> Option<String> {
    let named = ["error", "errors"]
        .into_iter()
        .flat_map(|name| object.all(name));
    let named = joined(named.filter_map(said));
    if let Some(said) = named {
        // `{"error":true,"message":…}`
        let flag = said == "1";
        return Some(if flag {
            message(object).unwrap_or(said)
        } else {
            said
        });
    }
    if object.text(&["success"]).is_some_and(|word| is_no(&word)) {
        return Some(message(object).unwrap_or_default());
    }
    let failed = object
        .text(&["status"])
        .is_some_and(|word| is_no(&word) || is_failure(&word));
    let report = object.has(&["charge", "remains"]);
    if failed && !report {
        message(object)
    } else {
        None
    }
}

/// Whether an object with an error text says nothing else in which an order could hide: no member is named after an order,
/// and none is an object or a list, but for one under `error` or `errors` that is as bare itself.
pub(super) fn stands_alone(object: &Object<'_>) -> bool {
    let mut nested = object.members().filter(|(_, value)| value.is_nested());
    let bare = match nested.next() {
        Some((name, value)) => {
            ["error", "errors"].iter().any(|own| is_spelling(name, own)) && is_bare(value)
        }
        None => true,
    };
    bare && nested.next().is_none() && !names_an_order(object)
}

/// A word for a failed request, which may also be the state of an order.
pub(super) fn is_failure(word: &str) -> bool {
    ["fail", "failed", "error"]
        .iter()
        .any(|failure| word.eq_ignore_ascii_case(failure))
}

/// `false`, as PHP and others write it.
pub(super) fn is_no(word: &str) -> bool {
    word == "0" || word.eq_ignore_ascii_case("false")
}

fn message(object: &Object<'_>) -> Option<String> {
    object
        .text(&["message", "msg"])
        .map(|text| clipped(&text, LONGEST_TEXT))
}

/// The text in an error container; `None` if it says that there is no error.
fn said(node: Node<'_>) -> Option<String> {
    if let Some(scalar) = node.scalar() {
        let text = scalar.trim();
        return (!text.is_empty() && !is_no(text)).then(|| clipped(text, LONGEST_TEXT));
    }
    if let Some(items) = node.items() {
        return joined(items.into_iter().filter_map(flat));
    }
    let object = Object::read(node)?;
    let inner = object.text(&["message", "msg", "error", "text"]);
    (object.len() > 0).then(|| clipped(&inner.unwrap_or_default(), LONGEST_TEXT))
}

/// Different texts are joined, and so match no list.
fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut texts: Vec<String> = texts.take(MOST_TEXTS).collect();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// Whether the value of an error container holds one text at most, and beside it nothing in which an order could hide.
fn is_bare(node: Node<'_>) -> bool {
    if let Some(items) = node.items() {
        return match items[..] {
            [] => true,
            [item] => !item.is_list() && is_bare(item),
            _ => false,
        };
    }
    Object::read(node).map_or(!node.is_nested(), |object| {
        let nested = object.members().any(|(_, value)| value.is_nested());
        !nested && !object.has(&["id"]) && !names_an_order(&object) && object.is_of_one_mind()
    })
}

fn names_an_order(object: &Object<'_>) -> bool {
    object
        .members()
        .any(|(name, value)| spells(name, "order") && !value.is_null())
}

fn flat(node: Node<'_>) -> Option<String> {
    let text = match node.scalar() {
        Some(text) => text.into_owned(),
        None => Object::read(node)?.text(&["message", "msg", "error", "text"])?,
    };
    Some(clipped(text.trim(), LONGEST_TEXT))
}

/// Error texts are quoted to operators; no listed one comes near it.
const LONGEST_TEXT: usize = 500;
const MOST_TEXTS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let object = Node::parse(json).and_then(Object::read).expect("an object");
        assert_eq!(text(&object).as_deref(), expected, "{json}");
    }

    #[test]
    fn errors_are_found_in_every_container() {
        check(r#"{"error":"Bad link"}"#, Some("Bad link"));
        check(r#"{"Error":" Bad link ","code":105}"#, Some("Bad link"));
        check(r#"{"errors":["Bad link"]}"#, Some("Bad link"));
        check(r#"{"errors":["a","b"]}"#, Some("a; b"));
        check(r#"{"error":{"message":"Bad link"}}"#, Some("Bad link"));
        check(r#"{"error":true,"message":"Bad link"}"#, Some("Bad link"));
        check(
            r#"{"status":"fail","message":"Bad link"}"#,
            Some("Bad link"),
        );
        check(r#"{"status":"error","msg":"Bad link"}"#, Some("Bad link"));
        check(r#"{"status":false,"message":"Bad link"}"#, Some("Bad link"));
        check(r#"{"success":false,"msg":"Bad link"}"#, Some("Bad link"));
        check(r#"{"success":false}"#, Some(""));
        check(r#"{"error":{"code":7}}"#, Some(""));
        check(r#"{"error":"a","errors":["b"]}"#, Some("a; b"));
        check(r#"{"error":"a","errors":["a"]}"#, Some("a"));
    }

    #[test]
    fn what_is_no_error_is_none() {
        for json in [
            r#"{"order":1,"error":null,"errors":[]}"#,
            r#"{"order":1,"error":"","success":true}"#,
            r#"{"order":1,"error":false}"#,
            r#"{"status":"Fail"}"#,
            r#"{"status":"Fail","charge":"1","message":"no such user"}"#,
            r#"{"status":"success","message":"Order placed"}"#,
            r#"{"success":"Refill request sent"}"#,
            "{}",
        ] {
            check(json, None);
        }
    }
}
