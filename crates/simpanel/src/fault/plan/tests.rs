use std::collections::BTreeMap;

use panelgate_domain::action::{Add, AskedId, Ids};
use panelgate_domain::field::Field;

use super::*;
use crate::fault::rule::ActionName;

fn add(link: &str) -> Action {
    Action::Add(Add {
        service: Some("1".to_owned()),
        fields: BTreeMap::from([(Field::Link, link.to_owned())]),
        idempotency_key: None,
    })
}

#[track_caller]
fn check(rules: Vec<FaultRule>, actions: &[Action], expected: &[Option<Fault>]) {
    let mut plan = RunningPlan::new(FaultPlan { rules }, 1);
    let now = Duration::ZERO;
    let struck: Vec<_> = actions
        .iter()
        .map(|action| plan.strike(Some(action), now))
        .collect();
    assert_eq!(struck, expected);
}

#[test]
fn rules_have_their_turns_one_after_the_other() {
    let (reset, close) = (Fault::AcceptThenReset, Fault::AcceptThenClose);
    check(
        vec![
            FaultRule::once(reset.clone()).on(ActionName::Add),
            FaultRule::once(close.clone()).on(ActionName::Add),
        ],
        &[Action::Balance, add("a"), add("a"), add("a")],
        &[None, Some(reset), Some(close), None],
    );
}

#[test]
fn a_rule_counts_only_what_fits_it() {
    let zero = Fault::OrderIdZero;
    check(
        vec![FaultRule::always(zero.clone()).link("bad").from(2).times(2)],
        &[add("bad"), add("good"), add("bad"), add("bad"), add("bad")],
        &[None, None, Some(zero.clone()), Some(zero), None],
    );
}

fn many(ids: &[i64]) -> Ids {
    Ids::Many(ids.iter().map(|id| AskedId::Number(*id)).collect())
}

fn one(id: i64) -> Ids {
    Ids::One(AskedId::Number(id))
}

#[test]
fn an_order_poisons_the_requests_that_name_it() {
    let failed = || Some(Fault::StatusBeforeReading(500));
    check(
        vec![FaultRule::always(Fault::StatusBeforeReading(500)).naming(17)],
        &[
            Action::Status(many(&[1, 17, 2])),
            Action::Status(many(&[1, 170])),
            Action::Status(one(17)),
            Action::Cancel(one(17)),
            Action::Refill(many(&[17])),
            Action::RefillStatus(one(17)),
            add("17"),
        ],
        &[failed(), None, failed(), failed(), failed(), None, None],
    );
}

#[test]
fn a_panel_may_not_know_the_plural_form() {
    let refused = || Some(Fault::Refuse("Incorrect request".to_owned()));
    check(
        vec![FaultRule::always(Fault::Refuse("Incorrect request".to_owned())).plural()],
        &[
            Action::Status(many(&[1])),
            Action::Status(one(1)),
            Action::RefillStatus(many(&[1, 2])),
            Action::Balance,
        ],
        &[refused(), None, refused(), None],
    );
}

#[test]
fn an_outage_begins_and_ends_by_the_clock() {
    let secs = Duration::from_secs;
    let outage = FaultRule::always(Fault::AcceptThenHtml).between(secs(10), secs(310));
    let rules = vec![outage.from(2)];
    let mut plan = RunningPlan::new(FaultPlan { rules }, 1);
    let struck =
        [9, 10, 11, 309, 310].map(|at| plan.strike(Some(&Action::Balance), secs(at)).is_some());
    assert_eq!(
        struck,
        [false, false, true, true, false],
        "a rule counts what comes in its time"
    );
}

#[test]
fn chances_repeat_with_the_seed() {
    let draw = |seed| {
        let rule = FaultRule::always(Fault::PhpNotice).sometimes(0.3);
        let mut plan = RunningPlan::new(FaultPlan { rules: vec![rule] }, seed);
        (0..1000)
            .map(|_| plan.strike(None, Duration::ZERO).is_some())
            .collect::<Vec<_>>()
    };
    let struck = draw(7).into_iter().filter(|struck| *struck).count();
    assert!((250..350).contains(&struck), "{struck}");
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
}

fn load(name: &str, text: &str) -> Result<FaultPlan, PlanError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    FaultPlan::load(&path)
}

#[test]
fn plans_are_read_from_toml_and_json() {
    let toml = r#"
        [[rule]]
        action = "add"
        from = 3
        count = 1
        fault = "accept_then_timeout"
        [[rule]]
        probability = 0.5
        fault = { throttle = { status = 429, retry_after = "1s 500ms" } }
    "#;
    let json = r#"{"rule":[
        {"action":"add","from":3,"count":1,"fault":"accept_then_timeout"},
        {"probability":0.5,"fault":{"throttle":{"status":429,"retry_after":"1500ms"}}}]}"#;
    let plan = load("plan.toml", toml).expect("a plan");
    assert_eq!(plan, load("plan.json", json).expect("a plan"));
    assert_eq!(
        plan.rules[0],
        FaultRule::once(Fault::AcceptThenTimeout)
            .on(ActionName::Add)
            .from(3)
    );
    assert_eq!(
        plan.rules[1].fault,
        Fault::Throttle {
            status: 429,
            retry_after: Some(Duration::from_millis(1500))
        }
    );
}

#[test]
fn plans_can_be_about_orders_and_times() {
    let plan = load(
        "plan.toml",
        r#"
        [[rule]]
        action = "status"
        order = 17
        plural = true
        between = ["10s", "5m"]
        fault = { order_errors = { orders = [17] } }
        [[rule]]
        fault = { leave_out = [17, 23] }
        "#,
    );
    let error = Fault::OrderErrors {
        orders: vec![17],
        error: "Incorrect order ID".to_owned(),
    };
    let expected = FaultRule::always(error)
        .on(ActionName::Status)
        .naming(17)
        .plural()
        .between(Duration::from_secs(10), Duration::from_secs(300));
    let left_out = FaultRule::always(Fault::LeaveOut(vec![17, 23]));
    assert_eq!(plan.expect("a plan").rules, [expected, left_out]);
}

#[test]
fn mistakes_in_a_plan_are_named() {
    let said = |text: &str| {
        let error = load("plan.toml", text).expect_err("a mistake");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    };
    for (text, expected) in [
        ("[[rule]]\nfault = \"meteor\"", "meteor"),
        ("[[rule]]\nfault = \"gzip\"\nactoin = \"add\"", "actoin"),
        (
            "[[rule]]\nfault = { status_before_reading = 99 }",
            "99 is no HTTP status",
        ),
        (
            "[[rule]]\nfault = { slow = \"5\" }",
            "`5` is no length of time",
        ),
        ("[[rule]]\nfault = \"gzip\"\nfrom = 0", "rule 1"),
        (
            "[[rule]]\nfault = \"gzip\"\naction = \"status\"\nservice = \"1\"",
            "only an `add`",
        ),
        (
            "[[rule]]\nfault = \"gzip\"\nprobability = 1.5",
            "probability",
        ),
        (
            "[[rule]]\nfault = \"gzip\"\naction = \"add\"\norder = 17",
            "name an order",
        ),
        (
            "[[rule]]\nfault = \"gzip\"\naction = \"balance\"\nplural = true",
            "plural",
        ),
        (
            "[[rule]]\nfault = \"gzip\"\nbetween = [\"5m\", \"10s\"]",
            "ends before it begins",
        ),
        (
            "[[rule]]\nfault = \"gzip\"\nbetween = [\"5m\"]",
            "array of length 2",
        ),
        ("[[rule]", "line 1"),
    ] {
        let said = said(text);
        assert!(
            said.contains(expected) && said.contains("plan.toml"),
            "{said}"
        );
    }
}
