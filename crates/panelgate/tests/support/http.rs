//! A plain HTTP client that keeps connections.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Client(Pool<HttpConnector, Full<Bytes>>);

impl Default for Client {
    fn default() -> Self {
        Self(Pool::builder(TokioExecutor::new()).build_http())
    }
}

impl Client {
    /// Sends a form; answers the body.
    pub async fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<String, String> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.send(url, "application/x-www-form-urlencoded", body)
            .await
    }

    /// Sends any body.
    pub async fn send(
        &self,
        url: &str,
        kind: &str,
        body: impl Into<Bytes>,
    ) -> Result<String, String> {
        let request = Request::post(url)
            .header("content-type", kind)
            .body(Full::new(body.into()))
            .expect("a request");
        self.text(request).await
    }

    pub async fn get(&self, url: &str) -> Result<String, String> {
        self.text(Request::get(url).body(Full::default()).expect("a request"))
            .await
    }

    /// Sends nothing but a method and a URL.
    pub async fn request(&self, method: &str, url: &str) -> Result<String, String> {
        let request = Request::builder().method(method).uri(url);
        self.text(request.body(Full::default()).expect("a request"))
            .await
    }

    async fn text(&self, request: Request<Full<Bytes>>) -> Result<String, String> {
        let response = self
            .0
            .request(request)
            .await
            .map_err(|error| format!("{error:?}"))?;
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8(body.to_bytes().to_vec()).expect("text"))
    }
}
