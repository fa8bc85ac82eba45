//! The table of events in `docs/logging.md`, from the places that log them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::check_part;

/// One place in the source that logs.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    /// The module.
    part: String,
    level: &'static str,
    message: String,
    fields: Vec<String>,
}

#[test]
fn every_event_is_documented() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut events = BTreeSet::new();
    for name in [
        "console",
        "edge",
        "engine",
        "panelgate",
        "store",
        "upstream",
    ] {
        let source = crates.join(name).join("src");
        for file in sources(&source) {
            let text = fs::read_to_string(&file).expect("source is text");
            let within = file.strip_prefix(&source).expect("it is in it");
            // These are examples.
            if within.starts_with("documents") {
                continue;
            }
            let package = match name {
                "panelgate" => "panelgate".to_owned(),
                name => format!("panelgate_{name}"),
            };
            events.extend(events_in(&text, &part(&package, within)));
        }
    }
    assert!(events.len() > 50, "{} events", events.len());
    let mut text =
        String::from("| level | message | fields | target |\n| --- | --- | --- | --- |\n");
    for event in events {
        let fields: Vec<String> = event
            .fields
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        text += &format!(
            "| {} | {} | {} | `{}` |\n",
            event.level,
            event.message,
            fields.join(", "),
            event.part
        );
    }
    check_part("logging.md", "events", &text);
}

#[test]
fn events_are_read_as_they_are_written() {
    let text = r#"
        tracing::warn!(%order, panel = %sent.panel(a, b), ?effect, "it is \"so\": {x}, or not", 3);
        tracing::error!(
            "a text \
             in two lines"
        );
        tracing::debug!(x = f("no message, ("), "the message");
        #[cfg(test)]
        mod tests { fn f() { tracing::info!("unseen"); } }
    "#;
    let found: Vec<_> = events_in(text, "part")
        .into_iter()
        .map(|event| (event.level, event.message, event.fields.join(" ")))
        .collect();
    let expected = [
        ("warn", "it is \"so\": {x}, or not", "order panel effect"),
        ("error", "a text in two lines", ""),
        ("debug", "the message", "x"),
    ];
    let expected =
        expected.map(|(level, message, fields)| (level, message.to_owned(), fields.to_owned()));
    assert_eq!(found, expected);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

/// The path of a module, from that of its file.
fn part(package: &str, file: &Path) -> String {
    let modules = file.with_extension("");
    let names = modules.iter().map(|name| name.to_string_lossy());
    let names = names.filter(|name| !matches!(&**name, "mod" | "lib" | "main"));
    std::iter::once(package.into())
        .chain(names)
        .collect::<Vec<_>>()
        .join("::")
}

/// What a file logs, outside its tests.
fn events_in(text: &str, part: &str) -> Vec<Event> {
    let text = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
    let text = text
        .split("#[cfg(test)]\n        mod")
        .next()
        .unwrap_or_default();
    let mut events = Vec::new();
    for (at, _) in text.match_indices("tracing::") {
        let rest = &text[at + "tracing::".len()..];
        let level = LEVELS.into_iter().find(|level| {
            rest.strip_prefix(level)
                .is_some_and(|rest| rest.starts_with("!("))
        });
        let Some(level) = level else { continue };
        let mut fields = Vec::new();
        for argument in arguments(&rest[level.len() + "!(".len()..]) {
            if let Some(message) = literal(argument) {
                events.push(Event {
                    part: part.to_owned(),
                    level,
                    message,
                    fields,
                });
                break;
            }
            let name = argument.split(" = ").next().unwrap_or_default();
            fields.push(name.trim_start_matches(['%', '?']).to_owned());
        }
    }
    events
}

/// The arguments of a call, up to its closing bracket.
fn arguments(text: &str) -> Vec<&str> {
    let (mut found, mut begin, mut depth) = (Vec::new(), 0, 0_usize);
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => while !matches!(skipped(&mut characters), Some('"') | None) {},
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                found.push(text[begin..at].trim());
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The next character of a string, where an escaped one counts as none.
fn skipped(characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    let (_, character) = characters.next()?;
    if character == '\\' {
        characters.next()?;
        return Some(' ');
    }
    Some(character)
}

/// The text of a string, if an argument is one.
fn literal(argument: &str) -> Option<String> {
    let text = argument.strip_prefix('"')?.strip_suffix('"')?;
    let mut lines = text.split("\\\n");
    let first = lines.next()?.to_owned();
    let whole = lines.fold(first, |whole, line| whole + line.trim_start());
    Some(whole.replace("\\\"", "\""))
}

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
