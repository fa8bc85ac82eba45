//! Methods, targets, and headers that change what a connection is.

use super::case::Adds::{Are, AtMost};
use super::case::{Adds, Case, case};

pub(super) fn cases() -> Vec<Case> {
    // First lines; a form with an `add` follows, and then the hidden request.
    let firsts: [(&str, &str, Adds); 20] = [
        ("absolute form", "POST http://x/api/v2 HTTP/1.1", Are(2)),
        (
            "absolute form of another host",
            "POST http://y/api/v2 HTTP/1.1",
            AtMost(2),
        ),
        (
            "absolute form without a path",
            "POST http://x HTTP/1.1",
            AtMost(1),
        ),
        ("a slash at the end", "POST /api/v2/ HTTP/1.1", Are(2)),
        ("two slashes", "POST //api/v2 HTTP/1.1", AtMost(1)),
        ("dots in the path", "POST /api/x/../v2 HTTP/1.1", AtMost(1)),
        (
            "a semicolon in the path",
            "POST /api/v2;x HTTP/1.1",
            AtMost(1),
        ),
        (
            "a percent in the path",
            "POST /api%2fv2 HTTP/1.1",
            AtMost(1),
        ),
        ("a fragment", "POST /api/v2#x HTTP/1.1", AtMost(2)),
        ("no path", "POST ?key={KEY} HTTP/1.1", AtMost(1)),
        ("another path", "POST /other HTTP/1.1", AtMost(1)),
        ("a star", "OPTIONS * HTTP/1.1", AtMost(1)),
        ("HEAD with a body", "HEAD /api/v2 HTTP/1.1", AtMost(1)),
        ("GET with a body", "GET /api/v2 HTTP/1.1", Are(1)),
        ("PUT", "PUT /api/v2 HTTP/1.1", AtMost(1)),
        ("TRACE", "TRACE /api/v2 HTTP/1.1", AtMost(1)),
        (
            "a method in small letters",
            "post /api/v2 HTTP/1.1",
            AtMost(1),
        ),
        ("a method of ours", "ADD /api/v2 HTTP/1.1", AtMost(1)),
        ("CONNECT", "CONNECT x:80 HTTP/1.1", AtMost(1)),
        ("CONNECT to the path", "CONNECT /api/v2 HTTP/1.1", AtMost(1)),
    ];
    let mut cases: Vec<Case> = firsts
        .into_iter()
        .map(|(name, first, adds)| {
            case(
                name,
                format!("{first}\r\nHost: x\r\nContent-Length: {{FORMS}}\r\n\r\n{{FORM}}{{ADD}}"),
                adds,
            )
        })
        .collect();
    // Header lines of an `add`; the hidden request follows.
    let headers = [
        (
            "upgrade to h2c",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            AtMost(2),
        ),
        (
            "upgrade to websocket",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
            AtMost(2),
        ),
        ("expect 100", "Expect: 100-continue\r\n", Are(2)),
        ("expect something else", "Expect: 200-ok\r\n", AtMost(2)),
        (
            "expect twice",
            "Expect: 100-continue\r\nExpect: 100-continue\r\n",
            AtMost(2),
        ),
        ("close", "Connection: close\r\n", Are(1)),
        (
            "close and keep",
            "Connection: close, keep-alive\r\n",
            Are(1),
        ),
        (
            "another method by a header",
            "X-HTTP-Method-Override: GET\r\n",
            AtMost(2),
        ),
        (
            "another path by a header",
            "X-Original-URL: /other\r\nX-Rewrite-URL: /other\r\n",
            AtMost(2),
        ),
    ];
    cases.extend(headers.map(|(name, lines, adds)| {
        case(
            name,
            format!("{{HEAD}}{lines}Content-Length: {{FORMS}}\r\n\r\n{{FORM}}{{ADD}}"),
            adds,
        )
    }));
    cases.extend([
        case("expect 100 and no body", "{HEAD}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n{ADD}", Are(1)),
        case("expect 100 and another path", "POST /other HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {ADDS}\r\n\r\n{ADD}", Are(0)),
        case("HTTP 1.0", "POST /api/v2 HTTP/1.0\r\nContent-Length: {FORMS}\r\n\r\n{FORM}{ADD}", Are(1)),
        case("HTTP 1.0 that keeps", "POST /api/v2 HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: {FORMS}\r\n\r\n{FORM}{ADD}", AtMost(2)),
        case("HTTP 1.0 without a length", "POST /api/v2 HTTP/1.0\r\n\r\n{FORM}", Are(0)),
        case("GET of an add", "GET /api/v2?{FORM} HTTP/1.1\r\nHost: x\r\n\r\n{ADD}", Are(1)),
        case("GET of an add with another method", "GET /api/v2?{FORM} HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\n\r\n{ADD}", Are(1)),
    ]);
    cases
}
