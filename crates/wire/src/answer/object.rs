//! Objects of answers, whose keys come in every spelling.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::json::{Members, Node};

/// A JSON object. Its keys are looked up without regard to case, `_` and `-`.
#[derive(Debug)]
pub(super) struct Object<'a>(Members<'a>);

impl<'a> Object<'a> {
    /// Reads an object; `None` for anything else.
    pub(super) fn read(node: Node<'a>) -> Option<Self> {
        node.members().map(Self)
    }

    /// The members as written.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, Node<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_str(), *value))
    }

    /// Every value under this name that is not null. `name` is lower case without `_`.
    pub(super) fn all<'o>(&'o self, name: &'o str) -> impl Iterator<Item = Node<'a>> + 'o {
        self.named(name).filter(|value| !value.is_null())
    }

    /// Every value under this name, even null.
    pub(super) fn named<'o>(&'o self, name: &'o str) -> impl Iterator<Item = Node<'a>> + 'o {
        let named = self.0.iter().filter(move |(key, _)| is_spelling(key, name));
        named.map(|(_, value)| *value)
    }

    /// The last value under the first of these names that has one.
    pub(super) fn get(&self, names: &[&str]) -> Option<Node<'a>> {
        names.iter().find_map(|name| self.all(name).last())
    }

    /// The same, if it is a text, a number or a boolean; trimmed, and `None` if nothing is left.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        let scalar = names
            .iter()
            .find_map(|name| self.all(name).filter_map(Node::scalar).last())?;
        Some(scalar.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The same, but no boolean, which is neither a number nor a name: `{"remains":false}` does not say that nothing remains.
    pub(super) fn written(&self, names: &[&str]) -> Option<String> {
        let written = |name: &&str| {
            let nodes = self.all(name).filter(|node| node.is_number_or_text());
            nodes.filter_map(Node::scalar).last()
        };
        let scalar = names.iter().find_map(written)?;
        Some(scalar.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Whether there is a value under any of these names, even null.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        let mut keys = self.0.iter().map(|(key, _)| key);
        keys.any(|key| names.iter().any(|name| is_spelling(key, name)))
    }

    /// Whether no name, in whatever spelling, comes with two different values.
    pub(super) fn is_of_one_mind(&self) -> bool {
        let mut seen = HashMap::with_capacity(self.0.len());
        self.0.iter().all(|(key, value)| {
            let before = *seen
                .entry(folded(key).collect::<Vec<u8>>())
                .or_insert(*value);
            before.says_the_same(*value)
        })
    }

    /// The number of members.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// At most `most` characters of a text.
pub(super) fn clipped(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A number or text as the text of an id, without blanks around it, 1 to 64 characters.
pub(super) fn id_text(node: Node<'_>) -> Option<String> {
    let text = node.scalar().filter(|_| node.is_number_or_text())?;
    let text = if node.is_text() {
        text
    } else {
        Cow::Owned(text.trim_end_matches(".0").to_owned())
    };
    let text = text.trim();
    (1..=LONGEST_ID)
        .contains(&text.chars().count())
        .then(|| text.to_owned())
}

/// Whether a key is this name, which is lower case without `_`.
pub(super) fn is_spelling(key: &str, name: &str) -> bool {
    folded(key).eq(name.bytes())
}

/// Whether this name stands somewhere in a key, in any spelling.
pub(super) fn spells(key: &str, name: &str) -> bool {
    let key: Vec<u8> = folded(key).collect();
    key.windows(name.len()).any(|part| part == name.as_bytes())
}

fn folded(key: &str) -> impl Iterator<Item = u8> {
    key.trim()
        .bytes()
        .filter(|byte| *byte != b'_' && *byte != b'-')
        .map(|byte| byte.to_ascii_lowercase())
}

/// Longest id of an offer or an order.
pub(super) const LONGEST_ID: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_every_spelling() {
        let node = Node::parse(r#"{"Order_ID":1,"orderID":2,"start-count":null," Status ":" x "}"#);
        let object = node.and_then(Object::read).expect("an object");
        assert_eq!(object.text(&["orderid"]).as_deref(), Some("2"));
        assert_eq!(object.all("orderid").count(), 2);
        assert_eq!(object.text(&["startcount"]), None);
        assert!(object.has(&["startcount"]));
        assert_eq!(object.text(&["state", "status"]).as_deref(), Some("x"));
    }

    #[test]
    fn a_boolean_is_neither_number_nor_id() {
        let node = Node::parse(r#"{"a":true,"b":"1","b":false,"c":1.0}"#);
        let object = node.and_then(Object::read).expect("an object");
        assert_eq!(object.written(&["a"]), None);
        assert_eq!(object.written(&["a", "b"]).as_deref(), Some("1"));
        assert_eq!(object.get(&["a"]).and_then(id_text), None);
        assert_eq!(object.get(&["c"]).and_then(id_text).as_deref(), Some("1"));
    }

    #[test]
    fn two_values_under_one_name_are_two_minds() {
        for (json, expected) in [
            ("{}", true),
            (r#"{"a":1,"b":2}"#, true),
            (r#"{"a":1,"A_":"1","a":1}"#, true),
            (r#"{"a":[1],"a":[1]}"#, true),
            (r#"{"a":1,"A":2}"#, false),
            (r#"{"a":1,"a":null}"#, false),
            (r#"{"a":null,"a":"null"}"#, false),
            (r#"{"a":[1],"a":[2]}"#, false),
            (r#"{"a":"x","a":{"x":1}}"#, false),
        ] {
            let object = Node::parse(json).and_then(Object::read).expect("an object");
            assert_eq!(object.is_of_one_mind(), expected, "{json}");
        }
    }
}
