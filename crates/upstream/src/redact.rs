//! Takes our key out of what a panel says, however the panel spells it: error texts echo keys.

use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

/// Knows the spellings of one key.
#[derive(Clone)]
pub(crate) struct Redactor {
    spellings: Vec<SecretString>,
}

/// Longest text kept of an answer, in bytes.
pub(crate) const LONGEST_RAW: usize = 4 * 1024;

const INSTEAD: &str = "[key]";

impl Redactor {
    /// For this key. An empty key has nothing to hide.
    pub(crate) fn new(key: &SecretString) -> Self {
        let key = key.expose_secret();
        let form: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let strict = percent_encoded(key);
        let mut spellings = vec![
            key.to_owned(),
            key.replace('/', r"\/"),
            lower_escapes(&form),
            form,
            lower_escapes(&strict),
            strict,
        ];
        spellings.retain(|spelling| !spelling.is_empty());
        // The longest first: a shorter one may be a part of it.
        spellings.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        spellings.dedup();
        Self {
            spellings: spellings.into_iter().map(SecretString::from).collect(),
        }
    }

    /// The text without the key, cut to [`LONGEST_RAW`]. It is cut last, so that no part of a key survives the cut.
    pub(crate) fn raw(&self, text: &str) -> String {
        let mut text = self
            .spellings
            .iter()
            .fold(text.to_owned(), |text, spelling| {
                if text.contains(spelling.expose_secret()) {
                    text.replace(spelling.expose_secret(), INSTEAD)
                } else {
                    text
                }
            });
        text.truncate(text.floor_char_boundary(LONGEST_RAW));
        text
    }
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

/// `%2F` as `%2f`.
fn lower_escapes(encoded: &str) -> String {
    let mut lowered = String::with_capacity(encoded.len());
    let mut in_escape = 0;
    for c in encoded.chars() {
        if in_escape > 0 {
            in_escape -= 1;
            lowered.push(c.to_ascii_lowercase());
        } else {
            if c == '%' {
                in_escape = 2;
            }
            lowered.push(c);
        }
    }
    lowered
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
