//! When a panel takes no orders, and when it takes them again.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::placement::AddOutcome;
use panelgate_upstream::{Class, NotAdmitted, OpenError, Rest};
use parking_lot::Mutex;

use crate::support::{Act, Office, PATIENCE, Peer, STAKE, json, settings, until};

fn rest(office: &Office) -> Option<Rest> {
    office.desk.takes_orders(&"7".into()).err()
}

/// A peer whose answers to each action a test may change.
async fn peer(answers: &Arc<Mutex<Vec<(&'static str, &'static str)>>>) -> Peer {
    let answers = Arc::clone(answers);
    Peer::start(move |seen| {
        let answers = answers.lock();
        let answer = answers
            .iter()
            .rev()
            .find(|(action, _)| seen.form["action"] == *action);
        answer.map_or(Act::Reset, |(_, body)| json(body))
    })
    .await
}

#[tokio::test]
async fn lack_of_funds_ends_when_the_balance_has_risen() {
    let answers = Arc::new(Mutex::new(vec![
        ("balance", r#"{"balance":"1.5","currency":"USD"}"#),
        ("add", r#"{"error":"Not enough funds on balance"}"#),
    ]));
    let peer = peer(&answers).await;
    let office = Office::open(settings(&peer.url()));
    office.desk.balance(PATIENCE).await.expect("a balance");
    let gauge = r#"panelgate_panel_balance{currency="USD",panel="alpha"}"#;
    assert_eq!(office.metric(gauge).as_deref(), Some("1.5"));
    office.add().await;
    assert_eq!(rest(&office), Some(Rest::Funds));
    let state = r#"panelgate_panel_state{panel="alpha",state="funds"}"#;
    assert_eq!(office.metric(state).as_deref(), Some("1"));
    office.desk.balance(PATIENCE).await.expect("a balance");
    assert_eq!(rest(&office), Some(Rest::Funds));
    answers
        .lock()
        .push(("balance", r#"{"balance":"100","currency":"USD"}"#));
    office.desk.balance(PATIENCE).await.expect("a balance");
    assert_eq!(rest(&office), None);
    assert_eq!(office.metric(state).as_deref(), Some("0"));
}

#[tokio::test]
async fn a_service_that_is_off_rests_until_the_list_was_read() {
    let list = r#"[{"service":7,"name":"a","type":"Default","category":"c","rate":"1","min":"1","max":"10"}]"#;
    let answers = Arc::new(Mutex::new(vec![
        ("add", r#"{"error":"Incorrect service ID"}"#),
        ("services", r#"{"error":"Incorrect request"}"#),
    ]));
    let peer = peer(&answers).await;
    let office = Office::open(settings(&peer.url()));
    office.add().await;
    assert_eq!(rest(&office), Some(Rest::Route));
    assert!(office.desk.services(PATIENCE).await.is_err());
    assert_eq!(rest(&office), Some(Rest::Route));
    answers.lock().push(("services", list));
    assert_eq!(
        office
            .desk
            .services(PATIENCE)
            .await
            .expect("a list")
            .offers
            .len(),
        1
    );
    assert_eq!(rest(&office), None);
}

#[tokio::test]
async fn an_unknown_key_rests_until_another_one_is_configured() {
    let answers = Arc::new(Mutex::new(vec![("add", r#"{"error":"Invalid API key"}"#)]));
    let peer = peer(&answers).await;
    let office = Office::open(settings(&peer.url()));
    office.add().await;
    assert_eq!(rest(&office), Some(Rest::Key));
    let mut same = settings(&peer.url());
    same.requests_per_second = NonZeroU32::new(50).expect("not zero");
    office.desk.reconfigure(same).expect("it works");
    assert_eq!(rest(&office), Some(Rest::Key));
    let mut other = settings(&peer.url());
    other.key = "another".into();
    office.desk.reconfigure(other).expect("it works");
    assert_eq!(rest(&office), None);
    office.add().await;
    assert_eq!(peer.requests()[1].form["key"], "another");
}

#[tokio::test]
async fn operators_and_configurations_can_stop_orders() {
    let peer = Peer::closing().await;
    let office = Office::open(settings(&peer.url()));
    assert_eq!(rest(&office), None);
    office.desk.set_paused(true);
    assert_eq!(rest(&office), Some(Rest::Paused));
    office.desk.set_paused(false);
    let mut off = settings(&peer.url());
    off.orders = false;
    office.desk.reconfigure(off).expect("it works");
    assert_eq!(rest(&office), Some(Rest::OrdersOff));
    assert_eq!(office.desk.snapshot().state(), "orders_off");
    let mut other = settings(&peer.url());
    other.name = "beta".into();
    assert!(matches!(
        office.desk.reconfigure(other),
        Err(OpenError::OtherPanel { .. })
    ));
}

#[tokio::test]
async fn too_many_open_questions_stop_orders() {
    let peer = Peer::start(|_| json("{}")).await;
    let mut settings = settings(&peer.url());
    settings.max_unconfirmed = 2;
    let office = Office::open(settings);
    for _ in 0..2 {
        assert_eq!(rest(&office), None);
        assert_eq!(office.add().await.outcome, AddOutcome::Unknown);
    }
    assert_eq!(rest(&office), Some(Rest::TooManyUnconfirmed));
    office.desk.question_closed(STAKE);
    assert_eq!(rest(&office), None);
}

#[tokio::test]
async fn so_does_too_much_money_behind_them() {
    let peer = Peer::start(|_| json("{}")).await;
    let mut settings = settings(&peer.url());
    settings.max_unconfirmed_money = STAKE.checked_add(STAKE);
    let office = Office::open(settings);
    for _ in 0..2 {
        assert_eq!(rest(&office), None);
        assert_eq!(office.add().await.outcome, AddOutcome::Unknown);
    }
    assert_eq!(rest(&office), Some(Rest::TooMuchUnconfirmed));
    let at_stake = office.desk.snapshot().unconfirmed_money;
    assert_eq!(Some(at_stake), STAKE.checked_add(STAKE));
    office.desk.question_closed(STAKE);
    assert_eq!(rest(&office), None);
}

#[tokio::test]
async fn failures_in_a_row_open_the_circuit_and_a_probe_closes_it() {
    let answers = Arc::new(Mutex::new(vec![("add", "<html>")]));
    let peer = peer(&answers).await;
    let office = Office::open(settings(&peer.url()));
    for _ in 0..5 {
        assert_eq!(rest(&office), None);
        office.add().await;
    }
    assert_eq!(rest(&office), Some(Rest::Breaker));
    let refused = office
        .desk
        .admit(Class::Money, Duration::from_millis(20))
        .await;
    assert_eq!(refused.err(), Some(NotAdmitted::TooLate));
    answers
        .lock()
        .push(("balance", r#"{"balance":"1","currency":"USD"}"#));
    until(|| rest(&office).is_none()).await;
    let last = peer.requests().pop().expect("it was probed");
    assert_eq!(last.form["action"], "balance");
}

#[tokio::test]
async fn a_panel_that_complains_is_asked_less() {
    let answers = Arc::new(Mutex::new(vec![(
        "balance",
        r#"{"error":"Too many requests"}"#,
    )]));
    let peer = peer(&answers).await;
    let office = Office::open(settings(&peer.url()));
    assert!(!office.desk.snapshot().slowed);
    assert!(office.desk.balance(PATIENCE).await.is_err());
    assert!(office.desk.snapshot().slowed);
    assert_eq!(rest(&office), None);
}
