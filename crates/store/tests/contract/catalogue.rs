//! Lists, service ids, revisions, pauses.

use panelgate_domain::catalogue::ImportKey;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{PanelName, ServiceId};
use panelgate_domain::offer::{Offer, OfferList, SkipReason, Skipped};
use panelgate_domain::rate::Rate;
use panelgate_domain::status::StatusWord;
use panelgate_store::model::PanelHour;

use super::world::{euro, fact};
use super::{World, at, said};

fn list(panel: &str, ids: &[&str]) -> OfferList {
    let offer = |id: &&str| Offer {
        id: (*id).into(),
        name: format!("Likes\r\n\"{id}\" ü"),
        category: "Instagram".into(),
        type_word: "default".into(),
        rate: Rate::parse("0.00011999999999999999").expect("a rate"),
        min: 1,
        max: u64::MAX,
        refill: true,
        cancel: false,
        dripfeed: (*id == "1").then_some(true),
    };
    let skipped = |offer: &str, reason| Skipped {
        panel: panel.into(),
        offer: offer.into(),
        name: "x".into(),
        reason,
    };
    OfferList {
        panel: panel.into(),
        currency: euro(),
        offers: ids.iter().map(offer).collect(),
        unreadable: vec![
            skipped("9", SkipReason::Unreadable("rate")),
            skipped("1", SkipReason::DuplicateId),
        ],
    }
}

pub(crate) async fn a_newer_list_replaces_an_older_one(world: World) {
    world
        .store
        .save_offers(list("beta", &["1"]), at(1))
        .await
        .expect("saved");
    world
        .store
        .save_offers(list("alpha", &["1", "2"]), at(1))
        .await
        .expect("saved");
    world
        .store
        .save_offers(list("beta", &["2", "3"]), at(2))
        .await
        .expect("saved");
    world
        .store
        .save_offers(list("beta", &[]), at(1))
        .await
        .expect("overtaken");
    let lists = world.store.offers().await.expect("read");
    assert_eq!(
        lists,
        [list("alpha", &["1", "2"]), list("beta", &["2", "3"])]
    );
}

fn key(panel: &str, offer: &str) -> ImportKey {
    (panel.into(), offer.into())
}

pub(crate) async fn services_keep_their_ids(world: World) {
    let (one, two, three) = (key("alpha", "1"), key("alpha", "2"), key("beta", "1"));
    let ids = world
        .store
        .assign_services(vec![one.clone(), two.clone()], vec![])
        .await
        .expect("assigned");
    assert_eq!((ids[&one], ids[&two]), (ServiceId(1_001), ServiceId(1_002)));
    // A key that is gone keeps its id: nobody else gets it.
    let ids = world
        .store
        .assign_services(vec![three.clone(), one.clone(), three.clone()], vec![])
        .await
        .expect("assigned");
    assert_eq!(
        (ids[&one], ids[&two], ids[&three]),
        (ServiceId(1_001), ServiceId(1_002), ServiceId(1_003))
    );
    assert_eq!(ids.len(), 3);
    assert_eq!(
        world
            .store
            .assign_services(vec![], vec![])
            .await
            .expect("read"),
        ids
    );
}

pub(crate) async fn reserved_ids_are_never_given(world: World) {
    let reserved = [5, 1_001, 1_003, 2_000_000_000, -1, i64::MAX]
        .map(ServiceId)
        .to_vec();
    let keys: Vec<ImportKey> = ["1", "2"].map(|offer| key("alpha", offer)).to_vec();
    let ids = world
        .store
        .assign_services(keys.clone(), reserved)
        .await
        .expect("assigned");
    assert_eq!(
        (ids[&keys[0]], ids[&keys[1]]),
        (ServiceId(1_002), ServiceId(1_004))
    );
    // An operator's id is not free again when the service is gone: its orders keep it.
    world
        .store
        .assign_services(vec![], vec![ServiceId(1_005)])
        .await
        .expect("remembered");
    let next = world
        .store
        .assign_services(vec![key("beta", "1")], vec![])
        .await
        .expect("assigned");
    assert_eq!(next[&key("beta", "1")], ServiceId(1_006));
}

pub(crate) async fn what_became_of_orders_is_told_by_the_hour(world: World) {
    let world = world.funded().await;
    let whole = world.placed("10", "u1").await;
    world.placed("10", "u2").await;
    let end = fact(StatusWord::Completed, Some(0), 9);
    world.close(whole, end).await.expect("closed");
    // A refusal that is about the panel counts, one that is about the order does not.
    let (_, placement) = world.sending("10").await;
    let refused = world
        .store
        .return_order(placement, said("refused", 5))
        .await;
    refused.expect("open again");
    let (_, placement) = world.sending("10").await;
    let bad_link = world
        .store
        .refuse_order(placement, Refusal::BadLink, said("refused", 5));
    bad_link.await.expect("closed");

    let hours = world.store.panel_hours(at(0)).await.expect("read");
    let counts = |hour: &PanelHour| (hour.accepted, hour.refused, hour.completed, hour.canceled);
    assert_eq!(hours.iter().map(counts).collect::<Vec<_>>(), [(2, 1, 1, 0)]);
    assert_eq!(hours[0].began, at(0));
    assert!(hours[0].cost.is_positive());
    let later = world.store.panel_hours(at(3_600)).await.expect("read");
    assert_eq!(later, []);
}

pub(crate) async fn rules_keep_their_number(world: World) {
    let first = world
        .store
        .revision([1; 32], at(1))
        .await
        .expect("numbered");
    let second = world
        .store
        .revision([2; 32], at(2))
        .await
        .expect("numbered");
    assert!(first > 0 && second > first, "{first} {second}");
    assert_eq!(
        world.store.revision([1; 32], at(3)).await.expect("known"),
        first
    );
    assert_eq!(
        world.store.revision([2; 32], at(4)).await.expect("known"),
        second
    );
}

pub(crate) async fn pauses_last_until_they_end(world: World) {
    let alpha = || Some(PanelName::from("alpha"));
    for pause in [alpha(), None, alpha()] {
        world
            .store
            .set_pause(pause, true, at(1))
            .await
            .expect("paused");
    }
    assert_eq!(world.store.pauses().await.expect("read"), [None, alpha()]);
    for resumed in [None, Some("beta".into())] {
        world
            .store
            .set_pause(resumed, false, at(2))
            .await
            .expect("resumed");
    }
    assert_eq!(world.store.pauses().await.expect("read"), [alpha()]);
}
