//! What a raw panel does once it has an `add`, step by step.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// When a script begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// When a whole `add` was read.
    Read,
    /// When something of a request is there; nothing of it is ever read.
    Unread,
    /// When the connection is there, before anything is read.
    Accepted,
}

/// One thing that a panel does to a connection. After the last one it reads on until the other side closes.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends the same until nobody takes it any more.
    Flood(Vec<u8>),
    /// Sends a byte, waits, and so on.
    Dribble(Vec<u8>, Duration),
    /// Closes the side it speaks on.
    Shut,
    /// Closes all of it.
    Close,
    /// Ends the connection with a reset.
    Reset,
}

/// A panel's whole behaviour.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) begin: Begin,
    pub(crate) steps: Vec<Step>,
}

impl Script {
    /// After a whole `add`: these.
    pub(crate) fn then(steps: impl Into<Vec<Step>>) -> Self {
        Self {
            begin: Begin::Read,
            steps: steps.into(),
        }
    }

    /// The same from another moment on.
    pub(crate) fn at(begin: Begin, steps: impl Into<Vec<Step>>) -> Self {
        Self {
            begin,
            steps: steps.into(),
        }
    }
}

/// Sends these bytes.
pub(crate) fn send(bytes: impl AsRef<[u8]>) -> Step {
    Step::Send(bytes.as_ref().to_vec())
}

/// A whole answer with its length.
pub(crate) fn answer(body: &str) -> String {
    with_length("200 OK", "", body, body.len())
}

/// An answer with these header lines, saying that its body is so long.
pub(crate) fn with_length(status: &str, headers: &str, body: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// An answer whose body ends with its connection, if nothing else says where.
pub(crate) fn open_ended(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n{body}")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

/// An answer in gzip, cut after so many bytes if it should be.
pub(crate) fn zipped(body: &[u8], cut: Option<usize>) -> Vec<u8> {
    let bytes = gzip(body);
    let head = format!(
        "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
        bytes.len()
    );
    let mut answer = open_ended(&head, "").into_bytes();
    answer.extend(&bytes[..cut.unwrap_or(bytes.len())]);
    answer
}
