//! `refill`, `cancel`, and the calls that only look.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::status::RefillWord;
use panelgate_upstream::{AnswerError, CallError, CancelOutcome, Class, RefillOutcome, Sent};

use crate::support::{Act, Office, PATIENCE, Peer, Seen, json, response, settings};

fn ids(names: &[&str]) -> Vec<UpstreamId> {
    names.iter().map(|name| UpstreamId::from(*name)).collect()
}

async fn refill(answer: Act) -> (Sent<RefillOutcome>, usize) {
    let peer = Peer::start(move |_| answer.clone()).await;
    let office = Office::open(settings(&peer.url()));
    let sent = office.desk.refill(&"5".into(), PATIENCE).await;
    (sent, peer.requests().len())
}

#[tokio::test]
async fn refills_are_asked_for_once() {
    let known = RefillOutcome::Known("81".into());
    assert_eq!(
        refill(json(r#"{"refill":"81"}"#)).await,
        (Sent::Sent(known), 1)
    );
    let refused = RefillOutcome::Refused(Refusal::RefillDisabled);
    let answer = json(r#"{"error":"Refill is disabled for this service"}"#);
    assert_eq!(refill(answer).await, (Sent::Sent(refused), 1));
    for broken in [
        Act::Reset,
        Act::WriteAndClose(Vec::new()),
        Act::Write(response("502 No", "", b"<html>")),
    ] {
        assert_eq!(
            refill(broken).await,
            (Sent::Sent(RefillOutcome::Unknown), 1)
        );
    }
    let (throttled, _) = refill(json(r#"{"error":"Too many requests"}"#)).await;
    assert!(matches!(throttled, Sent::NotSent(_)), "{throttled:?}");
}

#[tokio::test]
async fn a_call_without_a_permit_was_not_sent() {
    let peer = Peer::start(|_| json(r#"{"refill":"81"}"#)).await;
    let mut settings = settings(&peer.url());
    settings.max_in_flight = 1;
    let office = Office::open(settings);
    let _permit = office
        .desk
        .admit(Class::Money, PATIENCE)
        .await
        .expect("a permit");
    let short = Duration::from_millis(20);
    assert!(matches!(
        office.desk.refill(&"5".into(), short).await,
        Sent::NotSent(_)
    ));
    assert!(matches!(
        office.desk.cancel(ids(&["5"]), short).await,
        Sent::NotSent(_)
    ));
    let balance = office.desk.balance(short).await;
    assert!(
        matches!(balance, Err(CallError::NotAdmitted(_))),
        "{balance:?}"
    );
    assert_eq!(peer.connections(), 0);
}

fn actions(peer: &Peer) -> Vec<String> {
    let form = |seen: &Seen| {
        let ids = ["orders", "order"]
            .iter()
            .find_map(|name| Some(format!("{name}={}", seen.form.get(*name)?)));
        ids.expect("a cancel call names ids")
    };
    peer.requests().iter().map(form).collect()
}

fn outcomes(sent: Sent<HashMap<UpstreamId, CancelOutcome>>, ids: &[&str]) -> Vec<CancelOutcome> {
    let Sent::Sent(outcomes) = sent else {
        panic!("it was sent: {sent:?}");
    };
    assert_eq!(outcomes.len(), ids.len());
    ids.iter()
        .map(|id| outcomes[&UpstreamId::from(*id)].clone())
        .collect()
}

#[tokio::test]
async fn cancels_are_told_apart() {
    let answer = r#"[{"order":1,"cancel":1},{"order":2,"cancel":{"error":"This order cannot be canceled"}}]"#;
    let peer = Peer::start(move |_| json(answer)).await;
    let office = Office::open(settings(&peer.url()));
    let sent = office.desk.cancel(ids(&["1", "2", "3"]), PATIENCE).await;
    let refused = CancelOutcome::Refused("This order cannot be canceled".into());
    assert_eq!(
        outcomes(sent, &["1", "2", "3"]),
        [CancelOutcome::Asked, refused, CancelOutcome::Unknown]
    );
    assert_eq!(actions(&peer), ["orders=1,2,3"]);
}

#[tokio::test]
async fn panels_that_know_only_one_order_are_asked_one_by_one_from_then_on() {
    for text in [
        "Incorrect request",
        "orders? which orders?",
        "Incorrect order ID",
    ] {
        let peer = Peer::start(move |seen| {
            let plural = seen.form.contains_key("orders");
            json(&if plural {
                format!(r#"{{"error":"{text}"}}"#)
            } else {
                r#"{"cancel":1}"#.to_owned()
            })
        })
        .await;
        let office = Office::open(settings(&peer.url()));
        let sent = office.desk.cancel(ids(&["1", "2"]), PATIENCE).await;
        assert_eq!(
            outcomes(sent, &["1", "2"]),
            [CancelOutcome::Asked, CancelOutcome::Asked],
            "{text}"
        );
        office.desk.cancel(ids(&["3"]), PATIENCE).await;
        assert_eq!(
            actions(&peer),
            ["orders=1,2", "order=1", "order=2", "order=3"],
            "{text}"
        );
    }
}

#[tokio::test]
async fn cancels_of_several_callers_share_a_call_and_keep_their_own_outcomes() {
    let answer = r#"[{"order":1,"cancel":1},{"order":2,"cancel":{"error":"This order cannot be canceled"}},{"order":3,"cancel":1}]"#;
    let peer = Peer::start(move |_| json(answer)).await;
    let mut settings = settings(&peer.url());
    settings.gather = Duration::from_millis(200);
    let office = Office::open(settings);
    let (first, second) = tokio::join!(
        office.desk.cancel(ids(&["1", "2"]), PATIENCE),
        office.desk.cancel(ids(&["3"]), PATIENCE),
    );
    let refused = CancelOutcome::Refused("This order cannot be canceled".into());
    assert_eq!(
        outcomes(first, &["1", "2"]),
        [CancelOutcome::Asked, refused]
    );
    assert_eq!(outcomes(second, &["3"]), [CancelOutcome::Asked]);
    assert_eq!(actions(&peer), ["orders=1,2,3"]);
}

fn refills(seen: &Seen) -> Vec<&str> {
    let ids = seen.form.get("refills").or_else(|| seen.form.get("refill"));
    ids.expect("a call about refills names ids")
        .split(',')
        .collect()
}

#[tokio::test]
async fn looks_at_refills_of_several_callers_share_a_call() {
    let peer = Peer::start(|seen| {
        let entry = |id: &str| format!(r#"{{"refill":"{id}","status":"Completed"}}"#);
        let entries: Vec<String> = refills(seen).into_iter().map(entry).collect();
        json(&format!("[{}]", entries.join(",")))
    })
    .await;
    let mut settings = settings(&peer.url());
    settings.gather = Duration::from_millis(200);
    let office = Office::open(settings);
    let callers = (0..100).map(|n: usize| {
        let asked = [n, n + 1].map(|id| UpstreamId::new(id.to_string()));
        office.desk.refill_status(asked.to_vec(), PATIENCE)
    });
    let answers = futures_util::future::join_all(callers).await;
    for (n, answer) in answers.into_iter().enumerate() {
        let answer = answer.expect("an answer");
        let mut told: Vec<usize> = answer
            .keys()
            .map(|id| id.as_str().parse().expect("a number"))
            .collect();
        told.sort_unstable();
        assert_eq!(told, [n, n + 1]);
    }
    let sizes: Vec<usize> = peer
        .requests()
        .iter()
        .map(|seen| refills(seen).len())
        .collect();
    // A question that comes after the call with its id has left makes that id be asked for again, and no other.
    let looks: usize = sizes.iter().sum();
    assert!((101..=100 + sizes.len()).contains(&looks), "{sizes:?}");
    assert!(sizes.len() <= 3 && sizes[0] <= 100, "{sizes:?}");
}

#[tokio::test]
async fn a_cancel_whose_answer_is_lost_is_unknown_and_not_repeated() {
    let peer = Peer::start(|_| Act::Reset).await;
    let office = Office::open(settings(&peer.url()));
    let sent = office.desk.cancel(ids(&["1"]), PATIENCE).await;
    assert_eq!(outcomes(sent, &["1"]), [CancelOutcome::Unknown]);
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn reads_share_a_connection() {
    let peer = Peer::start(|seen| match seen.form["action"].as_str() {
        "balance" => json(r#"{"balance":"100.84292","currency":"USD"}"#),
        _ => json(r#"[{"refill":"1","status":"Completed"},{"refill":"2","status":{"error":"Refill not found"}}]"#),
    })
    .await;
    let office = Office::open(settings(&peer.url()));
    let balance = office.desk.balance(PATIENCE).await.expect("a balance");
    assert_eq!(balance.amount.to_string(), "100.84292");
    let refills = office
        .desk
        .refill_status(ids(&["1", "2", "3"]), PATIENCE)
        .await
        .expect("refills");
    assert_eq!(refills[&"1".into()], Ok(RefillWord::Completed));
    assert_eq!(refills[&"2".into()], Err("Refill not found".to_owned()));
    assert!(!refills.contains_key(&"3".into()));
    assert_eq!((peer.connections(), peer.requests().len()), (1, 2));
}

#[tokio::test]
async fn failed_reads_say_how() {
    let moved = "Location: https://elsewhere.example/\r\n";
    let moved = Act::Write(response("301 Moved", moved, b""));
    for (act, result) in [
        (moved, "bad_answer"),
        (Act::Reset, "lost"),
        (json(r#"{"error":"Invalid API key"}"#), "refused"),
        (json(r#"{"error":"slow down, friend"}"#), "throttled"),
        (
            Act::Hold(std::sync::Arc::default(), Box::new(Act::Reset)),
            "timeout",
        ),
    ] {
        let peer = Peer::start(move |_| act.clone()).await;
        let mut settings = settings(&peer.url());
        settings.timeout = Duration::from_millis(if result == "timeout" { 50 } else { 20_000 });
        settings.refusals.throttled = vec!["slow down*".to_owned()];
        let office = Office::open(settings);
        assert!(office.desk.balance(PATIENCE).await.is_err(), "{result}");
        let metric = format!(
            r#"panelgate_upstream_requests_total{{action="balance",panel="alpha",result="{result}"}}"#
        );
        assert_eq!(office.metric(&metric).as_deref(), Some("1"), "{result}");
        assert_eq!(peer.requests().len(), 1, "{result}");
    }
}

#[tokio::test]
async fn a_large_list_is_read_and_a_key_in_an_error_is_not_told() {
    let entry = r#"{"service":N,"name":"a","type":"Default","category":"c","rate":"0.9","min":"1","max":"10"}"#;
    let entries: Vec<String> = (1..=6_000)
        .map(|number| entry.replace('N', &number.to_string()))
        .collect();
    let list = format!("[{}]", entries.join(","));
    let peer = Peer::start(move |seen| match seen.form["action"].as_str() {
        "services" => json(&list),
        _ => json(&format!(
            r#"{{"error":"no such key: {}"}}"#,
            seen.form["key"]
        )),
    })
    .await;
    let office = Office::open(settings(&peer.url()));
    let list = office.desk.services(PATIENCE).await.expect("a list");
    assert_eq!((list.offers.len(), list.unreadable.len()), (6_000, 0));
    let refused = office.desk.balance(PATIENCE).await;
    let expected = CallError::Answer(AnswerError::Refused("no such key: [key]".into()));
    assert_eq!(refused, Err(expected));
}
