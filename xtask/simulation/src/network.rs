//! The way to a simulated panel without sockets. Requests and answers can be lost on it with the process, and nowhere else: what
//! a panel does to a connection is its own fault.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use panelgate_simpanel::SimPanel;
use panelgate_upstream::{Connect, Connecting, Line};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::life::Life;
use crate::mishap::{Kind, Mishap, Mishaps};

/// Connects one process to one panel.
pub(crate) struct Way {
    panel: Arc<SimPanel>,
    life: Life,
    mishaps: Arc<Mishaps>,
}

impl Way {
    pub(crate) fn new(panel: Arc<SimPanel>, life: Life, mishaps: Arc<Mishaps>) -> Self {
        Self {
            panel,
            life,
            mishaps,
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

impl Connect for Way {
    fn connect(&self) -> Connecting {
        let mishap = self.mishaps.at("connect", Kind::Connect);
        let (panel, life, mishaps) = (
            Arc::clone(&self.panel),
            self.life.clone(),
            Arc::clone(&self.mishaps),
        );
        Box::pin(async move {
            match mishap {
                Some(Mishap::Error) => return Err(io::ErrorKind::ConnectionRefused.into()),
                Some(Mishap::Delay(length)) => tokio::time::sleep(length).await,
                Some(Mishap::CrashBefore | Mishap::CrashAfter) => life.end(),
                None => {}
            }
            let open = life.lived(std::future::ready(panel.connect())).await;
            let ended = life.clone();
            let line: Box<dyn Line> = Box::new(Wire {
                open: Some(open),
                ended: Box::pin(async move { ended.ended().await }),
                life,
                mishaps,
                is_asking: false,
            });
            Ok(line)
        })
    }
}

/// A connection that ends with the process.
struct Wire {
    open: Option<DuplexStream>,
    ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    life: Life,
    mishaps: Arc<Mishaps>,
    /// A request has left, and no byte of its answer has arrived.
    is_asking: bool,
}

impl Wire {
    /// The stream while the process lives.
    fn open(&mut self, cx: &mut Context<'_>) -> io::Result<Pin<&mut DuplexStream>> {
        if self.life.has_ended() || self.ended.as_mut().poll(cx).is_ready() {
            self.open = None;
        }
        let open = self.open.as_mut().map(Pin::new);
        open.ok_or_else(|| io::ErrorKind::ConnectionReset.into())
    }

    /// Passes a boundary; an end of the process is the only thing that happens in the middle of a connection.
    fn crashes(&self, place: &str, kind: Kind) -> Option<Mishap> {
        let mishap = self.mishaps.at(place, kind)?;
        matches!(mishap, Mishap::CrashBefore | Mishap::CrashAfter).then_some(mishap)
    }

    fn crash(&mut self) -> io::Error {
        self.life.end();
        self.open = None;
        io::ErrorKind::ConnectionReset.into()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::task::ready!(self.open(cx)?.poll_read(cx, buffer));
        if buffer.filled().len() > before && std::mem::take(&mut self.is_asking) {
            // The answer is here, and nobody in the process has seen it yet.
            if self.crashes("answer", Kind::Arrive).is_some() {
                return Poll::Ready(Err(self.crash()));
            }
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.is_asking {
            self.is_asking = true;
            match self.crashes("request", Kind::Leave) {
                Some(Mishap::CrashBefore) => return Poll::Ready(Err(self.crash())),
                Some(_) => {
                    // It leaves whole, and the process ends before anything comes back.
                    _ = self.open(cx)?.poll_write(cx, bytes);
                    self.life.end();
                }
                None => {}
            }
        }
        self.open(cx)?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.open(cx)?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.open(cx) {
            Ok(open) => open.poll_shutdown(cx),
            Err(_) => Poll::Ready(Ok(())),
        }
    }
}
