//! What a panel can do to the connection of an `add`, and how the order has to end.

use std::time::Duration;

use crate::script::{Begin, Script, Step, answer, open_ended, send, with_length, zipped};

/// How an order ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nobody knows whether the panel has it; the money stays held.
    Unconfirmed,
    /// The panel has it.
    Placed,
    /// One of the two, by who was faster. Both are true.
    PlacedOrUnconfirmed,
    /// The panel has it, which it says long after `timeout`.
    PlacedLate,
    /// The panel refused it in these words; the money is back.
    Refused(&'static str),
}

/// A name, what the panel does, how it ends.
pub(crate) type Row = (&'static str, Script, End);

use End::{Placed, PlacedLate, PlacedOrUnconfirmed, Refused, Unconfirmed};

const ORDER: &str = r#"{"order":71}"#;
const REFUSED: &str = r#"{"error":"Incorrect request"}"#;

/// The connection ends where it should not.
pub(crate) fn broken_off() -> Vec<Row> {
    let head = with_length("200 OK", "", "", ORDER.len());
    vec![
        (
            "closed before a byte",
            Script::then([Step::Close]),
            Unconfirmed,
        ),
        (
            "closed unread",
            Script::at(Begin::Unread, [Step::Close]),
            Unconfirmed,
        ),
        (
            "closed on connecting",
            Script::at(Begin::Accepted, [Step::Close]),
            Unconfirmed,
        ),
        (
            "half closed before a byte",
            Script::then([Step::Shut]),
            Unconfirmed,
        ),
        (
            "reset before a byte",
            Script::then([Step::Reset]),
            Unconfirmed,
        ),
        (
            "reset unread",
            Script::at(Begin::Unread, [Step::Reset]),
            Unconfirmed,
        ),
        (
            "reset on connecting",
            Script::at(Begin::Accepted, [Step::Reset]),
            Unconfirmed,
        ),
        (
            "closed in the status",
            Script::then([send("HTTP/1.1 20"), Step::Close]),
            Unconfirmed,
        ),
        (
            "closed in the head",
            Script::then([send(&head[..head.len() - 2]), Step::Close]),
            Unconfirmed,
        ),
        (
            "closed after the head",
            Script::then([send(&head), Step::Close]),
            Unconfirmed,
        ),
        (
            "closed after an open head",
            Script::then([send(open_ended("", "")), Step::Close]),
            Unconfirmed,
        ),
        (
            "closed in the body",
            Script::then([send(head.clone() + r#"{"order":7"#), Step::Close]),
            Unconfirmed,
        ),
        (
            "body shorter than its length",
            Script::then([send(with_length("200 OK", "", ORDER, 100)), Step::Close]),
            Unconfirmed,
        ),
        (
            "reset after the head",
            Script::then([send(&head), Step::Reset]),
            Unconfirmed,
        ),
        (
            "reset in the body",
            Script::then([send(head + r#"{"ord"#), Step::Reset]),
            Unconfirmed,
        ),
        ("silent", Script::then([]), Unconfirmed),
    ]
}

/// The answer comes in an odd way and is one.
pub(crate) fn odd_but_whole() -> Vec<Row> {
    let continues = "HTTP/1.1 100 Continue\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let whole = answer(ORDER);
    let each = Duration::from_millis(25);
    vec![
        ("plain", Script::then([send(&whole)]), Placed),
        (
            "100 first",
            Script::then([send(continues), send(&whole)]),
            Placed,
        ),
        (
            "100 first, in one go",
            Script::then([send(continues.to_owned() + &whole)]),
            Placed,
        ),
        (
            "103 first",
            Script::then([send(hints.to_owned() + &whole)]),
            Placed,
        ),
        (
            "100 and no more",
            Script::then([send(continues), Step::Close]),
            Unconfirmed,
        ),
        (
            "a thousand times 100",
            Script::then([send(continues.repeat(1_000)), send(&whole)]),
            Placed,
        ),
        (
            "answered on connecting",
            Script::at(Begin::Accepted, [send(&whole)]),
            PlacedOrUnconfirmed,
        ),
        (
            "answered on connecting and closed",
            Script::at(Begin::Accepted, [send(&whole), Step::Close]),
            PlacedOrUnconfirmed,
        ),
        (
            "answered unread",
            Script::at(Begin::Unread, [send(&whole)]),
            Placed,
        ),
        (
            "two answers",
            Script::then([send(whole.clone() + &answer(r#"{"order":72}"#))]),
            Placed,
        ),
        (
            "an order, then a refusal",
            Script::then([send(whole.clone() + &answer(REFUSED))]),
            Placed,
        ),
        (
            "refused",
            Script::then([send(answer(REFUSED))]),
            Refused("Incorrect request"),
        ),
        (
            "body longer than its length",
            Script::then([send(with_length(
                "200 OK",
                "",
                &format!("{ORDER}, and more"),
                ORDER.len(),
            ))]),
            Placed,
        ),
        (
            "open ended",
            Script::then([send(open_ended("", ORDER)), Step::Close]),
            Placed,
        ),
        (
            "HTTP/1.0",
            Script::then([send("HTTP/1.0 200 OK\r\n\r\n"), send(ORDER), Step::Close]),
            Placed,
        ),
        (
            "chunked",
            Script::then([send(open_ended(
                CHUNKED,
                "5\r\n{\"ord\r\n7\r\ner\":71}\r\n0\r\n\r\n",
            ))]),
            Placed,
        ),
        (
            "in gzip",
            Script::then([send(zipped(ORDER.as_bytes(), None))]),
            Placed,
        ),
        (
            "dribbled past its time",
            Script::then([Step::Dribble(whole.into_bytes(), each)]),
            PlacedLate,
        ),
    ]
}

/// The answer's bytes are no answer.
pub(crate) fn broken() -> Vec<Row> {
    let cut = |length: &str| {
        Script::then([
            send(with_length("200 OK", length, ORDER, ORDER.len())),
            Step::Close,
        ])
    };
    let chunks = |body: &str| Script::then([send(open_ended(CHUNKED, body)), Step::Close]);
    let raw = |bytes: &[u8]| Script::then([send(bytes), Step::Close]);
    let bomb = vec![b' '; 64 * 1024 * 1024];
    vec![
        ("a length that cuts", Script::then([send(with_length("200 OK", "", ORDER, 10))]), Unconfirmed),
        ("two lengths", cut("Content-Length: 11\r\n"), Unconfirmed),
        ("a length with a sign", cut("Content-Length: +12\r\n"), Unconfirmed),
        ("chunks cut", chunks("c\r\n{\"order\":71"), Unconfirmed),
        ("chunks without an end", chunks("c\r\n{\"order\":71}\r\n"), Unconfirmed),
        ("no size of a chunk", chunks("zz\r\n{\"order\":71}\r\n0\r\n\r\n"), Unconfirmed),
        ("a chunk of 2^64", chunks("10000000000000000c\r\n{\"order\":71}\r\n0\r\n\r\n"), Unconfirmed),
        ("gzip cut", Script::then([send(zipped(ORDER.as_bytes(), Some(20))), Step::Close]), Unconfirmed),
        ("gzip that is none", Script::then([send(with_length("200 OK", "Content-Encoding: gzip\r\n", ORDER, ORDER.len()))]), Unconfirmed),
        ("a gzip bomb", Script::then([send(zipped(&bomb, None))]), Unconfirmed),
        ("no head at all", raw(ORDER.as_bytes()), Unconfirmed),
        ("a line and a body", raw(b"{\"order\":71}\r\n\r\n{\"order\":71}"), Unconfirmed),
        ("TLS alert", raw(b"\x15\x03\x03\x00\x02\x02\x28"), Unconfirmed),
        ("HTTP/2", raw(b"HTTP/2.0 200 OK\r\nContent-Length: 12\r\n\r\n{\"order\":71}"), Unconfirmed),
        ("ICY", raw(b"ICY 200 OK\r\nContent-Length: 12\r\n\r\n{\"order\":71}"), Unconfirmed),
        ("upgrades", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{\"order\":71}"), Unconfirmed),
        ("204", raw(b"HTTP/1.1 204 No Content\r\nContent-Length: 12\r\n\r\n{\"order\":71}"), Unconfirmed),
    ]
}

/// The answer never ends; the gateway has to hang up.
pub(crate) fn endless() -> Vec<Row> {
    let flood = |first: String, more: &str| {
        Script::then([send(first), Step::Flood(more.repeat(4_096).into_bytes())])
    };
    let status = "HTTP/1.1 200 OK\r\n".to_owned();
    vec![
        (
            "endless body",
            flood(open_ended("", r#"{"order":71,"x":""#), "x"),
            Unconfirmed,
        ),
        (
            "endless blanks",
            flood(open_ended("", ORDER), " "),
            Unconfirmed,
        ),
        (
            "endless chunks",
            flood(open_ended(CHUNKED, "c\r\n{\"order\":71}\r\n"), "1\r\n \r\n"),
            Unconfirmed,
        ),
        (
            "endless size of a chunk",
            flood(open_ended(CHUNKED, ""), "0"),
            Unconfirmed,
        ),
        (
            "endless extension of a chunk",
            flood(open_ended(CHUNKED, "c;"), "x"),
            Unconfirmed,
        ),
        (
            "endless trailers",
            flood(
                open_ended(CHUNKED, "c\r\n{\"order\":71}\r\n0\r\n"),
                "X-A: b\r\n",
            ),
            Unconfirmed,
        ),
        (
            "endless headers",
            flood(status.clone(), "X-A: b\r\n"),
            Unconfirmed,
        ),
        (
            "endless line of a header",
            flood(status.clone() + "X-A: ", "x"),
            Unconfirmed,
        ),
        (
            "1 MB line of a header",
            Script::then([send(with_length(
                "200 OK",
                &format!("X-A: {}\r\n", "x".repeat(1_000_000)),
                ORDER,
                ORDER.len(),
            ))]),
            Unconfirmed,
        ),
        (
            "ten thousand headers",
            Script::then([send(with_length(
                "200 OK",
                &"X-A: b\r\n".repeat(10_000),
                ORDER,
                ORDER.len(),
            ))]),
            Unconfirmed,
        ),
        (
            "endless status",
            flood("HTTP/1.1 200 ".to_owned(), "O"),
            Unconfirmed,
        ),
        (
            "endless 100",
            flood(String::new(), "HTTP/1.1 100 Continue\r\n\r\n"),
            Unconfirmed,
        ),
        ("endless nothing", flood(String::new(), "\r\n"), Unconfirmed),
    ]
}

/// It sends the gateway somewhere else.
pub(crate) fn redirects(to: &str) -> Vec<Row> {
    let names = ["301", "302", "303", "307", "308"];
    let rows = names.map(|status| {
        let headers = format!("Location: {to}\r\n");
        let moved = with_length(&format!("{status} Moved"), &headers, ORDER, ORDER.len());
        (status, Script::then([send(moved)]), Unconfirmed)
    });
    rows.into()
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
