use panelgate_domain::money::Money;
use panelgate_domain::offer::Offer;
use panelgate_domain::status::StatusWord::{Canceled, Completed, Partial};
use serde_json::Value;

use crate::past::{Sale, happened, offer};
use crate::{House, json};

/// Ann buys at 20 % on top: at today's cost, at an old one, and of a service that is gone.
fn busy() -> House {
    let house = House::with_ann();
    for name in ["bob", "cat"] {
        house.run(&["customer", "add", name]).expect(0);
    }
    happened(&house, async |past| {
        past.sync("alpha", "USD", vec![offer("7", "Followers", "0.9")])
            .await;
        let (ann, bob) = (past.funded("ann").await, past.funded("bob").await);
        let sale = |service, rate, cost, quantity, end| Sale {
            service,
            rate,
            cost,
            currency: "USD",
            quantity,
            end,
        };
        for sale in [
            sale(1001, "1.08", "0.9", 1_000, Some((Completed, 0))),
            sale(1001, "1.08", "0.9", 1_000, Some((Partial, 333))),
            sale(1001, "1.08", "0.9", 50, Some((Canceled, 50))),
            sale(1001, "1.08", "0.9", 100, None),
            sale(1009, "1.08", "0.9", 2_000, Some((Completed, 0))),
        ] {
            past.sell(ann, &sale).await;
        }
        // 777 cost 0.6475, rounded up: the rate can only be found again by the rules.
        let old = sale(1001, "1", "0.8333333", 777, Some((Completed, 0)));
        past.sell(bob, &old).await;
    });
    house
}

/// The discount of a subscription goes by its largest post, and what its posts were to cost by when it was placed.
#[test]
fn posts_of_a_subscription_are_priced_again_as_they_were() {
    let house = House::with_ann();
    happened(&house, async |past| {
        let offer = offer("7", "Posts", "0.9");
        let offer = Offer {
            type_word: "Subscriptions".into(),
            ..offer
        };
        past.sync("alpha", "USD", vec![offer]).await;
        let ann = past.funded("ann").await;
        past.subscribe(ann, "0.99", "0.9").await;
        past.subscribe(ann, "0.88", "0.8").await;
    });
    let tiers = "[default]\npercent = \"20\"\ntiers = [ { from = 100, percent = \"10\" } ]\n";
    house.write("markup.toml", tiers);
    let (rows, note) = simulated(&house, tiers);
    let report = ["report", "profit", "--by", "service,customer", "--json"];
    let ledger = json(&house.run(&report).expect(0));
    for key in ["revenue", "cost"] {
        assert_eq!(total(&rows, key), total(&ledger, key), "{key}: {note}");
    }
    // 130 units at 0.99 and at 0.88 per 1000.
    assert_eq!(total(&rows, "revenue"), Money::from_micros(243_100));
    let dearer = tiers.replace("\"10\"", "\"15\"");
    let (rows, _) = simulated(&house, &dearer);
    assert_eq!(total(&rows, "revenue"), Money::from_micros(254_150));
}

fn simulated(house: &House, markup: &str) -> (Value, String) {
    house.write("other.toml", markup);
    let file = house.path("other.toml");
    let file = file.to_str().expect("UTF-8");
    let ran = house.run(&["simulate-markup", file, "--json"]);
    let note = ran.stderr.clone();
    (json(&ran.expect(0)), note)
}

fn total(rows: &Value, key: &str) -> Money {
    let rows = rows.as_array().expect("rows").iter();
    let micros = rows.map(|row| {
        let text = row[key].as_str().expect("an amount");
        Money::parse(text).expect("an amount").micros()
    });
    Money::from_micros(micros.sum())
}

#[test]
fn the_rules_in_force_give_what_the_ledger_has() {
    let house = busy();
    let (rows, note) = simulated(&house, "[default]\npercent = \"20\"\n");
    let report = ["report", "profit", "--by", "service,customer", "--json"];
    let ledger = json(&house.run(&report).expect(0));
    for key in ["revenue", "cost", "profit"] {
        assert_eq!(total(&rows, key), total(&ledger, key), "{key}");
        assert_eq!(
            total(&rows, &format!("{key}_was")),
            total(&ledger, key),
            "{key}"
        );
    }
    assert!(
        note.contains("6 orders: revenue 4.73736 USD, was 4.73736;"),
        "{note}"
    );
    assert!(note.contains("0 lost"), "{note}");
    assert!(
        note.contains("1 of them could not be priced again") && note.contains("of 2.16 USD"),
        "{note}"
    );
}

#[test]
fn other_rules_change_prices_and_what_is_kept_of_them() {
    let house = busy();
    let markup = "[default]\npercent = \"20\"\n[[rule]]\nname = \"ann\"\ncustomer = \"ann\"\npercent = \"10\"\n";
    let (rows, _) = simulated(&house, markup);
    let anns = &rows[0];
    // 0.99, 667 of 1000 of 0.99, and nothing for what was canceled or is open.
    assert_eq!(anns["revenue_was"], "1.80036");
    assert_eq!(anns["revenue"], "1.65033");
    assert_eq!(anns["change"], "-0.15003");
    assert_eq!((&anns["orders"], &anns["lost"]), (&4.into(), &0.into()));
    let bobs = &rows[1];
    assert_eq!(bobs["customer"], "bob");
    assert_eq!(
        (&bobs["revenue"], &bobs["change"]),
        (&"0.777".into(), &"0.00".into())
    );
}

#[test]
fn orders_under_the_least_margin_are_lost() {
    let house = busy();
    let markup = "[default]\npercent = \"20\"\n[[rule]]\nname = \"too little\"\ncustomer = \"bob\"\npercent = \"10\"\nmin_margin_percent = \"15\"\n";
    let (rows, note) = simulated(&house, markup);
    let bobs = &rows[1];
    assert_eq!(
        (&bobs["lost"], &bobs["revenue"]),
        (&1.into(), &"0.00".into())
    );
    assert_eq!(
        (&bobs["cost_was"], &bobs["cost"]),
        (&"0.6475".into(), &"0.00".into())
    );
    assert!(note.contains("1 lost to the guard"), "{note}");
}

#[test]
fn a_cost_that_was_rounded_up_makes_no_loss_of_few_units() {
    let house = House::with_ann();
    happened(&house, async |past| {
        past.sync("alpha", "USD", vec![offer("7", "Views", "0.0001")])
            .await;
        let ann = past.funded("ann").await;
        let sale = Sale {
            service: 1001,
            rate: "0.00012",
            cost: "0.0001",
            currency: "USD",
            quantity: 3,
            end: Some((Completed, 0)),
        };
        past.sell(ann, &sale).await;
    });
    let (rows, _) = simulated(
        &house,
        "[default]\npercent = \"10\"\nmin_margin_percent = \"10\"\n",
    );
    assert_eq!(
        (&rows[0]["orders"], &rows[0]["lost"], &rows[0]["revenue"]),
        (&1.into(), &0.into(), &"0.000001".into())
    );
}

#[test]
fn a_file_is_judged_like_the_real_one() {
    let house = busy();
    house.write(
        "broken.toml",
        "[default]\npercent = \"20\"\npercant = \"3\"\n",
    );
    let file = house.path("broken.toml");
    let said = house
        .run(&["simulate-markup", file.to_str().expect("UTF-8")])
        .expect_error(78);
    assert!(said.contains("broken.toml:3:1"), "{said}");
    assert!(said.contains("percant"), "{said}");
}
