//! A file that a program of schema 1 left behind: everything is found again, and life goes on.

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::{CancelWish, OrderState};
use panelgate_domain::settlement::Verdict;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_store::Store;
use panelgate_store::model::{Learned, OrderFilter};
use panelgate_store::sqlite::{Role, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::contract::{at, money};
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
