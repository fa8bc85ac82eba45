//! Bodies that are a JSON object.

use super::params::{Malformed, Params};
use crate::json::Node;

/// Reads the members of the object. A list or object as value is a list of its scalars; what is deeper is ignored.
pub(super) fn read(body: &[u8], params: &mut Params) -> Result<(), Malformed> {
    let text = String::from_utf8_lossy(body);
    let members = Node::parse(&text)
        .and_then(Node::members)
        .ok_or(Malformed)?;
    for (name, value) in members {
        if let Some(items) = value.items() {
            for item in items {
                push(&name, item, params)?;
            }
        } else if let Some(entries) = value.members() {
            // PHP writes a list with gaps as an object.
            for (_, item) in entries {
                push(&name, item, params)?;
            }
        } else {
            push(&name, value, params)?;
        }
    }
    Ok(())
}

fn push(name: &str, value: Node<'_>, params: &mut Params) -> Result<(), Malformed> {
    match value.scalar() {
        Some(text) if value.is_text() => params.push(name, &text),
        Some(number) => params.push(name, without_zero_fraction(&number)),
        None => Ok(()),
    }
}

/// Languages without integers write `100.0`.
fn without_zero_fraction(number: &str) -> &str {
    match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, name: &str, expected: &[&str]) {
        let mut params = Params::default();
        read(body.as_bytes(), &mut params).expect("readable");
        assert_eq!(params.all(&[name]), expected, "{body}");
    }

    #[test]
    fn members_of_any_type_are_texts() {
        check(r#"{"orders":[1,"2",null,[3]]}"#, "orders", &["1", "2"]);
        check(r#"{"orders":{"0":1,"7":2}}"#, "orders", &["1", "2"]);
        check(r#"{"quantity":100.0}"#, "quantity", &["100"]);
        check(r#"{"quantity":"100.0"}"#, "quantity", &["100.0"]);
        check(r#"{"quantity":1.50}"#, "quantity", &["1.50"]);
        check(r#"{"runs":true,"interval":false}"#, "interval", &["0"]);
        check(
            r#"{"order":12345678901234567890123}"#,
            "order",
            &["12345678901234567890123"],
        );
        check(r#"{"link":null,"comments":""}"#, "link", &[]);
    }

    #[test]
    fn a_broken_object_is_malformed() {
        for body in ["{", r#"{"a":1"#, r#"{"a":1}{"#, "{a:1}"] {
            assert_eq!(
                read(body.as_bytes(), &mut Params::default()),
                Err(Malformed),
                "{body}"
            );
        }
    }
}
