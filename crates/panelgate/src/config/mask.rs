//! Secrets in a text that is about to be shown: overwritten wherever one could stand, whether the text is valid or not.
//!
//! It goes by lines, not by the parser, because it is the text that no parser understands that is shown most. What it does not
//! know it hides. Every text keeps its length, so that places in it stay right.

/// The text of `panelgate.toml` with `*` in place of every value that may be a secret: in `[panels]`, and in tables nobody
/// knows, everything but the [`HARMLESS`] keys.
pub(super) fn secrets(text: &str) -> String {
    let (mut table, mut key) = (Vec::new(), Vec::new());
    let mut closes = None;
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if let Some(quotes) = closes {
            // A line of a text may look like anything.
            masked.push_str(&show(&[&table[..], &key].concat(), line));
            closes = (!line.contains(quotes)).then_some(quotes);
        } else if let Some(header) = header(line) {
            (table, key) = (header, Vec::new());
            masked.push_str(line);
        } else if line.trim_start().starts_with('#') {
            masked.push_str(&stars(line));
        } else if let Some((path, value)) = assignment(line) {
            key = path;
            let (start, value) = line.split_at(value);
            masked.push_str(start);
            masked.push_str(&show(&[&table[..], &key].concat(), value));
            closes = opened(value);
        } else {
            // The rest of a value of several lines.
            masked.push_str(&show(&[&table[..], &key].concat(), line));
        }
    }
    masked
}

/// A value as it may be shown.
fn show(path: &[String], value: &str) -> String {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        // A key may stand in the place of its path.
        ["server", "tls", "certificate"] => value.to_owned(),
        ["server"] | ["server", "tls", ..] if value.trim_start().starts_with('{') => {
            inline_table(value)
        }
        ["server", "tls", ..] => stars(value),
        [table, ..] if PLAIN_TABLES.contains(&table) => value.to_owned(),
        ["panels", _, "url"] => address(value),
        ["panels", _, key, ..] if HARMLESS.contains(&key) => value.to_owned(),
        _ if value.trim_start().starts_with('{') => inline_table(value),
        _ => stars(value),
    }
}

/// The quotes that end a text of several lines, if one begins here and does not end here.
fn opened(value: &str) -> Option<&'static str> {
    let quotes = [r#"""""#, "'''"];
    let value = value.trim_start();
    let quotes = quotes
        .into_iter()
        .find(|quotes| value.starts_with(quotes))?;
    (!value[quotes.len()..].contains(quotes)).then_some(quotes)
}

/// The names in `[panels.alpha]`.
fn header(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let line = line.split_once('#').map_or(line, |(line, _)| line.trim());
    let inner = line.trim_start_matches('[');
    let names = inner.trim_end_matches(']');
    (inner.len() < line.len() && names.len() < inner.len())
        .then(|| path(names))
        .flatten()
}

/// The names before `=`, and where the value begins.
fn assignment(line: &str) -> Option<(Vec<String>, usize)> {
    let sign = line.find('=')?;
    Some((path(&line[..sign])?, sign + 1))
}

/// `a.b."c"`, if it is nothing else.
fn path(text: &str) -> Option<Vec<String>> {
    let name = |name: &str| {
        let name = name.trim().trim_matches(['"', '\'']);
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        (!name.is_empty() && name.bytes().all(bare)).then(|| name.to_owned())
    };
    text.split('.').map(name).collect()
}

/// An address without what may stand before its `@` or after its `?`; what is none may be a key in the wrong place.
fn address(value: &str) -> String {
    if !value.contains("//") {
        return stars(value);
    }
    let (address, query) = value.split_at(value.find('?').unwrap_or(value.len()));
    let end = address.rfind('@').unwrap_or(0);
    let start = address[..end].rfind("//").map_or(0, |slashes| slashes + 2);
    let before = &address[..start];
    let user = &address[start..end];
    [before, &stars(user), &address[end..], &stars(query)].concat()
}

/// `{ env = "***" }`: the names of an inline table stay, its values do not.
fn inline_table(value: &str) -> String {
    let mut masked = String::with_capacity(value.len());
    let (mut rest, mut name_follows) = (value, false);
    while let Some(first) = rest.chars().next() {
        let name = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c)))
            .unwrap_or(rest.len());
        let is_name = name_follows && name > 0 && rest[name..].trim_start().starts_with('=');
        let length = match first {
            '"' | '\'' => quoted(rest, first),
            _ if is_name => name,
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if is_name || "{},=".contains(first) {
            masked.push_str(token);
        } else {
            masked.push_str(&stars(token));
        }
        name_follows = "{,".contains(first) || (name_follows && first.is_whitespace());
        rest = after;
    }
    masked
}

/// The length of a text in quotes, or of everything if the quotes are never closed.
fn quoted(text: &str, quote: char) -> usize {
    let inner = &text[1..];
    let end = inner.find(quote);
    end.map_or(text.len(), |end| 1 + end + 1)
}

/// As many `*` as there were bytes; blanks around stay.
fn stars(text: &str) -> String {
    let inner = text.trim();
    let start = text.len() - text.trim_start().len();
    let end = start + inner.len();
    [&text[..start], &"*".repeat(inner.len()), &text[end..]].concat()
}

/// Tables without secrets.
const PLAIN_TABLES: &[&str] = &[
    "server", "operator", "store", "money", "orders", "status", "sync",
];

/// Keys of a panel that hold no secret.
const HARMLESS: &[&str] = &[
    "currency",
    "orders",
    "requests_per_second",
    "max_in_flight",
    "timeout",
    "back_off",
    "status_batch",
    "max_unconfirmed",
    "max_unconfirmed_money",
    "probe_ids",
    "resolve_by_evidence",
    "allow_private",
    "refusals",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let head = "[server]\nlisten = \"x\"\n[panels.alpha]\n";
        let masked = secrets(&format!("{head}{line}"));
        assert_eq!(masked, format!("{head}{expected}"));
    }

    #[test]
    fn what_may_be_a_key_is_hidden() {
        check("kye = \"SECRET\"\n", "kye = ********\n");
        check("key = [\"SECRET\"]", "key = **********");
        check("key = 123456.789\r\n", "key = **********\r\n");
        check(
            "key = \"SECRET\ncurrency = 1",
            "key = *******\ncurrency = 1",
        );
        check("key = 'a = b'", "key = *******");
        check("key = SECRET==", "key = ********");
        check("key.env = \"SECRET\"", "key.env = ********");
        check("\"key\"=\"é\"", "\"key\"=****");
        check("SECRET", "******");
        check("# key = \"SECRET\"", "****************");
        check("key = \"\"\"\nSECRET\n\"\"\"", "key = ***\n******\n***");
        check("key = [\n  \"SECRET\",\n]", "key = *\n  *********\n*");
        check(
            "key = \"\"\"\nSECRET==\n[SECRET]\n\"\"\"\ncurrency = 1",
            "key = ***\n********\n********\n***\ncurrency = 1",
        );
        check(
            "key = '''SECRET'''\ncurrency = 1",
            "key = ************\ncurrency = 1",
        );
        check(
            "[server.tls]\nkey = \"\"\"\nSECRET\n\"\"\"",
            "[server.tls]\nkey = ***\n******\n***",
        );
        check(
            "[server]\ntls.key = \"SECRET\"",
            "[server]\ntls.key = ********",
        );
        check(
            "[server]\ntls = { key = \"SECRET\" }",
            "[server]\ntls = { key = ******** }",
        );
    }

    #[test]
    fn inline_tables_keep_their_names() {
        check("key = { evn = \"SECRET\" }", "key = { evn = ******** }");
        check("key = {env=\"a=b\",SECRET}", "key = {env=*****,******}");
        check("key = { env = \"SECRET }", "key = { env = *********");
    }

    #[test]
    fn addresses_lose_who_and_what_is_asked() {
        check("url = \"https://x/api\"", "url = \"https://x/api\"");
        check("url = \"https://u:pw@x/\"", "url = \"https://****@x/\"");
        check("url = \"https//u:pw@x/\"", "url = \"https//****@x/\"");
        check("url = \"u:pw@x", "url = *******");
        check("url = \"https://x/?key=k\"", "url = \"https://x/*******");
    }

    #[test]
    fn the_rest_is_shown() {
        check("currency = usd", "currency = usd");
        check(
            "refusals = { order = [\n\"x\"\n] }",
            "refusals = { order = [\n\"x\"\n] }",
        );
        check(
            "[panels.alpha.refusals]\norder = [1]",
            "[panels.alpha.refusals]\norder = [1]",
        );
        check("[store]\nurl = 5", "[store]\nurl = 5");
        check(
            "[server.tls]\ncertificate = \"x\"",
            "[server.tls]\ncertificate = \"x\"",
        );
    }

    #[test]
    fn tables_that_nobody_knows_hide_everything() {
        check("[panel.b]\nkey = \"SECRET\"", "[panel.b]\nkey = ********");
        check("[panels]\nkey = \"SECRET\"", "[panels]\nkey = ********");
        assert_eq!(secrets("panels.a.key = \"S\""), "panels.a.key = ***");
        assert_eq!(secrets("panels = { a = \"S\" }"), "panels = { a = *** }");
        assert_eq!(secrets("SECRET"), "******");
    }
}
