//! Lists, service ids, revisions, pauses.

use std::collections::HashMap;

use panelgate_domain::catalogue::ImportKey;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OfferId, PanelName, ServiceId};
use panelgate_domain::offer::{Offer, OfferList, SkipReason, Skipped};
use panelgate_domain::rate::Rate;
use panelgate_domain::status::StatusWord;
use panelgate_domain::sync::change::change;
use panelgate_domain::sync::{Baseline, Baselines, ChangeKind, Distrust};
use panelgate_store::model::{HISTORY_OF_AN_OFFER, PanelHour, Suspect, Synced};

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

fn synced(list: OfferList, baselines: Vec<(OfferId, Baseline)>, seconds: i64) -> Synced {
    let changes = list.offers.iter();
    let changes = changes.map(|offer| change(offer, ChangeKind::Cost, &euro(), "a → b"));
    Synced {
        panel: list.panel.clone(),
        changes: changes.collect(),
        baselines,
        list: Some(list),
        actor: Some("ann".to_owned()),
        at: at(seconds),
    }
}

fn baseline(offer: &Offer, seconds: i64) -> Baseline {
    Baseline {
        max: 9,
        ..Baseline::of(offer, &euro(), at(seconds))
    }
}

pub(crate) async fn a_sync_keeps_what_changed(world: World) {
    let store = &world.store;
    let list = list("alpha", &["1", "2"]);
    let (one, two) = (baseline(&list.offers[0], 1), baseline(&list.offers[1], 1));
    let first = vec![("1".into(), one.clone()), ("2".into(), two.clone())];
    store
        .keep_sync(synced(list.clone(), first, 1))
        .await
        .expect("kept");
    let moved = Baseline {
        basis: Rate::parse("7").expect("a rate"),
        gone: Some(at(2)),
        ..two
    };
    let approval = Synced {
        list: None,
        ..synced(list.clone(), vec![("2".into(), moved.clone())], 2)
    };
    store.keep_sync(approval).await.expect("kept");
    let alpha = Baselines::from([("1".into(), one), ("2".into(), moved)]);
    let known = store.baselines().await.expect("read");
    assert_eq!(known, HashMap::from([("alpha".into(), alpha)]));
    let history = store.offer_history(&"alpha".into(), &"2".into(), 10).await;
    let history = history.expect("read");
    let told: Vec<_> = history.iter().map(|line| line.at).collect();
    assert_eq!(told, [at(2), at(1)]);
    assert_eq!(
        history[0].change,
        change(&list.offers[1], ChangeKind::Cost, &euro(), "a → b")
    );
    assert_eq!(history[0].actor.as_deref(), Some("ann"));
    let last = store.offer_history(&"alpha".into(), &"2".into(), 1).await;
    assert_eq!(last.expect("read").len(), 1);
}

pub(crate) async fn a_sync_that_was_overtaken_keeps_nothing(world: World) {
    let store = &world.store;
    let newer = list("alpha", &["1"]);
    store
        .keep_sync(synced(newer.clone(), Vec::new(), 2))
        .await
        .expect("kept");
    let older = list("alpha", &["2"]);
    let stale = vec![("2".into(), baseline(&older.offers[0], 1))];
    store
        .keep_sync(synced(older, stale, 1))
        .await
        .expect("overtaken");
    assert_eq!(store.offers().await.expect("read"), [newer]);
    assert!(store.baselines().await.expect("read").is_empty());
    let history = store.offer_history(&"alpha".into(), &"2".into(), 10).await;
    assert_eq!(history.expect("read"), []);
}

pub(crate) async fn the_history_of_an_offer_ends_somewhere(world: World) {
    let store = &world.store;
    let seldom = list("alpha", &["2"]);
    store
        .keep_sync(synced(seldom, Vec::new(), 1))
        .await
        .expect("kept");
    let (most, often) = (HISTORY_OF_AN_OFFER, list("alpha", &["1"]));
    let last = i64::try_from(most).expect("few") + 3;
    for seconds in 2..=last {
        store
            .keep_sync(synced(often.clone(), Vec::new(), seconds))
            .await
            .expect("kept");
    }
    let alpha = PanelName::from("alpha");
    let told = store.offer_history(&alpha, &"1".into(), most + 1).await;
    let told: Vec<_> = told.expect("read").iter().map(|line| line.at).collect();
    // Of two too many the oldest two are gone, and nothing of another offer is.
    let expected: Vec<_> = (4..=last).rev().map(at).collect();
    assert_eq!(told, expected);
    let other = store.offer_history(&alpha, &"2".into(), most).await;
    assert_eq!(other.expect("read").len(), 1);
}

pub(crate) async fn a_list_that_is_not_believed_is_kept_aside(world: World) {
    let store = &world.store;
    let known = list("alpha", &["1", "2"]);
    store
        .keep_sync(synced(known.clone(), Vec::new(), 1))
        .await
        .expect("kept");
    let suspect = |ids: &[&str], seconds| Suspect {
        list: list("alpha", ids),
        reason: Distrust::Shrunk,
        at: at(seconds),
    };
    store.suspect(suspect(&[], 2)).await.expect("kept");
    store.suspect(suspect(&["1"], 3)).await.expect("kept");
    assert_eq!(store.suspects().await.expect("read"), [suspect(&["1"], 3)]);
    assert_eq!(
        store.offers().await.expect("read"),
        std::slice::from_ref(&known)
    );
    store
        .keep_sync(synced(known, Vec::new(), 4))
        .await
        .expect("kept");
    assert_eq!(store.suspects().await.expect("read"), []);
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
