//! `Transfer-Encoding` in every spelling, alone and beside a length.

use super::case::Adds::{Are, AtMost};
use super::case::{Adds, Case, case};

pub(super) fn cases() -> Vec<Case> {
    // Header lines, and how many orders there are if an empty chunked body follows, and then the hidden request.
    let alone: [(&str, &str, Adds); 23] = [
        ("chunked", "Transfer-Encoding: chunked\r\n", Are(1)),
        (
            "chunked in capitals",
            "TRANSFER-ENCODING: CHUNKED\r\n",
            Are(1),
        ),
        (
            "chunked between blanks",
            "Transfer-Encoding: \t chunked \t\r\n",
            Are(1),
        ),
        (
            "chunked twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            AtMost(1),
        ),
        (
            "chunked twice in a list",
            "Transfer-Encoding: chunked, chunked\r\n",
            AtMost(1),
        ),
        (
            "chunked after gzip",
            "Transfer-Encoding: gzip, chunked\r\n",
            AtMost(1),
        ),
        (
            "chunked after identity",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
            AtMost(1),
        ),
        (
            "chunked before identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            Are(0),
        ),
        (
            "chunked before gzip",
            "Transfer-Encoding: chunked, gzip\r\n",
            Are(0),
        ),
        ("identity", "Transfer-Encoding: identity\r\n", Are(0)),
        ("no coding", "Transfer-Encoding:\r\n", Are(0)),
        (
            "chunked misspelt",
            "Transfer-Encoding: xchunked\r\n",
            Are(0),
        ),
        (
            "chunked and more letters",
            "Transfer-Encoding: chunkedx\r\n",
            Are(0),
        ),
        (
            "chunked with a weight",
            "Transfer-Encoding: chunked;q=0\r\n",
            Are(0),
        ),
        (
            "chunked in quotes",
            "Transfer-Encoding: \"chunked\"\r\n",
            Are(0),
        ),
        (
            "chunked before a comma",
            "Transfer-Encoding: chunked,\r\n",
            AtMost(1),
        ),
        (
            "chunked after a vertical tab",
            "Transfer-Encoding: \u{b}chunked\r\n",
            Are(0),
        ),
        (
            "chunked before a NUL",
            "Transfer-Encoding: chunked\0\r\n",
            Are(0),
        ),
        (
            "chunked after a fold",
            "Transfer-Encoding:\r\n chunked\r\n",
            AtMost(1),
        ),
        (
            "chunked in a fold",
            "X-A: b\r\n Transfer-Encoding: chunked\r\n",
            Are(0),
        ),
        (
            "chunked before a blank and colon",
            "Transfer-Encoding : chunked\r\n",
            Are(0),
        ),
        (
            "chunked after a bare LF",
            "X-A: b\nTransfer-Encoding: chunked\r\n",
            AtMost(1),
        ),
        (
            "chunked after a bare CR",
            "X-A: b\rTransfer-Encoding: chunked\r\n",
            Are(0),
        ),
    ];
    let mut cases: Vec<Case> = alone
        .into_iter()
        .map(|(name, lines, adds)| case(name, format!("{{HEAD}}{lines}\r\n0\r\n\r\n{{ADD}}"), adds))
        .collect();
    // The same beside a length that takes the hidden request for a body: what is read by the coding ends the connection.
    let beside = [
        (
            "both",
            "Content-Length: 500\r\nTransfer-Encoding: chunked\r\n",
        ),
        (
            "both the other way",
            "Transfer-Encoding: chunked\r\nContent-Length: 500\r\n",
        ),
        (
            "both in one case",
            "content-length: 500\r\ntransfer-encoding: chunked\r\n",
        ),
        (
            "both and close",
            "Content-Length: 500\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n",
        ),
        (
            "both and keep",
            "Content-Length: 500\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
        ),
        (
            "both with zero",
            "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        ),
        (
            "both with the right length",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        ),
        (
            "both with two lengths",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 500\r\n",
        ),
        (
            "both with identity",
            "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
        ),
        (
            "both misspelt",
            "Content-Length: 500\r\nTransfer-Encoding: xchunked\r\n",
        ),
        (
            "both by a blank",
            "Content-Length: 500\r\nTransfer-Encoding : chunked\r\n",
        ),
        (
            "both by a fold",
            "Content-Length: 500\r\nTransfer-Encoding:\r\n chunked\r\n",
        ),
    ];
    cases.extend(
        beside.map(|(name, lines)| {
            case(name, format!("{{HEAD}}{lines}\r\n0\r\n\r\n{{ADD}}"), Are(0))
        }),
    );
    cases.extend([
        case("coding by another name", "{HEAD}Transfer_Encoding: chunked\r\nContent-Length: {ADDS}\r\n\r\n{ADD}", Are(0)),
        case("coding by another name and no length", "{HEAD}Transfer_Encoding: chunked\r\n\r\n{ADD}", Are(1)),
        case("coding that Connection names", "{HEAD}Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{ADD}", Are(1)),
        case("chunked in HTTP 1.0", "POST /api/v2 HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{ADD}", Are(0)),
        case("chunked GET", "GET /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{ADDX}\r\n{ADD}\r\n0\r\n\r\n", Are(0)),
        case("chunked TE", "{HEAD}TE: chunked\r\nContent-Length: {ADDS}\r\n\r\n{ADD}", Are(0)),
    ]);
    cases
}
