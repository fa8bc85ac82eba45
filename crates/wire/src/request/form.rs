//! Url-encoded pairs, in a body or a query.

use std::borrow::Cow;

use url::form_urlencoded;

use super::params::{Malformed, Params, folded};
use crate::names;

/// Reads pairs, each decoded exactly once: `+` is a blank, bytes that are no UTF-8 become replacement characters.
pub(super) fn read(encoded: &[u8], params: &mut Params) -> Result<(), Malformed> {
    let mut open_link: Option<String> = None;
    for segment in encoded.split(|byte| *byte == b'&') {
        let Some((name, value)) = decode(segment) else {
            continue;
        };
        if let Some(mut link) = open_link.take() {
            if !names::belongs_to_add(&folded(&name)) {
                append(&mut link, &name, &value, segment);
                open_link = Some(link);
                continue;
            }
            params.push(LINK, &link)?;
        }
        if folded(&name) == LINK && segment.contains(&b'?') {
            open_link = Some(value.into_owned());
        } else {
            params.push(&name, &value)?;
        }
    }
    open_link.map_or(Ok(()), |link| params.push(LINK, &link))
}

fn decode(segment: &[u8]) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    plain(segment).or_else(|| form_urlencoded::parse(segment).next())
}

/// The same, at a glance, for what is not encoded: most keys, words and lists of ids.
fn plain(segment: &[u8]) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    let is_encoded = |byte: &u8| matches!(byte, b'%' | b'+' | 0x80..);
    if segment.iter().any(is_encoded) {
        return None;
    }
    let (name, value) = std::str::from_utf8(segment).ok()?.split_once('=')?;
    Some((name.into(), value.into()))
}

/// Gives a link that was sent without encoding a piece of its own query back.
fn append(link: &mut String, name: &str, value: &str, segment: &[u8]) {
    link.push('&');
    link.push_str(name);
    if segment.contains(&b'=') {
        link.push('=');
        link.push_str(value);
    }
}

const LINK: &str = "link";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(encoded: &str, name: &str, expected: &[&str]) {
        let mut params = Params::default();
        read(encoded.as_bytes(), &mut params).expect("readable");
        assert_eq!(params.all(&[name]), expected, "{encoded}");
    }

    #[test]
    fn pairs_are_decoded_once() {
        check("a=1%2C2&b=x", "a", &["1,2"]);
        check("a=x+y%2Bz%252B", "a", &["x y+z%2B"]);
        check("a=%7E%2a*()~", "a", &["~**()~"]);
        check(
            "orders%5B0%5D=1&orders%5B%5D=2&orders=3",
            "orders",
            &["1", "2", "3"],
        );
        check("a=%ff%fe&&=x&b", "a", &["\u{fffd}\u{fffd}"]);
        check("a=1\r\n", "a", &["1"]);
    }

    #[test]
    fn a_bare_link_keeps_its_own_query() {
        let whole = "https://x.example/story.php?story_fbid=1&id=2&t";
        check(
            &format!("action=add&link={whole}&quantity=5"),
            "link",
            &[whole],
        );
        check(
            &format!("action=add&link={whole}&quantity=5"),
            "quantity",
            &["5"],
        );
        check(&format!("link={whole}"), "link", &[whole]);
        check(
            "link=https://x.example/?a=1&quantity=5&b=2",
            "link",
            &["https://x.example/?a=1"],
        );
    }

    #[test]
    fn an_encoded_link_takes_nothing_of_what_follows() {
        let encoded = "link=https%3A%2F%2Fx.example%2F%3Fa%3D1%26b%3D2&custom=1";
        check(encoded, "link", &["https://x.example/?a=1&b=2"]);
        check(encoded, "custom", &["1"]);
        check(
            "link=https://x.example/p&custom=1",
            "link",
            &["https://x.example/p"],
        );
    }
}
