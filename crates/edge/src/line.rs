//! One connection, as far as it matters whether somebody hears an answer: an `add` whose answer is lost may be asked for again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use panelgate_engine::Hearing;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The answer that the connection waits for, if that matters. Dropped with the connection, it is lost.
#[derive(Debug, Default)]
pub(crate) struct Line(Mutex<Option<Hearing>>);

impl Line {
    /// The next bytes that are written are this answer.
    pub(crate) fn answers(&self, hearing: Hearing) {
        *self.0.lock() = Some(hearing);
    }

    fn is_waiting(&self) -> bool {
        self.0.lock().is_some()
    }

    fn settle(&self, is_heard: bool) {
        let hearing = self.0.lock().take();
        // Otherwise it is lost here.
        if let Some(hearing) = hearing.filter(|_| is_heard) {
            hearing.heard();
        }
    }
}

/// A connection that sees whether its client is still there when an answer is handed over.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    line: Arc<Line>,
}

impl Watched {
    pub(crate) const fn new(stream: TcpStream, line: Arc<Line>) -> Self {
        Self { stream, line }
    }

    /// A client that has closed its side, or reset the connection, has given up. What it may have sent since stays unread.
    fn is_deserted(&self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0];
        match self.stream.poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(read)) => read == 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if !self.line.is_waiting() {
            return write(Pin::new(&mut self.stream), cx);
        }
        let is_deserted = self.is_deserted(cx);
        let written = ready!(write(Pin::new(&mut self.stream), cx));
        let is_heard = !is_deserted && written.as_ref().is_ok_and(|written| *written > 0);
        self.line.settle(is_heard);
        Poll::Ready(written)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
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
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
