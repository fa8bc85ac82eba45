use super::*;
use panelgate_domain::action::{Add, AskedId, Ids, MAX_IDS};
use panelgate_domain::field::Field;

fn post(body: &str) -> Request {
    read(&Raw {
        body: body.as_bytes(),
        ..Raw::default()
    })
}

fn get(query: &str) -> Request {
    read(&Raw {
        get: true,
        query,
        ..Raw::default()
    })
}

fn number(id: i64) -> AskedId {
    AskedId::Number(id)
}

fn many(ids: &[i64]) -> Ids {
    Ids::Many(ids.iter().copied().map(number).collect())
}

#[track_caller]
fn check(body: &str, expected: Result<Action, Refusal>) {
    assert_eq!(post(body).action, expected, "{body}");
}

#[track_caller]
fn added(request: Request) -> Add {
    match request.action {
        Ok(Action::Add(add)) => add,
        other => panic!("{other:?} is no add"),
    }
}

#[test]
fn the_bytes_decide_the_encoding() {
    let expected = Ok(Action::Status(many(&[1, 2])));
    for body in [
        "key=k&action=status&orders=1,2",
        "orders=1%2C2&action=status&key=k",
        "key=k&action=status&orders[]=1&orders[]=2",
        "key=k&action=status&orders%5B0%5D=1&orders%5B1%5D=2",
        "key=k&action=status&orders=1&orders=2",
        "key=k&action=status&orders=+1+,%202%20,,2&orders=",
        r#"{"key":"k","action":"status","orders":"1,2"}"#,
        r#"{"key":"k","action":"status","orders":[1,2]}"#,
        r#" {"action":" Status ","orders":["1",2,"1"],"key":"k"}"#,
        "\u{feff}{\"key\":\"k\",\"action\":\"status\",\"orders\":\"1, 2\"}",
        "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n\
         --b\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nstatus\r\n\
         --b\r\nContent-Disposition: form-data; name=\"orders\"\r\n\r\n1,2\r\n--b--\r\n",
    ] {
        let request = post(body);
        assert_eq!(request.action, expected, "{body}");
        assert_eq!(request.key.as_deref(), Some("k"), "{body}");
    }
}

#[test]
fn actions_without_parameters() {
    check("action=services", Ok(Action::Services));
    check("action=BALANCE", Ok(Action::Balance));
    for body in [
        "",
        "key=k",
        "action=",
        "action=orders",
        "{",
        "[1]",
        "{}",
        "--",
        "\u{0}",
    ] {
        check(body, Err(Refusal::IncorrectRequest));
    }
}

#[test]
fn one_id_has_many_names() {
    for name in ["order", "id", "order_id", "Order"] {
        let one = Ids::One(number(7));
        check(
            &format!("action=status&{name}=+7"),
            Ok(Action::Status(one.clone())),
        );
        check(
            &format!("action=cancel&{name}=7"),
            Ok(Action::Cancel(one.clone())),
        );
        check(&format!("action=refill&{name}=7"), Ok(Action::Refill(one)));
    }
    check(
        "action=refill&refill=7",
        Ok(Action::Refill(Ids::One(number(7)))),
    );
    check(
        "action=refill&refill=8&order=7",
        Ok(Action::Refill(Ids::One(number(7)))),
    );
    check(
        "action=refill_status&refill=7",
        Ok(Action::RefillStatus(Ids::One(number(7)))),
    );
    check(
        "action=refill_status&refills=7",
        Ok(Action::RefillStatus(many(&[7]))),
    );
}

#[test]
fn the_plural_beats_the_singular() {
    check(
        "action=cancel&order=1&orders=2",
        Ok(Action::Cancel(many(&[2]))),
    );
    check(
        "action=status&orders=&order=1",
        Ok(Action::Status(Ids::One(number(1)))),
    );
}

#[test]
fn ids_may_come_in_any_order_and_count_once() {
    for (asked, ids) in [
        ("1,2,2,5,9", vec![1, 2, 5, 9]),
        ("9,5,9,1,5", vec![9, 5, 1]),
        ("1,9,5,5,10,1,10", vec![1, 9, 5, 10]),
    ] {
        check(
            &format!("action=status&orders={asked}"),
            Ok(Action::Status(many(&ids))),
        );
    }
}

#[test]
fn ids_may_be_missing_or_mean_nothing() {
    check("action=status", Err(Refusal::IncorrectOrderId));
    check("action=status&orders=,+,", Err(Refusal::IncorrectOrderId));
    check("action=refill", Err(Refusal::IncorrectOrderId));
    check("action=cancel&order=", Err(Refusal::IncorrectOrderId));
    check("action=refill_status", Err(Refusal::RefillNotFound));
    let text = |text: &str| AskedId::Text(text.to_owned());
    check(
        "action=status&orders=x,007,1",
        Ok(Action::Status(Ids::Many(vec![
            text("x"),
            text("007"),
            number(1),
        ]))),
    );
    let long = "9".repeat(100);
    check(
        &format!("action=status&order={long}"),
        Ok(Action::Status(Ids::One(text(&long[..64])))),
    );
}

#[test]
fn a_hundred_ids_are_enough() {
    let list = |last: usize| {
        (1..=last)
            .map(|id| id.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    let ids: Vec<i64> = (1..=100).collect();
    check(
        &format!("action=status&orders={0},{0}", list(100)),
        Ok(Action::Status(many(&ids))),
    );
    let too_many = Err(Refusal::TooManyIds(MAX_IDS));
    check(
        &format!("action=status&orders={}", list(101)),
        too_many.clone(),
    );
    let array = format!(r#"{{"action":"cancel","orders":[{}]}}"#, list(5_000));
    check(&array, too_many);
}

#[test]
fn an_add_keeps_what_it_was_sent() {
    let add = added(post(
        "service=+5&link=+https%3A%2F%2Fx.example%2F%3Fa%3D1+&quantity=100&comments=&runs=None&interval=False\
         &customComments=nice%0D%0A+great+&action=add&idempotency_key=abc&shoe_size=43&username=None",
    ));
    assert_eq!(add.service.as_deref(), Some("5"));
    assert_eq!(add.idempotency_key.as_deref(), Some("abc"));
    let expected = [
        (Field::Link, "https://x.example/?a=1"),
        (Field::Quantity, "100"),
        (Field::Comments, "nice\r\n great"),
        (Field::Username, "None"),
    ];
    let expected = expected.map(|(field, text)| (field, text.to_owned()));
    assert_eq!(add.fields, expected.into());
}

#[test]
fn every_field_is_read_by_its_documented_name() {
    for field in Field::ALL {
        let body = format!("action=add&{}=7", names::field(field));
        let fields = added(post(&body)).fields;
        assert_eq!(fields, [(field, "7".to_owned())].into(), "{body}");
    }
}

#[test]
fn lists_may_be_arrays() {
    let comments = |body: &str| added(post(body)).fields.remove(&Field::Comments);
    let expected = Some("a\nb".to_owned());
    assert_eq!(
        comments(r#"{"action":"add","comments":["a","b"]}"#),
        expected
    );
    assert_eq!(comments(r#"{"action":"add","comments":"a\nb"}"#), expected);
    assert_eq!(comments("action=add&comments[]=a&comments[]=b"), expected);
    let scalar = added(post("action=add&service=1&service=2"));
    assert_eq!(scalar.service.as_deref(), Some("2"));
}

#[test]
fn body_and_query_are_both_read_and_the_body_wins() {
    let raw = Raw {
        query: "key=q&action=balance&order=9&orders=",
        body: b"action=status&order=1&key=",
        header_key: Some("h"),
        ..Raw::default()
    };
    let request = read(&raw);
    assert_eq!(request.key.as_deref(), Some("q"));
    assert_eq!(request.action, Ok(Action::Status(Ids::One(number(1)))));
    let only_get = Raw { get: true, ..raw };
    assert_eq!(read(&only_get).action, Ok(Action::Balance));
}

#[test]
fn the_key_may_come_in_a_header() {
    let keyed = |query, header_key| {
        let raw = Raw {
            query,
            header_key,
            ..Raw::default()
        };
        read(&raw).key
    };
    assert_eq!(keyed("key=a", Some("b")).as_deref(), Some("a"));
    assert_eq!(keyed("key=", Some(" b ")).as_deref(), Some("b"));
    assert_eq!(keyed("", Some(" ")), None);
    let long = "k".repeat(LONGEST_KEY + 1);
    assert_eq!(keyed("", Some(&long)), None);
}

#[test]
fn get_reads_and_does_more_only_where_that_is_allowed() {
    let seven = Ids::One(number(7));
    for (query, expected) in [
        ("action=services", Action::Services),
        ("action=balance", Action::Balance),
        ("action=status&order=7", Action::Status(seven.clone())),
        (
            "action=refill_status&refill=7",
            Action::RefillStatus(seven.clone()),
        ),
    ] {
        assert_eq!(get(query).action, Ok(expected), "{query}");
    }
    for (query, expected) in [
        ("action=cancel&order=7", Action::Cancel(seven.clone())),
        ("action=Refill&order=7", Action::Refill(seven)),
    ] {
        assert_eq!(get(query).action, Err(Refusal::IncorrectRequest), "{query}");
        let allowed = Raw {
            get: true,
            get_add: true,
            query,
            ..Raw::default()
        };
        assert_eq!(read(&allowed).action, Ok(expected), "{query}");
    }
    let query = "key=k&action=add&service=1&quantity=10&link=https://x.example/watch?v=1&id=7";
    assert_eq!(get(query).action, Err(Refusal::IncorrectRequest));
    let add = added(read(&Raw {
        get: true,
        get_add: true,
        query,
        ..Raw::default()
    }));
    assert_eq!(add.fields[&Field::Link], "https://x.example/watch?v=1&id=7");
}

#[test]
fn an_idempotency_key_may_come_in_a_header() {
    let keyed = |body: &str, header| {
        let raw = Raw {
            body: body.as_bytes(),
            idempotency_key: header,
            ..Raw::default()
        };
        read(&raw).action.map(|action| match action {
            Action::Add(add) => add.idempotency_key,
            other => panic!("{other:?} is no add"),
        })
    };
    assert_eq!(
        keyed("action=add&idempotency_key=a", Some("b")),
        Ok(Some("a".to_owned()))
    );
    assert_eq!(keyed("action=add", Some(" b ")), Ok(Some("b".to_owned())));
    assert_eq!(keyed("action=add", Some("")), Ok(None));
    assert_eq!(
        keyed("action=add", Some(&"b".repeat(256))),
        Err(Refusal::IncorrectRequest)
    );
}

#[test]
fn a_body_that_cannot_be_read_is_no_order() {
    let raw = Raw {
        query: "key=k&action=add&service=1&link=x&quantity=1",
        body: br#"{"runs":10"#,
        ..Raw::default()
    };
    let request = read(&raw);
    assert_eq!(request.action, Err(Refusal::IncorrectRequest));
    assert_eq!(request.key.as_deref(), Some("k"));
    let crowd = "a=1&".repeat(params::MAX_PARAMS + 1);
    check(
        &format!("action=services&{crowd}"),
        Err(Refusal::IncorrectRequest),
    );
}
