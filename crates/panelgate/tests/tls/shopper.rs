//! A customer's client over TLS, and certificates for it to trust.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::support::Gateway;

/// A certificate for the loopback address that vouches for itself, with its key.
pub(super) struct Issued {
    pub(super) certificate: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl Issued {
    pub(super) fn new() -> Self {
        let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("issued");
        Self {
            certificate: issued.cert.der().clone(),
            pem: issued.cert.pem(),
            key: issued.signing_key.serialize_pem(),
        }
    }

    /// One that was over long ago.
    pub(super) fn expired() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut wanted = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
        wanted.not_before = rcgen::date_time_ymd(2020, 1, 2);
        wanted.not_after = rcgen::date_time_ymd(2020, 1, 3);
        let issued = wanted.self_signed(&key).expect("signed");
        Self {
            certificate: issued.der().clone(),
            pem: issued.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes both files.
    pub(super) fn put(&self, gateway: &Gateway) {
        self.put_certificate(gateway);
        write(&gateway.path("key.pem"), &self.key);
    }

    pub(super) fn put_certificate(&self, gateway: &Gateway) {
        write(&gateway.path("fullchain.pem"), &self.pem);
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

/// Trusts some certificates; resumes sessions where it can.
#[derive(Clone)]
pub(super) struct Shopper(TlsConnector);

impl Shopper {
    pub(super) fn trusting(issued: &[&Issued]) -> Self {
        Self::speaking(rustls::ALL_VERSIONS, &[b"http/1.1"], issued)
    }

    pub(super) fn speaking(
        versions: &[&'static rustls::SupportedProtocolVersion],
        protocols: &[&[u8]],
        issued: &[&Issued],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        for one in issued {
            roots.add(one.certificate.clone()).expect("a root");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("supported")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|one| one.to_vec()).collect();
        Self(TlsConnector::from(Arc::new(config)))
    }

    /// A connection after its handshake.
    pub(super) async fn dial(&self, gateway: &Gateway) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address(gateway)).await?;
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        self.0.connect(name, stream).await
    }

    /// A connection to ask on, again and again.
    pub(super) async fn connect(&self, gateway: &Gateway) -> Connection {
        let stream = self.dial(gateway).await.expect("connected");
        let shown = stream.get_ref().1.peer_certificates();
        let shown = shown.and_then(<[_]>::first).expect("a certificate").clone();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        Connection {
            sender,
            shown: shown.into_owned(),
        }
    }
}

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// What the server has shown.
    pub(super) shown: CertificateDer<'static>,
}

impl Connection {
    /// One request; answers the JSON.
    pub(super) async fn ask(&mut self, form: &str) -> Value {
        let request = Request::post("/api/v2")
            .header("host", "127.0.0.1")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::copy_from_slice(form.as_bytes())))
            .expect("a request");
        self.sender.ready().await.expect("open");
        let answer = self.sender.send_request(request).await.expect("an answer");
        let body = answer.into_body().collect().await.expect("a body");
        serde_json::from_slice(&body.to_bytes()).expect("JSON")
    }
}

/// Sends a request and does not listen.
pub(super) async fn say(stream: &mut TlsStream<TcpStream>, form: &str) {
    let request = format!(
        "POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
}

/// Where customers connect.
pub(super) fn address(gateway: &Gateway) -> SocketAddr {
    let url = url::Url::parse(gateway.url()).expect("a URL");
    assert_eq!(url.scheme(), "https");
    let found = url.socket_addrs(|| None).expect("an address");
    found[0]
}
