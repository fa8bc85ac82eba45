//! What one rule's terms make of costs.

use panelgate_domain::markup::{Method, OnLoss, Terms, Tier};
use panelgate_domain::quote::{self, Guard};
use panelgate_domain::rate::Charging;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

/// As panels write them: from tiny ones with twenty digits to large ones; some are the product with an exchange rate.
fn any_cost() -> impl Strategy<Value = Decimal> {
    let decimal = |(digits, scale)| Decimal::new(digits, scale);
    let short = (1_i64..1_000_000_000_000, 0_u32..=20).prop_map(decimal);
    let long = (1_i64..1_000_000_000_000_000_000, 12_u32..=20).prop_map(decimal);
    let worth = (1_i64..1_000_000_000, 6_u32..=9).prop_map(decimal);
    let worth = prop_oneof![Just(Decimal::ONE), worth];
    (prop_oneof![short, long], worth).prop_map(|(written, worth)| written * worth)
}

fn any_percent() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::ZERO),
        (0_i64..50_000, 0_u32..=3).prop_map(|(digits, scale)| Decimal::new(digits, scale)),
    ]
}

prop_compose! {
    /// Larger orders from larger `from`s on, with ever smaller percentages, as the configuration demands it.
    fn any_tiers(least: Decimal)(
        mut froms in proptest::collection::vec(2_u64..100_000, 0..4),
        mut percents in proptest::collection::vec(any_percent(), 4),
    ) -> Vec<Tier> {
        froms.sort_unstable();
        froms.dedup();
        percents.sort_unstable_by(|one, other| other.cmp(one));
        percents.dedup();
        let tiers = froms.into_iter().zip(percents);
        tiers.map(|(from, percent)| Tier { from, percent: percent + least }).collect()
    }
}

fn any_method(on_loss: OnLoss) -> impl Strategy<Value = Method> {
    let least = match on_loss {
        OnLoss::Refuse => Decimal::ZERO,
        OnLoss::Accept => Decimal::new(-99_999, 3),
    };
    let fixed = select(vec!["0", "0.01", "0.000001", "3"]);
    let above = (any_tiers(least), any_percent(), fixed).prop_map(|(tiers, more, fixed)| {
        let most = tiers.first().map_or(Decimal::ZERO, |tier| tier.percent);
        Method::OnTop {
            percent: most + more + Decimal::new(1, 3),
            fixed: fixed.parse().expect("a number"),
            tiers,
        }
    });
    let bare = any_percent().prop_map(move |percent| Method::OnTop {
        percent: percent + least,
        fixed: Decimal::ZERO,
        tiers: Vec::new(),
    });
    let absolute = any_cost().prop_map(Method::Absolute);
    prop_oneof![3 => above, 2 => bare, 1 => absolute]
}

fn any_terms(on_loss: OnLoss) -> impl Strategy<Value = Terms> {
    let steps = select(vec!["0.000001", "0.0001", "0.01", "0.7", "5"]);
    let floor = prop_oneof![Just(Decimal::ZERO), any_cost()];
    // Often the margin is just what is put on top, and nothing is left to spare; or a little more.
    let spare = select(vec![0_i64, 0, 1, 5, -5, -90]);
    (any_method(on_loss), floor, steps, spare).prop_map(move |(method, min_rate, step, spare)| {
        let percent = match &method {
            Method::OnTop { percent, .. } => *percent,
            Method::Absolute(_) => Decimal::TEN,
        };
        Terms {
            method,
            min_rate,
            round_up_to: step.parse().expect("a number"),
            min_margin_percent: (percent + Decimal::from(spare)).max(Decimal::ZERO),
            on_loss,
        }
    })
}

fn any_terms_at_all() -> impl Strategy<Value = Terms> {
    prop_oneof![any_terms(OnLoss::Refuse), any_terms(OnLoss::Accept)]
}

fn any_units() -> impl Strategy<Value = u64> {
    prop_oneof![1_u64..10, 1_u64..200_000, 1_u64..=2_147_483_647]
}

proptest! {
    #![proptest_config(crate::config())]

    #[test]
    fn what_costs_more_is_not_cheaper(
        terms in any_terms_at_all(),
        (one, other) in (any_cost(), any_cost()),
        units in any_units(),
    ) {
        let (less, more) = (one.min(other), one.max(other));
        let (Some(cheap), Some(dear)) = (terms.rate(less), terms.rate(more)) else {
            return Err(TestCaseError::reject("beyond 28 digits"));
        };
        prop_assert!(cheap <= dear, "published {} and {}", cheap, dear);
        let (cheap, dear) = (terms.rate_for(less, units), terms.rate_for(more, units));
        prop_assert!(cheap.is_some() && cheap <= dear, "{} units for {:?} and {:?}", units, cheap, dear);
    }

    #[test]
    fn tiers_are_discounts(terms in any_terms_at_all(), cost in any_cost(), units in any_units()) {
        let published = terms.rate(cost).expect("in bounds");
        prop_assert!(terms.rate_for(cost, units).expect("in bounds") <= published);
        prop_assert_eq!(terms.rate_for(cost, 1), Some(published), "the smallest order pays what is published");
    }

    #[test]
    fn what_is_priced_by_its_rule_is_never_a_loss(
        terms in any_terms(OnLoss::Refuse),
        cost in any_cost(),
        units in any_units(),
        charging in select(vec![Charging::PerThousand, Charging::PerThousand, Charging::Flat]),
    ) {
        let published = terms.rate(cost).expect("in bounds");
        let sold = terms.may_sell_at(published, cost);
        let rate = match charging {
            Charging::PerThousand => terms.rate_for(cost, units).expect("in bounds"),
            Charging::Flat => published,
        };
        if let (true, Some(price)) = (sold, rate.price(charging, units)) {
            let guard = quote::guard(price, Some(cost), charging, units, &terms);
            prop_assert_eq!(guard, Guard::Covered, "{} for {} at {}", price, units, rate);
        }
    }
}
