//! Lines of a head: their ends, their names, and what stands before the first one.

use super::case::Adds::{Are, AtMost};
use super::case::{Adds, Case, case};

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = headers();
    // First lines. An empty head follows, and then the hidden request.
    let firsts: [(&str, &str, Adds); 14] = [
        ("version missing", "POST /api/v2", Are(0)),
        ("version 0.9", "POST /api/v2 HTTP/0.9", Are(0)),
        ("version 1.2", "POST /api/v2 HTTP/1.2", AtMost(1)),
        ("version 2.0", "POST /api/v2 HTTP/2.0", Are(0)),
        ("version in small letters", "POST /api/v2 http/1.1", Are(0)),
        ("version with a zero", "POST /api/v2 HTTP/01.1", Are(0)),
        ("version and more", "POST /api/v2 HTTP/1.1 x", Are(0)),
        ("tabs for blanks", "POST\t/api/v2\tHTTP/1.1", AtMost(1)),
        ("two blanks", "POST  /api/v2  HTTP/1.1", AtMost(1)),
        ("a blank first", " POST /api/v2 HTTP/1.1", Are(0)),
        ("a NUL in the target", "POST /api\0/v2 HTTP/1.1", Are(0)),
        ("a bare CR in the target", "POST /api\r/v2 HTTP/1.1", Are(0)),
        ("method of no letters", "P(ST /api/v2 HTTP/1.1", Are(0)),
        ("the preface of HTTP 2", "PRI * HTTP/2.0", Are(0)),
    ];
    cases.extend(
        firsts.map(|(name, first, adds)| {
            case(name, format!("{first}\r\nHost: x\r\n\r\n{{ADD}}"), adds)
        }),
    );
    cases.extend([
        case(
            "empty lines first",
            "\r\n\r\n{HEAD}Content-Length: {LOOKS}\r\n\r\n{LOOK}{ADD}",
            AtMost(1),
        ),
        case(
            "empty lines between",
            "{HEAD}Content-Length: {LOOKS}\r\n\r\n{LOOK}\r\n{ADD}",
            AtMost(1),
        ),
        case(
            "bare LFs",
            "POST /api/v2 HTTP/1.1\nHost: x\nContent-Length: {LOOKS}\n\n{LOOK}{ADD}",
            AtMost(1),
        ),
        case(
            "a bare LF ends the head",
            "{HEAD}Content-Length: {ADDS}\n\n{ADD}",
            Are(0),
        ),
        case(
            "bare CRs",
            "POST /api/v2 HTTP/1.1\rHost: x\rContent-Length: 0\r\r{ADD}",
            Are(0),
        ),
        case(
            "LF CR",
            "POST /api/v2 HTTP/1.1\n\rHost: x\n\r\n\r{ADD}",
            Are(0),
        ),
        case(
            "TLS hello",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03{ADD}",
            Are(0),
        ),
        case("garbage", b"\xff\xfe\x00\x00\r\n\r\n{ADD}", Are(0)),
        case(
            "a proxy's line",
            "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n{ADD}",
            Are(0),
        ),
        case(
            "a head of 200 lines",
            format!("{{HEAD}}{}\r\n{{ADD}}", "X-A: b\r\n".repeat(200)),
            AtMost(1),
        ),
        case(
            "a line of 1 MB",
            format!("{{HEAD}}X-A: {}\r\n\r\n{{ADD}}", "x".repeat(1 << 20)),
            AtMost(1),
        ),
    ]);
    cases
}

/// Header lines before the length of a body; the hidden request follows.
fn headers() -> Vec<Case> {
    let lines: [(&str, &[u8], Adds); 15] = [
        ("a NUL in a name", b"X\0A: b\r\n", Are(0)),
        ("a NUL in a value", b"X-A: b\0c\r\n", Are(0)),
        (
            "a NUL in the name of a length",
            b"Content-Length\0: 0\r\n",
            Are(0),
        ),
        ("a blank in a name", b"X A: b\r\n", Are(0)),
        ("a name of other letters", b"X-\xc3\xa4: b\r\n", Are(0)),
        (
            "other letters in a value",
            b"X-A: \xc3\xa4\xff\r\n",
            AtMost(1),
        ),
        ("no name", b": b\r\n", Are(0)),
        ("no colon", b"words\r\n", Are(0)),
        (
            "a bare CR in a value",
            b"X-A: b\rContent-Length: 0\r\n",
            Are(0),
        ),
        ("a bare LF in a value", b"X-A: b\nX-B: c\r\n", AtMost(1)),
        ("a bare CR at the end", b"X-A: b\r\r\n", Are(0)),
        ("a fold", b"X-A: b\r\n c\r\n", AtMost(1)),
        ("an empty fold", b"X-A: b\r\n \r\n", AtMost(1)),
        ("two hosts", b"Host: y\r\n", AtMost(1)),
        ("close and an add", b"Connection: close\r\n", Are(0)),
    ];
    let template = |lines: &[u8]| {
        [
            b"{HEAD}",
            lines,
            b"Content-Length: {LOOKS}\r\n\r\n{LOOK}{ADD}",
        ]
        .concat()
    };
    lines
        .into_iter()
        .map(|(name, lines, adds)| case(name, template(lines), adds))
        .collect()
}
