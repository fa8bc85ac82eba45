use std::collections::HashMap;

use panelgate_domain::ids::ServiceId;
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::rate::Rate;
use panelgate_domain::sync::ChangeKind;
use panelgate_domain::sync::change::change;
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use serde_json::json;

use crate::past::happened;
use crate::{House, json};

fn offer(id: &str, rate: &str) -> Offer {
    Offer {
        id: id.into(),
        name: format!("Followers {id}"),
        category: "Instagram".into(),
        type_word: "Default".into(),
        rate: Rate::parse(rate).expect("a rate"),
        min: 10,
        max: 5_000,
        refill: true,
        cancel: false,
        dripfeed: None,
    }
}

/// Does what a server's sync does: keeps a list and gives its offers ids.
fn sync(house: &House, currency: &str) {
    let list = OfferList {
        panel: "alpha".into(),
        currency: currency.into(),
        offers: vec![offer("7", "0.90"), offer("8", "0")],
        unreadable: Vec::new(),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ids: HashMap<_, ServiceId> = runtime.block_on(async {
        let path = house.store();
        let store = SqliteStore::open(&path, Role::Beside, Options::default()).expect("open");
        store.save_offers(list, Timestamp(1)).await.expect("kept");
        let keys = vec![("alpha".into(), "7".into())];
        let ids = store
            .assign_services(keys, Vec::new())
            .await
            .expect("given");
        store.close().await;
        ids
    });
    assert_eq!(ids.len(), 1);
}

#[test]
fn what_is_sold_and_what_is_not() {
    let house = House::with_ann();
    sync(&house, "USD");
    let sold = house.run(&["services", "list", "--json"]).expect(0);
    let expected = json!([{
        "service": 1001, "name": "Followers 7", "category": "Instagram", "type": "Default",
        "rate": "1.08", "min": 10, "max": 5000, "refill": true, "cancel": false, "routes": "alpha:7",
        "strategy": "priority", "description": null
    }]);
    assert_eq!(json(&sold), expected);
    let skipped = house.run(&["services", "list", "--skipped"]).expect(0);
    assert_eq!(
        skipped.lines().nth(1),
        Some("alpha\t8\tFollowers 8\trate is 0")
    );
}

#[test]
fn a_price_explains_itself() {
    let house = House::with_ann();
    sync(&house, "USD");
    let markup = "[default]\npercent = \"20\"\nround_up_to = \"0.05\"\n\
                  [[rule]]\nname = \"friends\"\ncustomer = \"ann\"\npercent = \"10\"\n";
    house.write("markup.toml", markup);
    let explain = ["services", "explain", "1001", "--quantity", "1000"];
    let text = house.run(&explain).expect(0);
    for line in [
        "service   1001 Followers 7",
        "route     alpha offer 7 at 0.90 USD per 1000, the basis of the price",
        "cost      0.9 USD per 1000",
        "rule      [default]: cost + 20 % + 0 per 1000; a margin below 0 % is a loss and refused",
        "rounding  1.08 up to a multiple of 0.05",
        "rate      1.10 USD per 1000",
        "margin    0.2 (22.22 % of the cost)",
        "order     1000 for 1.10 USD",
        "          alpha costs 0.90 USD: covered, margin 0.2 (22.22 % of the cost)",
    ] {
        assert!(
            text.lines().any(|other| other == line),
            "`{line}` is not in:\n{text}"
        );
    }
    let anns = house
        .run(&[&explain[..], &["--customer", "ann"]].concat())
        .expect(0);
    assert!(anns.contains("rule      friends: cost + 10 %"), "{anns}");
    assert!(anns.contains("order     1000 for 1.00 USD"), "{anns}");
    assert!(
        house
            .run(&["services", "explain", "7"])
            .expect_error(1)
            .contains("no service 7")
    );
}

#[test]
fn costs_in_other_currencies_are_converted_or_not_sold() {
    let house = House::with_ann();
    let panels = std::fs::read_to_string(house.path("panelgate.toml")).expect("read");
    let panels = panels.replace("currency = \"USD\"", "currency = \"EUR\"");
    house.write("panelgate.toml", &panels);
    sync(&house, "EUR");
    let skipped = house.run(&["services", "list", "--skipped"]).expect(0);
    assert!(skipped.contains("no exchange rate for EUR"), "{skipped}");
    let money = "[money]\nexchange = { EUR = \"1.1\" }\n";
    house.write("panelgate.toml", &format!("{money}{panels}"));
    let text = house.run(&["services", "explain", "1001"]).expect(0);
    assert!(
        text.contains("exchange  1 EUR is worth 1.1 USD\n"),
        "{text}"
    );
    assert!(text.contains("rate      1.188 USD per 1000\n"), "{text}");
}

#[test]
fn an_explanation_ends_with_what_the_offer_cost_lately() {
    let house = House::with_ann();
    sync(&house, "USD");
    let explain = ["services", "explain", "1001"];
    let text = house.run(&explain).expect(0);
    assert!(!text.contains("history"), "{text}");
    let changed = [
        (ChangeKind::Appeared, "0.5", "", None),
        (ChangeKind::Cost, "0.60", "", None),
        (ChangeKind::Vanished, "0.6", "", None),
        (ChangeKind::Appeared, "0.6", "", None),
        (ChangeKind::Renamed, "0.6", "A\r\n\u{1b}[31m → B", None),
        (ChangeKind::Approved, "0.9", "cost 0.6 → 0.9", Some("ann")),
    ];
    happened(&house, async |past| {
        for (day, (kind, rate, text, actor)) in (1..).zip(changed) {
            let change = change(&offer("7", rate), kind, &"USD".into(), text);
            let at = Timestamp(day * 86_400_000);
            past.offer_changed(change, actor, at).await;
        }
    });
    let text = house.run(&explain).expect(0);
    let (_, history) = text.split_once("history   ").expect("there is some");
    assert_eq!(
        history,
        "1970-01-07 at 0.90 USD, approved by ann: cost 0.6 → 0.9\n          \
         1970-01-06 at 0.60 USD, renamed: A\\r\\n\\u{1b}[31m → B\n          \
         1970-01-05 at 0.60 USD, appeared\n          \
         1970-01-04 at 0.60 USD, vanished\n          \
         1970-01-03 at 0.60 USD, another cost\n"
    );
}
