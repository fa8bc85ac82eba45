//! JSON as serde_json reads it, whole: what the gateway's own reading, one level at a time, is compared with.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value with every member of every object, names that come twice included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, by its digits.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object; names as written.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Exactly one value. `None` also for what is nested deeper than [`DEEPEST`], or holds half a surrogate pair: the gateway
    /// reads those.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::of(serde_json::from_str(text).ok()?, DEEPEST)
    }

    fn of(raw: &RawValue, depth: usize) -> Option<Self> {
        let (text, inside) = (raw.get(), depth.checked_sub(1)?);
        Some(match text.as_bytes().first()? {
            b'n' => Self::Null,
            b't' => Self::Bool(true),
            b'f' => Self::Bool(false),
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let items = items.into_iter().map(|raw| Self::of(raw, inside));
                Self::List(items.collect::<Option<_>>()?)
            }
            b'{' => {
                let members: Members<'_> = serde_json::from_str(text).ok()?;
                let members = members.0.into_iter();
                let members = members.map(|(name, raw)| Some((name, Self::of(raw, inside)?)));
                Self::Object(members.collect::<Option<_>>()?)
            }
            _ => Self::Number(text.to_owned()),
        })
    }

    /// The members of an object; of anything else none.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Every value under a name, which is lower case without `_` and `-`.
    pub(crate) fn named<'j>(&'j self, name: &'j str) -> impl Iterator<Item = &'j Self> {
        let members = self.members().iter();
        members
            .filter(move |(key, _)| folded(key) == name)
            .map(|(_, value)| value)
    }

    /// A text or the digits of a number, without blanks around it.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.trim()),
            _ => None,
        }
    }

    /// Every value of the tree with the name it stands under, folded; the top and the items of a list have the name of their list,
    /// or none.
    pub(crate) fn all(&self) -> Vec<(String, &Self)> {
        let mut found = vec![(String::new(), self)];
        let mut next = 0;
        while let Some((name, value)) = found.get(next).cloned() {
            match value {
                Self::Object(members) => {
                    found.extend(members.iter().map(|(name, value)| (folded(name), value)));
                }
                Self::List(items) => found.extend(items.iter().map(|item| (name.clone(), item))),
                _ => {}
            }
            next += 1;
        }
        found
    }

    /// Every scalar under one of these names, anywhere.
    pub(crate) fn scalars(&self, names: &[&str]) -> Vec<&str> {
        let all = self.all().into_iter();
        all.filter(|(name, _)| names.contains(&name.as_str()))
            .filter_map(|(_, value)| value.scalar())
            .collect()
    }

    /// Whether an object in the tree has one name twice.
    pub(crate) fn repeats_a_name(&self) -> bool {
        self.all().into_iter().any(|(_, value)| {
            let mut counts = BTreeMap::new();
            for (name, _) in value.members() {
                *counts.entry(folded(name)).or_insert(0) += 1;
            }
            counts.into_values().any(|count| count > 1)
        })
    }
}

/// A name without regard to case, `_` and `-`.
pub(crate) fn folded(name: &str) -> String {
    let kept = name.trim().chars().filter(|c| *c != '_' && *c != '-');
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// Levels that are looked into: each is read again with the ones inside it.
pub(crate) const DEEPEST: usize = 60;

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}
