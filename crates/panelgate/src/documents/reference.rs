//! The reference and the JSON Schemas in `docs/`, made from the types of `raw` and their comments; and whether what those
//! comments say of defaults is true.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{check_part, check_whole};
use crate::config::{Config, Keys, raw};

/// Each file of the configuration, and what it is.
fn schemas() -> [(&'static str, Value); 3] {
    [
        ("panelgate", schema(schemars::schema_for!(raw::Main))),
        ("markup", schema(schemars::schema_for!(raw::Markup))),
        ("services", schema(schemars::schema_for!(raw::Services))),
    ]
}

#[test]
fn the_reference_and_the_schemas_are_those_of_the_types() {
    for (name, schema) in schemas() {
        let mut text = String::new();
        section(&schema, &schema, &mut BTreeSet::new(), &mut text);
        check_part("configuration.md", &format!("{name}.toml"), &text);
        let schema = serde_json::to_string_pretty(&schema).expect("JSON");
        check_whole(&format!("schema/{name}.schema.json"), &(schema + "\n"));
    }
}

#[test]
fn every_key_says_what_it_is() {
    for (name, schema) in schemas() {
        for part in parts(&schema) {
            for (key, value) in properties(part) {
                assert!(
                    !text_of(value).is_empty(),
                    "{name}: {key} of {}",
                    part["title"]
                );
            }
        }
    }
}

/// A configuration in which every default is written means the same as one without them.
#[test]
fn the_defaults_are_true() {
    let folder = tempfile::tempdir().expect("a folder");
    let load = |texts: [String; 3]| {
        let names = ["panelgate.toml", "markup.toml", "services.toml"];
        for (name, text) in names.iter().zip(&texts) {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let loaded = Config::load(&folder.path().join("panelgate.toml"), Keys::Leave);
        let config = loaded.unwrap_or_else(|wrong| panic!("{}\n{texts:#?}", wrong.render(false)));
        // Before it are the digest and the files' texts, which differ.
        let shown = format!("{config:#?}");
        let at = shown.find(FIRST_SECTION).expect("it is shown");
        shown[at..].to_owned()
    };
    let bare = [PANEL, MARKUP, EVERYTHING_SOLD].map(str::to_owned);
    let schemas = schemas();
    let mut written = 0;
    let full = [0, 1, 2].map(|file| {
        let mut table: toml::Table = bare[file].parse().expect("TOML");
        let schema = &schemas[file].1;
        written += write_defaults(schema, schema, &mut table, true);
        table.to_string()
    });
    assert!(written >= LEAST_DEFAULTS, "{written} defaults");
    pretty_eq(&load(bare), &load(full));
}

/// Writes what is not written; answers how much that was. Sections are opened for it only where `opens`: one of a service says
/// that the service differs.
fn write_defaults(schema: &Value, part: &Value, table: &mut toml::Table, opens: bool) -> usize {
    let mut written = 0;
    for (key, value) in properties(part) {
        if let Some(default) = default_of(&text_of(value)) {
            table.entry(key).or_insert(default);
            written += 1;
        }
        let Some((inner, kind)) = inner(schema, value) else {
            continue;
        };
        if matches!(kind, Kind::One) && opens && is_section(inner) {
            let fresh = toml::Value::Table(toml::Table::new());
            table.entry(key).or_insert(fresh);
        }
        let opens = opens && matches!(kind, Kind::One);
        for table in table
            .get_mut(key)
            .into_iter()
            .flat_map(|value| tables_in(value, kind))
        {
            written += write_defaults(schema, inner, table, opens);
        }
    }
    written
}

/// The tables that a value is or has.
fn tables_in(value: &mut toml::Value, kind: Kind) -> Vec<&mut toml::Table> {
    match (value, kind) {
        (toml::Value::Table(table), Kind::One) => vec![table],
        (toml::Value::Table(named), Kind::Many) => {
            let named = named.iter_mut().map(|(_, value)| value);
            named.filter_map(toml::Value::as_table_mut).collect()
        }
        (toml::Value::Array(list), _) => {
            let list = list.iter_mut();
            list.filter_map(toml::Value::as_table_mut).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a part may be written without a word in it: then its defaults hold anyway.
fn is_section(part: &Value) -> bool {
    properties(part).all(|(_, value)| !text_of(value).starts_with(REQUIRED))
}

#[track_caller]
fn pretty_eq(bare: &str, full: &str) {
    for (bare, full) in bare.lines().zip(full.lines()) {
        assert_eq!(bare, full);
    }
    assert_eq!(bare, full);
}

// === the reference ===

/// A heading and a table for a part, then the parts in it.
fn section(schema: &Value, part: &Value, seen: &mut BTreeSet<String>, text: &mut String) {
    let title = text_of(part);
    if !seen.insert(title.clone()) {
        return;
    }
    _ = write!(
        text,
        "### {}\n\n| key | is | default | meaning |\n| --- | --- | --- | --- |\n",
        title.trim_end_matches('.')
    );
    for (key, value) in properties(part) {
        let about = text_of(value);
        let (about, default) = match about.split_once(DEFAULT) {
            Some((about, default)) => (about, default.trim_end_matches('.')),
            None => (about.as_str(), ""),
        };
        let default = if about.starts_with(REQUIRED) {
            "required"
        } else {
            default
        };
        let about = about.trim_start_matches(REQUIRED).trim();
        _ = writeln!(
            text,
            "| `{key}` | {} | {default} | {about} |",
            kind_of(schema, value)
        );
    }
    text.push('\n');
    for (_, value) in properties(part) {
        if let Some((inner, _)) = inner(schema, value) {
            section(schema, inner, seen, text);
        }
    }
}

fn kind_of(schema: &Value, value: &Value) -> String {
    if let Some((_, kind)) = inner(schema, value) {
        return match kind {
            Kind::One => "a table",
            Kind::Many => "tables",
        }
        .to_owned();
    }
    match value["type"].as_str() {
        Some("array") => format!("a list of {}s", kind_of(schema, &value["items"])),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "number".to_owned(),
        Some("object") => "a text for each".to_owned(),
        _ => "text".to_owned(),
    }
}

// === the schema ===

/// Whether a key holds a table, or several.
#[derive(Clone, Copy)]
enum Kind {
    One,
    Many,
}

/// The part of the schema that a key's value, or each of its values, is.
fn inner<'s>(schema: &'s Value, value: &'s Value) -> Option<(&'s Value, Kind)> {
    if let Some(name) = value["$ref"].as_str() {
        let part = &schema["$defs"][name.rsplit('/').next()?];
        if part["$ref"].is_string() {
            return inner(schema, part);
        }
        let part = part["anyOf"]
            .as_array()
            .and_then(|either| either.iter().find_map(|one| Some(inner(schema, one)?.0)))
            .unwrap_or(part);
        return part["properties"].is_object().then_some((part, Kind::One));
    }
    let many = [&value["items"], &value["additionalProperties"]];
    let mut many = many.into_iter().filter(|value| value.is_object());
    many.find_map(|value| Some((inner(schema, value)?.0, Kind::Many)))
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let others = schema["$defs"]
        .as_object()
        .into_iter()
        .flat_map(Map::values);
    std::iter::once(schema)
        .chain(others)
        .filter(|part| part["properties"].is_object())
}

fn properties(part: &Value) -> impl Iterator<Item = (&String, &Value)> {
    part["properties"].as_object().into_iter().flatten()
}

fn text_of(value: &Value) -> String {
    let text = value["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn default_of(text: &str) -> Option<toml::Value> {
    let written = text
        .split_once(DEFAULT)?
        .1
        .strip_prefix('`')?
        .split('`')
        .next()?;
    let table: toml::Table = format!("value = {written}")
        .parse()
        .expect("a default is TOML");
    table.get("value").cloned()
}

/// A schema that says more: what is required, what the defaults are, and that TOML knows no null.
fn schema(made: schemars::Schema) -> Value {
    let mut schema = Value::from(made);
    mend(&mut schema);
    schema
}

fn mend(value: &mut Value) {
    if let Value::Array(list) = value {
        list.retain(|one| *one != json!("null") && *one != json!({ "type": "null" }));
        list.iter_mut().for_each(mend);
    }
    let Value::Object(object) = value else { return };
    object.values_mut().for_each(mend);
    for only in ["type", "anyOf"] {
        let one = object
            .get(only)
            .and_then(Value::as_array)
            .filter(|list| list.len() == 1);
        let Some(one) = one.map(|list| list[0].clone()) else {
            continue;
        };
        match one {
            Value::Object(inner) => {
                object.remove(only);
                object.extend(inner);
            }
            one => _ = object.insert(only.to_owned(), one),
        }
    }
    object.remove("format");
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    let mut required = Vec::new();
    for (key, value) in properties {
        let text = text_of(value);
        if text.starts_with(REQUIRED) {
            required.push(json!(key));
        }
        if let Some(default) = default_of(&text) {
            value["default"] = serde_json::to_value(default).expect("JSON can say it");
        }
    }
    if !required.is_empty() {
        object.insert("required".to_owned(), Value::Array(required));
    }
}

/// How comments say that a key has to be written.
const REQUIRED: &str = "Required.";
/// How they say what it is without.
const DEFAULT: &str = "Default: ";
/// Lest all of them are lost unseen.
const LEAST_DEFAULTS: usize = 50;
/// Where what the files say begins in a shown configuration.
const FIRST_SECTION: &str = "\n    server: ";
const PANEL: &str = r#"
[panels.alpha]
url = "https://alpha.example/api/v2"
key = { env = "ALPHA_KEY" }
currency = "USD"
"#;
const MARKUP: &str = "[default]\npercent = \"20\"\n";
const EVERYTHING_SOLD: &str = r#"
[[import]]
panel = "alpha"

[[override]]
panel = "alpha"
offer = "2"
name = "Likes"

[[service]]
id = 101
name = "Followers"
category = "By hand"
routes = [ { panel = "alpha", service = "1" } ]
"#;
