use std::collections::HashMap;

use panelgate_domain::catalogue::{Catalogue, Definitions, HandMade, WantedRoute};
use panelgate_domain::ids::ServiceId;
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::order::OrderState;
use panelgate_domain::overrides::Says;
use panelgate_domain::rate::Rate;
use panelgate_domain::routing::Strategy;

use super::*;
use crate::market::Rules;
use crate::scene::{Scene, panel, rules};

/// The service 7 is made from the panel's offer 1, which costs so much per 1000.
fn market(cost: &str) -> Arc<Market> {
    let definitions = Definitions {
        hand_made: vec![HandMade {
            id: ServiceId(7),
            name: "Followers".into(),
            category: "Instagram".into(),
            says: Says::default(),
            strategy: Strategy::Priority,
            avoid: None,
            routes: vec![WantedRoute {
                panel: panel(),
                offer: "1".into(),
                weight: 1,
            }],
        }],
        ..Definitions::default()
    };
    let offer = Offer {
        id: "1".into(),
        name: "Followers".into(),
        category: "Instagram".into(),
        type_word: "Default".into(),
        rate: Rate::parse(cost).expect("a rate"),
        min: 10,
        max: 1_000,
        refill: true,
        cancel: true,
        dripfeed: None,
    };
    let list = OfferList {
        panel: panel(),
        currency: "USD".into(),
        offers: vec![offer],
        unreadable: Vec::new(),
    };
    let rules = Rules {
        definitions,
        ..rules()
    };
    let ids = HashMap::new();
    let catalogue = Catalogue::build(&rules.definitions, &[list], &ids, &rules.exchange);
    Arc::new(Market::new(Arc::new(rules), catalogue))
}

/// Whether an order at 100 per 1000, priced at the first of these costs, is begun when the second one is known by the time
/// that there is a permit for it.
async fn is_begun(before: &str, now: &str) -> bool {
    let scene = Scene::with_orders(1).await;
    let order = scene.opened().await;
    let core = scene.core();
    let before = market(before);
    core.market.store(market(now));
    let customer = core.store.customer(scene.ann).await.expect("there");
    let wanted = Wanted {
        service: before.catalogue.service(ServiceId(7)).expect("sold"),
        customer: &customer,
        price: order.price,
        quantity: order.quantity,
        turn: 0,
    };
    let route = &wanted.service.routes[0];
    let begun = begin(core, &before, wanted, order.id, route).await.is_ok();
    let state = scene.order(order.id.0).await.state;
    assert_eq!(begun, state == OrderState::Sending);
    begun
}

#[tokio::test]
async fn a_cost_that_moved_while_a_permit_was_waited_for_counts() {
    assert!(is_begun("60", "100").await);
    assert!(!is_begun("60", "100.01").await);
}
