//! The whole API with a client that shares no code with the panel.

use std::num::NonZeroU32;

use panelgate_domain::money::Money;
use panelgate_domain::status::StatusWord;
use panelgate_simpanel::books::file::{self, Line};
use panelgate_simpanel::fault::rule::ActionName;
use panelgate_simpanel::order::{CANCEL_TAKES, Fate, LONGEST_LIFE};
use panelgate_simpanel::{SimCatalogue, SimClock, SimPanel, SimSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{add, hear, post, send, soon, start};

async fn ask(panel: &SimPanel, form: &str) -> Value {
    let heard = post(panel, form).await;
    assert_eq!((heard.status(), heard.error), (200, None), "{}", heard.text);
    assert_eq!(heard.header("content-type"), Some("application/json"));
    serde_json::from_str(heard.body()).expect("JSON")
}

fn manual() -> SimSettings {
    SimSettings {
        clock: SimClock::manual(),
        balance: Money::from_micros(100_000_000),
        ..SimSettings::default()
    }
}

#[tokio::test]
async fn orders_are_placed_polled_canceled_and_refilled() {
    let panel = start(manual()).await;
    let services = ask(&panel, "action=services").await;
    let first = &services[0];
    assert_eq!(first["service"], 1);
    assert_eq!(first["type"], "Default");
    assert_eq!(
        ask(&panel, &add("https://a.example/1")).await,
        json!({"order": 1})
    );
    assert_eq!(
        ask(&panel, &add("https://a.example/2")).await,
        json!({"order": 2})
    );

    let statuses = ask(&panel, "action=status&orders=1,2,77").await;
    assert_eq!(statuses["1"]["status"], "Pending");
    assert_eq!(statuses["2"]["remains"], "100");
    assert_eq!(statuses["77"], json!({"error": "Incorrect order ID"}));

    let canceled = ask(&panel, "action=cancel&orders=2").await;
    assert_eq!(canceled, json!([{"order": 2, "cancel": 1}]));
    panel.clock().advance(CANCEL_TAKES.max(LONGEST_LIFE));
    assert_eq!(
        ask(&panel, "action=status&order=1").await["status"],
        "Completed"
    );
    assert_eq!(
        ask(&panel, "action=status&order=2").await["status"],
        "Canceled"
    );

    assert_eq!(
        ask(&panel, "action=refill&order=1").await,
        json!({"refill": "1"})
    );
    panel.clock().advance(LONGEST_LIFE);
    let refill = ask(&panel, "action=refill_status&refill=1").await;
    assert_eq!(refill, json!({"status": "Completed"}));
    panel.stop().await;
}

#[tokio::test]
async fn the_balance_is_what_was_paid_less_what_was_delivered() {
    let panel = start(manual()).await;
    let services = ask(&panel, "action=services").await;
    let rate: String = services[0]["rate"].as_str().expect("text").to_owned();
    let rate = Money::parse(&rate).expect("money").micros();
    // 100 of 1000, rounded up; half of it is not delivered, rounded down.
    let charge = (rate + 9) / 10;
    ask(&panel, &add("https://a.example/1")).await;
    assert_eq!(panel.balance(), Money::from_micros(100_000_000 - charge));
    panel.set_order(1, |order| order.end(Fate::Partial { remains: 50 }));
    let expected = Money::from_micros(100_000_000 - charge + charge / 2);
    let balance = ask(&panel, "action=balance").await;
    assert_eq!(
        balance,
        json!({"balance": expected.to_string(), "currency": "USD"})
    );
    panel.set_balance(Money::ZERO);
    let refused = ask(&panel, &add("https://a.example/2")).await;
    assert_eq!(refused, json!({"error": "Not enough funds on balance"}));
}

#[tokio::test]
async fn the_key_is_checked_and_nonsense_is_answered() {
    let panel = start(manual()).await;
    let mut stream = TcpStream::connect(panel.address()).await.expect("connects");
    let get = "GET /api/v2?key=wrong&action=balance HTTP/1.0\r\n\r\n";
    stream.write_all(get.as_bytes()).await.expect("sends");
    let mut text = String::new();
    soon(stream.read_to_string(&mut text))
        .await
        .expect("an answer");
    assert!(text.ends_with(r#"{"error":"Invalid API key"}"#), "{text}");
    let nonsense = ask(&panel, "action=dance").await;
    assert_eq!(nonsense, json!({"error": "Incorrect request"}));
    assert_eq!(panel.books().meaningless(), 1);
}

#[tokio::test]
async fn connections_are_kept_and_books_say_what_happened() {
    let panel = start(manual()).await;
    let mut stream = TcpStream::connect(panel.address()).await.expect("connects");
    for _ in 0..3 {
        let form = format!("key=sim-key&{}", add("https://a.example/same"));
        let head = format!(
            "POST /x HTTP/1.1\r\nHost: sim\r\nContent-Length: {}\r\n\r\n",
            form.len()
        );
        stream
            .write_all(format!("{head}{form}").as_bytes())
            .await
            .expect("sends");
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"}") {
            soon(stream.read_buf(&mut bytes)).await.expect("an answer");
        }
    }
    post(&panel, "action=status&orders=1,2,3,4").await;
    soon(panel.until(|books| books.requests().iter().all(|request| request.answered))).await;
    let books = panel.books();
    assert_eq!(books.adds_for("https://a.example/same").len(), 3);
    assert_eq!(books.orders_with_link("https://a.example/same").len(), 3);
    assert_eq!(
        (
            books.count(ActionName::Add),
            books.count(ActionName::Status)
        ),
        (3, 1)
    );
    assert_eq!((books.largest_batch(), books.live_orders().len()), (4, 3));
    assert_eq!(books.requests()[0].path, "/x");
    assert_eq!(books.order(2).map(|order| order.request), Some(2));
}

#[tokio::test]
async fn waiting_sees_orders_end_on_the_clock() {
    for clock in [SimClock::manual(), SimClock::real(1.0)] {
        let panel = start(SimSettings { clock, ..manual() }).await;
        ask(&panel, &add("https://a.example/1")).await;
        let ended = panel.until(|books| books.live_orders().is_empty());
        let (_, ()) = tokio::join!(soon(ended), async { panel.clock().advance(LONGEST_LIFE) });
        let books = panel.books();
        assert_eq!(books.orders()[0].status(books.now()), StatusWord::Completed);
    }
}

#[tokio::test]
async fn the_file_of_books_tells_the_same_as_the_panel() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("books.jsonl");
    let panel = start(SimSettings {
        books_file: Some(path.clone()),
        ..manual()
    })
    .await;
    ask(&panel, &add("https://a.example/1")).await;
    ask(&panel, "action=status&order=1").await;
    let lines = file::read(&path).expect("books");
    let [
        Line::Request(placed),
        Line::Order(order),
        Line::Request(polled),
    ] = &lines[..]
    else {
        panic!("{lines:?}");
    };
    assert_eq!(
        (placed.number, polled.number, order.request, order.id),
        (1, 2, 1, 1)
    );
    assert_eq!(
        (order.link.as_str(), order.quantity),
        ("https://a.example/1", 100)
    );
    assert_eq!(polled.asked, ["1"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_panel_that_cannot_write_its_books_answers_nothing_and_stops() {
    let full = std::path::PathBuf::from("/dev/full");
    let panel = start(SimSettings {
        books_file: Some(full),
        ..manual()
    })
    .await;
    let heard = post(&panel, &add("https://a.example/1")).await;
    assert_eq!(heard.text, "");
    soon(panel.ended()).await;
}

#[tokio::test]
async fn over_the_limit_is_said_and_counted() {
    let limit = NonZeroU32::new(3);
    let panel = start(SimSettings {
        limit_per_second: limit,
        ..manual()
    })
    .await;
    let mut refused = 0;
    while refused == 0 {
        let answer = ask(&panel, "action=balance").await;
        refused += usize::from(answer == json!({"error": "Too many requests"}));
    }
    let books = panel.books();
    assert_eq!(books.over_limit(), refused);
    assert!(books.max_per_second() > 3);
}

#[tokio::test]
async fn the_list_can_change_and_a_bad_one_changes_nothing() {
    let panel = start(manual()).await;
    let list =
        r#"[{"service":"x1","name":"a","type":"Default","category":"c","rate":2,"min":1,"max":5}]"#;
    panel
        .set_catalogue(&SimCatalogue::Json(list.to_owned()))
        .expect("a list");
    assert_eq!(post(&panel, "action=services").await.body(), list);
    assert!(
        panel
            .set_catalogue(&SimCatalogue::Json("no".to_owned()))
            .is_err()
    );
    assert_eq!(post(&panel, "action=services").await.body(), list);
    let off = ask(&panel, &add("https://a.example/1")).await;
    assert_eq!(off, json!({"error": "Incorrect service ID"}));
    let placed = ask(&panel, "action=add&service=x1&link=a&quantity=5").await;
    assert_eq!(placed, json!({"order": 1}));
}

#[tokio::test]
async fn a_request_that_was_cut_off_is_booked_as_not_read() {
    let panel = start(manual()).await;
    let mut stream = TcpStream::connect(panel.address()).await.expect("connects");
    let head =
        "POST /api/v2 HTTP/1.1\r\nHost: sim\r\nContent-Length: 500\r\n\r\nkey=sim-key&action=add";
    stream.write_all(head.as_bytes()).await.expect("sends");
    stream.shutdown().await.expect("closes");
    soon(panel.until(|books| books.requests().len() == 1)).await;
    let books = panel.books();
    let request = &books.requests()[0];
    assert_eq!(
        (request.read, request.answered, request.action),
        (false, false, None)
    );
}

#[tokio::test]
async fn a_dropped_panel_is_gone() {
    let panel = start(manual()).await;
    let address = panel.address();
    let idle = send(&panel, "action=balance").await;
    drop(panel);
    soon(hear(idle)).await;
    let gone = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon(gone).await;
}
