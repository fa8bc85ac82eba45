//! One kept connection on which one request follows the other. It does as little as it can: what is sent was rendered before,
//! and of an answer only what has to be checked is read.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The client's end.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The beginning of an answer, as far as it has come.
struct Begun {
    /// Where its body begins in the buffer.
    body: usize,
    /// How long its body will be.
    length: usize,
    /// How much of the buffer is filled.
    filled: usize,
}

/// A request as clients of the panel API send it, whole.
pub(crate) fn post(form: &str, more_headers: &str) -> Vec<u8> {
    let length = form.len();
    format!(
        "POST /api/v2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         {more_headers}Content-Length: {length}\r\n\r\n{form}"
    )
    .into_bytes()
}

impl Line {
    pub(crate) async fn to(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
        })
    }

    /// The body of the answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<&[u8]> {
        let begun = self.begin(request).await?;
        let end = begun.body + begun.length;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let rest = &mut self.buffer[begun.filled.min(end)..end];
        self.stream.read_exact(rest).await?;
        Ok(&self.buffer[begun.body..end])
    }

    /// Whether the body of the answer is this, to the last byte. It is compared as it comes and never kept whole.
    pub(crate) async fn ask_for(&mut self, request: &[u8], body: &[u8]) -> io::Result<bool> {
        let begun = self.begin(request).await?;
        let came = &self.buffer[begun.body..begun.filled];
        let mut is_right = begun.length == body.len() && body.starts_with(came);
        let mut came = came.len();
        while came < begun.length {
            let read = self.stream.read(&mut self.buffer).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            is_right &= body.get(came..came + read) == Some(&self.buffer[..read]);
            came += read;
        }
        Ok(is_right)
    }

    /// Sends and reads the head, and as much as came with it.
    async fn begin(&mut self, request: &[u8]) -> io::Result<Begun> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            let came = &self.buffer[..filled];
            if let Some(end) = came.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                return Ok(Begun {
                    body: end + 4,
                    length: length(&came[..end + 2])?,
                    filled,
                });
            }
        }
    }
}

/// The length of a body, of an answer that says that all is well.
fn length(head: &[u8]) -> io::Result<usize> {
    let odd = || io::Error::other(String::from_utf8_lossy(head).into_owned());
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(odd());
    }
    let mut lines = head.split(|byte| *byte == b'\n');
    let value = lines.find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then_some(value)
    });
    let value = value.and_then(|value| std::str::from_utf8(value).ok());
    let number = value.and_then(|value| value.trim().parse().ok());
    number.ok_or_else(odd)
}

const NAME: &[u8] = b"content-length:";
const BUFFER: usize = 64 * 1024;
