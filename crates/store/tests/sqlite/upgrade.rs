//! A file that a program of an older schema left behind: everything is found again, and life goes on.

use std::path::Path;

use panelgate_domain::family::Share;
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{CancelWish, OrderState};
use panelgate_domain::settlement::Verdict;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_store::Store;
use panelgate_store::model::{Learned, OrderFilter};
use panelgate_store::sqlite::{Role, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::contract::{at, money};
use crate::restore::restore;
use crate::{folder, open};

fn opened() -> (TempDir, SqliteStore) {
    let (kept, path) = folder();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let raw = Connection::open(&path).expect("made");
    raw.execute_batch(include_str!("v1.sql")).expect("filled");
    drop(raw);
    let store = open(&path, Role::Serve).expect("brought up to date");
    (kept, store)
}

#[tokio::test]
async fn orders_in_every_state_are_found_again() {
    let (_kept, store) = opened();
    assert_eq!(store.verify().await.expect("verified"), []);
    let mut orders = store
        .list_orders(OrderFilter::default())
        .await
        .expect("read");
    orders.reverse();
    let found: Vec<String> = orders
        .iter()
        .map(|order| {
            let ended = order.ended.map_or("-", |ended| ended.word());
            let word = order.fact.map_or("-", |fact| fact.word.word());
            let taken = order
                .taken
                .map_or("-".to_owned(), |taken| taken.to_string());
            let flagged = if order.flag.is_some() { " flagged" } else { "" };
            format!("{} {ended} {word} {taken}{flagged}", order.state)
        })
        .collect();
    assert_eq!(
        found,
        [
            "open - - -",
            "sending - - -",
            "unconfirmed - - -",
            "placed - In progress -",
            "placed - Partial - flagged",
            "closed Completed Completed 10.00",
            "closed Partial Partial 3.00",
            "closed Canceled Canceled 0.00",
            "closed Canceled - 0.00",
            "closed Canceled - 0.00",
            "closed Canceled - 0.00 flagged",
            "closed Partial Pending 6.00",
            "open - - -",
        ]
    );
    // An end that had waited for a second look waits on.
    let doubts = orders
        .iter()
        .filter_map(|order| Some((order.id, order.doubt?)));
    assert_eq!(doubts.collect::<Vec<_>>(), [(OrderId(5), at(21))]);
    assert_eq!(orders[3].cancel_wish, CancelWish::Asked);
    assert_eq!(
        orders[3].fact,
        Some(Fact {
            word: StatusWord::InProgress,
            charge: Some(money("5.5")),
            start_count: Some(40),
            remains: Some(60),
            runs: None,
            at: at(20),
        })
    );
}

#[tokio::test]
async fn everything_else_is_found_again() {
    let (_kept, store) = opened();
    let customers = store.customers().await.expect("read");
    let accounts: Vec<_> = customers
        .iter()
        .map(|row| (&*row.customer.name, row.account.available, row.account.held))
        .collect();
    assert_eq!(
        accounts,
        [
            ("ann", money("131"), money("50")),
            ("bob", money("-1"), money("1"))
        ]
    );
    let owner = store.key_owner([7; 32]).await.expect("read");
    assert_eq!(owner.map(|owner| owner.name), Some("ann".to_owned()));
    let story = store.story(OrderId(7)).await.expect("read");
    let kinds: Vec<&str> = story.events.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["opened", "sending", "placed", "closed", "settled"]);
    assert_eq!((story.placements.len(), story.transfers.len()), (1, 5));
    assert_eq!(store.pauses().await.expect("read"), [Some("beta".into())]);
    assert_eq!(store.panel_hosts().await.expect("read").len(), 1);
    assert_eq!(store.revision([9; 32], at(700)).await.expect("read"), 1);
    assert!(store.completions().await.expect("read").is_empty());
    assert!(store.panel_traits().await.expect("read").is_empty());
}

#[tokio::test]
async fn life_goes_on() {
    let (_kept, store) = opened();
    let parked = store.park_orphans(at(700)).await.expect("parked");
    assert_eq!(
        (parked.len(), parked[0].state),
        (1, OrderState::Unconfirmed)
    );
    let fact = |word, remains| Fact {
        word,
        remains,
        ..Fact::accepted(at(90_000))
    };
    let doubted = Learned {
        order: OrderId(5),
        fact: fact(StatusWord::Canceled, None),
        flag: None,
        doubt: Some(at(90_600)),
    };
    let learned = store.learn(vec![doubted]).await.expect("learned");
    assert_eq!(learned[0].doubt, Some(at(90_600)));
    let ended = store.ended_since(at(31), OrderId(0), 10).await;
    let ended: Vec<i64> = ended
        .expect("read")
        .iter()
        .map(|order| order.id.0)
        .collect();
    assert_eq!(ended, [7, 8]);
    // Completed, and Partial with a refund by hand.
    for (id, change, kept) in [
        (6, fact(StatusWord::Partial, Some(30)), "7"),
        (7, fact(StatusWord::Partial, Some(90)), "1"),
    ] {
        let order = store
            .orders(vec![OrderId(id)])
            .await
            .expect("read")
            .remove(0);
        let Verdict::Settle(settlement) = order.basis().settle(&change) else {
            panic!("{change:?} ends nothing")
        };
        let changed = store.settle_later(order.id, change, settlement).await;
        assert_eq!(changed.expect("paid").taken, Some(money(kept)));
    }
    assert_eq!(store.verify().await.expect("verified"), []);
}

/// What an operator rehearses: the old store is brought up to date, backed up, and made again of its backup.
#[tokio::test]
async fn what_was_brought_up_to_date_is_restored_from_a_backup() {
    let (kept, store) = opened();
    let copy = kept.path().join("backup.db");
    store.backup(&copy).await.expect("copied");
    store.close().await;
    let path = kept.path().join("restored").join("panelgate.db");
    let restored = restore(&copy, &path).expect("restored");
    let store = open(&path, Role::Serve).expect("opened");
    assert_eq!(store.verify().await.expect("verified"), []);
    let orders = store
        .list_orders(OrderFilter::default())
        .await
        .expect("read");
    let in_state = |state| orders.iter().filter(|order| order.state == state).count();
    // Two were open and one was being sent: whether they were since is not known.
    let states = [
        OrderState::Open,
        OrderState::Sending,
        OrderState::Unconfirmed,
        OrderState::Placed,
        OrderState::Closed,
    ];
    assert_eq!(states.map(in_state), [0, 0, 4, 2, 7]);
    assert_eq!(
        (restored.unconfirmed, restored.next_order),
        (3, OrderId(1_000_014))
    );
}

#[tokio::test]
async fn a_stored_list_is_what_was_approved() {
    let (_kept, path) = folder();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let raw = Connection::open(&path).expect("made");
    raw.execute_batch(include_str!("v1.sql")).expect("filled");
    let list = r#"[{"id":"7","name":"Likes","category":"c","type_word":"Default","rate":"0.00011999999999999999","min":1,
        "max":18446744073709551615,"refill":true,"cancel":false,"dripfeed":null}]"#;
    raw.execute(
        "INSERT OR REPLACE INTO offer_lists (panel, currency, entries, unreadable, at) VALUES ('gamma', 'EUR', ?1, '[]', 5)",
        [list],
    )
    .expect("kept");
    drop(raw);
    let store = open(&path, Role::Serve).expect("brought up to date");
    let baselines = store.baselines().await.expect("read");
    let baseline = &baselines[&"gamma".into()][&"7".into()];
    assert_eq!(baseline.rate.to_string(), "0.00011999999999999999");
    assert_eq!(
        (baseline.currency.as_str(), &*baseline.name),
        ("EUR", "Likes")
    );
    assert_eq!((baseline.min, baseline.max), (1, i64::MAX.unsigned_abs()));
    assert!(baseline.refill && !baseline.cancel);
}

/// What a program of schema 3 left behind: as in `v1.sql`, and every order of ann's is a drip-feed of two runs.
fn leave_v3(path: &Path) {
    let (_kept, new) = folder();
    drop(open(&new, Role::Serve).expect("made"));
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let raw = Connection::open(path).expect("made");
    raw.execute_batch(include_str!("v1.sql")).expect("filled");
    raw.execute_batch(include_str!("../../migrations/sqlite/V2__looks.sql"))
        .expect("2");
    raw.execute_batch(include_str!("../../migrations/sqlite/V3__catalogue.sql"))
        .expect("3");
    raw.execute("ATTACH ?1 AS new", [new.to_str().expect("a path")])
        .expect("attached");
    raw.execute_batch(
        "INSERT INTO refinery_schema_history
             SELECT * FROM new.refinery_schema_history WHERE version IN (2, 3);
         DETACH new;
         UPDATE orders SET per_run = 50, runs = 2 WHERE customer = 1;
         UPDATE orders SET fact_runs = 1 WHERE fact_word IS NOT NULL;
         PRAGMA journal_mode = WAL;",
    )
    .expect("aged");
}

#[tokio::test]
async fn drip_feeds_become_parents() {
    let (_kept, path) = folder();
    leave_v3(&path);
    let store = open(&path, Role::Serve).expect("brought up to date");
    assert_eq!(store.verify().await.expect("verified"), []);
    let orders = store
        .list_orders(OrderFilter::default())
        .await
        .expect("read");
    for order in orders {
        let share = (order.quantity.runs > 1).then_some(Share::Run);
        assert_eq!((order.share, order.origin), (share, None), "{}", order.id);
    }
    let adopted = store.adopt(OrderId(4), vec!["r1".into()], at(700)).await;
    let run = adopted.expect("adopted").children.remove(0);
    assert_eq!((run.price, run.quantity.total()), (Money::ZERO, 50));
    let stopped = Fact {
        runs: Some(1),
        word: StatusWord::Canceled,
        ..Fact::accepted(at(800))
    };
    let parent = store
        .orders(vec![OrderId(4)])
        .await
        .expect("read")
        .remove(0);
    let Verdict::Settle(settlement) = parent.basis().settle(&stopped) else {
        panic!("{stopped:?} ends nothing")
    };
    let closed = store
        .close_order(parent.id, stopped, settlement, at(800))
        .await;
    assert_eq!(closed.expect("closed").taken, Some(money("5")));
    assert_eq!(store.verify().await.expect("verified"), []);
}

/// The power goes between two commits of an upgrade, or in the middle of one.
#[tokio::test]
async fn an_upgrade_that_is_cut_off_goes_on_with_the_next_start() {
    for leave in [leave_v1 as fn(&Path), leave_v3] {
        let (_kept, path) = folder();
        leave(&path);
        let before = std::fs::read(&path).expect("read");
        let store = open(&path, Role::Serve).expect("brought up to date");
        let log = std::fs::read(format!("{}-wal", path.display())).expect("a log");
        store.close().await;
        let cuts = commits(&log);
        assert!(!cuts.is_empty(), "there was something to do");
        for end in cuts.into_iter().flat_map(|end| [end - 1, end]) {
            let (_kept, path) = folder();
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, &before).expect("written");
            std::fs::write(format!("{}-wal", path.display()), &log[..end]).expect("written");
            let store =
                open(&path, Role::Serve).unwrap_or_else(|error| panic!("cut at {end}: {error}"));
            assert_eq!(store.verify().await.expect("verified"), [], "cut at {end}");
            store.close().await;
        }
    }
}

fn leave_v1(path: &Path) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let raw = Connection::open(path).expect("made");
    raw.execute_batch(include_str!("v1.sql")).expect("filled");
    raw.execute_batch("PRAGMA journal_mode = WAL")
        .expect("kept");
}

/// Where the frames of a log end that end a transaction: <https://www.sqlite.org/fileformat2.html#walformat>.
fn commits(log: &[u8]) -> Vec<usize> {
    let number = |at: usize| {
        let bytes = log[at..at + 4].try_into().expect("four bytes");
        usize::try_from(u32::from_be_bytes(bytes)).expect("small")
    };
    let frame = 24 + number(8);
    (32..log.len())
        .step_by(frame)
        .filter(|start| number(start + 4) > 0)
        .map(|start| start + frame)
        .collect()
}
