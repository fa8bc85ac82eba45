//! One kept connection on which one request follows the other.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The client's end.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
}

impl Line {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("connected");
        stream.set_nodelay(true).expect("set");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        Self { sender }
    }

    /// The status and the whole body of an answer.
    pub(crate) async fn ask(&mut self, form: String) -> hyper::Result<(StatusCode, Bytes)> {
        self.sender.ready().await?;
        let response = self.sender.send_request(post("/api/v2", form)).await?;
        let status = response.status();
        let body = response.into_body().collect().await?;
        Ok((status, body.to_bytes()))
    }
}

/// A form as clients of the panel API send it.
pub(crate) fn post(to: &str, form: String) -> Request<Full<Bytes>> {
    Request::post(to)
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(form.into()))
        .expect("a request")
}
