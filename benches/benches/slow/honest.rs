//! A client as customers have it: one kept connection, one request after the other.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What the honest client asks with.
pub(crate) struct Asks {
    key: String,
    order: String,
}

/// How long each request took, in ascending order.
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time within which this part of all requests was answered.
    pub(crate) fn at(&self, part: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a part of a count"
        )]
        let index = (self.0.len() as f64 * part).ceil() as usize;
        self.0[index.clamp(1, self.0.len()) - 1]
    }
}

/// Waits until the list is there, and places a first order.
pub(crate) async fn ready(address: SocketAddr, key: &str) -> Asks {
    let mut sender = connect(address).await;
    let mut answer = Bytes::new();
    while !answer.starts_with(b"{\"order\":") {
        answer = ask(&mut sender, add(key)).await;
    }
    let answer = String::from_utf8(answer.to_vec()).expect("text");
    let order = answer
        .trim_start_matches("{\"order\":")
        .trim_end_matches('}');
    Asks {
        key: key.to_owned(),
        order: order.to_owned(),
    }
}

/// Asks for a while.
pub(crate) async fn measure(address: SocketAddr, asks: &Asks) -> Figures {
    let Asks { key, order } = asks;
    let mut sender = connect(address).await;
    let (mut figures, began) = (Vec::new(), Instant::now());
    while began.elapsed() < MEASURED {
        for form in [
            add(key),
            format!("key={key}&action=status&order={order}"),
            format!("key={key}&action=balance"),
        ] {
            let asked = Instant::now();
            let answer = ask(&mut sender, form).await;
            figures.push(asked.elapsed());
            assert!(!answer.starts_with(b"{\"error\""), "{answer:?}");
        }
    }
    figures.sort();
    Figures(figures)
}

fn add(key: &str) -> String {
    format!("key={key}&action=add&service=1001&quantity=10&link=https%3A%2F%2Fexample.com%2Fp")
}

async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("connected");
    stream.set_nodelay(true).expect("set");
    let connecting = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (sender, connection) = connecting.await.expect("a connection");
    tokio::spawn(connection);
    sender
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, form: String) -> Bytes {
    let request = Request::post("/api/v2")
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form)))
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let body = response.into_body().collect().await;
    body.expect("a body").to_bytes()
}

const MEASURED: Duration = Duration::from_secs(10);
