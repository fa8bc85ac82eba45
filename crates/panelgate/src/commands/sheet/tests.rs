//! Whatever panels and operators call their services: a sheet without edits is no change, and an edit is written as it was
//! meant.

use std::collections::{BTreeMap, HashMap};

use panelgate_domain::catalogue::{HandMade, Import, WantedRoute};
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::overrides::{Override, Says, Target};
use panelgate_domain::rate::Rate;
use panelgate_domain::routing::Strategy as Routing;
use proptest::prelude::*;
use proptest::sample::select;

use super::edit::{Change, Edited, Written};
use super::import::{Rows, Sheet};
use super::*;

/// Texts that spreadsheets, CSV or TOML could stumble over.
fn text() -> impl Strategy<Value = String> {
    let odd = "=+-@'\",;\t\r\n\\ #[1a🔥ü\u{feff}\u{a0}\u{1b}\u{7f}\u{2028}";
    let odd: Vec<char> = odd.chars().collect();
    prop::collection::vec(select(odd), 1..8).prop_map(|text| text.into_iter().collect())
}

/// As configurations have them.
fn not_blank() -> impl Strategy<Value = String> {
    text().prop_filter("it is blank", |text| !text.trim().is_empty())
}

prop_compose! {
    fn any_offer()(name in text(), category in text(), min in 1..=20_u64, max in select(vec![15_u64, 1_000, u64::MAX]))
        -> Offer
    {
        Offer {
            id: "1".into(),
            name,
            category,
            type_word: "Default".into(),
            rate: Rate::parse("0.9").expect("a rate"),
            min,
            max,
            refill: true,
            cancel: false,
            dripfeed: None,
        }
    }
}

prop_compose! {
    fn any_says()(
        min in prop::option::of(1..=30_u64),
        max in prop::option::of(10..=90_u64),
        description in prop::option::of(not_blank()),
    ) -> Says {
        Says { min, max, description }
    }
}

prop_compose! {
    fn any_override()(
        id in 1_001..=1_005_i64,
        by_offer in any::<bool>(),
        name in prop::option::of(not_blank()),
        category in prop::option::of(not_blank()),
        says in any_says(),
        sell in any::<bool>(),
    ) -> Override {
        let offer = (id - 1_000).to_string();
        let by_offer = by_offer.then(|| Target::Offer("alpha".into(), offer.as_str().into()));
        let of = by_offer.unwrap_or(Target::Service(ServiceId(id)));
        Override { of, name, category, says, sell }
    }
}

prop_compose! {
    fn any_definitions()(
        overrides in prop::collection::vec(any_override(), 0..5),
        name in not_blank(),
        category in not_blank(),
        says in any_says(),
    ) -> Definitions {
        let route = WantedRoute { panel: "alpha".into(), offer: "1".into(), weight: 1 };
        let by_target = overrides.into_iter().map(|one| (one.of.clone(), one));
        let by_target: HashMap<Target, Override> = by_target.collect();
        Definitions {
            hand_made: vec![HandMade {
                id: ServiceId(101),
                name,
                category,
                says,
                strategy: Routing::Priority,
                avoid: None,
                routes: vec![route],
            }],
            overrides: by_target.into_values().collect(),
            ..everything()
        }
    }
}

fn everything() -> Definitions {
    Definitions {
        imports: vec![Import::whole("alpha".into())],
        ..Definitions::default()
    }
}

/// The offers are 1, 2, 3…, and the services 1001, 1002, 1003….
fn supply(offers: Vec<Offer>) -> Supply {
    let numbered = (1_i64..).zip(offers).map(|(number, offer)| {
        let id = number.to_string();
        let key = ("alpha".into(), id.as_str().into());
        let offer = Offer {
            id: id.as_str().into(),
            ..offer
        };
        (offer, (key, ServiceId(1_000 + number)))
    });
    let (offers, ids): (Vec<Offer>, HashMap<_, _>) = numbered.unzip();
    Supply {
        lists: vec![OfferList {
            panel: "alpha".into(),
            currency: "USD".into(),
            offers,
            unreadable: Vec::new(),
        }],
        ids,
        held: HashMap::new(),
        exchange: Exchange::new("USD".into(), BTreeMap::new()),
    }
}

fn rows(goods: &Goods) -> Rows {
    goods.rows().map(|(row, _)| (row.id, row)).collect()
}

proptest! {
    #[test]
    fn a_sheet_without_edits_changes_nothing(
        offers in prop::collection::vec(any_offer(), 1..6),
        definitions in any_definitions(),
    ) {
        let goods = Goods::new(&supply(offers), &definitions);
        let rows = rows(&goods);
        prop_assert!(goods.sold.services().all(|service| rows.contains_key(&service.id)));
        let listing = Listing::new(&HEADINGS[..9], rows.values().map(cells));
        let edited = Edited::new("[[service]]\nid = 101\n").expect("TOML");
        for form in [Form::Csv, Form::Json] {
            let sheet = output::text(&listing, form) + "\n";
            let read = Sheet::read(&sheet, &rows, &edited);
            prop_assert_eq!(&read.map(|sheet| sheet.changes), &Ok(vec![]), "{}", sheet);
        }
    }

    #[test]
    fn an_edit_is_written_as_it_was_meant(said in not_blank(), offer in any_offer()) {
        let rows = rows(&Goods::new(&supply(vec![Offer { max: 1_000, ..offer }]), &everything()));
        let before = "[[import]] # all of it\npanel = \"alpha\"\n# The end.\n";
        let mut edited = Edited::new(before).expect("TOML");
        let cells = vec![1_001_i64.into(), said.as_str().into()];
        let listing = Listing::new(&["service", "description"], [cells]);
        let sheet = Sheet::read(&(output::text(&listing, Form::Csv) + "\n"), &rows, &edited);
        let changes = sheet.expect("right").changes;
        let meant = said.trim();
        let written = changes.first().and_then(|change| change.value.clone());
        prop_assert_eq!(written, Some(Written::Text(meant.to_owned())));
        prop_assert!(edited.apply(&changes[0]));
        let value: toml::Table = edited.text().parse().expect("TOML");
        prop_assert_eq!(value["override"][0]["description"].as_str(), Some(meant));
        let back = Change { value: None, ..changes[0].clone() };
        prop_assert!(edited.apply(&back));
        prop_assert_eq!(edited.text(), before);
    }
}
