use super::*;
use panelgate_domain::placement::PanelTrouble;

fn read(status: u16, body: &str) -> AddOutcome {
    let http = Http {
        status,
        retry_after: Some(Duration::from_secs(3)),
        body: body.as_bytes(),
    };
    add(&http, &Classifier::default())
}

#[track_caller]
fn accepted(status: u16, body: &str, id: &str) {
    assert_eq!(
        read(status, body),
        AddOutcome::Accepted(id.into()),
        "{body}"
    );
}

#[track_caller]
fn refused(status: u16, body: &str, about: About) {
    assert_eq!(read(status, body), AddOutcome::Refused(about), "{body}");
}

#[track_caller]
fn unknown(status: u16, body: &str) {
    assert_eq!(
        read(status, body),
        AddOutcome::Unknown,
        "HTTP {status} {body}"
    );
}

#[test]
fn an_order_id_is_accepted_in_the_shapes_of_real_panels() {
    accepted(200, r#"{"order":23501}"#, "23501");
    accepted(200, r#"{"order":"23501"}"#, "23501");
    accepted(201, r#"{"status":"success","order":23501}"#, "23501");
    accepted(200, r#"{"status":100,"order":7}"#, "7");
    accepted(
        200,
        r#"{"Order":7,"charge":"1.0","Status":"Success","remaining_balance":3}"#,
        "7",
    );
    accepted(
        200,
        r#"{"order":"65f1c0ffee65f1c0ffee65f1"}"#,
        "65f1c0ffee65f1c0ffee65f1",
    );
    accepted(200, r#"{"order":"a3f-1_c"}"#, "a3f-1_c");
    let longest = "7".repeat(LONGEST_ID);
    accepted(200, &format!(r#"{{"order":"{longest}"}}"#), &longest);
    accepted(200, r#"{"order_id":7}"#, "7");
    accepted(200, r#"{"orderID":7,"order":7}"#, "7");
    accepted(200, r#"{"id":7}"#, "7");
    accepted(200, r#"{"id":7,"order":8}"#, "8");
    accepted(200, r#"{"success":true,"data":{"id":7}}"#, "7");
    accepted(200, r#"{"order":7,"error":null,"errors":[]}"#, "7");
    accepted(200, "\u{feff}\r\n{ \"order\" : 7 }\r\n", "7");
    accepted(
        200,
        "<br />\n<b>Notice</b>:  x in <b>/a.php</b> on line <b>1</b><br />\n{\"order\":7}",
        "7",
    );
}

#[test]
fn listed_texts_are_definite() {
    let link = About::Order(Refusal::BadLink);
    refused(200, r#"{"error":"Bad link"}"#, link);
    refused(422, r#"{"error":"neworder.error.link"}"#, link);
    refused(200, r#"{"errors":["Bad link"]}"#, link);
    refused(200, r#"{"status":"fail","message":"Bad link"}"#, link);
    refused(200, r#"{"status":"error","msg":"Bad link"}"#, link);
    refused(
        200,
        r#"{"success":false,"msg":"Bad link","order":null}"#,
        link,
    );
    refused(
        200,
        r#"{"error":"Quantity less than minimal 50"}"#,
        About::Order(Refusal::QuantityBelow(50)),
    );
    refused(
        200,
        r#"{"error":"neworder.error.link_duplicate"}"#,
        About::Order(Refusal::ActiveLink),
    );
    refused(
        200,
        r#"{"error":"Your balance is insufficient.","status":113}"#,
        About::Panel(PanelTrouble::Funds),
    );
    refused(
        400,
        r#"{"error":"Incorrect service ID"}"#,
        About::Panel(PanelTrouble::ServiceOff),
    );
    refused(
        401,
        r#"{"error":"API key invalid","status":"102"}"#,
        About::Panel(PanelTrouble::Key),
    );
}

#[test]
fn throttled_is_a_rate_limit_text_and_nothing_else() {
    let throttled = AddOutcome::Throttled {
        retry_after: Some(Duration::from_secs(3)),
    };
    assert_eq!(read(200, r#"{"error":"Too many requests"}"#), throttled);
    assert_eq!(
        read(
            429,
            r#"{"error":"Rate limit exceeded. Max 60 requests per minute."}"#
        ),
        throttled
    );
    unknown(429, r#"{"error":"Too many requests","status":429}"#);
    unknown(429, r#"{"errors":["Too many requests"]}"#);
    unknown(400, r#"{"error":"Too many requests"}"#);
    unknown(503, r#"{"error":"Too many requests"}"#);
    unknown(429, r#"{"error":"Slow down"}"#);
    unknown(429, r#"{"error":"Bad link"}"#);
    unknown(429, "<html>429</html>");
}

#[test]
fn what_is_no_id_is_unknown() {
    for id in [
        "0",
        "-5",
        "1.5",
        "1e3",
        "null",
        "true",
        "false",
        "[7]",
        "{}",
        r#""""#,
        r#""0""#,
        r#""000""#,
        r#"" 7""#,
        r#""7 8""#,
        r#""-7""#,
        r#""none""#,
        r#""7.0""#,
        r#""7\n""#,
    ] {
        unknown(200, &format!(r#"{{"order":{id}}}"#));
    }
    unknown(200, &format!(r#"{{"order":"{}"}}"#, "7".repeat(65)));
    unknown(200, r#"{"order":7,"order_id":8}"#);
    unknown(200, r#"{"order":7,"order":8}"#);
}

#[test]
fn an_answer_that_says_two_things_is_unknown() {
    unknown(200, r#"{"order":7,"error":"Bad link"}"#);
    unknown(200, r#"{"id":7,"error":"Bad link"}"#);
    unknown(200, r#"{"order":0,"error":"Bad link"}"#);
    unknown(200, r#"{"error":"Bad link","new_Or-der":4}"#);
    unknown(200, r#"{"data":{"id":7},"error":"Bad link"}"#);
    unknown(200, r#"{"order":7,"status":"fail"}"#);
    unknown(200, r#"{"order":7,"status":false}"#);
    unknown(200, r#"{"order":7,"success":false}"#);
    unknown(200, r#"{"errors":["Bad link","Order created"]}"#);
    unknown(400, r#"{"order":7}"#);
}

#[test]
fn an_order_beside_a_failure_further_inside_is_unknown() {
    for failure in [
        r#""error":"Bad link""#,
        r#""errors":["Bad link"]"#,
        r#""success":false"#,
        r#""status":"fail","message":"Bad link""#,
    ] {
        unknown(200, &format!(r#"{{"data":{{"order":7,{failure}}}}}"#));
        unknown(200, &format!(r#"{{"order":7,"data":{{{failure}}}}}"#));
        unknown(200, &format!(r#"{{"order":7,"result":{{{failure}}}}}"#));
        unknown(200, &format!(r#"{{"id":7,"result":{{{failure}}}}}"#));
        unknown(200, &format!(r#"{{"order":7,"result":[{{{failure}}}]}}"#));
        unknown(
            200,
            &format!(r#"{{"data":{{"order":7,"x":[[{{"y":{{{failure}}}}}]]}}}}"#),
        );
    }
    unknown(200, r#"{"data":{"order":7,"status":"fail"}}"#);
    unknown(200, r#"{"order":7,"data":{"status":false}}"#);
    accepted(200, r#"{"data":{"order":7,"error":null}}"#, "7");
    accepted(200, r#"{"data":{"order":7,"status":"success"}}"#, "7");
    accepted(200, r#"{"order":7,"result":{"errors":[]}}"#, "7");
    accepted(200, r#"{"order":7,"x":[[[{"y":{"z":[1]}}]]]}"#, "7");
    let deep = [&"[".repeat(9), &"]".repeat(9)]
        .map(String::as_str)
        .concat();
    unknown(200, &format!(r#"{{"order":7,"x":{deep}}}"#));
}

#[test]
fn an_error_beside_an_id_is_unknown_whatever_order_says() {
    for id in ["7", r#""7""#, "0", r#""x""#] {
        unknown(
            200,
            &format!(r#"{{"order":null,"id":{id},"error":"Bad link"}}"#),
        );
        unknown(
            400,
            &format!(r#"{{"error":"Bad link","order_id":null,"ID":{id}}}"#),
        );
    }
}

#[test]
fn an_error_beside_anything_that_may_hold_an_order_is_unknown() {
    for more in [
        r#""result":{"order":555}"#,
        r#""result":{}"#,
        r#""result":[555]"#,
        r#""data":[]"#,
        r#""orders":[556]"#,
        r#""orders":556"#,
        r#""Last-Order":"556""#,
        r#""ORDERS_PLACED":1"#,
        r#""order_no":556"#,
        r#""errors":["Order created"]"#,
        r#""errors":{"order":555}"#,
        r#""errors":[{"order":555}]"#,
    ] {
        unknown(200, &format!(r#"{{"error":"Bad link",{more}}}"#));
        unknown(400, &format!(r#"{{{more},"error":"Bad link"}}"#));
    }
    unknown(200, r#"{"error":{"message":"Bad link","order":555}}"#);
    unknown(200, r#"{"error":{"message":"Bad link","id":555}}"#);
    unknown(200, r#"{"error":{"message":"Bad link","x":{"y":555}}}"#);
    unknown(200, r#"{"error":{"message":"Bad link","message":null}}"#);
    unknown(200, r#"{"errors":["Bad link",{"result":555}]}"#);
    let many = "555,".repeat(100_000);
    unknown(
        200,
        &format!(r#"{{"error":"Bad link","errors":[{many}555]}}"#),
    );
    unknown(200, r#"{"errors":["Bad link"],"error":{"order":555}}"#);
    unknown(
        200,
        r#"{"status":"fail","message":"Bad link","result":{"order":555}}"#,
    );
}

#[test]
fn an_error_beside_nothing_of_weight_is_definite() {
    let link = About::Order(Refusal::BadLink);
    for body in [
        r#"{"error":"Bad link","order":null,"id":null,"orders":null,"data":null}"#,
        r#"{"error":"Bad link","code":105,"success":false,"time":1.5}"#,
        r#"{"error":"Bad link","errors":[]}"#,
        r#"{"error":null,"errors":["Bad link"]}"#,
        r#"{"error":"Bad link","Error":"Bad link"}"#,
        r#"{"error":{"message":"Bad link","code":105}}"#,
        r#"{"errors":[{"message":"Bad link"}]}"#,
    ] {
        refused(200, body, link);
    }
}

#[test]
fn a_name_with_two_values_is_unknown() {
    unknown(200, r#"{"error":"Bad link","error":null}"#);
    unknown(200, r#"{"error":null,"error":"Bad link"}"#);
    unknown(200, r#"{"error":"Bad link","Error":"Not enough funds"}"#);
    unknown(200, r#"{"error":"Bad link","code":1,"code":2}"#);
    unknown(200, r#"{"order":7,"order":null}"#);
    unknown(200, r#"{"order":7,"status":"success","status":"fail"}"#);
    unknown(200, r#"{"success":true,"data":{"id":7},"data":null}"#);
    unknown(200, r#"{"success":true,"data":{"id":7,"id":null}}"#);
}

#[test]
fn an_id_that_is_none_is_not_made_good_by_another() {
    for none in ["null", "0", "false", r#""""#, "[]"] {
        unknown(200, &format!(r#"{{"order":{none},"id":777}}"#));
        unknown(200, &format!(r#"{{"order":{none},"order_id":777}}"#));
        unknown(200, &format!(r#"{{"orderID":777,"order":{none}}}"#));
        unknown(
            200,
            &format!(r#"{{"order_id":{none},"data":{{"id":777}}}}"#),
        );
        unknown(200, &format!(r#"{{"id":{none},"data":{{"id":777}}}}"#));
        unknown(200, &format!(r#"{{"data":{{"order":{none},"id":777}}}}"#));
    }
}

#[test]
fn what_is_not_one_object_is_unknown() {
    for body in [
        "",
        " ",
        "7",
        "null",
        "[]",
        r#"[{"order":7}]"#,
        r#"{"order":7"#,
        r#"{"order":7}{"order":8}"#,
        r#"{"order":7}<br />"#,
        r#"OK {"order":7}"#,
        r#"{"error":"Bad link"} 12"#,
        "<!DOCTYPE html><title>Just a moment...</title>",
        "<b>Fatal error</b>: out of memory<br />{\"error\":\"Bad link\"}",
        "Notice: {\"order\":7} in /a.php\n{\"error\":\"Bad link\"}",
        "{}",
        r#"{"status":"success"}"#,
        r#"{"message":"Order placed"}"#,
        r#"{"error":"Something went wrong"}"#,
        r#"{"error":""}"#,
        r#"{"error":"Order not found."}"#,
        r#"{"error":"Refill not found"}"#,
    ] {
        unknown(200, body);
    }
}

#[test]
fn redirects_and_server_errors_are_unknown_whatever_they_say() {
    for status in [301, 302, 307, 500, 502, 503, 504, 520, 524] {
        unknown(status, r#"{"order":7}"#);
        unknown(status, r#"{"error":"Bad link"}"#);
        unknown(status, r#"{"error":"Not enough funds on balance"}"#);
    }
}

proptest::proptest! {
    #[test]
    fn an_answer_that_breaks_off_is_unknown(id in 1_u64.., cut in 0_usize..60) {
        for whole in [format!(r#"{{"status":"success","order":{id}}}"#), r#"{"error":"Bad link"}"#.to_owned()] {
            let cut = cut.min(whole.len() - 1);
            proptest::prop_assert_eq!(read(200, &whole[..cut]), AddOutcome::Unknown);
        }
    }

    #[test]
    fn no_listed_text_is_definite_with_something_added(more in "[a-z]{1,10}") {
        let body = format!(r#"{{"error":"Bad link {more}"}}"#);
        proptest::prop_assert_eq!(read(200, &body), AddOutcome::Unknown);
    }
}
