//! `Content-Length` in every shape.

use super::case::Adds::{Are, AtMost};
use super::case::{Adds, Case, case};

pub(super) fn cases() -> Vec<Case> {
    // A value, and how many orders there are if the form that asks for the balance follows, and then the hidden request.
    let values: [(&str, &str, Adds); 21] = [
        ("length plain", "{LOOKS}", Are(1)),
        ("length after blanks", "  \t {LOOKS}", Are(1)),
        ("length before blanks", "{LOOKS} \t ", Are(1)),
        (
            "length with zeros",
            "000000000000000000000000{LOOKS}",
            AtMost(1),
        ),
        ("length with a plus", "+{LOOKS}", Are(0)),
        ("length below zero", "-{LOOKS}", Are(0)),
        ("length minus zero", "-0", Are(0)),
        ("length in hex", "0x{LOOKX}", Are(0)),
        ("length with a point", "{LOOKS}.0", Are(0)),
        ("length with an exponent", "{LOOKS}e0", Are(0)),
        ("length with an underscore", "4_9", Are(0)),
        ("length in two words", "{LOOKS} {LOOKS}", Are(0)),
        ("length and a semicolon", "{LOOKS};", Are(0)),
        ("length in quotes", "\"{LOOKS}\"", Are(0)),
        ("length without a digit", "", Are(0)),
        ("length of other digits", "\u{664}\u{669}", Are(0)),
        ("length of 2 to the 64", "184467440737095516{LOOKS}", Are(0)),
        ("length and the same", "{LOOKS}, {LOOKS}", AtMost(1)),
        ("length and another", "{LOOKS}, 0", Are(0)),
        ("length and a comma", "{LOOKS},", Are(0)),
        ("length before a vertical tab", "{LOOKS}\u{b}", Are(0)),
    ];
    let mut cases: Vec<Case> = values
        .into_iter()
        .map(|(name, value, adds)| {
            case(
                name,
                format!("{{HEAD}}Content-Length: {value}\r\n\r\n{{LOOK}}{{ADD}}"),
                adds,
            )
        })
        .collect();
    // Header lines, and what they make of the same.
    let headers = [
        (
            "lengths that agree",
            "Content-Length: {LOOKS}\r\nContent-Length: {LOOKS}\r\n",
            AtMost(1),
        ),
        (
            "lengths short first",
            "Content-Length: 0\r\nContent-Length: {LOOKS}\r\n",
            Are(0),
        ),
        (
            "lengths short last",
            "Content-Length: {LOOKS}\r\nContent-Length: 0\r\n",
            Are(0),
        ),
        (
            "lengths by another name",
            "Content-Length: {LOOKS}\r\nContent_Length: 0\r\n",
            Are(1),
        ),
        (
            "length before a blank and colon",
            "Content-Length : {LOOKS}\r\n",
            Are(0),
        ),
        (
            "length before a tab and colon",
            "Content-Length\t: {LOOKS}\r\n",
            Are(0),
        ),
        (
            "length after a fold",
            "Content-Length:\r\n {LOOKS}\r\n",
            AtMost(1),
        ),
        (
            "length in a fold",
            "X-A: b\r\n Content-Length: {LOOKS}\r\n",
            Are(0),
        ),
        (
            "length in two folds",
            "Content-Length: 4\r\n\t9\r\n",
            AtMost(1),
        ),
        (
            "length named in Connection",
            "Connection: Content-Length\r\nContent-Length: {LOOKS}\r\n",
            Are(1),
        ),
        ("length in capitals", "CONTENT-LENGTH: {LOOKS}\r\n", Are(1)),
    ];
    cases.extend(headers.map(|(name, lines, adds)| {
        case(name, format!("{{HEAD}}{lines}\r\n{{LOOK}}{{ADD}}"), adds)
    }));
    cases.extend([
        case("nothing and an add", "{HEAD}\r\n{ADD}", Are(1)),
        case("length zero and an add", "{HEAD}Content-Length: 0\r\n\r\n{ADD}", Are(1)),
        case("an add in a body", "{HEAD}Content-Length: {ADDS}\r\n\r\n{ADD}", Are(0)),
        case("an add in a body by another name", "{HEAD}Content_Length: {ADDS}\r\n\r\n{ADD}", Are(1)),
        case("a body cut", "{HEAD}Content-Length: 100000\r\n\r\n{FORM}", Are(0)),
        case("a body cut before an add", "{HEAD}Content-Length: 100000\r\n\r\n{LOOK}{ADD}", Are(0)),
        case("a byte too many", "{HEAD}Content-Length: {LOOKS}\r\n\r\n{LOOK}x{ADD}", Are(0)),
        case("two adds", "{HEAD}Content-Length: {FORMS}\r\n\r\n{FORM}{ADD}", Are(2)),
        case("three of one add", "{HEAD}Content-Length: {LOOKS}\r\n\r\n{LOOK}{HEAD}Content-Length: {LOOKS}\r\n\r\n{LOOK}{ADD}", Are(1)),
    ]);
    cases
}
