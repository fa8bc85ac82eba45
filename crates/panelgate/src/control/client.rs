//! The command line's end of the control socket.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::protocol::{Request, Response};
use super::socket_path;

/// Sends a command to the server of this store; `None` if none is running.
///
/// # Errors
/// A server is there but does not answer.
pub(crate) fn call(store: &Path, request: &Request) -> anyhow::Result<Option<Response>> {
    call_within(ANSWER_WITHIN, store, request)
}

/// Tells the server of this store something that it can do without: nobody learns whether it heard.
pub(crate) fn tell(store: &Path, request: &Request) {
    if let Err(error) = call_within(HEAR_WITHIN, store, request) {
        tracing::debug!(%error, "the server was not told");
    }
}

fn call_within(
    within: Duration,
    store: &Path,
    request: &Request,
) -> anyhow::Result<Option<Response>> {
    let path = socket_path(store);
    let mut stream = match UnixStream::connect(&path) {
        Ok(stream) => stream,
        // A socket without a server behind it is what a crash leaves.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => {
            return Err(error)
                .with_context(|| format!("cannot reach the server at {}", path.display()));
        }
    };
    stream.set_read_timeout(Some(within))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).context("the server hung up")?;
    let mut answer = String::new();
    BufReader::new(stream)
        .read_line(&mut answer)
        .context("the server did not answer")?;
    anyhow::ensure!(!answer.is_empty(), "the server hung up without an answer");
    serde_json::from_str(&answer)
        .context("the server's answer makes no sense; is it another version?")
        .map(Some)
}

/// Syncs of large lists take a while.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// A server that stands still does not keep a command waiting that is done already.
const HEAR_WITHIN: Duration = Duration::from_secs(2);
