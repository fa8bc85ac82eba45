//! From the bytes of a body to its one JSON value.

use std::borrow::Cow;

use super::{AnswerError, Http, error, object::Object};
use crate::json::Node;
use crate::refusal::{Classifier, Meaning};

/// The text of a body; bytes that are no UTF-8 become replacement characters.
pub(super) fn text<'a>(http: &Http<'a>) -> Cow<'a, str> {
    String::from_utf8_lossy(http.body)
}

/// The one JSON value of a text. Before it there may be a byte order mark, blanks, and notices of PHP; behind it only blanks.
pub(super) fn node(text: &str) -> Option<Node<'_>> {
    Node::parse(without_notices(text))
}

/// Opens the answer to a call that may be repeated: a JSON value with HTTP 2xx, or with 4xx an object with an error text.
pub(super) fn open<'t>(http: &Http<'_>, text: &'t str) -> Result<Node<'t>, AnswerError> {
    if http.body.len() > LARGEST_BODY {
        return Err(AnswerError::TooLarge);
    }
    let throttled = AnswerError::Throttled {
        retry_after: http.retry_after,
    };
    match http.status {
        429 => Err(throttled),
        200..=299 => node(text).ok_or(AnswerError::NotJson),
        400..=499 => node(text)
            .filter(|node| Object::read(*node).is_some_and(|object| error::text(&object).is_some()))
            .ok_or(AnswerError::HttpStatus(http.status)),
        other => Err(AnswerError::HttpStatus(other)),
    }
}

/// What an error text about the whole call means.
pub(super) fn refused(http: &Http<'_>, classifier: &Classifier, text: String) -> AnswerError {
    match classifier.classify(&text) {
        Meaning::Throttled => AnswerError::Throttled {
            retry_after: http.retry_after,
        },
        Meaning::Refused(_) | Meaning::Unlisted => AnswerError::Refused(text),
    }
}

/// Skips what PHP prints when it is told to show its notices. A notice that holds a brace is not skipped: nobody could say
/// where the answer begins.
fn without_notices(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let Some(end) = line_break(rest).or_else(|| notice(rest)) else {
            return rest;
        };
        rest = &rest[end..];
    }
}

/// Length of a `<br />` at the start.
fn line_break(text: &str) -> Option<usize> {
    ["<br />", "<br/>", "<br>"]
        .into_iter()
        .find(|tag| text.starts_with(tag))
        .map(str::len)
}

/// Length of a notice at the start: to its `<br />` if it is marked up, else to the end of its line.
fn notice(text: &str) -> Option<usize> {
    let (marked_up, word) = match text.strip_prefix("<b>") {
        Some(word) => (true, word),
        None => (false, text.strip_prefix("PHP ").unwrap_or(text)),
    };
    let level = NOTICES.iter().find(|level| word.starts_with(**level))?;
    let after = &word[level.len()..];
    let colon = if marked_up { "</b>:" } else { ":" };
    after.starts_with(colon).then_some(())?;
    let end = if marked_up {
        text.find("<br")?
    } else {
        text.find('\n')?
    };
    let plain = end <= LONGEST_NOTICE && !text[..end].contains(['{', '}']);
    plain.then_some(end)
}

/// What PHP goes on after; a fatal error is none of these.
const NOTICES: [&str; 4] = ["Notice", "Warning", "Deprecated", "Strict Standards"];
const LONGEST_NOTICE: usize = 4_096;
/// Ten times the largest known catalogue.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, readable: bool) {
        assert_eq!(node(text).is_some(), readable, "{text}");
    }

    #[test]
    fn noise_before_the_answer_is_skipped() {
        check("{\"a\":1}", true);
        check("\u{feff}\r\n {\"a\":1}\n", true);
        check(
            "<br />\n<b>Notice</b>:  Undefined index: x in <b>/a.php</b> on line <b>7</b><br />\n{\"a\":1}",
            true,
        );
        check(
            "\nWarning: Undefined array key \"x\" in /a.php on line 7\n{\"a\":1}",
            true,
        );
        check(
            "PHP Deprecated:  x in /a.php on line 7\n\nNotice: y\n[1]",
            true,
        );
    }

    #[test]
    fn anything_else_is_no_answer() {
        check("", false);
        check("<!DOCTYPE html><html></html>", false);
        check("{\"a\":1}{\"b\":2}", false);
        check("{\"a\":1}<br />", false);
        check("{\"a\":1", false);
        check("OK {\"a\":1}", false);
        check("<b>Fatal error</b>: x<br />{\"a\":1}", false);
        check(
            "<b>Notice</b>: {\"order\":5} <br />{\"error\":\"Bad link\"}",
            false,
        );
        check("Notice of acceptance\n{\"a\":1}", false);
    }
}
