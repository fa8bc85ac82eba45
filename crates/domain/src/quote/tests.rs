use std::collections::BTreeMap;

use super::*;
use crate::catalogue::Basis;
use crate::ids::ServiceId;
use crate::markup::{Method, Tier};
use crate::routing::{Avoid, Strategy};
use crate::service_type::ServiceType;

fn euros(cost: &str) -> Route {
    Route {
        panel: "alpha".into(),
        offer: "1".into(),
        cost: Rate::parse(cost).expect("a rate"),
        currency: "EUR".into(),
        weight: 1,
        held: None,
    }
}

fn exchange() -> Exchange {
    let rates = BTreeMap::from([("EUR".into(), Decimal::new(109, 2))]);
    Exchange::new("USD".into(), rates)
}

/// What the guard says of so many units at the price that their own terms make of their cost.
fn judged(terms: &Terms, priced_at: &str, costs_now: &str, units: u64) -> Guard {
    let cost = |text| cost_in_ours(&euros(text), &exchange());
    let rate = terms.rate_for(cost(priced_at).expect("known"), units);
    let price = rate.and_then(|rate| rate.price(Charging::PerThousand, units));
    let price = price.expect("small");
    guard(price, cost(costs_now), Charging::PerThousand, units, terms)
}

#[test]
fn few_units_of_something_cheap_are_covered_by_their_own_price() {
    let mut terms = Terms::percent(Decimal::TEN);
    terms.min_margin_percent = Decimal::TEN;
    for units in [1, 2, 9, 10, 11, 999, 1_000, 1_000_000] {
        let judged = judged(&terms, "0.0001", "0.0001", units);
        assert_eq!(judged, Guard::Covered, "{units} units");
    }
}

#[test]
fn a_cost_that_has_grown_is_a_loss_that_the_terms_decide_about() {
    let mut terms = Terms::percent(Decimal::TEN);
    assert_eq!(judged(&terms, "1.00", "1.10", 1_000), Guard::Covered);
    assert_eq!(judged(&terms, "1.00", "1.11", 1_000), Guard::RefusedLoss);
    terms.on_loss = OnLoss::Accept;
    assert_eq!(judged(&terms, "1.00", "1.11", 1_000), Guard::AcceptedLoss);
}

const SOMEBODY: Buyer<'_> = Buyer {
    customer: "ann",
    group: None,
};

fn only(terms: Terms) -> Markup {
    Markup {
        default: terms,
        rules: Vec::new(),
    }
}

/// A service whose price is made from 1.00, whatever its panel charges now.
fn priced_at_one(costs_now: &str) -> Service {
    let approved = Basis {
        rate: Rate::parse("1").expect("a rate"),
        currency: "EUR".into(),
    };
    Service {
        id: ServiceId(7),
        name: "Followers".into(),
        category: "Instagram".into(),
        service_type: ServiceType::Default,
        min: 1,
        max: 10_000,
        refill: false,
        cancel: false,
        dripfeed: false,
        description: None,
        strategy: Strategy::Priority,
        avoid: Avoid::default(),
        routes: vec![Route {
            held: Some(approved),
            ..euros(costs_now)
        }],
        basis: 0,
    }
}

/// Half of the cost on top, and less for many units.
fn tiered() -> Markup {
    only(Terms {
        method: Method::OnTop {
            percent: 50.into(),
            fixed: Decimal::ZERO,
            tiers: vec![Tier {
                from: 1_000,
                percent: Decimal::TEN,
            }],
        },
        ..Terms::percent(Decimal::ZERO)
    })
}

/// Of the charge for many units, while the cost it is made from is 1.00 and the panel's own another.
fn rate_of_many(costs_now: &str) -> String {
    let (service, markup) = (priced_at_one(costs_now), tiered());
    let pricing = pricing(&service, &markup, SOMEBODY, &exchange()).expect("priced");
    let rate = rate_of_order(&service, &pricing, &exchange(), 1_000);
    rate.expect("small").to_string()
}

#[test]
fn a_discount_that_does_not_cover_the_cost_that_waits_is_not_given() {
    assert_eq!(rate_of_many("0.5"), "1.199");
    assert_eq!(rate_of_many("1.1"), "1.199");
    assert_eq!(rate_of_many("1.2"), "1.635");
}

#[test]
fn what_costs_nobody_knows_how_much_is_a_loss() {
    let nowhere = Exchange::new("USD".into(), BTreeMap::new());
    let cost = cost_in_ours(&euros("1"), &nowhere);
    let terms = Terms::percent(Decimal::TEN);
    let price = Money::from_micros(i64::MAX);
    let judged = guard(price, cost, Charging::PerThousand, 1, &terms);
    assert_eq!((cost, judged), (None, Guard::RefusedLoss));
}

/// The rate it is sold at, however that is asked.
fn sold_at(service: &Service, markup: &Markup) -> Option<String> {
    let exchange = exchange();
    let sold = sold(service, markup, SOMEBODY, &exchange);
    let prices = Prices::of(service, markup, &exchange).expect("a cost");
    assert_eq!(prices.sold_to(SOMEBODY), sold);
    sold.map(|pricing| pricing.rate.to_string())
}

#[test]
fn what_is_sold_covers_what_it_costs_or_somebody_accepted_the_loss() {
    let rate = |percent: i64, on_loss, costs_now| {
        let terms = Terms {
            on_loss,
            ..Terms::percent(percent.into())
        };
        sold_at(&priced_at_one(costs_now), &only(terms))
    };
    assert_eq!(rate(50, OnLoss::Refuse, "1.5").as_deref(), Some("1.635"));
    // The cost that waits for approval is not covered.
    assert_eq!(rate(50, OnLoss::Refuse, "1.6"), None);
    assert_eq!(rate(50, OnLoss::Accept, "1.6").as_deref(), Some("1.635"));
    // The approved one is not, though the panel has become cheaper.
    assert_eq!(rate(-10, OnLoss::Refuse, "0.5"), None);
    assert_eq!(rate(-10, OnLoss::Accept, "0.5").as_deref(), Some("0.981"));
}

#[test]
fn a_price_says_why_it_is_not_sold() {
    let terms = Terms::percent((-10).into());
    let (service, markup) = (priced_at_one("0.5"), only(terms));
    let loss = pricing(&service, &markup, SOMEBODY, &exchange()).expect("priced");
    assert!(!loss.is_sold() && is_covered(&service, &loss, &exchange()));
    let (service, markup) = (priced_at_one("1.6"), tiered());
    let waits = pricing(&service, &markup, SOMEBODY, &exchange()).expect("priced");
    assert!(waits.is_sold() && !is_covered(&service, &waits, &exchange()));
}

#[test]
fn packages_have_no_discounts() {
    let (service, markup) = (priced_at_one("1"), tiered());
    let pricing = pricing(&service, &markup, SOMEBODY, &exchange()).expect("priced");
    let rate = |charging| {
        let rate = pricing.rate_for(charging, 1_000);
        rate.expect("small").to_string()
    };
    assert_eq!(rate(Charging::Flat), "1.635");
    assert_eq!(rate(Charging::PerThousand), "1.199");
}

#[test]
fn a_route_costs_what_its_panel_charges_for_all_runs() {
    let drip = Quantity {
        per_run: 10,
        runs: 3,
    };
    let cost = |charging| cost(&euros("1.5"), charging, drip);
    let micros = |micros| Some(Money::from_micros(micros));
    assert_eq!(cost(Charging::PerThousand), micros(45_000));
    assert_eq!(cost(Charging::Flat), micros(1_500_000));
}
