//! The customers' listener on raw sockets, and a panel that shares not a line of code with the gateway.

mod support;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use panelgate_simpanel::SimPanel;
use parking_lot::Mutex;
use serde_json::json;
use support::{Client, Files, Gateway, panel, until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Sends bytes, answers all that comes back until the server closes.
async fn raw(gateway: &Gateway, request: &str) -> String {
    String::from_utf8(raw_bytes(gateway, request).await).expect("text")
}

async fn raw_bytes(gateway: &Gateway, request: &str) -> Vec<u8> {
    let address = gateway
        .url()
        .trim_start_matches("http://")
        .trim_end_matches("/api/v2")
        .to_owned();
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    tokio::time::timeout(support::PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("in time")
        .expect("read");
    answer
}

fn post(kind: &str, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_encoding_is_decided_by_its_bytes() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "5");
    let balance = "{\"balance\":\"5.00\",\"currency\":\"USD\"}";
    let form = "application/x-www-form-urlencoded";
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nbalance\r\n--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n{key}\r\n--b--\r\n"
    );
    for request in [
        post(form, "/api/v2", &format!("key={key}&action=balance")),
        post(form, "/api/v2/", &format!("action=balance&key={key}")),
        post(
            form,
            "/api/v2",
            &json!({"key": key, "action": "balance"}).to_string(),
        ),
        post(
            "text/plain;charset=UTF-8",
            "/api/v2",
            &json!({"key": key, "action": "balance"}).to_string(),
        ),
        post(
            "application/json",
            "/api/v2",
            &format!("key={key}&action=balance"),
        ),
        post("multipart/form-data; boundary=b", "/api/v2", &multipart),
        post(form, &format!("/api/v2?key={key}"), "action=balance"),
        format!(
            "GET /api/v2?key={key}&action=balance HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ),
        format!(
            "GET /api/v2?action=balance HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\nConnection: close\r\n\r\n"
        ),
        format!("GET /api/v2?action=balance HTTP/1.0\r\nAuthorization: Bearer {key}\r\n\r\n"),
    ] {
        let answer = raw(&gateway, &request).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") || answer.starts_with("HTTP/1.0 200 OK\r\n"),
            "{answer}"
        );
        assert!(
            answer
                .to_lowercase()
                .contains("\r\ncontent-type: application/json\r\n"),
            "{answer}"
        );
        assert!(
            answer.ends_with(&format!("\r\n\r\n{balance}")),
            "{request}\n→\n{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_in_the_words_of_the_field() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "5");
    let service = gateway.service_named(&key, "Default").await;
    let many: String = (1..=101).map(|id| format!("{id},")).collect();
    for (action, parameters, error) in [
        ("", vec![], "Incorrect request"),
        ("dance", vec![], "Incorrect request"),
        (
            "add",
            vec![("service", "999999"), ("link", "x"), ("quantity", "10")],
            "Incorrect service ID",
        ),
        (
            "add",
            vec![("service", service.as_str()), ("quantity", "10")],
            "Bad link",
        ),
        (
            "add",
            vec![
                ("service", service.as_str()),
                ("link", "x"),
                ("quantity", "9"),
            ],
            "Quantity less than minimal 10",
        ),
        (
            "add",
            vec![
                ("service", service.as_str()),
                ("link", "x"),
                ("quantity", "10001"),
            ],
            "Quantity more than maximum 10000",
        ),
        (
            "add",
            vec![
                ("service", service.as_str()),
                ("link", "x"),
                ("quantity", "5000"),
            ],
            "Not enough funds on balance",
        ),
        ("status", vec![("order", "1")], "Incorrect order ID"),
        (
            "status",
            vec![("orders", many.as_str())],
            "Maximum 100 orders",
        ),
        ("refill", vec![("order", "1")], "Incorrect order ID"),
        ("refill_status", vec![("refill", "1")], "Refill not found"),
    ] {
        let answer = gateway.api(&key, action, &parameters).await;
        assert_eq!(answer, json!({"error": error}), "{action} {parameters:?}");
    }
    assert_eq!(
        gateway.api("no-such-key", "balance", &[]).await,
        json!({"error": "Invalid API key"})
    );
    let get_add = format!(
        "GET /api/v2?key={key}&action=add&service={service}&link=x&quantity=100 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    );
    assert!(
        raw(&gateway, &get_add)
            .await
            .ends_with("{\"error\":\"Incorrect request\"}")
    );
    assert!(
        raw(
            &gateway,
            "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .await
        .starts_with("HTTP/1.1 404")
    );
    assert!(
        raw(&gateway, "this is not HTTP\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 400")
    );
    assert_eq!(gateway.balance(&key).await, "5.00");
}

/// A foreign order answers byte for byte like one that does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_anything_of_anybody_else() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let (ann, bob) = (gateway.customer("ann", "5"), gateway.customer("bob", "5"));
    let service = gateway.service_named(&ann, "Default").await;
    let order = gateway
        .add(&ann, &service, "https://example.com/1", 100)
        .await
        .expect("accepted")
        .to_string();
    for action in ["status", "refill", "cancel"] {
        for name in ["order", "orders"] {
            let foreign = gateway
                .api(&bob, action, &[(name, &order)])
                .await
                .to_string();
            let unknown = gateway
                .api(&bob, action, &[(name, "777777")])
                .await
                .to_string();
            assert_eq!(
                foreign.replace(&order, "N"),
                unknown.replace("777777", "N"),
                "{action} {name}"
            );
        }
    }
}

/// Over its limit a customer's polls are answered from memory, and what moves money is refused without an effect.
#[tokio::test(flavor = "multi_thread")]
async fn a_hasty_customer_loses_nothing() {
    let panel = panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    let main = std::fs::read_to_string(gateway.path("panelgate.toml")).expect("read");
    let main = main
        .replace("add_per_second = 100_000", "add_per_second = 1")
        .replace("reads_per_second = 1_000_000", "reads_per_second = 1");
    std::fs::write(gateway.path("panelgate.toml"), main).expect("written");
    gateway.serve();
    let key = gateway.customer("ann", "5");
    let service = gateway.service_named(&key, "Default").await;
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let refused = until("it is too hasty", || async {
        gateway
            .add(&key, &service, "https://example.com/2", 100)
            .await
            .err()
    })
    .await;
    assert_eq!(refused, "Too many requests");
    for _ in 0..20 {
        assert_eq!(gateway.status(&key, order).await["status"], "Pending");
        assert!(gateway.balance(&key).await.parse::<f64>().is_ok());
        assert!(gateway.api(&key, "services", &[]).await.is_array());
    }
    gateway.verify();
}

/// Whoever guesses keys is told so; whoever has one at the same address does not notice.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_have_a_budget_and_right_ones_need_none() {
    let panel = panel().await;
    let files = Files {
        limits: "wrong_keys_per_minute = 2\n".to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let ann = gateway.customer("ann", "5");
    let wrong = |n: usize| format!("wrong-key-{n:016}");
    let error = |answer: serde_json::Value| answer["error"].as_str().map(str::to_owned);
    let first = gateway.api(&wrong(0), "balance", &[]).await;
    assert_eq!(error(first).as_deref(), Some("Invalid API key"));
    // The same key again is no better than another one.
    for keys in [[1, 1], [2, 3]] {
        let mut keys = keys.into_iter().cycle();
        until("the budget is used up", || {
            let key = wrong(keys.next().expect("it goes round"));
            let gateway = &gateway;
            async move {
                let answer = gateway.api(&key, "balance", &[]).await;
                (error(answer)? == "Too many requests").then_some(())
            }
        })
        .await;
        for _ in 0..20 {
            assert_eq!(gateway.balance(&ann).await, "5.00");
        }
    }
    // One that was never seen before.
    let bob = gateway.customer("bob", "7");
    assert_eq!(gateway.balance(&bob).await, "7.00");
    let metrics = format!("{}/metrics", gateway.operator_url());
    let metrics = Client::default().get(&metrics).await.expect("metrics");
    assert!(
        metrics.contains("panelgate_wrong_keys_total{budget=\"over\"} "),
        "{metrics}"
    );
}

/// A panel written by hand on a raw socket: what it says is fixed text, what it was asked is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_panel_that_shares_no_code_understands_us() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let answering = tokio::spawn(by_hand(listener, Arc::clone(&asked)));

    let main = format!(
        "[panels.hand]\nurl = \"http://{address}/api/v2\"\nkey = {{ file = \"hand.key\" }}\ncurrency = \"USD\"\nallow_private = true\n"
    );
    let files = Files {
        main,
        services: "[[import]]\npanel = \"hand\"\n".to_owned(),
        ..Files::default()
    };
    let none: [(&str, &SimPanel); 0] = [];
    let mut gateway = Gateway::prepare(&none, files);
    std::fs::write(gateway.path("hand.key"), "a key with ~*() & blanks").expect("written");
    gateway.serve();
    let key = gateway.customer("ann", "5");
    let list = gateway.services(&key).await;
    assert_eq!(list[0]["rate"], "1.08");
    let service = list[0]["service"].to_string();
    let order = gateway
        .add(&key, &service, "https://example.com/?a=1&b=ü+2", 1000)
        .await
        .expect("accepted");
    let status = gateway.until_status(&key, order, "Partial").await;
    assert_eq!(
        status,
        json!({"charge": "0.91044", "start_count": "3572", "status": "Partial", "remains": "157", "currency": "USD"})
    );

    let asked = asked.lock().clone();
    let adds: Vec<&String> = asked
        .iter()
        .filter(|body| body.contains("action=add"))
        .collect();
    assert_eq!(adds.len(), 1, "{asked:?}");
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(adds[0].as_bytes())
        .into_owned()
        .collect();
    let expected = [
        ("key", "a key with ~*() & blanks"),
        ("action", "add"),
        ("service", "1"),
        ("link", "https://example.com/?a=1&b=ü+2"),
        ("quantity", "1000"),
    ];
    assert_eq!(
        fields,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert!(
        asked
            .iter()
            .any(|body| body.contains("action=status") && body.contains("order=23501")),
        "{asked:?}"
    );
    gateway.verify();
    answering.abort();
}

async fn by_hand(listener: TcpListener, asked: Arc<Mutex<Vec<String>>>) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("accepted");
        let asked = Arc::clone(&asked);
        tokio::spawn(async move {
            // One request per connection, read by its Content-Length.
            let mut bytes = Vec::new();
            let body = loop {
                let mut chunk = [0; 4096];
                let Ok(Ok(read)) =
                    tokio::time::timeout(Duration::from_secs(30), stream.read(&mut chunk)).await
                else {
                    return;
                };
                if read == 0 {
                    return;
                }
                bytes.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head.to_lowercase();
                let length = length
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.split("\r\n").next());
                if length.is_some_and(|length| {
                    length
                        .parse::<usize>()
                        .is_ok_and(|length| body.len() >= length)
                }) {
                    break body.to_owned();
                }
            };
            let answer = match () {
                () if body.contains("action=services") => {
                    r#"[{"service":1,"name":"Followers","type":"Default","category":"First Category","rate":"0.90","min":"50","max":"10000","refill":true,"cancel":true}]"#
                }
                () if body.contains("action=add") => r#"{"order": 23501}"#,
                () if body.contains("action=status") => {
                    r#"{"charge": "0.27819", "start_count": "3572", "status": "Partial", "remains": "157", "currency": "USD"}"#
                }
                () if body.contains("action=balance") => {
                    r#"{"balance": "100.84292", "currency": "USD"}"#
                }
                () => r#"{"error": "Incorrect request"}"#,
            };
            asked.lock().push(body);
            let response = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                answer.len()
            );
            _ = stream.write_all(response.as_bytes()).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn price_lists_are_compressed_for_those_who_say_that_they_read_it() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "5");
    let ask = |more: &str| {
        format!(
            "GET /api/v2?key={key}&action=services HTTP/1.1\r\nHost: x\r\n{more}Connection: close\r\n\r\n"
        )
    };
    gateway.services(&key).await;
    let plain = raw(&gateway, &ask("")).await;
    let (_, list) = plain.split_once("\r\n\r\n").expect("a body");
    assert!(list.starts_with("[{\"service\":"), "{list}");

    // Compressing follows: until then plain bytes are the answer.
    let answer = until("it is compressed", async || {
        let answer = raw_bytes(&gateway, &ask("Accept-Encoding: deflate, gzip\r\n")).await;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.expect("a body") + 4);
        let head = String::from_utf8(head.to_vec()).expect("text");
        assert!(head.contains("Vary: accept-encoding\r\n"), "{head}");
        head.contains("Content-Encoding: gzip\r\n")
            .then(|| body.to_vec())
    })
    .await;
    let mut text = String::new();
    GzDecoder::new(answer.as_slice())
        .read_to_string(&mut text)
        .expect("gzip");
    assert_eq!(text, list);
    assert!(answer.len() < list.len() / 2);
    let again = raw(&gateway, &ask("Accept-Encoding: gzip;q=0\r\n")).await;
    assert!(again.ends_with(list));
}
