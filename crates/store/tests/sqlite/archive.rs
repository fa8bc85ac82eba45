//! Ended orders leave the store: what is asked about them is answered as before, wherever it is cut off nothing is lost, and what may
//! still change stays.

use std::path::Path;
use std::sync::Arc;

use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::OrderState;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::{Kept, OrderFilter, RefillAnswer, RefillAsked};
use panelgate_store::reports::{Grouping, Profit};
use panelgate_store::sqlite::{ArchiveFile, Role, Selection, SqliteStore};
use panelgate_store::{Archives, Questions, Reports, Store, StoreError};
use rusqlite::Connection;

use crate::contract::kin::{drip_feed, subscription};
use crate::contract::moving::moved_before;
use crate::contract::{World, at, decision, fact, money, said};
use crate::{close, folder, open, world_in};

const DAY: i64 = 24 * 60 * 60;

/// So many of the orders of [`fill`] have ended.
const ENDED: u64 = 12;

/// Everything that was done to orders is older.
fn much_later() -> Timestamp {
    at(400 * DAY)
}

/// Orders that end in every way, families among them, over three days; and one that lives, the last.
pub(crate) async fn fill(world: &World) {
    world.top_up(world.ann, "100", "funds").await;
    let whole = world.placed("10", "u1").await;
    let done = Fact {
        charge: Some(money("5.25")),
        start_count: Some(-7),
        ..fact(StatusWord::Completed, None, DAY)
    };
    world.close(whole, done).await.expect("closed");
    let part = world.placed("10", "u2").await;
    let partial = fact(StatusWord::Partial, Some(33), 2 * DAY);
    world.close(part, partial).await.expect("closed");
    let refunded = world.store.settle_by_hand(decision(part), money("1"));
    refunded.await.expect("given back");
    let canceled = world.placed("3", "u3").await;
    let none = fact(StatusWord::Canceled, Some(12), DAY);
    world.close(canceled, none).await.expect("closed");
    let (_, refused) = world.sending("5").await;
    let answer = said("refused_order", 4);
    let refused = world.store.refuse_order(refused, Refusal::BadLink, answer);
    refused.await.expect("closed");
    let unsent = world.open("1").await;
    let unsent = world.store.close_unsent(decision(unsent));
    unsent.await.expect("closed");
    let parent = world
        .parent(subscription(world, 4, "10"), Share::Post, "s1")
        .await;
    let children = world.spawned(parent, &["c1", "c2"]).await;
    world.delivered(children[0], 80).await;
    world.delivered(children[1], 60).await;
    let ended = world.end(parent, StatusWord::Expired, 3).await;
    assert!(matches!(ended, Err(StoreError::Unresolved(..))));
    world
        .end(parent, StatusWord::Expired, 2)
        .await
        .expect("closed");
    let drip = world
        .parent(drip_feed(world, 3, "10"), Share::Run, "d1")
        .await;
    world.spawned(drip, &["r1"]).await;
    let run = world.store.list_orders(OrderFilter::default()).await;
    world.delivered(run.expect("read")[0].id, 100).await;
    let stopped = Fact {
        runs: Some(1),
        ..fact(StatusWord::Canceled, Some(300), 2 * DAY)
    };
    world.close(drip, stopped).await.expect("closed");
    moved_before(world).await;
    world.placed("2", "u9").await;
}

/// Most that can be asked of a store, and its answers.
#[derive(Debug, PartialEq)]
struct Answers {
    /// What customers see, and whose it is.
    shown: Vec<String>,
    profits: Vec<Vec<Profit>>,
    money: String,
}

async fn answers(store: &SqliteStore, ids: &[OrderId]) -> Answers {
    let orders = store.orders(ids.to_vec()).await.expect("read");
    assert_eq!(orders.len(), ids.len());
    let mut shown = Vec::new();
    for order in orders {
        let (view, kind) = (order.view(&"USD".into()), order.kind());
        let family = match order.posts() {
            Some(_) => {
                let family = store.family(order.id).await.expect("read");
                format!("{:?}", (family.spec, family.children))
            }
            None => String::new(),
        };
        let whose = (order.customer, order.refill, order.panel, order.upstream_id);
        shown.push(format!("{} {view:?} {kind:?} {whose:?} {family}", order.id));
    }
    let mut profits = Vec::new();
    // Days are cut by some of these, and two are before all orders.
    for since in [
        None,
        Some(-DAY),
        Some(0),
        Some(DAY),
        Some(2 * DAY),
        Some(2 * DAY + 20_000),
    ] {
        for choice in 0_u8..16 {
            let by = Grouping {
                day: choice & 1 > 0,
                panel: choice & 2 > 0,
                service: choice & 4 > 0,
                customer: choice & 8 > 0,
            };
            let since = since.map(at);
            profits.push(store.profit(by, since).await.expect("read"));
        }
    }
    let accounts = store.customers().await.expect("read").into_iter();
    let accounts: Vec<_> = accounts
        .map(|row| (row.customer.name, row.account))
        .collect();
    let panels = store.panel_accounts().await.expect("read");
    Answers {
        shown,
        profits,
        money: format!("{accounts:?} {panels:?}"),
    }
}

pub(crate) async fn all(store: &SqliteStore) -> Vec<OrderId> {
    let orders = store.list_orders(OrderFilter::default()).await;
    orders.expect("read").iter().map(|order| order.id).collect()
}

async fn sound(store: &SqliteStore) {
    assert_eq!(store.verify().await.expect("verified"), []);
}

async fn select(store: &SqliteStore, before: Timestamp) -> Arc<Selection> {
    Arc::new(store.select_old(before, None).await.expect("selected"))
}

/// All three steps, for a store as small as these.
pub(crate) async fn archive(store: &SqliteStore, to: &Path) -> u64 {
    let file = store.archive_file(to).await.expect("a file");
    let selection = select(store, much_later()).await;
    assert_eq!(selection.next, None);
    store
        .copy_to_archive(&file, &selection)
        .await
        .expect("copied");
    leave(store, &file, &selection).await
}

async fn leave(store: &SqliteStore, file: &ArchiveFile, selection: &Arc<Selection>) -> u64 {
    let left = store.leave_stubs(file, selection, at(500 * DAY)).await;
    left.expect("left")
}

/// How often each order is in an archive.
fn archived(path: &Path) -> Vec<(i64, i64)> {
    let raw = Connection::open(path).expect("opened");
    let mut query = raw
        .prepare("SELECT id, count(*) FROM orders GROUP BY id ORDER BY id")
        .expect("a query");
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

#[tokio::test]
async fn what_is_archived_answers_as_before() {
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    fill(&world).await;
    let ids = all(&store).await;
    let before = answers(&store, &ids).await;
    sound(&store).await;
    let gone = archive(&store, &folder.path().join("old.db")).await;
    sound(&store).await;
    let left = all(&store).await;
    assert_eq!(
        (left.len(), ids.len() - left.len()),
        (1, usize::try_from(gone).expect("few"))
    );
    assert_eq!(answers(&store, &ids).await, before);
    // Nothing is left to go, and life goes on with new numbers.
    assert_eq!(archive(&store, &folder.path().join("old.db")).await, 0);
    let next = world.open("1").await;
    assert!(ids.iter().all(|id| *id < next));
    close(world, store).await;
    let store = open(&path, Role::Serve).expect("opened");
    assert_eq!(answers(&store, &ids).await.shown, before.shown);
    let archives = store.archives().await.expect("read");
    assert_eq!(archives.len(), 1);
    assert_eq!(archives[0].orders, gone);
    let raw = Connection::open(&archives[0].file).expect("opened");
    let told: i64 = raw
        .query_row(
            "SELECT count(*) FROM order_events WHERE order_id = 1",
            [],
            |row| row.get(0),
        )
        .expect("read");
    assert!(told >= 3, "its history is there: {told}");
}

#[tokio::test]
async fn an_archived_order_is_left_alone() {
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    fill(&world).await;
    let first = OrderId(1);
    let asked = store.ask_refill(first, at(2 * DAY)).await.expect("asked");
    let RefillAsked::New(refill) = asked else {
        panic!("{asked:?}")
    };
    let known = RefillAnswer::Known("rf1".into());
    let answered = store.answer_refill(refill, known, said("accepted", 2 * DAY));
    answered.await.expect("kept");
    let refills = store.refills(world.ann, vec![refill]).await.expect("read");
    archive(&store, &folder.path().join("old.db")).await;
    let stub = store.stub(first).await.expect("read").expect("a stub");
    assert_eq!(
        (stub.word, stub.charge),
        (StatusWord::Completed, money("10"))
    );
    assert_eq!(store.stub(OrderId(i64::MAX)).await.expect("read"), None);
    for refused in [
        store
            .settle_by_hand(decision(first), money("1"))
            .await
            .map(drop),
        store.ask_refill(first, at(600 * DAY)).await.map(drop),
        store
            .flag_order(first, "why".to_owned(), at(9))
            .await
            .map(drop),
        store.story(first).await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(StoreError::Archived(id)) if id == first),
            "{refused:?}"
        );
    }
    // Its refill answers on, and its panel cannot give its number to another order.
    assert_eq!(
        store.refills(world.ann, vec![refill]).await.expect("read"),
        refills
    );
    assert_eq!(refills.len(), 1);
    let (_, placement) = world.sending("1").await;
    let again = store.confirm_placement(placement, "u1".into(), said("accepted", 9));
    let again = again.await;
    assert!(
        matches!(again, Err(StoreError::DuplicateUpstreamId(_))),
        "{again:?}"
    );
    let known = store
        .known_at(&"alpha".into(), vec!["u2".into(), "u4".into()])
        .await;
    assert_eq!(known.expect("read"), ["u2".into()]);
    // The same files that it moved here with change nothing.
    moved_before(&world).await;
    sound(&store).await;
}

#[tokio::test]
async fn cut_off_anywhere_an_order_is_in_one_place_and_the_next_run_goes_on() {
    for steps in 0..=3 {
        let (folder, path) = folder();
        let to = folder.path().join("old.db");
        let (world, store) = world_in(&path).await;
        fill(&world).await;
        let ids = all(&store).await;
        let before = answers(&store, &ids).await;
        let file = store.archive_file(&to).await.expect("a file");
        let selection = select(&store, much_later()).await;
        assert_eq!(selection.orders(), ENDED);
        if steps > 0 {
            store
                .copy_to_archive(&file, &selection)
                .await
                .expect("copied");
        }
        if steps > 1 {
            leave(&store, &file, &selection).await;
        }
        if steps > 2 {
            assert_eq!(leave(&store, &file, &selection).await, 0, "it went before");
        }
        drop(file);
        close(world, store).await;
        let next = open(&path, Role::Serve).expect("opened");
        sound(&next).await;
        assert_eq!(answers(&next, &ids).await, before, "after {steps} steps");
        archive(&next, &to).await;
        sound(&next).await;
        assert_eq!(
            answers(&next, &ids).await,
            before,
            "after {steps} steps and a run"
        );
        assert_eq!(all(&next).await.len(), 1);
        let kept = archived(&to);
        assert_eq!(u64::try_from(kept.len()).expect("few"), ENDED);
        assert!(kept.iter().all(|(_, copies)| *copies == 1), "{kept:?}");
    }
}

#[tokio::test]
async fn what_changed_after_it_was_copied_stays_and_is_copied_again() {
    let (folder, path) = folder();
    let to = folder.path().join("old.db");
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let order = world.placed("10", "u1").await;
    let done = fact(StatusWord::Completed, Some(0), DAY);
    world.close(order, done).await.expect("closed");
    let file = store.archive_file(&to).await.expect("a file");
    let selection = select(&store, much_later()).await;
    store
        .copy_to_archive(&file, &selection)
        .await
        .expect("copied");
    // Its version and its history grow by the one, and by the other only the time of its fact.
    let refunded = store.settle_by_hand(decision(order), money("4"));
    refunded.await.expect("given back");
    assert_eq!(leave(&store, &file, &selection).await, 0);
    let selection = select(&store, much_later()).await;
    store
        .copy_to_archive(&file, &selection)
        .await
        .expect("copied");
    let looked = store.confirm_ends(vec![(order, at(2 * DAY))]).await;
    looked.expect("kept");
    assert_eq!(leave(&store, &file, &selection).await, 0);
    assert_eq!(store.stub(order).await.expect("read"), None);
    assert_eq!(archive(&store, &to).await, 1);
    sound(&store).await;
    let raw = Connection::open(&to).expect("opened");
    let kept = raw.query_row("SELECT taken, fact_at FROM orders", [], |row| {
        Ok((row.get::<_, i64>(0)?, Timestamp(row.get(1)?)))
    });
    assert_eq!(kept.expect("one"), (money("6").micros(), at(2 * DAY)));
}

#[tokio::test]
async fn what_may_still_change_or_speaks_for_others_stays() {
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    let done = |seconds| fact(StatusWord::Completed, Some(0), seconds);
    let goes = world.placed("1", "u1").await;
    world.close(goes, done(DAY)).await.expect("closed");
    let late = world.placed("1", "u2").await;
    world.close(late, done(30 * DAY)).await.expect("closed");
    let flagged = world.placed("1", "u3").await;
    world.close(flagged, done(DAY)).await.expect("closed");
    let flag = store.flag_order(flagged, "look".to_owned(), at(DAY)).await;
    flag.expect("flagged");
    let (question, _) = world.unconfirmed("1").await;
    let resolved = store.resolve_not_placed(decision(question)).await;
    resolved.expect("resolved");
    let parent = world
        .parent(subscription(&world, 4, "10"), Share::Post, "s1")
        .await;
    let children = world.spawned(parent, &["c1", "c2"]).await;
    world.delivered(children[0], 80).await;
    let refilled = world.placed("1", "u4").await;
    world.close(refilled, done(DAY)).await.expect("closed");
    store
        .ask_refill(refilled, at(25 * DAY))
        .await
        .expect("asked");
    let before = at(20 * DAY);
    let kept = |selection: &Selection| {
        let kept = selection.kept.iter();
        kept.map(|(why, orders)| (why.word(), *orders))
            .collect::<Vec<_>>()
    };
    let selection = select(&store, before).await;
    assert_eq!(selection.orders(), 1);
    let why = [
        (Kept::Lives.word(), 3),
        (Kept::ChangedSince.word(), 2),
        (Kept::WaitsForOperator.word(), 1),
        (Kept::WasAQuestion.word(), 1),
    ];
    assert_eq!(kept(&selection), why);
    // Before a question is answered, what was at that panel with it tells where it may be.
    let (open_question, _) = world.unconfirmed("1").await;
    let selection = select(&store, before).await;
    assert_eq!(selection.orders(), 0);
    assert!(selection.kept.contains_key(&Kept::QuestionAtItsPanel));
    store
        .resolve_not_placed(decision(open_question))
        .await
        .expect("resolved");
    assert_eq!(archive(&store, &folder.path().join("old.db")).await, 3);
    let orders = store
        .list_orders(OrderFilter::default())
        .await
        .expect("read");
    let closed = orders
        .iter()
        .filter(|order| order.state == OrderState::Closed);
    assert_eq!(closed.count(), 4);
    sound(&store).await;
}

#[tokio::test]
async fn only_an_archive_of_this_store_is_added_to() {
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    fill(&world).await;
    let text = folder.path().join("text");
    std::fs::write(
        &text,
        "not a database, and longer than a header of one is: ".repeat(99),
    )
    .expect("written");
    let other = folder.path().join("other.db");
    let stranger = open(&folder.path().join("stranger.db"), Role::Serve).expect("opened");
    stranger.archive_file(&other).await.expect("a file");
    for taken in [&text, &other, &path] {
        let bytes = std::fs::read(taken).expect("read");
        let refused = store.archive_file(taken).await;
        assert!(
            matches!(refused, Err(StoreError::NoArchive { .. })),
            "{refused:?}"
        );
        assert_eq!(
            std::fs::read(taken).expect("read"),
            bytes,
            "{}",
            taken.display()
        );
    }
    // A run that was cut off before its first commit leaves a file without anything.
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").expect("written");
    assert_eq!(archive(&store, &empty).await, ENDED);
    sound(&store).await;
}

#[tokio::test]
async fn a_store_of_the_first_schema_can_be_archived() {
    let (folder, path) = folder();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let raw = Connection::open(&path).expect("made");
    raw.execute_batch(include_str!("v1.sql")).expect("filled");
    drop(raw);
    let store = open(&path, Role::Serve).expect("brought up to date");
    let question = store.resolve_not_placed(decision(OrderId(3))).await;
    question.expect("resolved");
    let ids = all(&store).await;
    let before = answers(&store, &ids).await;
    let gone = archive(&store, &folder.path().join("old.db")).await;
    assert!(gone >= 4, "{gone}");
    assert_eq!(answers(&store, &ids).await, before);
    sound(&store).await;
    let raw = Connection::open(&path).expect("opened");
    let broken = raw
        .prepare("PRAGMA foreign_key_check")
        .expect("a query")
        .exists([])
        .expect("read");
    assert!(!broken);
    let verdict: String = raw
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("read");
    assert_eq!(verdict, "ok");
}

#[tokio::test]
async fn a_long_walk_comes_in_pages() {
    let (folder, path) = folder();
    let (world, store) = world_in(&path).await;
    world.top_up(world.ann, "100", "funds").await;
    // Two of them stay, one at the end of the first page.
    for n in 0..107 {
        let order = world.open("0.01").await;
        let closed = store.close_unsent(decision(order)).await;
        closed.expect("closed");
        if n == 3 || n == 100 {
            let flag = store.flag_order(order, "look".to_owned(), at(9)).await;
            flag.expect("flagged");
        }
    }
    let file = store.archive_file(&folder.path().join("old.db")).await;
    let file = file.expect("a file");
    let (mut from, mut went, mut kept) = (None, Vec::new(), 0);
    loop {
        let page = store.select_old(much_later(), from).await;
        let page = Arc::new(page.expect("selected"));
        store.copy_to_archive(&file, &page).await.expect("copied");
        went.push(leave(&store, &file, &page).await);
        kept += page.kept.values().sum::<u64>();
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((went, kept), (vec![100, 5], 2));
    assert_eq!(all(&store).await, [OrderId(101), OrderId(4)]);
    sound(&store).await;
}
