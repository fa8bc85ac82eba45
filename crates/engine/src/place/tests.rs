use std::collections::HashMap;

use panelgate_domain::catalogue::{
    Basis, Catalogue, Definitions, HandMade, ImportKey, WantedRoute,
};
use panelgate_domain::ids::ServiceId;
use panelgate_domain::markup::{Condition, OnLoss, Rule};
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
    market_by(rules(), cost, &HashMap::new(), "Default")
}

/// The same by other rules, with costs that wait for approval, and of a type.
fn market_by(
    rules: Rules,
    cost: &str,
    held: &HashMap<ImportKey, Basis>,
    type_word: &str,
) -> Arc<Market> {
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
        type_word: type_word.into(),
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
        ..rules
    };
    let ids = HashMap::new();
    let catalogue = Catalogue::build(&rules.definitions, &[list], &ids, &rules.exchange);
    let catalogue = catalogue.holding(held, &rules.exchange);
    Arc::new(Market::new(Arc::new(rules), catalogue))
}

/// Whether an order at 100 per 1000, priced by the first of these markets, is begun when the second one is in force by the
/// time that there is a permit for it.
async fn is_begun(before: Arc<Market>, now: Arc<Market>) -> bool {
    let scene = Scene::with_orders(1).await;
    let order = scene.opened().await;
    let core = scene.core();
    core.market.store(now);
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
    assert!(is_begun(market("60"), market("100")).await);
    assert!(!is_begun(market("60"), market("100.01")).await);
}

#[tokio::test]
async fn losses_that_the_default_accepts_are_not_those_of_a_service_without_a_price() {
    let mut rules = rules();
    rules.markup.rules = vec![Rule {
        name: "no losses".into(),
        when: Condition::default(),
        terms: rules.markup.default.clone(),
    }];
    rules.markup.default.on_loss = OnLoss::Accept;
    // The cost came in a currency that nobody knows the worth of any more.
    let approved = Basis {
        rate: Rate::parse("60").expect("a rate"),
        currency: "INR".into(),
    };
    let held = HashMap::from([((panel(), "1".into()), approved)]);
    let unpriced = market_by(rules, "100.01", &held, "Default");
    assert!(!is_begun(Arc::clone(&unpriced), unpriced).await);
}

/// A hundred pieces are no package, and a package at 0.60 is no price for them.
#[tokio::test]
async fn an_order_goes_to_no_service_of_another_type() {
    let package = market_by(rules(), "0.6", &HashMap::new(), "Package");
    assert!(!is_begun(market("60"), Arc::clone(&package)).await);
    let scene = Scene::with_orders(1).await;
    let order = scene.opened().await;
    assert_eq!(service_of(&package, &order), None);
    assert!(service_of(&market("60"), &order).is_some());
}
