//! One panel over HTTP: how a call leaves and what comes back. Knows no limits, keeps no memory, repeats nothing.

mod add;
mod body;
mod dial;
mod guard;
mod read;
mod stream;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy;
use panelgate_wire::call::{self, Call};
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use tower_http::decompression::Decompression;

pub(crate) use self::body::{Answer, Failure};
use self::dial::Dial;
pub(crate) use self::dial::tls;
pub use self::guard::is_public;
use crate::settings::{OpenError, PanelSettings};

/// The two ways to a panel: fresh connections for calls that move money, pooled ones for calls that only look.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    uri: Uri,
    key: SecretString,
    money: Http,
    reads: Http,
}

type Http = Decompression<legacy::Client<Dial, Full<Bytes>>>;

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("panelgate/", env!("CARGO_PKG_VERSION")));
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Client {
    /// A client for the panel of these settings. Opens nothing yet.
    pub(crate) fn new(settings: &PanelSettings, tls: ClientConfig) -> Result<Self, OpenError> {
        let dial = Dial::new(settings, tls);
        let uri: Uri = settings
            .url
            .as_str()
            .parse()
            .map_err(|_| OpenError::Url(settings.url.clone()))?;
        if uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(OpenError::Url(settings.url.clone()));
        }
        Ok(Self {
            uri,
            key: settings.key.clone(),
            money: add::fresh(dial.clone()),
            reads: read::pooled(dial),
        })
    }

    /// One call that may move money: one connection, one request, whatever happens.
    ///
    /// The future owns everything it needs. Dropping it ends the exchange, not its effect: spawn it.
    pub(crate) fn once(
        &self,
        call: &Call<'_>,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send + use<> {
        body::exchange(self.money.clone(), self.request(call), body::limit(call))
    }

    /// One call that only looks, over a pooled connection.
    pub(crate) fn look(
        &self,
        call: &Call<'_>,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send + use<> {
        body::exchange(self.reads.clone(), self.request(call), body::limit(call))
    }

    fn request(&self, call: &Call<'_>) -> Request<Full<Bytes>> {
        let form = call::encode(call, self.key.expose_secret());
        let mut request = Request::new(Full::from(form));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, FORM);
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, AGENT);
        request
    }
}
