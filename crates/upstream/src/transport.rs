//! Where connections to a panel come from: a seam, so that simulations have a network of their own.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// Where connections to a panel come from.
#[derive(Clone, Debug, Default)]
pub enum Transport {
    /// The network: names, addresses that are allowed, TCP, and TLS where the URL says so.
    #[default]
    Network,
    /// Whatever this connects to, wherever the URL points.
    Given(Arc<dyn Connect>),
}

/// Something that connects. A failure means that no byte has left.
pub trait Connect: Debug + Send + Sync {
    /// A new connection. Dropping the future gives it up.
    fn connect(&self) -> Connecting;
}

/// A connection that is being made.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Line>>> + Send>>;

/// A connection: bytes both ways, in order, until either side ends it.
pub trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}
