//! The containers in which panels put their error texts.

use super::object::{Object, clipped};
use crate::json::Node;

/// The error text of an object, if it holds one: `error`, `errors`, `{"status":"fail","message":…}`,
/// `{"status":"error","msg":…}` or `{"success":false,"msg":…}`.
///
/// `{"status":"Fail"}` without a message, or beside a charge, is the state of an order and no error.
pub(super) fn text(object: &Object<'_>) -> Option<String> {
    let named = ["error", "errors"]
        .into_iter()
        .flat_map(|name| object.all(name))
        .find_map(said);
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

/// The text in an error container; `None` if it says that there is no error. Two texts are joined, and so match no list.
fn said(node: Node<'_>) -> Option<String> {
    if let Some(scalar) = node.scalar() {
        let text = scalar.trim();
        return (!text.is_empty() && !is_no(text)).then(|| clipped(text, LONGEST_TEXT));
    }
    if let Some(items) = node.items() {
        let texts: Vec<String> = items
            .into_iter()
            .take(MOST_TEXTS)
            .filter_map(flat)
            .collect();
        return (!texts.is_empty()).then(|| texts.join("; "));
    }
    let object = Object::read(node)?;
    let inner = object.text(&["message", "msg", "error", "text"]);
    (object.len() > 0).then(|| clipped(&inner.unwrap_or_default(), LONGEST_TEXT))
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
