use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::catalogue::{Catalogue, Definitions, HandMade, Import, ImportKey, WantedRoute};
use crate::exchange::Exchange;
use crate::ids::ServiceId;
use crate::offer::Offer;
use crate::overrides::{Override, Says, Target};
use crate::routing;
use crate::sync::change::approve;
use crate::sync::change::tests::{baseline, list, offer, rate};
use crate::sync::learn;
use crate::time::Timestamp;

fn seen(offer: Offer, policy: &Policy) -> View {
    let baselines = Baselines::from([("1".into(), baseline("1"))]);
    view(&list([offer]), &baselines, policy)
}

#[test]
fn a_cost_that_jumped_is_told_but_not_priced() {
    let view = seen(offer("1", "3"), &Policy::default());
    assert_eq!(view.list.offers[0].rate, rate("3"));
    assert_eq!(view.held[0].1.rate, rate("1"));
}

#[test]
fn a_retyped_offer_is_off() {
    let package = Offer {
        type_word: "Package".into(),
        ..offer("1", "1")
    };
    let view = seen(package, &Policy::default());
    assert!(view.list.offers.is_empty());
    assert_eq!(view.list.unreadable[0].reason, SkipReason::Retyped);
}

#[test]
fn a_renamed_offer_is_sold_under_the_name_that_is_known_or_not_at_all() {
    let renamed = Offer {
        name: "Likes".into(),
        ..offer("1", "1")
    };
    let kept = seen(renamed.clone(), &Policy::default());
    assert_eq!(kept.list.offers[0].name, "Followers 1");
    let disable = Policy {
        on_rename: OnRename::Disable,
        ..Policy::default()
    };
    let off = seen(renamed, &disable);
    assert_eq!(off.list.unreadable[0].reason, SkipReason::Renamed);
}

#[test]
fn narrower_limits_hold_at_once() {
    let narrow = Offer {
        min: 50,
        refill: false,
        ..offer("1", "1")
    };
    let view = seen(narrow, &Policy::default());
    assert_eq!(
        (view.list.offers[0].min, view.list.offers[0].refill),
        (50, false)
    );
    assert_eq!(view.flagged[0].1.len(), 2);
}

#[test]
fn what_is_missing_is_flagged() {
    let baselines = Baselines::from([("1".into(), baseline("1"))]);
    let view = view(&list([]), &baselines, &Policy::default());
    assert_eq!(view.flagged, [("1".into(), vec![Flag::Vanished])]);
}

prop_compose! {
    fn any_offer()(
        id in 1..=6_u8,
        cost in select(vec!["0", "0.5", "1", "1.1", "1.3", "9"]),
        name in select(vec!["Followers", "Likes", "Views"]),
        type_word in select(vec!["Default", "default", "Package", "Special"]),
        (min, max, refill) in (select(vec![1_u64, 10, 50]), select(vec![5_u64, 100, 1_000]), any::<bool>()),
    ) -> Offer {
        Offer { name: name.into(), type_word: type_word.into(), min, max, refill, ..offer(&id.to_string(), cost) }
    }
}

prop_compose! {
    fn any_list()(offers in prop::collection::vec(any_offer(), 0..8), euro in prop::bool::weighted(0.1)) -> OfferList {
        let unique: BTreeMap<OfferId, Offer> = offers.into_iter().map(|offer| (offer.id.clone(), offer)).collect();
        OfferList { currency: if euro { "EUR" } else { "USD" }.into(), ..list(unique.into_values()) }
    }
}

/// What an operator wrote: everything of alpha, overrides of three imports, and one service by hand.
fn definitions() -> Definitions {
    let said = |of, name: Option<&str>, min, max, sell| Override {
        of,
        name: name.map(str::to_owned),
        category: name.map(|_| "Best".to_owned()),
        says: Says {
            min,
            max,
            description: name.map(str::to_owned),
        },
        sell,
    };
    let route = |offer: &str| WantedRoute {
        panel: "alpha".into(),
        offer: offer.into(),
        weight: 1,
    };
    Definitions {
        imports: vec![Import::whole("alpha".into())],
        hand_made: vec![HandMade {
            id: BY_HAND,
            name: "Mine".into(),
            category: "Best".into(),
            says: Says {
                min: Some(20),
                max: Some(90),
                description: None,
            },
            strategy: routing::Strategy::Priority,
            avoid: None,
            routes: vec![route("1"), route("3")],
        }],
        overrides: vec![
            said(
                Target::Service(ServiceId(1_001)),
                Some("Fans"),
                Some(20),
                None,
                true,
            ),
            said(
                Target::Offer("alpha".into(), "2".into()),
                Some("Two"),
                None,
                Some(80),
                true,
            ),
            said(Target::Service(ServiceId(1_003)), None, None, None, false),
        ],
        ..Definitions::default()
    }
}

const BY_HAND: ServiceId = ServiceId(101);

/// What the operator wrote of an import; the override by our id counts first.
fn override_of<'a>(
    written: &'a Definitions,
    service: ServiceId,
    offer: &OfferId,
) -> Option<&'a Override> {
    let by_id = Target::Service(service);
    let by_offer = Target::Offer("alpha".into(), offer.clone());
    let find = |of: Target| written.overrides.iter().find(move |one| one.of == of);
    find(by_id).or_else(|| find(by_offer))
}

/// A list, and the offers that are approved once it is there.
fn any_day() -> impl proptest::strategy::Strategy<Value = (OfferList, Vec<u8>)> {
    let approved = prop::collection::vec(1..=6_u8, 0..3);
    (any_list(), approved)
}

proptest! {
    /// Whatever a panel lists and an operator approves, day after day: what the operator wrote and every id stay, a service is
    /// the same offer for ever, under the name that was written or approved and of an approved type, within the limits that
    /// were written, and no price is made from a cost that is out of bounds.
    #[test]
    fn no_sync_or_approval_ever_changes_a_rule_an_override_or_an_id(days in prop::collection::vec(any_day(), 1..12)) {
        let policy = Policy::default();
        let written = definitions();
        let exchange = Exchange::new("USD".into(), BTreeMap::from([("EUR".into(), 2.into())]));
        let (mut baselines, mut last) = (Baselines::new(), None);
        let mut ids: HashMap<ImportKey, ServiceId> = HashMap::new();
        let mut first: HashMap<ServiceId, OfferId> = HashMap::new();
        for (at, (list, approved)) in (1..).zip(days) {
            let learned = learn(last.as_ref(), &list, &baselines, &policy, Timestamp(at));
            let known: Vec<_> = baselines.iter().map(|(id, known)| (id.clone(), known.rate, known.name.clone())).collect();
            baselines.extend(learned.baselines);
            for (id, rate, name) in known {
                prop_assert_eq!((baselines[&id].rate, &baselines[&id].name), (rate, &name));
            }
            let wanted = |id: &OfferId| approved.iter().any(|one| one.to_string() == id.as_str());
            let approved = approve(&list, &baselines, &policy, wanted, Timestamp(at));
            prop_assert!(approved.baselines.iter().all(|(id, _)| wanted(id)));
            baselines.extend(approved.baselines);
            let view = view(&list, &baselines, &policy);
            let lists = [view.list];
            let next = 1_001 + i64::try_from(ids.len()).expect("few");
            let new = written.keys_to_import(&lists).into_iter().filter(|key| !ids.contains_key(key));
            let new: Vec<_> = new.zip(next..).collect();
            ids.extend(new.into_iter().map(|(key, id)| (key, ServiceId(id))));
            let held = view.held.into_iter().map(|(id, basis)| (("alpha".into(), id), basis)).collect();
            let catalogue = Catalogue::build(&written, &lists, &ids, &exchange).holding(&held, &exchange);
            for service in catalogue.services() {
                for route in &service.routes {
                    let known = &baselines[&route.offer];
                    prop_assert!(known.is_of_type(service.service_type.name()));
                    let (basis, currency) = route.priced_from();
                    prop_assert!(known.covers(basis, currency, &policy));
                }
                if service.id == BY_HAND {
                    prop_assert_eq!((service.name.as_str(), service.category.as_str()), ("Mine", "Best"));
                    prop_assert!(service.min >= 20 && service.max <= 90);
                    continue;
                }
                let offer = &service.routes[0].offer;
                prop_assert_eq!(&*first.entry(service.id).or_insert_with(|| offer.clone()), offer);
                let said = override_of(&written, service.id, offer);
                let name = said.and_then(|said| said.name.as_ref()).unwrap_or(&baselines[offer].name);
                prop_assert_eq!(name, &service.name);
                if let Some(said) = said {
                    prop_assert!(said.sell);
                    prop_assert!(said.says.min.is_none_or(|min| service.min >= min));
                    prop_assert!(said.says.max.is_none_or(|max| service.max <= max));
                    prop_assert_eq!(&service.description, &said.says.description);
                }
            }
            prop_assert_eq!(&written, &definitions());
            last = Some(list);
        }
    }
}
