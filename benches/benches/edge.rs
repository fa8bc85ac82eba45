//! `status` and `balance` of the customers' listener, beside a bare hyper server that only reads the body and answers the same
//! bytes. Both are asked by the same load over loopback, one after the other, in one run: the server has one thread, the load
//! another.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use panelgate_benches::table::{per_second, print};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

mod gateway;

fn main() {
    let server = runtime();
    let load = runtime();
    let gateway = server.block_on(gateway::start());
    let mut rows = Vec::new();
    for (name, form) in [
        ("status", gateway.status_form()),
        ("balance", gateway.balance_form()),
    ] {
        let answer = load.block_on(one(gateway.address, &form));
        let bare = server.block_on(bare_server(answer.clone()));
        let (ours, theirs) = alternate(&load, gateway.address, bare, &form, &answer);
        rows.push(vec![
            name.to_owned(),
            format!("{ours:.0}"),
            format!("{theirs:.0}"),
            format!("{:.2}", ours / theirs),
            answer.len().to_string(),
        ]);
    }
    print(
        "requests per second, 64 keep-alive connections",
        &[
            "action",
            "panelgate",
            "bare hyper",
            "ratio",
            "bytes of answer",
        ],
        &rows,
    );
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Rounds in turn, so that a noisy moment strikes both; the medians are compared.
fn alternate(
    load: &Runtime,
    ours: SocketAddr,
    bare: SocketAddr,
    form: &Bytes,
    answer: &Bytes,
) -> (f64, f64) {
    let mut figures = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        figures
            .0
            .push(load.block_on(requests_per_second(ours, form, answer)));
        figures
            .1
            .push(load.block_on(requests_per_second(bare, form, answer)));
    }
    (median(figures.0), median(figures.1))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn bare_server(answer: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("accepted");
            stream.set_nodelay(true).expect("set");
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    request.into_body().collect().await.expect("a body");
                    let mut response = Response::new(Full::new(answer));
                    response
                        .headers_mut()
                        .insert("content-type", "application/json".parse().expect("a value"));
                    Ok::<_, Infallible>(response)
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

async fn requests_per_second(address: SocketAddr, form: &Bytes, answer: &Bytes) -> f64 {
    let answered = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let connections = (0..CONNECTIONS).map(|_| {
        let (form, answer, answered) = (form.clone(), answer.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            let mut sender = connect(address).await;
            while began.elapsed() < MEASURED {
                assert_eq!(ask(&mut sender, &form).await, answer);
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for connection in connections.collect::<Vec<_>>() {
        connection.await.expect("no panic");
    }
    per_second(
        answered.load(Ordering::Relaxed),
        began.elapsed().as_secs_f64(),
    )
}

async fn one(address: SocketAddr, form: &Bytes) -> Bytes {
    ask(&mut connect(address).await, form).await
}

type Sender = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn connect(address: SocketAddr) -> Sender {
    let stream = TcpStream::connect(address).await.expect("connected");
    stream.set_nodelay(true).expect("set");
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    sender
}

async fn ask(sender: &mut Sender, form: &Bytes) -> Bytes {
    let request = Request::post("/api/v2")
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(form.clone()))
        .expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes()
}

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;
const MEASURED: Duration = Duration::from_secs(2);
