use super::*;

fn read(body: &str) -> Result<OfferList, AnswerError> {
    let http = Http {
        status: 200,
        retry_after: None,
        body: body.as_bytes(),
    };
    services(&http, &"alpha".into(), &"USD".into())
}

fn offer(id: &str) -> Offer {
    Offer {
        id: id.into(),
        name: "Followers".into(),
        category: "First Category".into(),
        type_word: "Default".into(),
        rate: Rate::parse("0.90").expect("a rate"),
        min: 50,
        max: 10_000,
        refill: true,
        cancel: true,
        dripfeed: None,
    }
}

const ENTRY: &str = r#"{"service":1,"name":"Followers","type":"Default","category":"First Category","rate":"0.90",
    "min":"50","max":"10000","refill":true,"cancel":true}"#;

#[track_caller]
fn check_one(body: &str, expected: Offer) {
    let list = read(body).expect("a catalogue");
    assert_eq!(list.unreadable, [], "{body}");
    assert_eq!(list.offers, [expected], "{body}");
}

#[track_caller]
fn check_reason(from: &str, to: &str, reason: SkipReason) {
    let body = format!(
        "[{ENTRY},{}]",
        ENTRY
            .replace(r#""service":1"#, r#""service":2"#)
            .replace(from, to)
    );
    let list = read(&body).expect("a catalogue");
    assert_eq!(list.offers, [offer("1")], "{body}");
    let reasons: Vec<_> = list
        .unreadable
        .into_iter()
        .map(|skipped| skipped.reason)
        .collect();
    assert_eq!(reasons, [reason], "{body}");
}

#[test]
fn catalogues_are_lists_or_maps_bare_or_wrapped() {
    check_one(&format!("[{ENTRY}]"), offer("1"));
    check_one(
        &format!(r#"{{"services":[{ENTRY}],"count":1}}"#),
        offer("1"),
    );
    check_one(
        &format!(r#"{{"status":"success","data":[{ENTRY}]}}"#),
        offer("1"),
    );
    check_one(
        &format!(r#"{{"data":{{"services":[{ENTRY}]}}}}"#),
        offer("1"),
    );
    let keyed = ENTRY.replace(r#""service":1,"#, "");
    check_one(&format!(r#"{{"7":{keyed}}}"#), offer("7"));
    check_one(&format!(r#"{{"7":{ENTRY}}}"#), offer("1"));
    for empty in ["[]", "{}", r#"{"status":"success","data":"Empty Data"}"#] {
        assert_eq!(read(empty).expect("a catalogue").offers, [], "{empty}");
    }
}

#[test]
fn ids_are_opaque() {
    let with = |id: &str| {
        format!(
            "[{}]",
            ENTRY.replace(r#""service":1"#, &format!(r#""service":{id}"#))
        )
    };
    check_one(&with(r#"" 007 ""#), offer("007"));
    check_one(
        &with(r#""101429clone_veri_gmail""#),
        offer("101429clone_veri_gmail"),
    );
    check_one(&with("12.0"), offer("12"));
}

#[test]
fn rates_keep_their_digits() {
    for (written, read) in [
        ("0.00011999999999999999", "0.00011999999999999999"),
        ("99999999", "99999999.00"),
        ("1e-5", "0.00001"),
        ("\"123456789012345\"", "123456789012345.00"),
        ("4.80", "4.80"),
    ] {
        let list = super::tests::read(&format!("[{}]", ENTRY.replace("\"0.90\"", written)))
            .expect("a catalogue");
        assert_eq!(list.offers[0].rate.to_string(), read);
    }
}

#[test]
fn numbers_and_flags_come_in_every_type() {
    let body = ENTRY
        .replace(r#""50""#, "50.0")
        .replace(r#""10000""#, "1.0e+4")
        .replace(r#""refill":true"#, r#""refill":"false","Dripfeed":"1""#)
        .replace(r#""cancel":true"#, r#""cancel":0"#);
    let expected = Offer {
        refill: false,
        cancel: false,
        dripfeed: Some(true),
        ..offer("1")
    };
    check_one(&format!("[{body}]"), expected);
    let silent = ENTRY.replace(r#","refill":true,"cancel":true"#, "");
    let expected = Offer {
        refill: false,
        cancel: false,
        ..offer("1")
    };
    check_one(&format!("[{silent}]"), expected);
}

#[test]
fn what_cannot_be_read_is_named() {
    check_reason("\"0.90\"", "\"free\"", SkipReason::Unreadable("rate"));
    check_reason("\"0.90\"", "-1", SkipReason::Unreadable("rate"));
    check_reason("\"0.90\"", "true", SkipReason::Unreadable("rate"));
    check_reason("\"50\"", "true", SkipReason::Unreadable("min"));
    check_reason("\"50\"", "-1", SkipReason::Unreadable("min"));
    check_reason("\"50\"", "\"\"", SkipReason::Unreadable("min"));
    check_reason("\"10000\"", "\"1,5\"", SkipReason::Unreadable("max"));
    check_reason("\"10000\"", "1.5", SkipReason::Unreadable("max"));
    check_reason("\"name\"", "\"title\"", SkipReason::Unreadable("name"));
    check_reason(
        "\"service\":2",
        "\"service\":null",
        SkipReason::Unreadable("service"),
    );
    check_reason(
        "\"service\":2",
        "\"service\":\"\"",
        SkipReason::Unreadable("service"),
    );
    check_reason("\"service\":2", "\"service\":1", SkipReason::DuplicateId);
    let list = read(&format!("[7,{ENTRY},{{}}]")).expect("a catalogue");
    let named: Vec<_> = list
        .unreadable
        .iter()
        .map(|skipped| skipped.offer.as_str())
        .collect();
    assert_eq!(named, ["#1", "#3"]);
    assert_eq!(list.offers, [offer("1")]);
}

#[test]
fn what_is_no_catalogue_is_an_error() {
    assert_eq!(
        read(r#"{"error":"Invalid API key"}"#),
        Err(AnswerError::Refused("Invalid API key".into()))
    );
    assert_eq!(
        read(r#"{"status":"fail","message":"x"}"#),
        Err(AnswerError::Refused("x".into()))
    );
    assert_eq!(read("<html>"), Err(AnswerError::NotJson));
    for body in [
        "null",
        "7",
        r#"{"status":"success"}"#,
        r#"{"data":{"data":{"data":{"data":[]}}}}"#,
    ] {
        assert_eq!(read(body), Err(NO_CATALOGUE), "{body}");
    }
}
