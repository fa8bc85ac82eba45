use super::*;
use panelgate_domain::status::StatusWord;

fn read(status: u16, body: &str, asked: &[&str]) -> Result<Statuses, AnswerError> {
    let asked: Vec<UpstreamId> = asked.iter().map(|id| UpstreamId::from(*id)).collect();
    let http = Http {
        status,
        retry_after: None,
        body: body.as_bytes(),
    };
    super::status(&http, &asked)
}

fn of(
    word: StatusWord,
    charge: Option<i64>,
    start_count: Option<i64>,
    remains: Option<i64>,
) -> Report {
    Report {
        heard: Heard::Word(word),
        charge: charge.map(Money::from_micros),
        start_count,
        remains,
        runs: None,
        children: Vec::new(),
    }
}

fn partial() -> Report {
    of(StatusWord::Partial, Some(278_190), Some(3572), Some(157))
}

const PARTIAL: &str = r#"{"charge":"0.27819","start_count":"3572","status":"Partial","remains":"157","currency":"USD"}"#;

#[track_caller]
fn check(body: &str, asked: &[&str], expected: &[(&str, Result<Report, &str>)], strangers: usize) {
    let statuses = read(200, body, asked).expect("an answer");
    let reports = expected
        .iter()
        .cloned()
        .map(|(id, report)| (UpstreamId::from(id), report.map_err(ToOwned::to_owned)));
    assert_eq!(statuses.reports, reports.collect(), "{body}");
    assert_eq!(statuses.strangers, strangers, "{body}");
}

#[test]
fn one_order_is_answered_bare_keyed_or_in_a_list() {
    for body in [
        PARTIAL.to_owned(),
        format!(r#"{{"23501":{PARTIAL}}}"#),
        format!("[{PARTIAL}]"),
        format!(r#"{{"data":{PARTIAL}}}"#),
        format!(r#"{{"status":"success","data":[{PARTIAL}]}}"#),
        format!("<br />\n<b>Warning</b>: x<br />\n{PARTIAL}"),
        PARTIAL.replace('{', r#"{"order":23501,"id":5,"#),
        PARTIAL.replace("start_count", "start_counter"),
        PARTIAL.replace("status", "Status"),
        PARTIAL.replace(r#""157""#, "157.0"),
    ] {
        check(&body, &["23501"], &[("23501", Ok(partial()))], 0);
    }
}

#[test]
fn an_answer_about_another_order_is_a_stranger() {
    check(&PARTIAL.replace('{', r#"{"order":7,"#), &["23501"], &[], 1);
    check(&format!(r#"{{"7":{PARTIAL}}}"#), &["23501"], &[], 1);
}

#[test]
fn several_orders_are_answered_by_a_map() {
    let body = format!(
        r#"{{"1":{PARTIAL},"10":{{"error":"Incorrect order ID"}},"11":"Incorrect order ID","12":null,"99":{PARTIAL}}}"#
    );
    let wrong = Err("Incorrect order ID");
    let expected = [("1", Ok(partial())), ("10", wrong.clone()), ("11", wrong)];
    check(&body, &["1", "10", "11", "12", "13"], &expected, 1);
    check(
        &format!(r#"{{"status":"success","data":{body}}}"#),
        &["1", "10", "11", "12", "13"],
        &expected,
        1,
    );
}

#[test]
fn several_orders_are_answered_by_a_list_that_names_them() {
    let named = |id: &str| PARTIAL.replace('{', &format!(r#"{{"order":"{id}","#));
    let expected = [("1", Ok(partial())), ("2", Ok(partial()))];
    check(
        &format!("[{},{}]", named("2"), named("1")),
        &["1", "2"],
        &expected,
        0,
    );
    check(
        &format!(r#"{{"0":{},"7":{}}}"#, named("2"), named("1")),
        &["1", "2"],
        &expected,
        0,
    );
    let ids = PARTIAL.replace('{', r#"{"id":1,"#);
    check(&format!("[{ids}]"), &["1", "2"], &expected[..1], 0);
}

#[test]
fn nothing_is_given_to_an_id_by_its_place() {
    check(&format!("[{PARTIAL},{PARTIAL}]"), &["1", "2"], &[], 2);
    check(&format!("[{PARTIAL}]"), &["1", "2"], &[], 1);
    check(PARTIAL, &["1", "2"], &[], 1);
    // Its key names one order and its content another.
    let torn = PARTIAL.replace('{', r#"{"order":2,"#);
    check(&format!(r#"{{"1":{torn}}}"#), &["1", "2"], &[], 1);
    check(
        &format!(r#"{{"1":{PARTIAL},"1":{PARTIAL}}}"#),
        &["1"],
        &[("1", Ok(partial()))],
        1,
    );
}

#[test]
fn nothing_is_a_list_or_a_map() {
    check("[]", &["1", "2"], &[], 0);
    check("{}", &["1"], &[], 0);
    check(r#"{"status":"success","data":[]}"#, &["1"], &[], 0);
}

#[test]
fn values_come_in_every_type() {
    let one = |body: &str, report: Report| check(body, &["1"], &[("1", Ok(report))], 0);
    one(
        r#"{"charge":0.1400001,"start_count":null,"status":"COMPLETED","remains":0,"currency":"USD"}"#,
        of(StatusWord::Completed, Some(140_001), None, Some(0)),
    );
    one(
        r#"{"charge":"1,234.5","start_count":"","status":"In_progress","remains":"Unknown"}"#,
        of(StatusWord::InProgress, Some(1_234_500_000), None, None),
    );
    one(
        r#"{"charge":"free","status":"Canceled","remains":"-3"}"#,
        of(StatusWord::Canceled, None, None, Some(-3)),
    );
    let mut drip = of(StatusWord::Active, None, None, None);
    drip.runs = Some(3);
    drip.children = vec!["7".into(), "8".into()];
    one(
        r#"{"status":"Active","runs":"3","orders":[7,"8"]}"#,
        drip.clone(),
    );
    for orders in [
        r#"{"0":7,"2":"8"}"#,
        r#""7, 8""#,
        r#"[{"order":7},{"id":"8","status":"Pending"}]"#,
        r#"[7,null,0,"",8,[]]"#,
    ] {
        let body = format!(r#"{{"status":"Active","expiry":true,"posts":3,"orders":{orders}}}"#);
        one(&body, drip.clone());
    }
    drip.children = Vec::new();
    for none in [
        r#","orders":null"#,
        r#","orders":[]"#,
        r#","orders":{}"#,
        r#","orders":"""#,
        r#","orders":"none yet""#,
        r#","orders":["Array","N/A"]"#,
        "",
    ] {
        let body = format!(r#"{{"status":"Active","expiry":"31/12/2026","posts":"3"{none}}}"#);
        one(&body, drip.clone());
    }
    let failed = Report {
        heard: Heard::Failed,
        ..of(StatusWord::Pending, Some(0), None, None)
    };
    one(
        r#"{"status":"Fail","charge":"0","message":"no such user"}"#,
        failed,
    );
    let odd = Report {
        heard: Heard::Unknown("3".into()),
        ..of(StatusWord::Pending, None, None, None)
    };
    one(r#"{"status":3}"#, odd);
    check(r#"{"charge":"1"}"#, &["1"], &[("1", Err("no status"))], 0);
}

#[test]
fn an_error_is_about_the_order_or_about_the_call() {
    let wrong = [("1", Err("Incorrect order ID"))];
    check(r#"{"error":"Incorrect order ID"}"#, &["1"], &wrong, 0);
    check(r#"[{"error":"Incorrect order ID"}]"#, &["1"], &wrong, 0);
    check(r#""Incorrect order ID""#, &["1"], &wrong, 0);
    let not_found = read(404, r#"{"error":"Incorrect order ID"}"#, &["1"]).expect("an answer");
    assert_eq!(
        not_found.reports[&"1".into()],
        Err("Incorrect order ID".to_owned())
    );
    let refused = |text: &str| Err(AnswerError::Refused(text.to_owned()));
    assert_eq!(
        read(200, r#"{"error":"Incorrect order ID"}"#, &["1", "2"]),
        refused("Incorrect order ID")
    );
    assert_eq!(
        read(401, r#"{"error":"Invalid API key"}"#, &["1"]),
        refused("Invalid API key")
    );
    assert_eq!(
        read(200, r#"{"status":"fail","message":"Maintenance"}"#, &["1"]),
        refused("Maintenance")
    );
}

#[test]
fn what_is_no_answer_says_so() {
    let throttled = Err(AnswerError::Throttled { retry_after: None });
    assert_eq!(read(429, "", &["1"]), throttled);
    assert_eq!(
        read(200, r#"{"error":"Too many requests"}"#, &["1"]),
        throttled
    );
    assert_eq!(
        read(502, PARTIAL, &["1"]),
        Err(AnswerError::HttpStatus(502))
    );
    assert_eq!(
        read(301, PARTIAL, &["1"]),
        Err(AnswerError::HttpStatus(301))
    );
    assert_eq!(
        read(404, "<html>", &["1"]),
        Err(AnswerError::HttpStatus(404))
    );
    assert_eq!(
        read(404, PARTIAL, &["1"]),
        Err(AnswerError::HttpStatus(404))
    );
    for body in ["", "<html>", "{\"1\":{"] {
        assert_eq!(read(200, body, &["1"]), Err(AnswerError::NotJson), "{body}");
    }
    for body in ["null", "12", "true"] {
        assert!(
            matches!(read(200, body, &["1"]), Err(AnswerError::WrongShape(_))),
            "{body}"
        );
    }
}

#[test]
fn a_boolean_is_no_number_and_no_id() {
    check(
        r#"{"status":"Partial","charge":true,"start_count":false,"remains":false,"runs":true}"#,
        &["1"],
        &[("1", Ok(of(StatusWord::Partial, None, None, None)))],
        0,
    );
    check(
        r#"[{"order":true,"status":"Completed"},{"order":2,"status":"Partial","remains":5}]"#,
        &["1", "2"],
        &[("2", Ok(of(StatusWord::Partial, None, None, Some(5))))],
        1,
    );
}
