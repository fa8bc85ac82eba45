//! Changes to `services.toml` as an operator would make them: comments, order and everything that is not changed stay.

use anyhow::bail;
use panelgate_domain::ids::ServiceId;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

/// The file, ready to be edited.
pub(super) struct Edited {
    document: DocumentMut,
    /// Where tables begin that were made here. What a table has no place for stands behind all that do.
    made: isize,
}

/// One key of a service; `None` takes it away, so that the panel's own word counts again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) service: ServiceId,
    /// Where an imported service comes from: an override may name it by that.
    pub(super) origin: (String, String),
    pub(super) key: &'static str,
    pub(super) value: Option<Written>,
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl Edited {
    /// Reads the file; what is no TOML was refused before.
    ///
    /// # Errors
    /// Services or overrides are written inside brackets: there is no table in which a change could stand.
    pub(super) fn new(text: &str) -> anyhow::Result<Self> {
        let document: DocumentMut = text.parse()?;
        for name in ["service", OVERRIDE] {
            let written = document.get(name);
            if written.is_some_and(|item| !item.is_array_of_tables()) {
                bail!(
                    "services.toml has `{name} = [ … ]`, which an import cannot edit: write [[{name}]] and its keys below it"
                );
            }
        }
        Ok(Self { document, made: 0 })
    }

    /// The file as it is now.
    pub(super) fn text(&self) -> String {
        self.document.to_string()
    }

    /// Whether the service is made by hand here.
    pub(super) fn is_hand_made(&self, service: ServiceId) -> bool {
        self.found("service", |table| has_id(table, "id", service))
            .is_some()
    }

    /// Changes one key: of the service's own table if it is made by hand, else of its override, which is made if there is none.
    /// An override that says nothing any more goes away. Answers whether the file says something else than before.
    pub(super) fn apply(&mut self, change: &Change) -> bool {
        let place = self.place_of(change.service, &change.origin);
        let (name, at) = match (place, &change.value) {
            (Some(place), _) => place,
            (None, Some(_)) => self.make_override(change.service),
            (None, None) => return false,
        };
        let tables = self
            .document
            .get_mut(name)
            .and_then(Item::as_array_of_tables_mut)
            .expect("it was found there or made just now");
        let table = tables.get_mut(at).expect("that is where it was found");
        let Some(value) = &change.value else {
            let removed = table.remove(change.key).is_some();
            let says_nothing = table.iter().all(|(key, _)| NAMES.contains(&key));
            if removed && name == OVERRIDE && says_nothing {
                tables.remove(at);
            }
            return removed;
        };
        set(table, change.key, value)
    }

    fn place_of(
        &self,
        service: ServiceId,
        (panel, offer): &(String, String),
    ) -> Option<(&'static str, usize)> {
        let text = |table: &Table, key: &str, expected: &str| {
            table.get(key).and_then(Item::as_str) == Some(expected)
        };
        let own = self.found("service", |table| has_id(table, "id", service));
        let by_id = || self.found(OVERRIDE, |table| has_id(table, "service", service));
        let by_origin = || {
            self.found(OVERRIDE, |table| {
                text(table, "panel", panel) && text(table, "offer", offer)
            })
        };
        own.map(|at| ("service", at))
            .or_else(|| by_id().or_else(by_origin).map(|at| (OVERRIDE, at)))
    }

    fn found(&self, name: &str, is_it: impl Fn(&Table) -> bool) -> Option<usize> {
        let tables = self.document.get(name)?.as_array_of_tables()?;
        tables.iter().position(is_it)
    }

    /// Behind everything that is there.
    fn make_override(&mut self, service: ServiceId) -> (&'static str, usize) {
        let mut table = Table::new();
        table.insert("service", toml_edit::value(service.0));
        self.made += 1;
        table.set_position(Some(LAST + self.made));
        if !self.document.is_empty() {
            table.decor_mut().set_prefix("\n");
        }
        let tables = self
            .document
            .entry(OVERRIDE)
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let tables = tables
            .as_array_of_tables_mut()
            .expect("the file was valid before it was edited");
        tables.push(table);
        (OVERRIDE, tables.len() - 1)
    }
}

const OVERRIDE: &str = "override";

/// Keys by which an override names its service.
const NAMES: [&str; 3] = ["service", "panel", "offer"];

/// No file has as many tables.
const LAST: isize = isize::MAX / 2;

fn has_id(table: &Table, key: &str, service: ServiceId) -> bool {
    table.get(key).and_then(Item::as_integer) == Some(service.0)
}

/// A comment behind the old value stays; so does the value itself if it is the same, however it is written.
fn set(table: &mut Table, key: &str, written: &Written) -> bool {
    let mut value = match written {
        Written::Text(text) => Value::from(text.as_str()),
        Written::Number(number) => Value::from(*number),
        Written::Flag(flag) => Value::from(*flag),
    };
    let Some(old) = table.get_mut(key).and_then(Item::as_value_mut) else {
        table.insert(key, Item::Value(value));
        return true;
    };
    if written.is_in(old) {
        return false;
    }
    *value.decor_mut() = old.decor().clone();
    *old = value;
    true
}

impl Written {
    fn is_in(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Number(number) => value.as_integer() == Some(*number),
            Self::Flag(flag) => value.as_bool() == Some(*flag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# What we sell.\n[[import]] # all of it\npanel = \"alpha\"\n\n\
        [[override]]\nservice = 1002\nname   = \"Old\"  # as Ann wants it\n\n\
        [[service]]\nid = 101\nname = 'By hand'\ncategory = \"Mine\"\nroutes = [ { panel = \"alpha\", service = \"1\" } ]\n# The end.\n";

    fn change(service: i64, key: &'static str, value: Option<Written>) -> Change {
        Change {
            service: ServiceId(service),
            origin: ("alpha".to_owned(), service.to_string()),
            key,
            value,
        }
    }

    fn text(text: &str) -> Option<Written> {
        Some(Written::Text(text.to_owned()))
    }

    #[track_caller]
    fn check(changes: &[Change], from: &str, to: &str) {
        let mut edited = Edited::new(FILE).expect("TOML");
        for change in changes {
            let told = edited.apply(change);
            assert_eq!(told, !(from.is_empty() && to.is_empty()));
        }
        assert!(FILE.contains(from) || from.is_empty());
        let expected = if from.is_empty() {
            format!("{FILE}{to}")
        } else {
            FILE.replace(from, to)
        };
        assert_eq!(edited.text(), expected);
    }

    #[test]
    fn what_is_not_changed_stays_byte_for_byte() {
        check(&[], "", "");
        check(&[change(1001, "name", None)], "", "");
        check(&[change(1002, "max", None)], "", "");
        check(&[change(1002, "name", text("Old"))], "", "");
    }

    #[test]
    fn values_change_in_place_and_comments_stay() {
        check(
            &[change(1002, "name", text("=New \"one\""))],
            "name   = \"Old\"  # as",
            "name   = '=New \"one\"'  # as",
        );
        check(
            &[change(101, "name", text("Mine"))],
            "name = 'By hand'",
            "name = \"Mine\"",
        );
    }

    #[test]
    fn an_override_that_is_not_there_is_written_behind_all_else() {
        let changes = [
            change(1001, "sell", Some(Written::Flag(false))),
            change(1001, "max", Some(Written::Number(500))),
            change(1003, "name", text("Three")),
        ];
        let mut edited = Edited::new(FILE).expect("TOML");
        for change in &changes {
            edited.apply(change);
        }
        let text = edited.text();
        let added = "\n[[override]]\nservice = 1001\nsell = false\nmax = 500\n\n[[override]]\nservice = 1003\nname = \"Three\"\n";
        assert!(text.contains(added), "{text}");
        let (before, _) = text.split_once(added).expect("it is there");
        assert!(FILE.starts_with(before), "{text}");
        assert_eq!(text.replace(added, ""), FILE);
    }

    #[test]
    fn tables_inside_brackets_are_refused() {
        for file in ["override = []\n", "service = [ { id = 101 } ]\n"] {
            let refused = Edited::new(file).err().expect("refused").to_string();
            assert!(refused.contains("which an import cannot edit"), "{refused}");
        }
    }

    #[test]
    fn an_override_that_says_nothing_goes_away() {
        check(
            &[change(1002, "name", None)],
            "[[override]]\nservice = 1002\nname   = \"Old\"  # as Ann wants it\n\n",
            "",
        );
    }
}
