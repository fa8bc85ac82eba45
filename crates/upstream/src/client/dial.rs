//! The connector: name, connection and TLS, guarded and bounded in time. Whatever fails in here happened before a byte of a
//! request left.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tower::Service;

use super::guard::{self, GuardedResolver};
use super::stream::Stream;
use crate::settings::PanelSettings;
use crate::transport::{Connect, Transport};

/// Connects to panels.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    way: Way,
    within: Duration,
}

#[derive(Clone, Debug)]
enum Way {
    Network { https: Https, allow_private: bool },
    Given(Arc<dyn Connect>),
}

type BoxError = Box<dyn Error + Send + Sync>;
type Https = HttpsConnector<HttpConnector<GuardedResolver<GaiResolver>>>;

/// Longest time for name, connection and TLS together.
const LONGEST_DIAL: Duration = Duration::from_secs(10);

impl Dial {
    /// A dial takes at most half of a call's `timeout`: a call that times out has then always been connected, and its
    /// outcome is unknown for a reason.
    pub(crate) fn new(settings: &PanelSettings, tls: ClientConfig) -> Self {
        let way = match &settings.transport {
            Transport::Network => Way::Network {
                https: https(tls, settings.allow_private),
                allow_private: settings.allow_private,
            },
            Transport::Given(connect) => Way::Given(Arc::clone(connect)),
        };
        Self {
            way,
            within: LONGEST_DIAL.min(settings.timeout / 2),
        }
    }
}

fn https(tls: ClientConfig, allow_private: bool) -> Https {
    let resolver = GuardedResolver::new(GaiResolver::new(), allow_private);
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.enforce_http(false);
    http.set_nodelay(true);
    HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http)
}

impl Service<Uri> for Dial {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.way {
            Way::Network { https, .. } => https.poll_ready(cx),
            Way::Given(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.way.connect(uri);
        let within = self.within;
        Box::pin(async move {
            tokio::time::timeout(within, connecting)
                .await
                .unwrap_or_else(|_| Err(format!("no connection within {within:?}").into()))
        })
    }
}

impl Way {
    fn connect(
        &mut self,
        uri: Uri,
    ) -> Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>> {
        match self {
            Self::Network {
                https,
                allow_private,
            } => {
                if let (false, Err(error)) = (*allow_private, guard::check(&uri)) {
                    return Box::pin(std::future::ready(Err(error.into())));
                }
                let connecting = https.call(uri);
                Box::pin(async move { Ok(Stream::Network(Box::new(connecting.await?))) })
            }
            Self::Given(connect) => {
                let connecting = connect.connect();
                Box::pin(async move { Ok(Stream::Given(TokioIo::new(connecting.await?))) })
            }
        }
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
