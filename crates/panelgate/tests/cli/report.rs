use panelgate_domain::status::StatusWord::{Canceled, Completed, Partial};
use serde_json::json;

use crate::past::{Sale, happened, now};
use crate::{House, json};

/// Ann and a customer with a dangerous name buy from a panel in euros.
fn busy() -> House {
    let house = House::with_ann();
    house.run(&["customer", "add", "=SUM(A1)"]).expect(0);
    let panels = std::fs::read_to_string(house.path("panelgate.toml")).expect("read");
    let money = "[money]\nexchange = { EUR = \"1.1\" }\n";
    let panels = panels.replace("\"USD\"", "\"EUR\"");
    house.write("panelgate.toml", &format!("{money}{panels}"));
    happened(&house, async |past| {
        let (ann, other) = (past.funded("ann").await, past.funded("=SUM(A1)").await);
        let sale = |quantity, end| Sale {
            service: 1001,
            rate: "1.2",
            cost: "0.9",
            currency: "EUR",
            quantity,
            end,
        };
        past.sell(ann, &sale(1_000, Some((Completed, 0)))).await;
        past.sell(ann, &sale(1_000, Some((Partial, 250)))).await;
        past.sell(ann, &sale(500, None)).await;
        past.sell(other, &sale(100, Some((Canceled, 100)))).await;
    });
    house
}

#[test]
fn profit_is_grouped_as_asked() {
    let house = busy();
    let report = ["report", "profit", "--by", "customer,panel", "--days", "2"];
    let rows = house.run(&[&report[..], &["--json"]].concat()).expect(0);
    let expected = json!([
        {"customer": "=SUM(A1)", "panel": "alpha", "orders": 1, "currency": "USD", "revenue": "0.00", "held": "0.00",
         "cost_currency": "EUR", "cost": "0.09", "cost_converted": "0.099", "profit": "-0.099", "margin_percent": "-100.00"},
        {"customer": "ann", "panel": "alpha", "orders": 3, "currency": "USD", "revenue": "2.10", "held": "0.60",
         "cost_currency": "EUR", "cost": "2.25", "cost_converted": "2.475", "profit": "-0.375", "margin_percent": "-15.15"},
    ]);
    assert_eq!(json(&rows), expected);
    let csv = house.run(&[&report[..], &["--csv"]].concat()).expect(0);
    let line = csv.split("\r\n").nth(1).expect("a row");
    assert_eq!(
        line,
        "'=SUM(A1),alpha,1,USD,0.00,0.00,EUR,0.09,0.099,-0.099,-100.00"
    );
}

#[test]
fn days_are_dates_and_services_ids() {
    let house = busy();
    // The last order may be closed after midnight, so that only the first day is sure.
    let before = now();
    let text = house
        .run(&["report", "profit", "--by", "day,service", "--days", "2"])
        .expect(0);
    let mut lines = text.lines();
    let heading = lines.next().expect("a heading");
    assert!(heading.starts_with("day\tservice\torders\t"), "{heading}");
    let day = lines.next().and_then(|line| line.split('\t').next());
    let day: jiff::civil::Date = day.expect("a row").parse().expect("a date");
    let start = day.to_zoned(jiff::tz::TimeZone::UTC).expect("it exists");
    assert!(start.timestamp().as_millisecond() <= before.0);
    let wrong = house.run(&["report", "profit"]).expect_error(2);
    assert!(wrong.contains("--by"), "{wrong}");
    let unknown = house.run(&["report", "profit", "--by", "week"]);
    assert!(unknown.expect_error(2).contains("day, panel, service"));
}

#[test]
fn long_lists_say_what_they_leave_out_and_how_to_go_on() {
    let house = busy();
    let orders = |rest: &[&str]| {
        let ran = house.run(&[&["orders", "list", "--json"], rest].concat());
        let said = ran.stderr.clone();
        let rows = json(&ran.expect(0));
        let rows = rows.as_array().expect("rows").iter();
        let ids: Vec<_> = rows.map(|row| row["order"].clone()).collect();
        (ids, said)
    };
    assert_eq!(
        orders(&[]),
        (vec![json!(4), json!(3), json!(2), json!(1)], String::new())
    );
    let (ids, said) = orders(&["--limit", "3"]);
    assert_eq!(ids, [json!(4), json!(3), json!(2)]);
    assert!(said.contains("`--before 2` goes on there"), "{said}");
    let rest = ["--limit", "3", "--before", "2"];
    assert_eq!(orders(&rest), (vec![json!(1)], String::new()));

    let statement = |rest: &[&str]| {
        let ran = house.run(&[&["customer", "statement", "ann", "--json"], rest].concat());
        let said = ran.stderr.clone();
        (json(&ran.expect(0)).as_array().expect("rows").clone(), said)
    };
    let (all, said) = statement(&["--limit", "0"]);
    assert_eq!((all.len(), said.as_str()), (5, ""));
    let (newest, said) = statement(&["--limit", "2"]);
    assert_eq!(newest, all[3..]);
    assert!(said.contains("older lines are left out"), "{said}");
    let (none, said) = statement(&["--since", "2999-01-01T00:00:00Z"]);
    assert_eq!((none.len(), said.as_str()), (0, ""));
}
