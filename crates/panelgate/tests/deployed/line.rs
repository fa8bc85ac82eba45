//! A client's connection, byte by byte: whether anything of an answer came decides whether a read may be repeated.

use std::fmt;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::form_urlencoded::Serializer;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The connection ended before any byte of an answer.
    BeforeAnyByte,
    /// Anything else.
    Otherwise(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeforeAnyByte => f.write_str("the connection ended before any byte"),
            Self::Otherwise(why) => f.write_str(why),
        }
    }
}

/// One connection.
pub(crate) struct Line(TcpStream);

impl Line {
    pub(crate) async fn open(to: SocketAddr) -> Result<Self, Lost> {
        let stream = TcpStream::connect(to).await;
        stream
            .map(Self)
            .map_err(|error| Lost::Otherwise(format!("not connected: {error}")))
    }

    /// Asks once; answers the JSON, and the connection if it can be used again.
    pub(crate) async fn ask(
        mut self,
        form: &[(&str, &str)],
    ) -> Result<(Value, Option<Self>), Lost> {
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        let request = format!(
            "POST /api/v2 HTTP/1.1\r\nHost: gateway\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if self.0.write_all(request.as_bytes()).await.is_err() {
            return Err(Lost::BeforeAnyByte);
        }
        let mut bytes = Vec::new();
        loop {
            if let Some((json, keeps)) = whole(&bytes) {
                return Ok((json, keeps.then_some(self)));
            }
            match self.0.read_buf(&mut bytes).await {
                Ok(read) if read > 0 => {}
                _ if bytes.is_empty() => return Err(Lost::BeforeAnyByte),
                ended => {
                    let text = String::from_utf8_lossy(&bytes);
                    return Err(Lost::Otherwise(format!("{ended:?} after {text:?}")));
                }
            }
        }
    }
}

/// An answer that is there to its last byte, and whether the connection stays.
fn whole(bytes: &[u8]) -> Option<(Value, bool)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let length: usize = length.parse().expect("a number");
    let json = serde_json::from_str(body.get(..length)?).expect("JSON");
    Some((json, !head.contains("connection: close")))
}
