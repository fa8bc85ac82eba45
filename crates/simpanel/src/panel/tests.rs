use std::collections::BTreeMap;

use panelgate_domain::field::Field;

use super::*;
use crate::catalogue::SimCatalogue;
use crate::order::{CANCEL_TAKES, Fate, LONGEST_LIFE, REFILL_TAKES};

/// Service 1: 1 per 1000, 10 to 1000, refill and cancel. Service 2: the same without either, without drip-feed.
/// Service 3: a package at 5. Service 4: comments at 100 per 1000.
const LIST: &str = r#"[
    {"service":1,"name":"a","type":"Default","category":"c","rate":"1","min":"10","max":"1000","dripfeed":true,"refill":true,"cancel":true},
    {"service":2,"name":"b","type":"Default","category":"c","rate":"1","min":"10","max":"1000","dripfeed":false,"refill":false,"cancel":false},
    {"service":3,"name":"c","type":"Package","category":"c","rate":"5","min":"1","max":"1","refill":false,"cancel":true},
    {"service":4,"name":"d","type":"Custom Comments","category":"c","rate":"100","min":"1","max":"50","refill":false,"cancel":false}]"#;

fn panel(change: impl FnOnce(&mut SimSettings)) -> Panel {
    let mut settings = SimSettings {
        balance: Money::from_micros(10_000_000),
        catalogue: SimCatalogue::Json(LIST.to_owned()),
        first_order: 500,
        ..SimSettings::default()
    };
    change(&mut settings);
    let catalogue = settings.catalogue.load(&settings.currency, settings.seed);
    Panel::new(&settings, catalogue.expect("a list"))
}

fn add(service: &str, fields: &[(Field, &str)]) -> Action {
    let fields = fields
        .iter()
        .map(|(field, text)| (*field, (*text).to_owned()));
    Action::Add(Add {
        service: Some(service.to_owned()),
        fields: fields.collect::<BTreeMap<_, _>>(),
        idempotency_key: None,
    })
}

fn order(link: &str, quantity: &str) -> Action {
    add("1", &[(Field::Link, link), (Field::Quantity, quantity)])
}

fn one(id: i64) -> Ids {
    Ids::One(AskedId::Number(id))
}

fn many(ids: &[i64]) -> Ids {
    Ids::Many(ids.iter().map(|id| AskedId::Number(*id)).collect())
}

#[track_caller]
fn check(panel: &mut Panel, action: &Action, expected: &str) {
    assert_eq!(panel.answer(action, 1), expected);
}

#[track_caller]
fn check_balance(panel: &mut Panel, expected: &str) {
    let expected = format!(r#"{{"balance":"{expected}","currency":"USD"}}"#);
    check(panel, &Action::Balance, &expected);
}

const LINK: (Field, &str) = (Field::Link, "https://example.com/a");

#[test]
fn orders_are_numbered_and_charged_at_once() {
    let mut panel = panel(|_| {});
    check(&mut panel, &order("a", "1000"), r#"{"order":500}"#);
    check_balance(&mut panel, "9.00");
    check(&mut panel, &add("3", &[LINK]), r#"{"order":501}"#);
    check_balance(&mut panel, "4.00");
    let comments = add("4", &[LINK, (Field::Comments, "x\n\ny\n")]);
    check(&mut panel, &comments, r#"{"order":502}"#);
    check_balance(&mut panel, "3.80");
    let drip = [
        LINK,
        (Field::Quantity, "100"),
        (Field::Runs, "5"),
        (Field::Interval, "10"),
    ];
    check(&mut panel, &add("1", &drip), r#"{"order":503}"#);
    check_balance(&mut panel, "3.30");
    check(
        &mut panel,
        &add("3", &[LINK]),
        r#"{"error":"Not enough funds on balance"}"#,
    );
    check_balance(&mut panel, "3.30");
    assert_eq!(panel.books.orders.len(), 4);
}

#[test]
fn bad_orders_are_refused_in_the_words_of_the_field() {
    let mut panel = panel(|_| {});
    let quantity = |quantity| (Field::Quantity, quantity);
    let drip = [
        LINK,
        quantity("100"),
        (Field::Runs, "5"),
        (Field::Interval, "10"),
    ];
    for (action, error) in [
        (add("9", &[LINK, quantity("10")]), "Incorrect service ID"),
        (add("1", &[quantity("10")]), "Bad link"),
        (
            add("1", &[LINK, quantity("9")]),
            "Quantity less than minimal 10",
        ),
        (
            add("1", &[LINK, quantity("1001")]),
            "Quantity more than maximum 1000",
        ),
        (add("2", &drip), "Incorrect request"),
        (add("4", &[LINK]), "Comments field is required"),
    ] {
        check(&mut panel, &action, &format!(r#"{{"error":"{error}"}}"#));
    }
    assert!(panel.books.orders.is_empty());
    check_balance(&mut panel, "10.00");
}

#[test]
fn orders_progress_and_what_is_not_delivered_is_paid_back() {
    let mut panel = panel(|_| {});
    panel.answer(&order("all", "1000"), 1);
    panel.answer(&order("is-partial", "1000"), 2);
    panel.answer(&order("cancel-me", "1000"), 3);
    check(
        &mut panel,
        &Action::Status(one(500)),
        r#"{"charge":"1.00","start_count":"0","status":"Pending","remains":"1000","currency":"USD"}"#,
    );
    let (starts, ends) = (panel.books.orders[0].starts, panel.books.orders[0].ends);
    panel.move_to(starts + (ends - starts) / 2);
    let answer = panel.answer(&Action::Status(one(500)), 4);
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(answer["status"], "In progress");
    assert_eq!(answer["remains"], "500");
    assert_ne!(answer["start_count"], "0");
    check_balance(&mut panel, "7.00");
    panel.move_to(LONGEST_LIFE);
    check_balance(&mut panel, "8.30");
    let answer = panel.answer(&Action::Status(many(&[500, 501, 502, 503])), 5);
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    let shown = |id: &str| {
        let field = |name: &str| answer[id][name].as_str().unwrap_or_default().to_owned();
        (field("status"), field("remains"), field("charge"))
    };
    let expected = |status: &str, remains: &str, charge: &str| {
        (status.to_owned(), remains.to_owned(), charge.to_owned())
    };
    assert_eq!(shown("500"), expected("Completed", "0", "1.00"));
    assert_eq!(shown("501"), expected("Partial", "300", "0.70"));
    assert_eq!(shown("502"), expected("Canceled", "1000", "0.00"));
    assert_eq!(answer["503"]["error"], "Incorrect order ID");
}

#[test]
fn a_changed_fate_moves_the_difference() {
    let mut panel = panel(|_| {});
    panel.answer(&order("a", "1000"), 1);
    assert!(panel.set_order(500, |order| order.end(Fate::Partial { remains: 400 })));
    check_balance(&mut panel, "9.40");
    assert!(panel.set_order(500, |order| order.end(Fate::Canceled)));
    check_balance(&mut panel, "10.00");
    assert!(panel.set_order(500, |order| order.end(Fate::Completed)));
    check_balance(&mut panel, "9.00");
    assert!(!panel.set_order(501, |_| ()));
}

#[test]
fn an_order_that_was_completed_can_turn_partial_the_next_day() {
    let mut panel = panel(|_| {});
    panel.answer(&order("a", "1000"), 1);
    panel.move_to(LONGEST_LIFE);
    let status = Action::Status(one(500));
    let shown = |panel: &mut Panel| {
        let answer = panel.answer(&status, 2);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        ["status", "remains", "charge"].map(|name| answer[name].as_str().map(ToOwned::to_owned))
    };
    let expected = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned()));
    assert_eq!(shown(&mut panel), expected(["Completed", "0", "1.00"]));
    panel.move_to(LONGEST_LIFE + Duration::from_secs(24 * 60 * 60));
    assert!(panel.set_order(500, |order| order.end(Fate::Partial { remains: 400 })));
    assert_eq!(shown(&mut panel), expected(["Partial", "400", "0.60"]));
    check_balance(&mut panel, "9.40");
}

#[test]
fn an_order_can_say_what_is_not_true() {
    let mut panel = panel(|_| {});
    panel.answer(&order("a", "1000"), 1);
    panel.answer(&order("b", "1000"), 2);
    assert!(panel.set_order(500, |order| {
        order.say("status", "Refunded");
        order.say("start_count", Value::Null);
    }));
    for (ids, pointer) in [(one(500), ""), (many(&[500, 501]), "/500")] {
        let answer = panel.answer(&Action::Status(ids), 3);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let shown = answer.pointer(pointer).expect("the order");
        assert_eq!(shown["status"], "Refunded");
        assert_eq!(shown["start_count"], Value::Null);
        assert_eq!(shown["remains"], "1000");
    }
}

#[test]
fn a_cancel_is_a_wish_that_takes_its_time() {
    let mut panel = panel(|_| {});
    panel.answer(&order("a", "1000"), 1);
    panel.answer(&add("2", &[LINK, (Field::Quantity, "10")]), 2);
    check(&mut panel, &Action::Cancel(one(500)), r#"{"cancel":1}"#);
    check_balance(&mut panel, "8.99");
    check(
        &mut panel,
        &Action::Cancel(many(&[501, 7])),
        r#"[{"order":501,"cancel":{"error":"This order cannot be canceled"}},{"order":7,"cancel":{"error":"Incorrect order ID"}}]"#,
    );
    panel.move_to(CANCEL_TAKES);
    assert_eq!(
        panel.books.orders[0].status(CANCEL_TAKES),
        StatusWord::Canceled
    );
    check_balance(&mut panel, "9.99");
    check(
        &mut panel,
        &Action::Cancel(one(500)),
        r#"{"error":"This order cannot be canceled"}"#,
    );
}

#[test]
fn refills_are_for_completed_orders_once_a_day_for_a_month() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let mut panel = panel(|_| {});
    panel.answer(&order("a", "1000"), 1);
    panel.answer(&add("2", &[LINK, (Field::Quantity, "10")]), 2);
    let refill = |id| Action::Refill(one(id));
    check(
        &mut panel,
        &refill(500),
        r#"{"error":"The order is not completed"}"#,
    );
    check(
        &mut panel,
        &refill(501),
        r#"{"error":"Refill is disabled for this service"}"#,
    );
    panel.move_to(LONGEST_LIFE);
    check(&mut panel, &refill(500), r#"{"refill":"1"}"#);
    check(
        &mut panel,
        &Action::RefillStatus(one(1)),
        r#"{"status":"Pending"}"#,
    );
    panel.move_to(LONGEST_LIFE + REFILL_TAKES);
    check(
        &mut panel,
        &Action::RefillStatus(many(&[1, 2])),
        r#"[{"refill":1,"status":"Completed"},{"refill":2,"status":{"error":"Refill not found"}}]"#,
    );
    let too_soon = "The order was completed or refill was requested less than 24 hours ago";
    check(
        &mut panel,
        &Action::Refill(many(&[500])),
        &format!(r#"[{{"order":500,"refill":{{"error":"{too_soon}"}}}}]"#),
    );
    panel.move_to(LONGEST_LIFE + DAY);
    check(&mut panel, &refill(500), r#"{"refill":"2"}"#);
    panel.move_to(LONGEST_LIFE + 30 * DAY);
    check(
        &mut panel,
        &refill(500),
        r#"{"error":"Refill days are over"}"#,
    );
}

#[test]
fn active_links_are_refused_where_the_panel_does_so() {
    let mut panel = panel(|settings| settings.refuses_active_links = true);
    check(&mut panel, &order("a", "10"), r#"{"order":500}"#);
    check(
        &mut panel,
        &order("a", "10"),
        r#"{"error":"You have active order with this link. Please wait until order being completed."}"#,
    );
    check_balance(&mut panel, "9.99");
    panel.move_to(LONGEST_LIFE);
    check(&mut panel, &order("a", "10"), r#"{"order":501}"#);
}
