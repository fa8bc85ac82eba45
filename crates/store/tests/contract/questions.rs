//! What is not known for certain.

use panelgate_domain::evidence::{Clue, Evidence};
use panelgate_domain::family::Share;
use panelgate_domain::ids::{OrderId, UpstreamId};
use panelgate_domain::status::{Final, StatusWord};
use panelgate_store::model::{Causes, DRIFTS_OF_A_PANEL, Drift, NewPlacement, Opened, Polled};

use super::world::{World, at, charged, decision, euro, fact, money, said};

/// Ann's order at alpha, sent then, and what becomes of it: its id there, or nobody knows.
async fn sent(world: &World, seconds: i64, id: Option<&str>) -> OrderId {
    let placement = NewPlacement {
        at: at(seconds),
        ..world.new_placement("alpha")
    };
    let opened = world
        .store
        .open_order(world.new_order("1"), Some(placement))
        .await;
    let Ok(Opened::New(order, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    let answer = said(if id.is_some() { "accepted" } else { "unknown" }, seconds);
    match id {
        Some(id) => {
            world
                .store
                .confirm_placement(placement, id.into(), answer)
                .await
        }
        None => world.store.park_placement(placement, answer).await,
    }
    .expect("written");
    order.id
}

fn ids(ids: &[&str]) -> Vec<UpstreamId> {
    ids.iter().map(|id| UpstreamId::from(*id)).collect()
}

pub(crate) async fn an_unknown_order_has_neighbours(world: World) {
    let world = world.funded().await;
    for (seconds, id) in [(1, "4"), (2, "5"), (3, "6"), (4, "x9"), (5, "-7")] {
        sent(&world, seconds, Some(id)).await;
    }
    let lost = sent(&world, 10, None).await;
    for (seconds, id) in [(11, "9"), (20, "8"), (21, "10")] {
        sent(&world, seconds, Some(id)).await;
    }
    let questions = world.store.questions(10).await.expect("read");
    let [question] = &questions[..] else {
        panic!("{questions:?}")
    };
    assert_eq!((question.order.order.id, question.began), (lost, at(10)));
    sent(&world, 30, None).await;
    let oldest = world.store.oldest_questions().await.expect("read");
    assert_eq!(oldest, [("alpha".into(), at(10))]);
    assert_eq!(
        (question.panel.as_str(), question.offer.as_str()),
        ("alpha", "77")
    );
    assert_eq!(question.cost, money("6"));
    for (settled, until, below, above) in [
        (9, 20, Some(6), Some(9)),
        (2, 21, Some(5), Some(10)),
        (0, 10, None, None),
    ] {
        let around = world
            .store
            .neighbours(question, at(settled), at(until))
            .await;
        let around = around.expect("read");
        assert_eq!((around.below, around.above), (below, above));
        assert_eq!(around.none_forgotten, below.is_some());
    }
    let known = world
        .store
        .known_at(&"alpha".into(), ids(&["7", "8", "x"]))
        .await;
    assert_eq!(known.expect("read"), ids(&["8"]));
    let elsewhere = world.store.known_at(&"beta".into(), ids(&["8"])).await;
    assert_eq!(elsewhere.expect("read"), []);
    assert!(world.store.questions(0).await.expect("read").is_empty());
}

/// What somebody said not to be there, and what spawns others, may be what a panel shows.
pub(crate) async fn what_may_be_forgotten_is_said(world: World) {
    let world = world.funded().await;
    let none_forgotten = async |order: OrderId| {
        let questions = world.store.questions(10).await.expect("read");
        let question = questions
            .iter()
            .find(|question| question.order.order.id == order);
        let question = question.expect("unknown");
        let around = world.store.neighbours(question, at(19), at(99)).await;
        around.expect("read").none_forgotten
    };
    let denied = sent(&world, 10, None).await;
    sent(&world, 11, Some("4")).await;
    let lost = sent(&world, 20, None).await;
    assert!(none_forgotten(lost).await);
    world
        .store
        .resolve_not_placed(decision(denied))
        .await
        .expect("decided");
    assert!(
        none_forgotten(lost).await,
        "it was sent before all that counts"
    );
    let denied = sent(&world, 21, None).await;
    world
        .store
        .resolve_not_placed(decision(denied))
        .await
        .expect("decided");
    assert!(!none_forgotten(lost).await);

    sent(&world, 30, Some("9")).await;
    let parent = NewPlacement {
        share: Some(Share::Run),
        at: at(31),
        ..world.new_placement("alpha")
    };
    let opened = world
        .store
        .open_order(world.new_order("1"), Some(parent))
        .await;
    let Ok(Opened::New(_, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    let later = sent(&world, 32, None).await;
    let nothing_before = async |order| {
        let questions = world.store.questions(10).await.expect("read");
        let question = questions
            .iter()
            .find(|question| question.order.order.id == order);
        let around = world
            .store
            .neighbours(question.expect("unknown"), at(30), at(99))
            .await;
        around.expect("read").none_forgotten
    };
    assert!(nothing_before(later).await);
    let placed = world
        .store
        .confirm_placement(placement, "10".into(), said("accepted", 33));
    placed.await.expect("placed");
    assert!(!nothing_before(later).await);
}

/// An order of nobody's has an id all the same.
pub(crate) async fn orphans_are_known_at_their_panel(world: World) {
    let world = world.funded().await;
    let order = sent(&world, 10, None).await;
    let orphan = Evidence {
        clue: Clue::Orphan,
        upstream_id: Some("7".into()),
        text: "too late".into(),
        at: at(20),
    };
    world
        .store
        .keep_evidence(order, orphan)
        .await
        .expect("kept");
    let known = world
        .store
        .known_at(&"alpha".into(), ids(&["6", "7"]))
        .await;
    assert_eq!(known.expect("read"), ids(&["7"]));
    let elsewhere = world.store.known_at(&"beta".into(), ids(&["7"])).await;
    assert_eq!(elsewhere.expect("read"), []);
}

pub(crate) async fn evidence_is_kept_once_and_told(world: World) {
    let world = world.funded().await;
    let order = sent(&world, 10, None).await;
    let probed = |id: &str, seconds| Evidence {
        clue: Clue::Probed,
        upstream_id: Some(id.into()),
        text: format!("an order {id}"),
        at: at(seconds),
    };
    let link = Evidence {
        clue: Clue::ActiveLink,
        upstream_id: None,
        text: "refused".into(),
        at: at(30),
    };
    let mut kept = Vec::new();
    for found in [
        probed("7", 20),
        link.clone(),
        probed("7", 40),
        probed("8", 50),
        link.clone(),
    ] {
        kept.push(world.store.keep_evidence(order, found).await.expect("kept"));
    }
    assert_eq!(kept, [true, true, false, true, false]);
    let story = world.store.story(order).await.expect("told");
    assert_eq!(story.evidence, [probed("7", 20), link, probed("8", 50)]);
    let told = story.events.iter().filter(|event| event.kind == "evidence");
    assert_eq!(told.count(), 3);
    let all = world
        .store
        .evidence(vec![order, OrderId(99)])
        .await
        .expect("read");
    assert_eq!(all.len(), 3);
    world.expect(["99", "1", "0", "0"]).await;
}

fn polled(balance: &str, booked: &str, seconds: i64) -> Polled {
    Polled {
        panel: "alpha".into(),
        currency: euro(),
        balance: money(balance),
        booked: money(booked),
        at: at(seconds),
    }
}

pub(crate) async fn a_drift_lasts_until_it_is_another_one(world: World) {
    let since = |seconds| world.store.drifts(None, at(seconds));
    for polled in [
        polled("10", "10", 1),
        polled("7", "7", 2),
        polled("6.91", "7", 3),
        polled("6.91", "7", 4),
        polled("7", "7", 5),
    ] {
        world.store.keep_drift(polled).await.expect("kept");
    }
    let drift = |amount: &str, first, last| Drift {
        panel: "alpha".into(),
        currency: euro(),
        drift: money(amount),
        since: at(first),
        until: at(last),
    };
    let all = [drift("0", 1, 2), drift("-0.09", 3, 4), drift("0", 5, 5)];
    assert_eq!(since(0).await.expect("read"), all);
    assert_eq!(since(4).await.expect("read"), all[1..]);
    let beta = world.store.drifts(Some("beta".into()), at(0)).await;
    assert_eq!(beta.expect("read"), []);
    for second in 0..i64::try_from(DRIFTS_OF_A_PANEL).expect("small") {
        let moved = polled("1", &(second % 2).to_string(), 10 + second);
        world.store.keep_drift(moved).await.expect("kept");
    }
    let kept = since(0).await.expect("read");
    assert_eq!(u64::try_from(kept.len()), Ok(DRIFTS_OF_A_PANEL));
    assert_ne!(kept[0], all[0]);
}

pub(crate) async fn a_panel_stands_where_nothing_is_on_its_way(world: World) {
    let world = world.funded().await;
    let standing = || async {
        let standing = world.store.standing(&"alpha".into(), &euro()).await;
        standing.expect("read")
    };
    assert_eq!(standing().await, Some(money("0")));
    let (_, placement) = world.sending("1").await;
    assert_eq!(standing().await, None);
    let placed = world
        .store
        .confirm_placement(placement, "1".into(), said("accepted", 3));
    placed.await.expect("placed");
    assert_eq!(standing().await, Some(money("-6")));
}

pub(crate) async fn what_the_books_do_not_know_is_named(world: World) {
    let world = world.funded().await;
    let lost = sent(&world, 10, None).await;
    let quiet = sent(&world, 11, Some("1")).await;
    let dear = sent(&world, 12, Some("2")).await;
    world
        .learn(dear, charged(StatusWord::InProgress, "6.5", 13))
        .await;
    world
        .close(quiet, fact(StatusWord::Completed, Some(0), 20))
        .await
        .expect("closed");
    let causes = async |from, to| {
        let causes = world.store.causes(&"alpha".into(), at(from), at(to)).await;
        causes.expect("read")
    };
    let expected = Causes {
        unknown: vec![(lost, money("6"))],
        uncharged: vec![quiet],
    };
    assert_eq!(causes(9, 20).await, expected);
    assert_eq!(causes(20, 30).await, Causes::default());
}

pub(crate) async fn other_charges_are_listed(world: World) {
    let world = world.funded().await;
    let [dear, fair, canceled] = [("1", "6.5"), ("2", "6"), ("3", "0")];
    let mut orders = Vec::new();
    for (id, charge) in [dear, fair, canceled] {
        let order = sent(&world, 10, Some(id)).await;
        world
            .learn(order, charged(StatusWord::InProgress, charge, 13))
            .await;
        orders.push(order);
    }
    let ended = charged(StatusWord::Canceled, "0", 20);
    world.close(orders[2], ended).await.expect("closed");
    let found = world.store.other_charges(None, at(0)).await.expect("read");
    let [other] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((other.order, other.ended), (orders[0], None::<Final>));
    assert_eq!((other.quoted, other.charged), (money("6"), money("6.5")));
    let none = [
        world.store.other_charges(Some("beta".into()), at(0)).await,
        world.store.other_charges(None, at(2)).await,
    ];
    assert!(
        none.into_iter()
            .all(|found| found.expect("read").is_empty())
    );
    // What one is charged less does not make up for another.
    let over = world.store.overcharges(at(0)).await.expect("read");
    assert_eq!(over, [("alpha".into(), euro(), money("0.5"))]);
    assert_eq!(world.store.overcharges(at(2)).await.expect("read"), []);
}
