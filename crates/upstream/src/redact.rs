//! Takes our key out of what a panel says, however the panel spells it: error texts echo keys.

use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

mod encoded;

/// Knows the spellings of one key.
#[derive(Clone)]
pub(crate) struct Redactor {
    /// In lower case: a key of hexadecimal digits is as good in capitals, and escapes come in either case.
    spellings: Vec<SecretString>,
}

/// Longest text kept of an answer, in bytes.
pub(crate) const LONGEST_RAW: usize = 4 * 1024;

const INSTEAD: &str = "[key]";
/// How pages write `"` and `'`.
const QUOTES: [[&str; 2]; 4] = [
    ["&quot;", "&#39;"],
    ["&quot;", "&#039;"],
    ["&quot;", "&#x27;"],
    ["&#34;", "&#39;"],
];
/// What writers of JSON put as `\uXXXX` though they need not: nothing, as Go does, as PHP may, as .NET does.
const MARKS: [&str; 4] = ["", "&<>", "&<>\"'", "&<>\"'+`"];

impl Redactor {
    /// For this key. An empty key has nothing to hide.
    ///
    /// The key is written plainly, into a form or into a page; that may be written into JSON. Or it is a part of something in
    /// Base64, or of hexadecimal digits.
    pub(crate) fn new(key: &SecretString) -> Self {
        let key = key.expose_secret();
        let mut outer = vec![
            key.to_owned(),
            form_urlencoded::byte_serialize(key.as_bytes()).collect(),
            percent_encoded(key),
        ];
        outer.extend(QUOTES.map(|quotes| for_page(key, quotes)));
        let mut spellings: Vec<String> = outer
            .iter()
            .flat_map(|text| in_json(text))
            .chain(encoded::spellings(key.as_bytes()))
            .map(|text| text.to_ascii_lowercase())
            .filter(|spelling| !spelling.is_empty())
            .collect();
        // The longest first: a shorter one may be a part of it.
        spellings.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        spellings.dedup();
        Self {
            spellings: spellings.into_iter().map(SecretString::from).collect(),
        }
    }

    /// The text without the key, cut to [`LONGEST_RAW`]. It is cut last, so that no part of a key survives the cut.
    pub(crate) fn raw(&self, text: &str) -> String {
        let spellings = self.spellings.iter();
        let mut text = spellings.fold(text.to_owned(), |text, spelling| {
            without(text, spelling.expose_secret())
        });
        text.truncate(text.floor_char_boundary(LONGEST_RAW));
        text
    }
}

/// The text without a spelling in lower case, in whatever case it stands there.
fn without(text: String, spelling: &str) -> String {
    // Every byte keeps its place.
    let lowered = text.to_ascii_lowercase();
    let mut found = lowered.match_indices(spelling).peekable();
    if found.peek().is_none() {
        return text;
    }
    let (mut kept, mut from) = (String::with_capacity(text.len()), 0);
    for (start, _) in found {
        kept.push_str(&text[from..start]);
        kept.push_str(INSTEAD);
        from = start + spelling.len();
    }
    kept.push_str(&text[from..]);
    kept
}

/// Everything but letters and digits escaped, as the strictest encoders do.
fn percent_encoded(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// As text of an HTML page. `&` goes first, or the others would be escaped twice.
fn for_page(key: &str, [double, single]: [&str; 2]) -> String {
    key.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', double)
        .replace('\'', single)
}

/// As it is, and as JSON may hold it: with or without `\/`, and with more or fewer marks as `\uXXXX`.
fn in_json(text: &str) -> Vec<String> {
    let mut spellings = vec![text.to_owned()];
    for slash in ["/", r"\/"] {
        let by_marks = MARKS.map(|marks| json_escaped(text, slash, |c| marks.contains(c)));
        spellings.extend(by_marks);
    }
    let all_marks = |c: char| !c.is_ascii_alphanumeric();
    spellings.push(json_escaped(text, "/", all_marks));
    spellings
}

fn json_escaped(text: &str, slash: &str, as_unicode: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if as_unicode(c) => {
                let units = c.encode_utf16(&mut [0; 2]).to_vec();
                escaped.extend(units.iter().map(|unit| format!("\\u{unit:04X}")));
            }
            '"' => escaped.push_str(r#"\""#),
            '\\' => escaped.push_str(r"\\"),
            '/' => escaped.push_str(slash),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(key: &str) -> Redactor {
        Redactor::new(&SecretString::from(key))
    }

    #[test]
    fn a_key_is_gone_in_every_spelling() {
        let redactor = redactor("aB/c*1+.2~");
        for spelling in [
            "aB/c*1+.2~",
            r"aB\/c*1+.2~",
            "aB%2Fc*1%2B.2%7E",
            "aB%2fc*1%2b.2%7e",
            "aB%2Fc%2A1%2B%2E2%7E",
            "aB%2fc%2a1%2b%2e2%7e",
        ] {
            let text = format!(r#"{{"error":"no such key: {spelling}"}}"#);
            assert_eq!(
                redactor.raw(&text),
                r#"{"error":"no such key: [key]"}"#,
                "{spelling}"
            );
        }
    }

    #[test]
    fn a_key_is_gone_from_json_and_pages() {
        let redactor = redactor(r#"s3cr/t&k+y"1"#);
        for spelling in [
            r#"s3cr/t&k+y"1"#,
            r#"s3cr/t&k+y\"1"#,
            r#"s3cr\/t&k+y\"1"#,
            "s3cr/t&amp;k+y&quot;1",
            r"s3cr\/t&amp;k+y&quot;1",
            r"s3cr/t\u0026amp;k+y\u0026quot;1",
            "s3cr/t&amp;k+y&#34;1",
            r#"s3cr/t\u0026k+y\"1"#,
            r"s3cr\/t\u0026k+y\u00221",
            r"s3cr/t\u0026k\u002By\u00221",
            r"s3cr/t\u0026k\u002by\u00221",
            r"s3cr\u002Ft\u0026k\u002By\u00221",
            r"s3cr\u002ft\u0026k\u002by\u00221",
            "s3cr%2Ft%26k%2By%221",
        ] {
            let text = format!(r#"{{"error":"no such key: {spelling}"}}"#);
            assert_eq!(
                redactor.raw(&text),
                r#"{"error":"no such key: [key]"}"#,
                "{spelling}"
            );
        }
    }

    #[test]
    fn quotes_backslashes_and_letters_beyond_ascii_hide_no_key() {
        for (key, spelling) in [
            ("a'b", "a&#39;b"),
            ("a'b", "a&#039;b"),
            ("a'b", "a&#x27;b"),
            ("a'b", r"a\u0027b"),
            ("a<b>", "a&lt;b&gt;"),
            ("a<b>", r"a\u003cb\u003e"),
            ("a<b>", r"a\u003Cb\u003E"),
            (r"a\b", r"a\\b"),
            (r"a\b", r"a\u005cb"),
            ("a\u{e9}b", r"a\u00e9b"),
            ("a\u{1f511}b", r"a\uD83D\uDD11b"),
        ] {
            assert_eq!(redactor(key).raw(spelling), "[key]", "{spelling}");
        }
    }

    #[test]
    fn a_key_is_gone_in_either_case() {
        let redactor = redactor("0123456789abCDef");
        for spelling in ["0123456789ABCDEF", "0123456789abcdef", "0123456789AbcDeF"] {
            let text = format!("Ä: no such key: {spelling}; {spelling}?");
            assert_eq!(redactor.raw(&text), "Ä: no such key: [key]; [key]?");
        }
    }

    #[test]
    fn a_key_is_gone_from_what_hides_its_letters() {
        let redactor = redactor("s3cret?key>1");
        for (text, expected) in [
            ("czNjcmV0P2tleT4x", "[key]"),
            // k=…, ke=… and key=…, then an end.
            ("az1zM2NyZXQ/a2V5PjE=", "az1[key]E="),
            ("a2U9czNjcmV0P2tleT4x", "a2U9[key]"),
            ("a2V5PXMzY3JldD9rZXk+MQ==", "a2V5PX[key]Q=="),
            ("a2V5PXMzY3JldD9rZXk-MSZh", "a2V5PX[key]SZh"),
            ("7333637265743f6b65793e31", "[key]"),
            ("7333637265743F6B65793E31", "[key]"),
        ] {
            assert_eq!(redactor.raw(text), expected, "{text}");
        }
    }

    #[test]
    fn spellings_are_few() {
        let count = |key| redactor(key).spellings.len();
        assert_eq!(count("a'b"), 13);
        assert_eq!(count("0123456789abcdef"), 6);
        assert!(count(r#"s3cr/t&k+y"1'<>\~"#) <= 140);
    }

    #[test]
    fn texts_are_cut_after_the_key_is_gone() {
        let redactor = redactor("secretsecret");
        let text = format!("{}secretsecret", "ä".repeat(LONGEST_RAW / 2 - 2));
        let raw = redactor.raw(&text);
        assert!(
            raw.len() <= LONGEST_RAW && raw.ends_with("[key"),
            "{}",
            &raw[raw.len() - 9..]
        );
        assert_eq!(redactor.raw(&"ä€".repeat(9_000)).len(), LONGEST_RAW - 1);
    }

    #[test]
    fn an_empty_key_hides_nothing() {
        assert_eq!(redactor("").raw("abc"), "abc");
    }
}
