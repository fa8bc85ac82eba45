//! JSON read one level at a time, from the raw text: numbers keep their digits, and what nobody asks for is never built.
//!
//! A [`Node`] is a piece of text that is known to be one well-formed JSON value. Looking into it parses one level and no
//! more, so the depth of a document costs nothing: it is only as deep as the code that reads it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One JSON value, as text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a>(&'a str);

/// The members of an object in the order written; a name may come twice.
pub(crate) type Members<'a> = Vec<(String, Node<'a>)>;

/// Most entries of one object or list. The largest known catalogue has 6,207.
const MAX_ENTRIES: usize = 100_000;

impl<'a> Node<'a> {
    /// Exactly one JSON value with nothing but blanks around it.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        Some(Self(raw.get()))
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// A text between quotes, as opposed to a number or a word.
    pub(crate) fn is_text(self) -> bool {
        self.0.starts_with('"')
    }

    /// Not `true` or `false`, which as scalars look like numbers.
    pub(crate) fn is_number_or_text(self) -> bool {
        self.is_text() || self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit())
    }

    pub(crate) fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    pub(crate) fn is_list(self) -> bool {
        self.0.starts_with('[')
    }

    /// An object or a list.
    pub(crate) fn is_nested(self) -> bool {
        self.is_object() || self.is_list()
    }

    /// The members of an object; `None` for anything else, or if there are too many.
    pub(crate) fn members(self) -> Option<Members<'a>> {
        let object: ObjectOf<'a> = self
            .is_object()
            .then(|| serde_json::from_str(self.0).ok())??;
        Some(object.0)
    }

    /// The items of a list; `None` for anything else, or if there are too many.
    pub(crate) fn items(self) -> Option<Vec<Self>> {
        let list: ListOf<'a> = self
            .is_list()
            .then(|| serde_json::from_str(self.0).ok())??;
        Some(list.0)
    }

    /// Whether two values are the same as scalars, or else as they are written.
    pub(crate) fn says_the_same(self, other: Self) -> bool {
        match (self.scalar(), other.scalar()) {
            (Some(one), Some(another)) => one == another,
            (None, None) => self.0 == other.0,
            _ => false,
        }
    }

    /// A text, the digits of a number as they are written, `1` for `true` and `0` for `false`, as PHP has it.
    pub(crate) fn scalar(self) -> Option<Cow<'a, str>> {
        match self.0 {
            "true" => Some(Cow::Borrowed("1")),
            "false" => Some(Cow::Borrowed("0")),
            "null" => None,
            _ if self.is_nested() => None,
            _ if self.is_text() => serde_json::from_str(self.0)
                .ok()
                .map(|text: LossyText| Cow::Owned(text.0)),
            number => Some(Cow::Borrowed(number)),
        }
    }
}

struct ObjectOf<'a>(Members<'a>);
struct ListOf<'a>(Vec<Node<'a>>);
/// A text in which half a surrogate pair becomes a replacement character instead of an error.
struct LossyText(String);

// === impl Deserialize ===

impl<'a> Deserialize<'a> for ObjectOf<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'a> Visitor<'a> for Members {
            type Value = ObjectOf<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((LossyText(name), value)) = map.next_entry::<_, &'a RawValue>()? {
                    members.push((name, Node(value.get())));
                    bounded(members.len())?;
                }
                Ok(ObjectOf(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl<'a> Deserialize<'a> for ListOf<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'a> Visitor<'a> for Items {
            type Value = ListOf<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(value) = list.next_element::<&'a RawValue>()? {
                    items.push(Node(value.get()));
                    bounded(items.len())?;
                }
                Ok(ListOf(items))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

impl<'de> Deserialize<'de> for LossyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = LossyText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(LossyText(text.to_owned()))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(LossyText(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

fn bounded<E: serde::de::Error>(entries: usize) -> Result<(), E> {
    if entries > MAX_ENTRIES {
        return Err(E::custom("too many entries"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Option<String> {
        Node::parse(text)?.scalar().map(Cow::into_owned)
    }

    #[test]
    fn scalars_keep_what_was_written() {
        assert_eq!(
            scalar("0.00011999999999999999").as_deref(),
            Some("0.00011999999999999999")
        );
        assert_eq!(scalar(" 1e-5 ").as_deref(), Some("1e-5"));
        assert_eq!(scalar(r#""a\/b\u00e9\n""#).as_deref(), Some("a/b\u{e9}\n"));
        assert_eq!(scalar("true").as_deref(), Some("1"));
        assert_eq!(scalar("null"), None);
        assert_eq!(scalar("[1]"), None);
    }

    #[test]
    fn half_a_surrogate_pair_is_no_error() {
        let text = scalar(r#""x\ud83d y""#).expect("a text");
        assert!(text.starts_with('x') && text.ends_with(" y"), "{text}");
        let members = Node::parse(r#"{"\ud83d":1}"#).and_then(Node::members);
        assert_eq!(members.map(|members| members.len()), Some(1));
    }

    #[test]
    fn one_value_and_nothing_else() {
        for text in ["", "{", "{}{}", "{} x", "[1,]", "nul", "{\"a\":}"] {
            assert!(Node::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        let members = Node::parse(&deep)
            .and_then(Node::members)
            .expect("an object");
        assert_eq!(members.len(), 1);
        assert!(members[0].1.is_list());
    }

    #[test]
    fn entries_are_bounded() {
        let list = |entries: usize| format!("[{}1]", "1,".repeat(entries - 1));
        let items = |text: &str| Node::parse(text).and_then(Node::items).map(|i| i.len());
        assert_eq!(items(&list(MAX_ENTRIES)), Some(MAX_ENTRIES));
        assert_eq!(items(&list(MAX_ENTRIES + 1)), None);
    }
}
