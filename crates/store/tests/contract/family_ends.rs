//! The end of orders that spawn others: children take from their parent's hold, and the rest goes back once.

use panelgate_domain::family::{Share, Unresolved};
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, OrderState};
use panelgate_domain::settlement::Verdict;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_store::StoreError;
use panelgate_store::model::CancelAnswer;

use super::kin::{drip_feed, subscription};
use super::races::all;
use super::world::{at, charged, fact};
use super::{World, decision, money, said};

pub(crate) async fn children_take_and_the_rest_goes_back(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 4, "10"), Share::Post, "s1")
        .await;
    world.expect(["96", "4", "0", "0"]).await;
    let child = world.spawned(parent, &["c1", "c2", "c3"]).await;
    world.delivered(child[0], 80).await;
    world.expect(["96", "3.2", "-0.4", "0.4"]).await;
    world.size(child[1], 60).await;
    world.expect(["96", "3.2", "-0.7", "0.7"]).await;
    let partial = fact(StatusWord::Partial, Some(25), 10);
    let partial = world.close(child[1], partial).await.expect("closed");
    // 0.60 for 60, of which 25 remain.
    assert_eq!(partial.taken, Some(money("0.35")));
    world.expect(["96", "2.85", "-0.7", "0.7"]).await;
    let live = world.end(parent, StatusWord::Completed, 3).await;
    assert!(
        matches!(
            live,
            Err(StoreError::Unresolved(_, Unresolved::ChildrenLive(1)))
        ),
        "{live:?}"
    );
    // Canceled without a size: the panel's charge is all that is known, and it takes it back.
    world
        .learn(child[2], charged(StatusWord::Pending, "0.5", 7))
        .await;
    world.expect(["96", "2.85", "-1.2", "1.2"]).await;
    let canceled = charged(StatusWord::Canceled, "0", 11);
    world.close(child[2], canceled).await.expect("closed");
    world.expect(["96", "2.85", "-0.7", "0.7"]).await;
    let missing = world.end(parent, StatusWord::Completed, 4).await;
    assert!(
        matches!(
            missing,
            Err(StoreError::Unresolved(
                _,
                Unresolved::ChildrenMissing {
                    posts: 4,
                    children: 3
                }
            ))
        ),
        "{missing:?}"
    );
    world.expect(["96", "2.85", "-0.7", "0.7"]).await;
    let (closed, released) = world
        .end(parent, StatusWord::Expired, 3)
        .await
        .expect("closed");
    assert_eq!(
        (closed.ended, closed.taken, released),
        (Some(Final::Completed), Some(Money::ZERO), money("2.85"))
    );
    world.expect(["98.85", "0", "-0.7", "0.7"]).await;
    let again = world.end(parent, StatusWord::Canceled, 3).await;
    assert!(matches!(again, Err(StoreError::WrongState { .. })));
    world.expect(["98.85", "0", "-0.7", "0.7"]).await;
}

/// Each post's price is rounded up, and so is the sum.
pub(crate) async fn the_last_child_takes_what_rounding_leaves(world: World) {
    let world = world.funded().await;
    // 0.0000033 a post, and 0.0000099 for three.
    let parent = world
        .parent(subscription(&world, 3, "0.000033"), Share::Post, "s1")
        .await;
    world.expect(["99.99999", "0.00001", "0", "0"]).await;
    let child = world.spawned(parent, &["c1", "c2", "c3"]).await;
    world.delivered(child[0], 100).await;
    world.delivered(child[1], 100).await;
    world.expect(["99.99999", "0.000002", "-1", "1"]).await;
    let last = world.delivered(child[2], 100).await;
    assert_eq!(last.taken, Some(money("0.000002")));
    assert_eq!(last.flag, None, "nobody has to look at a rounding");
    world.expect(["99.99999", "0", "-1.5", "1.5"]).await;
    let (_, released) = world
        .end(parent, StatusWord::Completed, 3)
        .await
        .expect("closed");
    assert_eq!(released, Money::ZERO);
    world.expect(["99.99999", "0", "-1.5", "1.5"]).await;
}

/// A post too many is delivered for nothing, and the operator hears of it.
pub(crate) async fn a_child_too_many_takes_nothing(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 1, "10"), Share::EqualPost, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2"]).await;
    assert!(world.order(parent).await.flag.is_some());
    let done = fact(StatusWord::Completed, Some(0), 9);
    world.close(child[0], done).await.expect("closed");
    let extra = world.close(child[1], done).await.expect("closed");
    assert_eq!(extra.taken, Some(Money::ZERO));
    assert!(extra.flag.is_some());
    world.expect(["99", "0", "-1.5", "1.5"]).await;
}

pub(crate) async fn a_child_that_ends_worse_later_gives_back(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2"]).await;
    world.delivered(child[0], 100).await;
    let later = async |id: OrderId, fact: Fact| {
        let Verdict::Settle(settlement) = world.order(id).await.basis().settle(&fact) else {
            panic!("{fact:?} ends nothing")
        };
        world.store.settle_later(id, fact, settlement).await
    };
    let partial = fact(StatusWord::Partial, Some(40), 30);
    later(child[0], partial).await.expect("paid");
    // What was taken once does not go back into the hold.
    world.expect(["98.4", "1", "-0.5", "0.5"]).await;
    world.delivered(child[1], 100).await;
    world
        .end(parent, StatusWord::Completed, 2)
        .await
        .expect("closed");
    world.expect(["98.4", "0", "-1", "1"]).await;
    later(child[1], charged(StatusWord::Canceled, "0", 40))
        .await
        .expect("paid");
    world.expect(["99.4", "0", "-0.5", "0.5"]).await;
    let repeat = later(child[1], fact(StatusWord::Canceled, None, 41)).await;
    assert!(matches!(repeat, Err(StoreError::NothingMore(_))));
    world.expect(["99.4", "0", "-0.5", "0.5"]).await;
}

pub(crate) async fn an_operator_ends_a_family_child_by_child(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2"]).await;
    let settle = |id, refund| world.store.settle_by_hand(decision(id), money(refund));
    let early = settle(parent, "3").await;
    assert!(
        matches!(
            early,
            Err(StoreError::Unresolved(_, Unresolved::ChildrenLive(2)))
        ),
        "{early:?}"
    );
    let much = settle(child[0], "1.000001").await;
    assert!(matches!(much, Err(StoreError::BadAmount(_))));
    // Not sized: it may be as large as it can be.
    let closed = settle(child[0], "0.3").await.expect("settled");
    assert_eq!(
        (closed.ended, closed.taken),
        (Some(Final::Partial), Some(money("0.7")))
    );
    world.expect(["97", "2.3", "0", "0"]).await;
    world.size(child[1], 50).await;
    let closed = settle(child[1], "0.5").await.expect("settled");
    assert_eq!(closed.ended, Some(Final::Canceled));
    world.expect(["97", "2.3", "-0.25", "0.25"]).await;
    let much = settle(parent, "2.4").await;
    assert!(matches!(much, Err(StoreError::BadAmount(_))));
    // The operator keeps something for a post that the panel never named.
    let closed = settle(parent, "1.8").await.expect("settled");
    assert_eq!(
        (closed.ended, closed.taken),
        (Some(Final::Completed), Some(money("0.5")))
    );
    world.expect(["98.8", "0", "-0.25", "0.25"]).await;
    settle(parent, "0.5").await.expect("refunded");
    settle(child[0], "0.7").await.expect("refunded");
    world.expect(["100", "0", "-0.25", "0.25"]).await;
    // Who comes now is nobody's, and costs nothing.
    assert_eq!(world.spawned(parent, &["c3"]).await, []);
    world.expect(["100", "0", "-0.25", "0.25"]).await;
}

/// The panel has charged all posts at once; those that it has not made are expected back.
pub(crate) async fn posts_charged_at_once_are_credited_at_the_end(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::EqualPost, "s1")
        .await;
    world.expect(["97", "3", "-1.5", "1.5"]).await;
    let child = world.spawned(parent, &["c1"]).await[0];
    // What it says of a post is a part of what it charged already.
    world.size(child, 80).await;
    let done = charged(StatusWord::Completed, "0.4", 9);
    world.close(child, done).await.expect("closed");
    world.expect(["97", "2", "-1.5", "1.5"]).await;
    world
        .end(parent, StatusWord::Canceled, 1)
        .await
        .expect("closed");
    world.expect(["99", "0", "-0.5", "0.5"]).await;
    // If it says itself what it keeps, that counts.
    let parent = world
        .parent(subscription(&world, 3, "10"), Share::EqualPost, "s2")
        .await;
    let kept = charged(StatusWord::Canceled, "0.2", 30);
    world
        .store
        .close_parent(parent, kept)
        .await
        .expect("closed");
    world.expect(["99", "0", "-0.7", "0.7"]).await;
}

/// Its own word ends a drip-feed: runs cost nothing, and may be late.
pub(crate) async fn a_drip_feed_ends_alone(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(drip_feed(&world, 4, "10"), Share::Run, "d1")
        .await;
    let run = world.spawned(parent, &["r1", "r2"]).await;
    let done = charged(StatusWord::Completed, "9", 9);
    let closed = world.close(run[0], done).await.expect("closed");
    assert_eq!(closed.taken, Some(Money::ZERO));
    world.expect(["96", "4", "-1.5", "1.5"]).await;
    let stopped = Fact {
        runs: Some(1),
        ..charged(StatusWord::Canceled, "0.4", 10)
    };
    let closed = world.close(parent, stopped).await.expect("closed");
    assert_eq!(
        (closed.ended, closed.taken),
        (Some(Final::Partial), Some(money("1")))
    );
    world.expect(["99", "0", "-0.4", "0.4"]).await;
    let canceled = fact(StatusWord::Canceled, None, 11);
    world.close(run[1], canceled).await.expect("closed");
    world.expect(["99", "0", "-0.4", "0.4"]).await;
    assert!(world.store.completions().await.expect("read").is_empty());
}

pub(crate) async fn a_child_is_canceled_like_any_order(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    let wished = world.store.wish_cancel(child, at(6)).await.expect("kept");
    assert_eq!(wished.cancel_wish, CancelWish::Asked);
    let answer = world
        .store
        .answer_cancel(child, CancelAnswer::Sent, said("sent", 7));
    answer.await.expect("kept");
    world.expect(["98", "2", "0", "0"]).await;
    let canceled = fact(StatusWord::Canceled, None, 8);
    world.close(child, canceled).await.expect("closed");
    world.expect(["98", "2", "0", "0"]).await;
    assert_eq!(world.order(parent).await.state, OrderState::Placed);
    assert!(
        world
            .store
            .park_orphans(at(9))
            .await
            .expect("none")
            .is_empty()
    );
    world
        .end(parent, StatusWord::Completed, 1)
        .await
        .expect("closed");
    world.expect(["100", "0", "0", "0"]).await;
}

/// In whatever order they come, children never take more than there is and the rest goes back once.
pub(crate) async fn ends_of_a_family_may_come_at_once(world: World) {
    let world = world.funded().await;
    for round in 0..40_u64 {
        // Enough for two of the three.
        let new = subscription(&world, 2, "10");
        let name = format!("s{round}");
        let parent = world.parent(new, Share::Post, &name).await;
        let ids = [0, 1, 2].map(|n| format!("{name}c{n}"));
        let ids = ids.each_ref().map(String::as_str);
        let child = world.spawned(parent, &ids).await;
        let mut endings = Vec::new();
        for (n, id) in child.iter().enumerate() {
            let sized = world.size(*id, [100, 70, 90][n]).await;
            let mixed = round.wrapping_mul(2_654_435_761) >> (3 * n);
            let word = [
                StatusWord::Completed,
                StatusWord::Canceled,
                StatusWord::Partial,
            ];
            let fact = fact(
                word[usize::try_from(mixed % 3).expect("small")],
                Some(30),
                9,
            );
            let Verdict::Settle(settlement) = sized.basis().settle(&fact) else {
                panic!("{fact:?} ends nothing")
            };
            endings.push((*id, Some((fact, settlement))));
        }
        endings.extend([(parent, None); 3]);
        let turn = usize::try_from(round).expect("small") % endings.len();
        endings.rotate_left(turn);
        let ends = endings.into_iter().map(|(id, ending)| {
            let store = world.store.clone();
            async move {
                match ending {
                    Some((fact, settlement)) => {
                        let closed = store.close_order(id, fact, settlement, fact.at).await;
                        closed.map(drop)
                    }
                    None if round % 2 == 0 => {
                        let ended = Fact {
                            runs: Some(3),
                            ..fact(StatusWord::Completed, None, 20)
                        };
                        store.close_parent(id, ended).await.map(drop)
                    }
                    None => store
                        .settle_by_hand(decision(id), Money::ZERO)
                        .await
                        .map(drop),
                }
            }
        });
        all(ends).await;
        let found = world.store.verify().await.expect("verified");
        assert_eq!(found, [], "round {round}");
        // Whoever was too early comes again.
        let _ = world.end(parent, StatusWord::Completed, 3).await;
        assert_eq!(world.order(parent).await.state, OrderState::Closed);
        let account = world.store.account(world.ann).await.expect("read");
        assert_eq!(account.held, Money::ZERO, "round {round}");
    }
    assert_eq!(world.store.verify().await.expect("verified"), []);
}

/// Children are orders: they are watched after their end, and their ages and hours count. A post costs what it is charged for, and its
/// subscription nothing more.
pub(crate) async fn a_family_is_seen_like_other_orders(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1", "c2"]).await;
    let live = world.store.count_live().await.expect("read");
    assert_eq!(live, [(Some("alpha".into()), OrderState::Placed, 3)]);
    world.delivered(child[0], 100).await;
    let canceled = fact(StatusWord::Canceled, None, 10);
    world.close(child[1], canceled).await.expect("closed");
    world
        .end(parent, StatusWord::Completed, 2)
        .await
        .expect("closed");
    let ended = world.store.ended_since(at(0), OrderId(0), 10).await;
    let ended: Vec<OrderId> = ended.expect("read").iter().map(|order| order.id).collect();
    assert_eq!(ended, [child[0], child[1], parent]);
    assert_eq!(world.store.completions().await.expect("read").len(), 1);
    let hours = world.store.panel_hours(at(0)).await.expect("read");
    let found: Vec<_> = hours
        .iter()
        .map(|hour| (hour.accepted, hour.cost, hour.completed, hour.canceled))
        .collect();
    assert_eq!(found, [(1, money("0.5"), 2, 1)]);
    world.expect(["99", "0", "-0.5", "0.5"]).await;
}
