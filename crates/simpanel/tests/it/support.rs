//! A client that knows nothing of the workspace: bytes into a socket, bytes out of it.

use std::io;
use std::time::Duration;

use panelgate_simpanel::{SimPanel, SimSettings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Nothing here takes longer, or something hangs.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// What came back before the connection ended.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) error: Option<io::ErrorKind>,
}

impl Heard {
    pub(crate) fn status(&self) -> u16 {
        let word = self.text.split(' ').nth(1);
        word.and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let mut named = lines.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value)
    }

    pub(crate) fn body(&self) -> &str {
        let body = self.text.split_once("\r\n\r\n");
        body.map_or("", |(_, body)| body)
    }
}

pub(crate) async fn start(settings: SimSettings) -> SimPanel {
    SimPanel::start(settings).await.expect("it starts")
}

/// Bounds what must happen.
pub(crate) async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, wanted)
        .await
        .expect("it happens before long")
}

/// A request on a connection of its own, and everything that comes back.
pub(crate) async fn post(panel: &SimPanel, form: &str) -> Heard {
    let stream = send(panel, form).await;
    soon(hear(stream)).await
}

/// A request on a connection of its own; the answer is not read.
pub(crate) async fn send(panel: &SimPanel, form: &str) -> TcpStream {
    let mut stream = TcpStream::connect(panel.address()).await.expect("connects");
    let request = format!(
        "POST /api/v2 HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\nkey=sim-key&{form}",
        form.len() + "key=sim-key&".len()
    );
    stream.write_all(request.as_bytes()).await.expect("sends");
    stream
}

/// Reads until the end.
pub(crate) async fn hear(mut stream: TcpStream) -> Heard {
    let mut bytes = Vec::new();
    let outcome = stream.read_to_end(&mut bytes).await;
    Heard {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        error: outcome.err().map(|error| error.kind()),
    }
}

/// An order that any panel with a generated list takes.
pub(crate) fn add(link: &str) -> String {
    format!("action=add&service=1&link={link}&quantity=100")
}
