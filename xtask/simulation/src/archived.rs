//! What a world has left behind is archived, cut off somewhere and done again: nobody may be able to tell afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::OrderState;
use panelgate_domain::time::Timestamp;
use panelgate_engine::Clock;
use panelgate_store::model::OrderFilter;
use panelgate_store::reports::{Grouping, Profit};
use panelgate_store::sqlite::SqliteStore;
use panelgate_store::{Archives, Reports, Store};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::world::World;

/// What can be asked of a store, by customers and operators, and its answers.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    shown: BTreeMap<OrderId, String>,
    profits: Vec<Vec<Profit>>,
    money: String,
}

/// Archives all that may go; answers the store as it is then, how many went, and what is wrong with it.
pub(crate) async fn nobody_can_tell(
    world: &World,
    store: SqliteStore,
) -> (SqliteStore, u64, Vec<String>) {
    let mut rng = StdRng::seed_from_u64(world.plan.seed.rotate_left(20));
    let orders = store.list_orders(OrderFilter::default()).await;
    let orders = orders.expect("readable");
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let may_go = orders
        .iter()
        .filter(|order| order.state == OrderState::Closed && order.flag.is_none())
        .count();
    let first = orders.iter().map(|order| order.created).min();
    let middle = first.map(|first| Timestamp(first.0 + rng.random_range(0..100_000)));
    let before = ask(&store, &ids, middle).await;

    let cut = rng.random_range(0..3);
    archive(world, &store, cut).await;
    store.close().await;
    let store = world.open();
    let mut wrongs = Vec::new();
    compare(&store, &ids, middle, &before, &mut wrongs).await;
    archive(world, &store, u64::MAX).await;
    compare(&store, &ids, middle, &before, &mut wrongs).await;
    let archives = store.archives().await.expect("readable");
    let gone = archives.iter().map(|archive| archive.orders).sum();
    // Questions and what is beside them stay.
    if gone > may_go as u64 {
        wrongs.push(format!(
            "{gone} orders were archived, and {may_go} had ended"
        ));
    }
    (store, gone, wrongs)
}

/// Page by page, but no more than so many steps.
async fn archive(world: &World, store: &SqliteStore, steps: u64) {
    let now = world.clock.now();
    let file = store.archive_file(&world.beside("archive.db")).await;
    let file = file.expect("made or opened");
    let mut from = None;
    for step in 0.. {
        let page = store.select_old(now.after(A_DAY), from).await;
        let page = Arc::new(page.expect("readable"));
        if 2 * step < steps {
            let copied = store.copy_to_archive(&file, &page).await;
            copied.expect("nothing goes wrong any more");
        }
        if 2 * step + 1 < steps {
            let left = store.leave_stubs(&file, &page, now).await;
            left.expect("nothing goes wrong any more");
        }
        from = page.next;
        if from.is_none() {
            return;
        }
    }
}

async fn compare(
    store: &SqliteStore,
    ids: &[OrderId],
    middle: Option<Timestamp>,
    before: &Answers,
    wrongs: &mut Vec<String>,
) {
    let after = ask(store, ids, middle).await;
    if after != *before {
        wrongs.push(format!("archived: {before:?} became {after:?}"));
    }
    let violations = store.verify().await.expect("readable").into_iter();
    wrongs.extend(violations.map(|violation| format!("verify, archived: {violation:?}")));
}

async fn ask(store: &SqliteStore, ids: &[OrderId], middle: Option<Timestamp>) -> Answers {
    let orders = store.orders(ids.to_vec()).await.expect("readable");
    let shown = orders.into_iter().map(|order| {
        let seen = (order.view(&"USD".into()), order.posts(), order.kind());
        let whose = (order.customer, order.panel, order.upstream_id, order.flag);
        (order.id, format!("{seen:?} {whose:?}"))
    });
    let mut profits = Vec::new();
    for since in [None, middle] {
        for choice in [0_u8, 15] {
            let by = Grouping {
                day: choice & 1 > 0,
                panel: choice & 2 > 0,
                service: choice & 4 > 0,
                customer: choice & 8 > 0,
            };
            profits.push(store.profit(by, since).await.expect("readable"));
        }
    }
    let customers = store.customers().await.expect("readable").into_iter();
    let accounts: Vec<_> = customers
        .map(|row| (row.customer.id, row.account))
        .collect();
    Answers {
        shown: shown.collect(),
        profits,
        money: format!("{accounts:?}"),
    }
}

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
