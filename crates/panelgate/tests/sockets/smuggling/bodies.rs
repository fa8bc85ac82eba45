//! Chunks in every shape.

use super::case::Adds::{Are, AtMost};
use super::case::{Adds, Case, case};

pub(super) fn cases() -> Vec<Case> {
    // A body after `chunked`, and how many orders there are with the hidden request behind it.
    let bodies: [(&str, &str, Adds); 33] = [
        ("chunk", "{LOOKX}\r\n{LOOK}\r\n0\r\n\r\n", Are(1)),
        ("chunk of an add", "{FORMX}\r\n{FORM}\r\n0\r\n\r\n", Are(2)),
        (
            "chunk with an extension",
            "{LOOKX};a=b\r\n{LOOK}\r\n0\r\n\r\n",
            Are(1),
        ),
        (
            "chunk with a quoted extension",
            "{LOOKX};a=\"b;c\"\r\n{LOOK}\r\n0\r\n\r\n",
            Are(1),
        ),
        (
            "chunk with an extension after a blank",
            "{LOOKX} ;a=b\r\n{LOOK}\r\n0\r\n\r\n",
            AtMost(1),
        ),
        (
            "chunk with a bare LF in an extension",
            "{LOOKX};a\nb\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk with a bare CR in an extension",
            "{LOOKX};a\rb\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk of zeros",
            "00000{LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            AtMost(1),
        ),
        ("chunk in capitals", "A\r\n0123456789\r\n0\r\n\r\n", Are(1)),
        (
            "chunk with a prefix",
            "0x{LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk with a plus",
            "+{LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk below zero",
            "-{LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk after a blank",
            " {LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            AtMost(1),
        ),
        (
            "chunk before a blank",
            "{LOOKX} \r\n{LOOK}\r\n0\r\n\r\n",
            AtMost(1),
        ),
        (
            "chunk in two words",
            "{LOOKX} {LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk with an underscore",
            "1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
            Are(0),
        ),
        ("chunk without a size", "\r\n{LOOK}\r\n0\r\n\r\n", Are(0)),
        (
            "chunk of 2 to the 64",
            "10000000000000000\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk that wraps",
            "100000000000000{LOOKX}\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk of all ones",
            "ffffffffffffffff\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk longer than its size",
            "5\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk shorter than its size",
            "fff\r\n{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        ("chunk without an end", "{LOOKX}\r\n{LOOK}0\r\n\r\n", Are(0)),
        (
            "chunk after a bare LF",
            "{LOOKX}\n{LOOK}\r\n0\r\n\r\n",
            AtMost(1),
        ),
        (
            "chunk after a bare CR",
            "{LOOKX}\r{LOOK}\r\n0\r\n\r\n",
            Are(0),
        ),
        (
            "chunk before a bare LF",
            "{LOOKX}\r\n{LOOK}\n0\r\n\r\n",
            AtMost(1),
        ),
        (
            "last chunk of bare LFs",
            "{LOOKX}\r\n{LOOK}\r\n0\n\n",
            AtMost(1),
        ),
        ("last chunk with an extension", "0;{LOOKX}\r\n\r\n", Are(1)),
        ("last chunk of zeros", "000000\r\n\r\n", AtMost(1)),
        ("trailer", "0\r\nX-A: b\r\n\r\n", Are(1)),
        (
            "trailer with a length",
            "0\r\nContent-Length: 500\r\nTransfer-Encoding: identity\r\n\r\n",
            Are(1),
        ),
        ("trailer without a colon", "0\r\nwords\r\n\r\n", Are(0)),
        ("trailer that is the add", "0\r\n", Are(0)),
    ];
    let mut cases: Vec<Case> = bodies
        .into_iter()
        .map(|(name, body, adds)| {
            case(
                name,
                format!("{{HEAD}}Transfer-Encoding: chunked\r\n\r\n{body}{{ADD}}"),
                adds,
            )
        })
        .collect();
    cases.extend([
        case("chunk that holds the add", "{HEAD}Transfer-Encoding: chunked\r\n\r\n{ADDX}\r\n{ADD}\r\n0\r\n\r\n", Are(0)),
        case("chunk that is cut", "{HEAD}Transfer-Encoding: chunked\r\n\r\n{FORMX}\r\n{FORM}", Are(0)),
        case("chunks without a last one", "{HEAD}Transfer-Encoding: chunked\r\n\r\n{FORMX}\r\n{FORM}\r\n", Are(0)),
        case("chunk with a long extension", format!("{{HEAD}}Transfer-Encoding: chunked\r\n\r\n{{LOOKX}};{}\r\n{{LOOK}}\r\n0\r\n\r\n{{ADD}}", "x".repeat(100_000)), AtMost(1)),
        case("many trailers", format!("{{HEAD}}Transfer-Encoding: chunked\r\n\r\n0\r\n{}\r\n{{ADD}}", "X-A: b\r\n".repeat(10_000)), AtMost(1)),
    ]);
    cases
}
