//! One connection, as far as it matters whether somebody hears an answer: an `add` whose answer is lost may be asked for again.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use panelgate_engine::{Asker, Hearing};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::patience::Patience;

/// The answer that the connection waits for, if that matters. Dropped with the connection, it is lost.
#[derive(Debug)]
pub(crate) struct Line {
    hearing: Mutex<Option<Hearing>>,
    client: Weak<Client>,
}

impl Line {
    /// The next bytes that are written are this answer.
    pub(crate) fn answers(&self, hearing: Hearing) {
        *self.hearing.lock() = Some(hearing);
    }

    /// Whoever waits at its end. Weak: nothing keeps a connection open but the connection.
    pub(crate) fn asker(&self) -> Weak<dyn Asker> {
        Weak::<Client>::clone(&self.client)
    }

    fn is_waiting(&self) -> bool {
        self.hearing.lock().is_some()
    }

    fn settle(&self, is_heard: bool) {
        let hearing = self.hearing.lock().take();
        // Otherwise it is lost here.
        if let Some(hearing) = hearing.filter(|_| is_heard) {
            hearing.heard();
        }
    }
}

/// The side of a connection that its client speaks on.
#[derive(Debug)]
struct Client(OwnedReadHalf);

impl Asker for Client {
    /// A client that has closed its side, or reset the connection, has given up, whatever it may have sent before.
    fn is_gone(&self) -> bool {
        let ready = pin!(self.0.ready(Interest::READABLE));
        match ready.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(ready)) => ready.is_read_closed(),
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }
}

/// A connection that sees whether its client is still there when an answer is handed over, and does not wait for it for ever.
#[derive(Debug)]
pub(crate) struct Watched {
    client: Arc<Client>,
    answers: OwnedWriteHalf,
    line: Arc<Line>,
    patience: Patience,
    /// Something of the answer that the line waits for was handed over.
    is_begun: bool,
}

impl Watched {
    /// An answer is waited for `write` long until it was taken; then writing fails, which ends the connection.
    pub(crate) fn new(stream: TcpStream, write: Duration) -> (Self, Arc<Line>) {
        let (questions, answers) = stream.into_split();
        let client = Arc::new(Client(questions));
        let line = Arc::new(Line {
            hearing: Mutex::default(),
            client: Arc::downgrade(&client),
        });
        let watched = Self {
            client,
            answers,
            line: Arc::clone(&line),
            patience: Patience::new(write),
            is_begun: false,
        };
        (watched, line)
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut OwnedWriteHalf>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let is_waiting = self.line.is_waiting();
        let is_gone = is_waiting && self.client.is_gone();
        let written = write(Pin::new(&mut self.answers), cx);
        let written = ready!(self.patience.bound(cx, written));
        if !is_waiting {
            return Poll::Ready(written);
        }
        self.is_begun = !is_gone && written.as_ref().is_ok_and(|written| *written > 0);
        if !self.is_begun {
            self.line.settle(false);
        }
        Poll::Ready(written)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream: &TcpStream = self.client.0.as_ref();
        loop {
            ready!(stream.poll_read_ready(cx))?;
            let room = buf.remaining();
            let mut came = None;
            let read = stream.try_io(Interest::READABLE, || {
                let length = stream.try_read_buf(buf)?;
                came = Some(length);
                // All that was there: the next read waits to be told that there is more, instead of asking the kernel in vain.
                match 0 < length && length < room {
                    true => Err(io::ErrorKind::WouldBlock.into()),
                    false => Ok(()),
                }
            });
            match (came, read) {
                (Some(_), _) => return Poll::Ready(Ok(())),
                (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                (None, read) => return Poll::Ready(read),
            }
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.answers.is_write_vectored()
    }

    /// All that there was to write is written: an answer may go in several pieces, and behind others.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.answers).poll_flush(cx));
        self.patience.renew();
        if std::mem::take(&mut self.is_begun) {
            self.line.settle(flushed.is_ok());
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.answers).poll_shutdown(cx)
    }
}
