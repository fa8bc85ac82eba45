use std::collections::HashMap;

use rust_decimal::Decimal;

use super::*;
use crate::exchange::Exchange;
use crate::offer::{Offer, OfferList, SkipReason};
use crate::overrides::Says;

fn offer(id: &str, min: u64, max: u64, refill: bool) -> Offer {
    Offer {
        id: id.into(),
        name: format!("Followers\r\n {id}"),
        category: "Instagram".into(),
        type_word: "Default".into(),
        rate: Rate::parse("0.9").expect("a rate"),
        min,
        max,
        refill,
        cancel: true,
        dripfeed: None,
    }
}

fn list(panel: &str, offers: Vec<Offer>) -> OfferList {
    OfferList {
        panel: panel.into(),
        currency: "USD".into(),
        offers,
        unreadable: Vec::new(),
    }
}

fn exchange() -> Exchange {
    Exchange::new("USD".into(), BTreeMap::new())
}

fn import(panel: &str) -> Import {
    Import::whole(panel.into())
}

fn made(routes: &[(&str, &str)]) -> HandMade {
    let routes = routes.iter().map(|(panel, offer)| WantedRoute {
        panel: (*panel).into(),
        offer: (*offer).into(),
        weight: 1,
    });
    HandMade {
        id: ServiceId(101),
        name: "Best followers".into(),
        category: "Mine".into(),
        says: Says::default(),
        strategy: Strategy::Priority,
        avoid: None,
        routes: routes.collect(),
    }
}

#[test]
fn imports_sell_what_can_be_sold_and_name_the_rest() {
    let lists = [list(
        "alpha",
        vec![offer("1", 1, 10, true), offer("2", 1, 0, true)],
    )];
    let definitions = Definitions {
        imports: vec![import("alpha")],
        ..Definitions::default()
    };
    let keys = definitions.keys_to_import(&lists);
    assert_eq!(keys, [("alpha".into(), "1".into())]);
    let ids = HashMap::from([(keys[0].clone(), ServiceId(1001))]);
    let catalogue = Catalogue::build(&definitions, &lists, &ids, &exchange());
    let service = catalogue.service(ServiceId(1001)).expect("sold");
    assert_eq!(service.name, "Followers 1");
    assert_eq!(
        catalogue
            .skipped()
            .iter()
            .map(|s| &s.reason)
            .collect::<Vec<_>>(),
        [&SkipReason::MaxIsZero]
    );
}

#[test]
fn a_hand_made_service_can_do_what_all_its_routes_can() {
    let lists = [
        list("alpha", vec![offer("1", 10, 1000, true)]),
        list("beta", vec![offer("7", 50, 5000, false)]),
    ];
    let made = made(&[("alpha", "1"), ("beta", "7"), ("beta", "gone")]);
    let definitions = Definitions {
        hand_made: vec![made],
        ..Definitions::default()
    };
    let catalogue = Catalogue::build(&definitions, &lists, &HashMap::new(), &exchange());
    let service = catalogue.service(ServiceId(101)).expect("sold");
    assert_eq!(
        (service.min, service.max, service.refill, service.cancel),
        (50, 1000, false, true)
    );
    assert_eq!(service.routes.len(), 2);
}

#[test]
fn the_price_covers_every_route_that_may_be_the_first() {
    let priced = |id: &str, rate: &str| Offer {
        rate: Rate::parse(rate).expect("a rate"),
        ..offer(id, 1, 10, true)
    };
    let mut lists = [
        list("alpha", vec![priced("1", "1.00")]),
        list("beta", vec![priced("7", "1.00")]),
    ];
    lists[1].currency = "EUR".into();
    let rates = BTreeMap::from([("EUR".into(), Decimal::new(11, 1))]);
    let exchange = Exchange::new("USD".into(), rates);
    for (strategy, basis) in [
        (Strategy::Priority, "alpha"),
        (Strategy::Cheapest, "beta"),
        (Strategy::Weighted, "beta"),
    ] {
        let definitions = Definitions {
            hand_made: vec![HandMade {
                strategy,
                ..made(&[("alpha", "1"), ("beta", "7")])
            }],
            ..Definitions::default()
        };
        let catalogue = Catalogue::build(&definitions, &lists, &HashMap::new(), &exchange);
        let service = catalogue.service(ServiceId(101)).expect("sold");
        assert_eq!(service.basis().panel.as_str(), basis, "{strategy:?}");
        assert_eq!(service.subject().panel.as_str(), basis, "{strategy:?}");
    }
}
