use serde_json::json;

use crate::{House, json};

#[test]
fn add_makes_the_store_and_list_shows_who_is_in_it() {
    let house = House::new();
    house
        .run(&[
            "customer",
            "add",
            "ann",
            "--group",
            "vip",
            "--credit-limit",
            "5",
        ])
        .expect(0);
    assert!(crate::exists(&house.store()));
    let listed = house.run(&["customer", "list", "--json"]).expect(0);
    let expected = json!([{
        "customer": "ann", "group": "vip", "available": "0.00", "held": "0.00",
        "credit_limit": "5.00", "spendable": "5.00", "disabled": false,
        "duplicate_window": null, "link_guard": false
    }]);
    assert_eq!(json(&listed), expected);
    let plain = house.run(&["customer", "list"]).expect(0);
    assert_eq!(
        plain.lines().nth(1),
        Some("ann\tvip\t0.00\t0.00\t5.00\t5.00\tno\t\tno")
    );
}

#[test]
fn a_name_is_taken_once() {
    let house = House::with_ann();
    let error = house.run(&["customer", "add", "ann"]).expect_error(1);
    assert!(error.contains("exists already"), "{error}");
    house.run(&["customer", "add", " "]).expect_error(2);
    house
        .run(&["customer", "add", "bob", "--credit-limit", "-1"])
        .expect_error(2);
}

#[test]
fn a_reference_books_once() {
    let house = House::with_ann();
    let topup = |amount| house.run(&["customer", "topup", "ann", amount, "--reference", "r1"]);
    assert_eq!(topup("12.5").expect(0), "booked\n");
    assert_eq!(topup("12.50").expect(0), "already booked\n");
    topup("13").expect_error(1);
    house.run(&["customer", "add", "bob"]).expect(0);
    house
        .run(&["customer", "topup", "bob", "12.5", "--reference", "r1"])
        .expect_error(1);
    let shown = house.run(&["customer", "show", "ann"]).expect(0);
    let available = shown
        .lines()
        .find_map(|line| line.strip_prefix("available"));
    assert_eq!(available.map(str::trim), Some("12.50"), "{shown}");
}

#[test]
fn amounts_are_exact_or_wrong_use() {
    let house = House::with_ann();
    for amount in ["12,5", "1e3", "0.0000001", "much"] {
        house
            .run(&["customer", "topup", "ann", amount, "--reference", "r"])
            .expect_error(2);
    }
    for amount in ["0", "-5"] {
        house
            .run(&["customer", "topup", "ann", amount, "--reference", "r"])
            .expect_error(1);
    }
    house
        .run(&["customer", "topup", "ann", "5"])
        .expect_error(2);
}

#[test]
fn adjustments_go_both_ways_but_not_below_the_limit() {
    let house = House::with_ann();
    let adjust = |amount, reference| {
        let rest = ["--reference", reference, "--reason", "a slip, mended"];
        house.run(&[&["customer", "adjust", "ann", amount][..], &rest].concat())
    };
    adjust("+5", "a1").expect(0);
    adjust("-2", "a2").expect(0);
    assert_eq!(adjust("-2", "a2").expect(0), "already booked\n");
    adjust("-4", "a3").expect_error(1);
    let csv = house
        .run(&["customer", "statement", "ann", "--csv"])
        .expect(0);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "at,kind,amount,balance,order,reference,note");
    assert!(
        lines[1].ends_with(",adjustment,5.00,5.00,,a1,\"a slip, mended\""),
        "{csv}"
    );
    assert!(
        lines[2].ends_with(",adjustment,-2.00,3.00,,a2,\"a slip, mended\""),
        "{csv}"
    );
    assert_eq!(lines[3..], [""]);
    assert_eq!(house.run(&["verify"]).expect(0), "all invariants hold\n");
}

#[test]
fn set_changes_what_it_names() {
    let house = House::with_ann();
    let shown = || {
        let text = house.run(&["customer", "show", "ann", "--json"]).expect(0);
        let shown = json(&text);
        (shown[0]["group"].clone(), shown[0]["disabled"].clone())
    };
    house
        .run(&["customer", "set", "ann", "--group", "vip"])
        .expect(0);
    house
        .run(&["customer", "set", "ann", "--disabled"])
        .expect(0);
    assert_eq!(shown(), (json!("vip"), json!(true)));
    house
        .run(&[
            "customer",
            "set",
            "ann",
            "--disabled",
            "false",
            "--group",
            "",
        ])
        .expect(0);
    assert_eq!(shown(), (json!(null), json!(false)));
    house
        .run(&["customer", "set", "bob", "--disabled"])
        .expect_error(1);
}

#[test]
fn deposits_book_once_and_know_the_panels() {
    let house = House::with_ann();
    let deposit = |panel| house.run(&["panels", "deposit", panel, "100", "--reference", "d1"]);
    assert_eq!(deposit("alpha").expect(0), "booked\n");
    assert_eq!(deposit("alpha").expect(0), "already booked\n");
    assert!(
        deposit("alhpa")
            .expect_error(1)
            .contains("did you mean `alpha`?")
    );
}
