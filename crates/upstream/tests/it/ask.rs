//! Many questions, few calls.

use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::ids::{CustomerId, UpstreamId};
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::status::{Heard, StatusWord};
use panelgate_upstream::{Kind, Look};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::support::{Act, Office, Peer, Seen, json, settings};

fn ids(names: impl IntoIterator<Item = usize>) -> Vec<UpstreamId> {
    names
        .into_iter()
        .map(|name| UpstreamId::new(name.to_string()))
        .collect()
}

const fn customer(number: i64) -> CustomerId {
    CustomerId(number)
}

fn asked(seen: &Seen) -> Vec<&str> {
    let ids = seen.form.get("orders").or_else(|| seen.form.get("order"));
    ids.expect("a status call names ids").split(',').collect()
}

const REPORT: &str =
    r#"{"charge":"0.1","start_count":"5","status":"In progress","remains":"3","currency":"USD"}"#;

/// Reports for all ids it is asked about.
fn reports(seen: &Seen) -> Act {
    let ids = asked(seen);
    match ids[..] {
        [_] => json(REPORT),
        _ => {
            let entries: Vec<String> = ids.iter().map(|id| format!(r#""{id}":{REPORT}"#)).collect();
            json(&format!("{{{}}}", entries.join(",")))
        }
    }
}

#[tokio::test]
async fn questions_about_the_same_orders_are_asked_once() {
    let peer = Peer::start(reports).await;
    let mut settings = settings(&peer.url());
    settings.gather = Duration::from_millis(200);
    let office = Office::open(settings);
    let questions = (0..20).map(|number| office.desk.ask(customer(number), ids(0..30)));
    futures_util::future::join_all(questions).await;
    let requests = peer.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(asked(&requests[0]).len(), 30);
    let looks = office.recorder.looks.lock();
    assert_eq!((looks.len(), looks[0].len()), (1, 30));
    let (_, Look::Report(report)) = &looks[0][0] else {
        panic!("a report: {looks:?}");
    };
    assert_eq!(report.heard, Heard::Word(StatusWord::InProgress));
    let slots = office.metric(r#"panelgate_status_slots_total{kind="asked",panel="alpha"}"#);
    assert_eq!(slots.as_deref(), Some("30"));
}

#[tokio::test]
async fn a_thousand_orders_are_ten_calls_of_a_hundred() {
    let peer = Peer::start(reports).await;
    let mut settings = settings(&peer.url());
    settings.gather = Duration::from_secs(3_600);
    let office = Office::open(settings);
    let questions = (0..100).map(|number| {
        office.desk.ask(
            customer(number % 7),
            ids((0..10).map(move |n| usize::try_from(number).expect("small") * 10 + n)),
        )
    });
    futures_util::future::join_all(questions).await;
    let requests = peer.requests();
    let mut all: Vec<&str> = requests.iter().flat_map(asked).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!((requests.len(), all.len()), (10, 1_000));
    assert!(requests.iter().all(|seen| asked(seen).len() == 100));
}

#[tokio::test]
async fn due_orders_ride_along_and_go_alone_if_nobody_asks() {
    let peer = Peer::start(reports).await;
    let office = Office::open(settings(&peer.url()));
    office.follow(Kind::Live, &ids([1, 2]));
    office.follow(Kind::Ended, &ids([3]));
    office.desk.ask(customer(1), ids([4])).await;
    assert_eq!(asked(&peer.requests()[0]), ["4", "1", "2", "3"]);
    office.follow(Kind::Live, &ids([9]));
    peer.saw(2).await;
    assert_eq!(asked(&peer.requests()[1]), ["9"]);
}

#[tokio::test]
async fn a_panel_without_orders_in_its_status_is_found_out_and_told() {
    let peer = Peer::start(|seen| match seen.form.get("orders") {
        Some(_) => json(r#"{"error":"Incorrect request"}"#),
        None => reports(seen),
    })
    .await;
    let office = Office::open(settings(&peer.url()));
    office.follow(Kind::Live, &ids(0..5));
    crate::support::until(|| !office.recorder.learned.lock().is_empty()).await;
    assert_eq!(
        *office.recorder.learned.lock(),
        [PanelTrait::SingularStatus]
    );
    office.desk.ask(customer(1), ids(10..15)).await;
    let plurals = peer.requests();
    let plurals = plurals
        .iter()
        .filter(|seen| seen.form.contains_key("orders"));
    assert_eq!(plurals.count(), 2);
    assert_eq!(office.desk.snapshot().traits, [PanelTrait::SingularStatus]);
}

#[tokio::test]
async fn an_order_under_way_is_not_asked_for_again() {
    let gate = Arc::new(Notify::new());
    let peer = {
        let gate = Arc::clone(&gate);
        Peer::start(move |seen| Act::Hold(Arc::clone(&gate), Box::new(reports(seen)))).await
    };
    let office = Office::open(settings(&peer.url()));
    let later = async {
        peer.saw(1).await;
        let question = office.desk.ask(customer(2), ids([1]));
        gate.notify_one();
        question.await;
    };
    tokio::join!(office.desk.ask(customer(1), ids([1])), later);
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn what_the_panel_says_of_each_order_is_told_apart() {
    let answer = format!(r#"{{"1":{REPORT},"2":{{"error":"Incorrect order ID"}},"77":{REPORT}}}"#);
    let peer = Peer::start(move |_| json(&answer)).await;
    let office = Office::open(settings(&peer.url()));
    office.desk.ask(customer(1), ids([1, 2, 3])).await;
    let looks = office.recorder.looks.lock().concat();
    assert_eq!(looks.len(), 3);
    assert!(matches!(looks[0], (_, Look::Doubtful(_))), "{looks:?}");
    let text = "Incorrect order ID".to_owned();
    assert_eq!(looks[1], ("2".into(), Look::Error { text, times: 1 }));
    assert!(
        matches!(&looks[2], (id, Look::Error { .. }) if id.as_str() == "3"),
        "{looks:?}"
    );
    let strangers = office.metric(r#"panelgate_status_strangers_total{panel="alpha"}"#);
    assert_eq!(strangers.as_deref(), Some("1"));
}

/// Nobody looks at such an order all the time, nor makes its customer wait.
#[tokio::test]
async fn a_word_that_is_not_known_is_heard_and_asked_for_less_and_less_often() {
    let peer = Peer::start(|_| json(r#"{"status":"whatever"}"#)).await;
    let office = Office::open(settings(&peer.url()));
    office.follow(Kind::Live, &ids([1]));
    for _ in 0..3 {
        office.desk.ask(customer(1), ids([1])).await;
    }
    let looks = office.recorder.looks.lock().concat();
    assert!(
        matches!(&looks[..], [(_, Look::Report(_))]),
        "one look, and then a rest: {looks:?}"
    );
}

#[tokio::test]
async fn a_call_that_fails_is_reported_and_nobody_waits_for_ever() {
    let peer = Peer::start(|_| Act::Reset).await;
    let office = Office::open(settings(&peer.url()));
    office.desk.ask(customer(1), ids([1, 2])).await;
    let looks = office.recorder.looks.lock().concat();
    assert_eq!(looks.len(), 2);
    assert!(
        looks
            .iter()
            .all(|(_, look)| matches!(look, Look::Failed(_))),
        "{looks:?}"
    );
}

#[tokio::test]
async fn an_error_about_a_call_of_one_is_an_error_about_the_one() {
    let answer = Arc::new(Mutex::new(r#"{"error":"Incorrect order ID"}"#));
    let peer = {
        let answer = Arc::clone(&answer);
        Peer::start(move |_| json(&answer.lock())).await
    };
    let office = Office::open(settings(&peer.url()));
    office.desk.ask(customer(1), ids([1])).await;
    *answer.lock() = r#"{"error":"Invalid API key"}"#;
    office.desk.ask(customer(1), ids([2])).await;
    let looks = office.recorder.looks.lock().concat();
    assert!(matches!(looks[0], (_, Look::Error { .. })), "{looks:?}");
    assert!(matches!(looks[1], (_, Look::Failed(_))), "{looks:?}");
}

#[tokio::test]
async fn who_stops_waiting_cancels_nothing() {
    let gate = Arc::new(Notify::new());
    let peer = {
        let gate = Arc::clone(&gate);
        Peer::start(move |seen| Act::Hold(Arc::clone(&gate), Box::new(reports(seen)))).await
    };
    let office = Office::open(settings(&peer.url()));
    tokio::select! {
        () = office.desk.ask(customer(1), ids([1])) => panic!("the peer holds its answer"),
        () = peer.saw(1) => {}
    }
    gate.notify_one();
    crate::support::until(|| office.recorder.looks.lock().len() == 1).await;
}

#[tokio::test]
async fn closing_tells_those_who_wait() {
    let peer = Peer::start(|seen| Act::Hold(Arc::default(), Box::new(reports(seen)))).await;
    let office = Office::open(settings(&peer.url()));
    let closing = async {
        peer.saw(1).await;
        office.desk.close().await;
    };
    tokio::join!(office.desk.ask(customer(1), ids([1])), closing);
    office.desk.ask(customer(1), ids([2])).await;
    assert_eq!(peer.requests().len(), 1);
}
