//! The connection under hyper: it notices when an answer was handed over, and can be told to end in the middle.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::office::Office;

/// What a handler tells the connection that it answers on. Handlers run one at a time on a connection.
#[derive(Debug)]
pub(super) struct Orders {
    office: Arc<Office>,
    due: Mutex<Option<Due>>,
    end: CancellationToken,
    reset: AtomicBool,
}

/// What is due once everything written so far has left.
#[derive(Debug)]
pub(super) enum Due {
    /// This request counts as answered.
    Answered(u64),
    /// The connection ends, although more was announced.
    Close,
}

/// What a connection runs over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// From here on closing it tells the other side at once, and that nothing more comes.
    fn reset(&self) -> io::Result<()>;
}

/// Closing a socket that lingers for no time sends RST.
impl Wire for TcpStream {
    fn reset(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

/// A line within the process knows one way to end.
impl Wire for DuplexStream {
    fn reset(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that obeys [`Orders`].
#[derive(Debug)]
pub(super) struct Line<S: Wire> {
    stream: S,
    orders: Arc<Orders>,
    wrote: bool,
}

impl Orders {
    pub(super) fn new(office: Arc<Office>) -> Self {
        Self {
            office,
            due: Mutex::new(None),
            end: CancellationToken::new(),
            reset: AtomicBool::new(false),
        }
    }

    /// Told right before an answer is given to hyper, which writes it without a flush in between.
    pub(super) fn after_writing(&self, due: Due) {
        *self.due.lock() = Some(due);
    }

    /// FIN, now.
    pub(super) fn close(&self) {
        self.end.cancel();
    }

    /// RST, now.
    pub(super) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
        self.end.cancel();
    }

    /// Resolves when the connection has to be dropped.
    pub(super) async fn ended(&self) {
        self.end.cancelled().await;
    }

    fn flushed(&self) {
        let due = self.due.lock().take();
        match due {
            Some(Due::Answered(number)) => self.office.answered(number),
            Some(Due::Close) => self.close(),
            None => {}
        }
    }
}

impl<S: Wire> Line<S> {
    pub(super) fn new(stream: S, orders: Arc<Orders>) -> Self {
        Self {
            stream,
            orders,
            wrote: false,
        }
    }
}

impl<S: Wire> Drop for Line<S> {
    fn drop(&mut self) {
        if self.orders.reset.load(Ordering::Acquire)
            && let Err(error) = self.stream.reset()
        {
            tracing::warn!(%error, "the connection closes instead of being reset");
        }
    }
}

impl<S: Wire> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: Wire> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wrote = true;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wrote = true;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        if std::mem::take(&mut self.wrote) {
            self.orders.flushed();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
