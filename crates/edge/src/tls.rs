//! TLS in front of the customers' listener. Connections that are open keep what they began with; each new one gets the
//! certificate that was handed over last.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::certificate::{self, Certificate};

/// What a listener with TLS shows its clients. All clones are the same one.
#[derive(Clone)]
pub struct Tls(Arc<ArcSwap<ServerConfig>>);

/// A connection, with TLS on it or without. What the socket sees of it are whole records; an answer has been handed over when
/// the last of its records has, because a flush goes down only after that.
pub(crate) type Stream<S> = Either<S, Box<TlsStream<S>>>;

impl Tls {
    pub(crate) fn new(certificate: &Certificate) -> Self {
        Self(Arc::new(ArcSwap::from(config(certificate))))
    }

    /// New connections get this one from now on. Sessions of before are not resumed, so that nobody goes on with the old one.
    pub fn renew(&self, certificate: &Certificate) {
        self.0.store(config(certificate));
    }

    /// Shakes hands; dropped, it leaves nothing behind.
    ///
    /// # Errors
    /// What came is no TLS, or nothing that we speak; or it took longer than `within`.
    async fn accept<S>(&self, stream: S, within: Duration) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let handshake = TlsAcceptor::from(self.0.load_full()).accept(stream);
        tokio::time::timeout(within, handshake)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// The connection as it is served: as it came, if there is no TLS.
///
/// # Errors
/// As for [`Tls::accept`].
pub(crate) async fn over<S>(tls: Option<&Tls>, stream: S, within: Duration) -> io::Result<Stream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match tls {
        None => Ok(Either::Left(stream)),
        Some(tls) => Ok(Either::Right(Box::new(tls.accept(stream, within).await?))),
    }
}

/// TLS 1.2 and 1.3, HTTP/1.1, and no early data (it could be replayed).
fn config(certificate: &Certificate) -> Arc<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(certificate::provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .expect("the provider has ciphers for both versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certificate.pair())));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
