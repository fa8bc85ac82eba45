//! Behind proxies: whose wrong keys are counted shows who the gateway takes a client for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::support::{Files, Gateway, panel};

/// One wrong key a minute and address.
const ONE_GUESS: &str = "wrong_keys_per_minute = 1\n";
const TRUSTING: &str = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\n";

async fn gateway(server: &str, limits: &str) -> (panelgate_simpanel::SimPanel, Gateway) {
    let panel = panel().await;
    let files = Files {
        server: server.to_owned(),
        limits: limits.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    (panel, gateway)
}

pub(crate) fn address(gateway: &Gateway) -> SocketAddr {
    let url = url::Url::parse(gateway.url()).expect("a URL");
    url.socket_addrs(|| None).expect("an address")[0]
}

/// What comes back for one wrong key; what is written first may be a header of the PROXY protocol, or more headers of HTTP.
pub(crate) async fn guess(
    to: SocketAddr,
    from: Ipv4Addr,
    first: &[u8],
    headers: &str,
) -> io::Result<String> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let mut stream = socket.connect(to).await?;
    let body = "key=wrong&action=balance";
    let request = format!(
        "POST /api/v2 HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(&[first, request.as_bytes()].concat())
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(body.to_owned())
}

pub(crate) const COUNTED: &str = r#"{"error":"Invalid API key"}"#;
pub(crate) const OVER: &str = r#"{"error":"Too many requests"}"#;
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

#[tokio::test]
async fn a_trusted_proxy_says_who_its_clients_are() {
    let (_panel, gateway) = gateway(TRUSTING, ONE_GUESS).await;
    let to = address(&gateway);
    for (headers, answer) in [
        ("X-Forwarded-For: 203.0.113.7\r\n", COUNTED),
        ("X-Forwarded-For: 203.0.113.7\r\n", OVER),
        ("X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.9\r\n", OVER),
        (
            "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7\r\n",
            OVER,
        ),
        ("X-Forwarded-For: 203.0.113.8\r\n", COUNTED),
        ("Forwarded: for=203.0.113.8;proto=https\r\n", OVER),
        ("Forwarded: for=\"[2001:db8::7]:4711\"\r\n", COUNTED),
        ("X-Forwarded-For: 2001:db8::8\r\n", OVER),
        // Who is nobody in particular is the proxy.
        ("", COUNTED),
        (
            "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=6.6.6.6\r\n",
            OVER,
        ),
        ("X-Forwarded-For: unknown\r\n", OVER),
        (
            "Forwarded: for=6.6.6.6;by=\", for=\"203.0.113.7\"\r\n",
            OVER,
        ),
    ] {
        let said = guess(to, HERE, b"", headers).await.expect("an answer");
        assert_eq!(said, answer, "{headers}");
    }
    // Strangers say what they like.
    let stranger = Ipv4Addr::new(127, 0, 0, 2);
    for (headers, answer) in [
        ("X-Forwarded-For: 203.0.113.10\r\n", COUNTED),
        ("X-Forwarded-For: 203.0.113.11\r\n", OVER),
        ("Forwarded: for=203.0.113.12\r\n", OVER),
    ] {
        let said = guess(to, stranger, b"", headers).await.expect("an answer");
        assert_eq!(said, answer, "{headers}");
    }
}

#[tokio::test]
async fn clients_behind_a_proxy_have_so_many_requests_at_a_time() {
    let (_panel, gateway) = gateway(TRUSTING, "per_address = 1\n").await;
    let to = address(&gateway);
    // A request without its end keeps its client's only place.
    let mut first = tokio::net::TcpStream::connect(to).await.expect("connected");
    let begun = "POST /api/v2 HTTP/1.1\r\nHost: g\r\nX-Forwarded-For: 203.0.113.7\r\nContent-Length: 9\r\n\r\nkey=";
    first.write_all(begun.as_bytes()).await.expect("sent");
    crate::support::until("it counts", || async {
        let said = guess(to, HERE, b"", "X-Forwarded-For: 203.0.113.7\r\n").await;
        (said.expect("an answer") == OVER).then_some(())
    })
    .await;
    let other = guess(to, HERE, b"", "X-Forwarded-For: 203.0.113.8\r\n").await;
    assert_eq!(other.expect("an answer"), COUNTED);
    first.write_all(b"wrong").await.expect("sent");
    let mut answer = [0; 15];
    first.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_begin_with_whose_they_are() {
    let server = format!("{TRUSTING}proxy_protocol = true\n");
    let (_panel, gateway) = gateway(&server, ONE_GUESS).await;
    let to = address(&gateway);
    let one = b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n";
    let two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\x7f\0\0\x01\x12\x67\0\x50";
    let balancer = b"PROXY TCP4 10.0.0.9 127.0.0.1 4711 80\r\n";
    for (first, headers, answer) in [
        (&one[..], "", COUNTED),
        (two, "", OVER),
        (one, "X-Forwarded-For: 203.0.113.8\r\n", OVER),
        (balancer, "X-Forwarded-For: 203.0.113.8\r\n", COUNTED),
        (balancer, "X-Forwarded-For: 6.6.6.6, 203.0.113.8\r\n", OVER),
        (b"PROXY UNKNOWN\r\n", "", COUNTED),
    ] {
        let said = guess(to, HERE, first, headers).await.expect("an answer");
        assert_eq!(said, answer, "{first:?}, {headers}");
    }
    for nonsense in [
        &b""[..],
        b"PROXY TCP4 203.0.113.7\r\n",
        b"PROXY TCP4 a b 1 2\r\n",
    ] {
        let said = guess(to, HERE, nonsense, "").await;
        assert!(said.as_ref().map_or(true, String::is_empty), "{said:?}");
    }
    // Of strangers it is no HTTP.
    let stranger = Ipv4Addr::new(127, 0, 0, 2);
    let said = guess(to, stranger, one, "").await;
    assert!(
        said.as_ref().map_or(true, |said| !said.contains("API key")),
        "{said:?}"
    );
    let said = guess(to, stranger, b"", "").await;
    assert_eq!(said.expect("an answer"), COUNTED);
}
