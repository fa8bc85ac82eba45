//! The connector: name, connection and TLS, guarded and bounded in time. Whatever fails in here happened before a byte of a
//! request left.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower::Service;

use super::guard::{self, GuardedResolver};

/// Connects to panels.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    https: HttpsConnector<HttpConnector<GuardedResolver<GaiResolver>>>,
    within: Duration,
    allow_private: bool,
}

type BoxError = Box<dyn Error + Send + Sync>;
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Longest time for name, connection and TLS together.
const LONGEST_DIAL: Duration = Duration::from_secs(10);

impl Dial {
    /// A dial takes at most half of a call's `timeout`: a call that times out has then always been connected, and its
    /// outcome is unknown for a reason.
    pub(crate) fn new(tls: ClientConfig, timeout: Duration, allow_private: bool) -> Self {
        let resolver = GuardedResolver::new(GaiResolver::new(), allow_private);
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Self {
            https,
            within: LONGEST_DIAL.min(timeout / 2),
            allow_private,
        }
    }
}

impl Service<Uri> for Dial {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let guarded = if self.allow_private {
            Ok(())
        } else {
            guard::check(&uri)
        };
        let connecting = guarded.map(|()| tokio::time::timeout(self.within, self.https.call(uri)));
        let within = self.within;
        Box::pin(async move {
            connecting?
                .await
                .unwrap_or_else(|_| Err(format!("no connection within {within:?}").into()))
        })
    }
}

/// TLS as every desk uses it: this provider and no other, Mozilla's roots, no early data (it could be replayed).
pub(crate) fn tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_webpki_roots()
        .with_no_client_auth();
    config.enable_early_data = false;
    Ok(config)
}
