use std::collections::BTreeMap;

use panelgate_domain::action::{Action, Add, AskedId, Ids};
use panelgate_domain::field::Field;
use serde_json::{Value, json};

use super::*;
use crate::catalogue::SimCatalogue;
use crate::family::DripAnswer;
use crate::order::CANCEL_TAKES;
use crate::settings::SimSettings;

/// Service 1: a subscription at 10 per 1000. Service 2: drip-feeds at the same.
const LIST: &str = r#"[
    {"service":1,"name":"a","type":"Subscriptions","category":"c","rate":"10","min":"10","max":"1000","refill":true,"cancel":true},
    {"service":2,"name":"b","type":"Default","category":"c","rate":"10","min":"10","max":"1000","dripfeed":true,"refill":true,"cancel":true}]"#;

fn panel(change: impl FnOnce(&mut SimSettings)) -> Panel {
    let mut settings = SimSettings {
        balance: Money::from_micros(10_000_000),
        catalogue: SimCatalogue::Json(LIST.to_owned()),
        ..SimSettings::default()
    };
    change(&mut settings);
    let catalogue = settings.catalogue.load(&settings.currency, settings.seed);
    Panel::new(&settings, catalogue.expect("a list"))
}

fn add(panel: &mut Panel, service: &str, fields: &[(Field, &str)]) -> i64 {
    let fields = fields
        .iter()
        .map(|(field, text)| (*field, (*text).to_owned()));
    let add = Action::Add(Add {
        service: Some(service.to_owned()),
        fields: fields.collect::<BTreeMap<_, _>>(),
        idempotency_key: None,
    });
    let answer: Value = serde_json::from_slice(&panel.answer(&add, 1)).expect("JSON");
    answer["order"]
        .as_i64()
        .unwrap_or_else(|| panic!("{answer}"))
}

fn subscribe(panel: &mut Panel, username: &str, posts: &str) -> i64 {
    let fields = [
        (Field::Username, username),
        (Field::Min, "50"),
        (Field::Max, "100"),
        (Field::Posts, posts),
        (Field::Delay, "0"),
        (Field::Expiry, "31/12/2037"),
    ];
    add(panel, "1", &fields)
}

/// Four runs of 50.
fn drip_feed(panel: &mut Panel) -> i64 {
    let fields = [
        (Field::Link, "https://example.com/1"),
        (Field::Quantity, "50"),
        (Field::Runs, "4"),
        (Field::Interval, "10"),
    ];
    add(panel, "2", &fields)
}

fn status(panel: &mut Panel, id: i64) -> Value {
    let ids = Ids::One(AskedId::Number(id));
    serde_json::from_slice(&panel.answer(&Action::Status(ids), 1)).expect("JSON")
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn posts_come_by_themselves_until_there_are_enough() {
    let mut panel = panel(|_| {});
    let parent = subscribe(&mut panel, "someone", "3");
    let shown = json!({"status": "Active", "expiry": "31/12/2037", "posts": "0", "orders": []});
    assert_eq!(status(&mut panel, parent), shown);
    panel.move_to(secs(1_000));
    let shown = status(&mut panel, parent);
    assert_eq!(
        (&shown["status"], &shown["posts"]),
        (&json!("Completed"), &json!("3"))
    );
    let children = panel.books.children(parent);
    assert_eq!(children.len(), 3);
    let charged: i64 = children.iter().map(|child| child.charge.micros()).sum();
    let units = children.iter().map(|child| child.quantity());
    assert!(units.clone().all(|units| (50..=100).contains(&units)));
    assert_eq!(
        charged,
        i64::try_from(units.sum::<u64>()).expect("small") * 10_000
    );
    assert_eq!(panel.books.balance.micros(), 10_000_000 - charged);
}

#[test]
fn a_quiet_one_waits_for_hands_and_a_pause_for_its_end() {
    let mut panel = panel(|settings| settings.balance = Money::from_micros(1_000_000));
    let quiet = subscribe(&mut panel, "quiet", "2");
    panel.move_to(secs(10_000));
    assert_eq!(panel.books.children(quiet).len(), 0);
    let child = panel.spawn(quiet, 70).expect("made");
    let shown = status(&mut panel, child);
    assert_eq!(
        (&shown["status"], &shown["remains"], &shown["charge"]),
        (&json!("Pending"), &json!("70"), &json!("0.70"))
    );
    // No money is left for the next one.
    assert_eq!(panel.spawn(quiet, 70), None);
    assert_eq!(status(&mut panel, quiet)["status"], "Paused");
    panel.set_balance(Money::from_micros(1_000_000));
    assert!(panel.set_paused(quiet, false));
    assert_eq!(status(&mut panel, quiet)["status"], "Active");
    assert!(panel.expire(quiet));
    assert_eq!(status(&mut panel, quiet)["status"], "Expired");
}

#[test]
fn old_posts_come_at_once_and_ends_are_told_once() {
    let mut panel = panel(|_| {});
    let fields = [
        (Field::Username, "someone"),
        (Field::Min, "50"),
        (Field::Max, "100"),
        (Field::Posts, "3"),
        (Field::OldPosts, "2"),
        (Field::Delay, "0"),
    ];
    let parent = add(&mut panel, "1", &fields);
    panel.move_to(Duration::from_millis(1));
    assert_eq!(panel.books.children(parent).len(), 2);
    for at in [5, 9, CANCEL_TAKES.as_secs() + 1] {
        let ids = Ids::One(AskedId::Number(parent));
        panel.answer(&Action::Cancel(ids), 2);
        panel.move_to(secs(at));
    }
    assert!(panel.expire(parent));
    assert_eq!(status(&mut panel, parent)["status"], "Canceled");
}

#[test]
fn a_panel_that_minds_active_links_takes_more_than_one_subscription() {
    let mut panel = panel(|settings| settings.refuses_active_links = true);
    let first = subscribe(&mut panel, "quiet", "2");
    panel.spawn(first, 50).expect("made");
    subscribe(&mut panel, "quiet too", "2");
}

#[test]
fn a_drip_feed_that_is_canceled_makes_no_more_runs() {
    let mut panel = panel(|settings| settings.drip = DripAnswer::Runs);
    let parent = drip_feed(&mut panel);
    let starts = panel.books.order(parent).expect("there").starts;
    panel.move_to(starts);
    let ids = Ids::One(AskedId::Number(parent));
    panel.answer(&Action::Cancel(ids), 2);
    panel.move_to(secs(1_000));
    let shown = status(&mut panel, parent);
    assert_eq!(
        shown,
        json!({"status": "Canceled", "runs": 1, "orders": [2]})
    );
}

#[test]
fn what_was_charged_at_once_is_paid_back_for_posts_that_did_not_come() {
    let mut panel = panel(|settings| settings.charges = Charges::AllAtOnce);
    let parent = subscribe(&mut panel, "quiet", "4");
    assert_eq!(panel.books.balance.micros(), 6_000_000);
    panel.spawn(parent, 60).expect("made");
    assert_eq!(panel.books.balance.micros(), 6_000_000);
    let ids = Ids::One(AskedId::Number(parent));
    panel.answer(&Action::Cancel(ids), 2);
    assert_eq!(status(&mut panel, parent)["status"], "Active");
    panel.move_to(CANCEL_TAKES);
    assert_eq!(status(&mut panel, parent)["status"], "Canceled");
    assert_eq!(panel.books.balance.micros(), 9_000_000);
}

#[test]
fn runs_are_spread_over_the_work_and_shown_as_the_panel_likes() {
    let shown = |drip| {
        let mut panel = panel(|settings| settings.drip = drip);
        let parent = drip_feed(&mut panel);
        assert_eq!(panel.books.balance.micros(), 8_000_000);
        panel.move_to(secs(1_000));
        let children = panel.books.children(parent);
        assert_eq!(children.len(), 4);
        let free = |child: &&SimOrder| child.charge == Money::ZERO && child.quantity() == 50;
        assert!(children.iter().all(free));
        assert_eq!(panel.books.balance.micros(), 8_000_000);
        status(&mut panel, parent)
    };
    let both = shown(DripAnswer::Both);
    assert_eq!(
        (&both["runs"], &both["orders"], &both["remains"]),
        (&json!(4), &json!([2, 3, 4, 5]), &json!("0"))
    );
    let runs = shown(DripAnswer::Runs);
    assert_eq!(
        runs,
        json!({"status": "Completed", "runs": 4, "orders": [2, 3, 4, 5]})
    );
    assert_eq!(shown(DripAnswer::Counters)["orders"], Value::Null);
}
