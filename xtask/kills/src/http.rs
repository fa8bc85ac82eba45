//! One request per connection: whatever happens to it happens to no other.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded::Serializer;

/// Posts a form to `host:port`; answers the JSON. An answer that was cut short is an error.
pub(crate) fn post(host: &str, form: &[(&str, &str)]) -> io::Result<Value> {
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST /api/v2 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, json) = answer
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_str(json)?)
}

/// Longer than a gateway makes anybody wait.
const PATIENCE: Duration = Duration::from_secs(30);
