//! Clients that hold what they were given: a connection, or memory. Others are served all the same.

use panelgate_simpanel::{SimCatalogue, SimPanel, SimSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{self, Client, Files, Gateway, until};

/// A gateway with these limits, and a customer.
async fn gateway(limits: &str, panel: &SimPanel) -> (Gateway, String) {
    let mut gateway = Gateway::prepare(&[("alpha", panel)], Files::default());
    let path = gateway.path("panelgate.toml");
    let main = std::fs::read_to_string(&path).expect("read");
    let main = main.replace("[server.limits]\n", &format!("[server.limits]\n{limits}"));
    std::fs::write(path, main).expect("written");
    gateway.serve();
    let key = gateway.customer("ann", "100");
    gateway.services(&key).await;
    (gateway, key)
}

async fn connect(gateway: &Gateway) -> TcpStream {
    let host = gateway.url().trim_start_matches("http://");
    let host = host.split('/').next().expect("a host");
    TcpStream::connect(host).await.expect("connected")
}

/// Whether so many honest clients are answered side by side. Each tries once: a pool of connections would try again by itself,
/// thousands of times a second, until the machine has no port left.
async fn are_served(gateway: &Gateway, key: &str, clients: usize) -> Option<()> {
    let ask = format!("GET /api/v2?key={key}&action=balance HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut held = Vec::new();
    for _ in 0..clients {
        let mut stream = connect(gateway).await;
        stream.write_all(ask.as_bytes()).await.ok()?;
        stream.read_exact(&mut [0; 4]).await.ok()?;
        held.push(stream);
    }
    Some(())
}

/// All that still comes until the gateway closes.
async fn rest(stream: &mut TcpStream) -> usize {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    // It may end with a reset.
    _ = tokio::time::timeout(support::PATIENCE, reading)
        .await
        .expect("it closes");
    bytes.len()
}

const CONNECTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn who_says_too_little_gives_its_place_to_others() {
    let panel = support::panel().await;
    let limits = format!("connections = {CONNECTIONS}\nhead = \"1s\"\nbody = \"1s\"\n");
    let (gateway, key) = gateway(&limits, &panel).await;
    let head = "POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
    let whole = format!("GET /api/v2?key={key}&action=balance HTTP/1.1\r\nHost: x\r\n\r\n");
    for said in [
        "",
        "P",
        "POST /api/v2 HTTP/1.1\r\nHost: x\r\n",
        head,
        &format!("{head}key="),
        "POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nkey=x\r\n",
        &whole,
        &format!("{whole}GET /api"),
    ] {
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut stream = connect(&gateway).await;
            _ = stream.write_all(said.as_bytes()).await;
            held.push(stream);
        }
        until(format!("one is left after {said:?}"), || {
            are_served(&gateway, &key, 1)
        })
        .await;
        for mut stream in held {
            rest(&mut stream).await;
        }
    }
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_answer_gives_its_place_to_others() {
    let panel = SimPanel::start(SimSettings {
        catalogue: long_list(),
        ..SimSettings::default()
    });
    let panel = panel.await.expect("it starts");
    // One more for the gateway's own client, which keeps its connection.
    let places = CONNECTIONS + 1;
    let limits = format!("connections = {places}\nwrite = \"1s\"\nhead = \"1h\"\n");
    let (gateway, key) = gateway(&limits, &panel).await;
    let list = gateway.api(&key, "services", &[]).await.to_string().len();
    assert!(list > 1_000_000, "{list} bytes");
    let ask = format!("GET /api/v2?key={key}&action=services HTTP/1.1\r\nHost: x\r\n\r\n");

    // More than any socket holds, asked for by all connections there may be.
    let mut readers = Vec::new();
    while readers.len() < CONNECTIONS {
        let mut stream = connect(&gateway).await;
        _ = stream.write_all(ask.repeat(ANSWERS).as_bytes()).await;
        let mut first = [0; 4];
        // One that comes before a place is free is closed at once.
        if stream.read_exact(&mut first).await.is_ok() {
            readers.push(stream);
        }
    }
    // All of them: whoever has time left yet would be given the rest as soon as it reads.
    until("all are left", || are_served(&gateway, &key, CONNECTIONS)).await;
    for mut stream in readers {
        let taken = rest(&mut stream).await;
        assert!(taken < ANSWERS * list, "all of it was taken");
    }
    // Whoever reads gets it all.
    let list = gateway.services(&key).await;
    assert_eq!(list.len(), SERVICES);
}

const SERVICES: usize = 6_000;
const ANSWERS: usize = 30;

fn long_list() -> SimCatalogue {
    let entries = (1..=SERVICES).map(|number| {
        json!({
            "service": number, "name": format!("Followers {number}, as good as they come, from wherever they are, with no refill at all"),
            "type": "Default", "category": "Tests", "rate": "1", "min": "10", "max": "1000",
        })
    });
    SimCatalogue::Json(Value::Array(entries.collect()).to_string())
}

/// The head of a request with so large a body.
fn large(size: usize) -> String {
    format!(
        "POST /api/v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    )
}

/// What a request for the balance is answered whose body is half a megabyte.
async fn filled(gateway: &Gateway, key: &str) -> String {
    let form = format!("key={key}&action=balance&filled={}", "x".repeat(500_000));
    let mut stream = connect(gateway).await;
    // A refusal comes before all of it was read.
    _ = stream
        .write_all((large(form.len()) + &form).as_bytes())
        .await;
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("text")
}

/// What one client has sent of its body and keeps in the gateway's memory.
const HELD: usize = 900_000;
/// So much of each body is not counted (`SECURITY.md`).
const UNCOUNTED: usize = 16 * 1024;

const NO_ROOM: &str = "{\"error\":\"Too many requests\"}";

#[tokio::test(flavor = "multi_thread")]
async fn small_requests_are_read_whatever_large_ones_hold() {
    let panel = support::panel().await;
    let limits = "bodies_bytes = 1_048_576\nbody = \"1h\"\n";
    let (gateway, key) = gateway(limits, &panel).await;
    let service = gateway.service_named(&key, "Default").await;
    let answer = filled(&gateway, &key).await;
    assert!(answer.contains("\"balance\""), "{answer}");

    let mut holder = connect(&gateway).await;
    let head = large(1_000_000);
    holder.write_all(head.as_bytes()).await.expect("written");
    holder.write_all(&[b'x'; HELD]).await.expect("written");
    // Whoever asks before has the room, and the holder gets none. How much more than it has sent the holder takes depends on the
    // pieces in which it arrives.
    until("all of it is held", || async {
        let held = metric(&gateway, "panelgate_bodies_bytes").await;
        (held >= (HELD - UNCOUNTED) as f64).then_some(())
    })
    .await;
    until("there is no room for another", || async {
        filled(&gateway, &key)
            .await
            .ends_with(NO_ROOM)
            .then_some(())
    })
    .await;
    for number in 0..10 {
        let link = format!("https://example.com/{number}");
        let order = gateway.add(&key, &service, &link, 10).await;
        order.expect("accepted");
    }
    assert_eq!(panel.books().accepted().count(), 10);

    drop(holder);
    until("there is room again", || async {
        (metric(&gateway, "panelgate_bodies_bytes").await == 0.0).then_some(())
    })
    .await;
    let answer = filled(&gateway, &key).await;
    assert!(answer.contains("\"balance\""), "{answer}");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_all_bodies_take_together_is_bounded() {
    let panel = support::panel().await;
    let limits = "bodies_bytes = 8_388_608\nbody = \"1h\"\n";
    let (gateway, key) = gateway(limits, &panel).await;
    let before = metric(&gateway, "process_resident_memory_bytes").await;
    let body = vec![b'x'; MIB - 1];
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        let mut stream = connect(&gateway).await;
        // All but a byte.
        _ = stream.write_all(large(MIB).as_bytes()).await;
        _ = stream.write_all(&body).await;
        senders.push(stream);
    }
    let name = "panelgate_requests_total{action=\"invalid\",result=\"no_room\"}";
    until("most of them are refused", || async {
        (metric(&gateway, name).await >= SENDERS as f64 - 8.0).then_some(())
    })
    .await;
    let grown = metric(&gateway, "process_resident_memory_bytes").await - before;
    eprintln!(
        "{SENDERS} bodies of 1 MiB: {:.0} MiB more",
        grown / MIB as f64
    );
    assert!(grown < (SENDERS * MIB / 2) as f64, "{grown} bytes more");
    are_served(&gateway, &key, 1).await.expect("a place");
}

const MIB: usize = 1 << 20;
const SENDERS: usize = 200;

/// A figure that operators see; 0 if there is none yet.
async fn metric(gateway: &Gateway, name: &str) -> f64 {
    let url = format!("{}/metrics", gateway.operator_url());
    let metrics = Client::default().get(&url).await.expect("metrics");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |figure| figure.trim().parse().expect("a number"))
}
