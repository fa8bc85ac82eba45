//! Looking back: figures are sums of the ledger, to the last digit.

use panelgate_domain::family::Share;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::settlement::Verdict;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::{NewOrder, Opened};
use panelgate_store::reports::{Grouping, MAX_BATCH, PastOrder, Profit};
use tokio::sync::mpsc;

use super::kin::{drip_feed, subscription};
use super::world::{charged, fact};
use super::{World, at, decision, money, said};

const DAY: i64 = 24 * 60 * 60;

/// Orders that end in every way: 10 kept of 10, 7 of 10 after a day, none of 5, 3 held, 2 waiting without any panel.
async fn busy(world: World) -> World {
    let world = world.funded().await;
    let whole = world.placed("10", "u1").await;
    close(&world, whole, charged(StatusWord::Completed, "6.000001", 9)).await;
    let less = world.placed("10", "u2").await;
    close(&world, less, fact(StatusWord::Completed, Some(0), 9)).await;
    let partial = charged(StatusWord::Partial, "4", DAY);
    let partial = Fact {
        remains: Some(30),
        ..partial
    };
    let Verdict::Settle(settlement) = world.order(less).await.basis().settle(&partial) else {
        panic!("it ends the order")
    };
    let later = world.store.settle_later(less, partial, settlement);
    later.await.expect("paid");
    let (_, refused) = world.sending("5").await;
    let refusal = Refusal::BadLink;
    let answer = said("refused_order", 4);
    let refused = world.store.refuse_order(refused, refusal, answer).await;
    refused.expect("closed");
    world.placed("3", "u3").await;
    world.open("2").await;
    let unsent = world.open("1").await;
    let unsent = world.store.close_unsent(decision(unsent)).await;
    unsent.expect("closed");
    world
}

async fn close(world: &World, order: OrderId, fact: Fact) {
    world.close(order, fact).await.expect("closed");
}

async fn profit(world: &World, by: Grouping) -> Vec<Profit> {
    world.store.profit(by, None).await.expect("read")
}

/// (group, orders, revenue, held, cost)
fn figures(profits: &[Profit], name: impl Fn(&Profit) -> String) -> Vec<(String, u64, [Money; 3])> {
    let rows = profits.iter();
    rows.map(|row| (name(row), row.orders, [row.revenue, row.held, row.cost]))
        .collect()
}

pub(crate) async fn profit_is_what_the_accounts_say(world: World) {
    let world = busy(world).await;
    let all = profit(&world, Grouping::default()).await;
    let rows = figures(&all, |row| row.group.currency.to_string());
    // The order that waits and the one that never left have cost nothing in any currency: they count as ours.
    let expected = [
        ("EUR".to_owned(), 4, ["17", "3", "16.000001"].map(money)),
        ("USD".to_owned(), 2, ["0", "2", "0"].map(money)),
    ];
    assert_eq!(rows, expected);
    // 100 were paid in: what is neither available nor held was earned.
    world.expect(["78", "5", "-16.000001", "16.000001"]).await;
}

pub(crate) async fn the_day_of_a_transfer_counts(world: World) {
    let world = busy(world).await;
    let by_day = Grouping {
        day: true,
        ..Grouping::default()
    };
    let first = at(0).0 / (DAY * 1_000);
    let name = |row: &Profit| {
        let day = row.group.day.expect("grouped by it") - first;
        format!("{day} {}", row.group.currency)
    };
    let rows = figures(&profit(&world, by_day).await, name);
    let expected = [
        ("0 EUR".to_owned(), 4, ["20", "3", "18.000001"].map(money)),
        ("0 USD".to_owned(), 2, ["0", "2", "0"].map(money)),
        ("1 EUR".to_owned(), 0, ["-3", "0", "-2"].map(money)),
    ];
    assert_eq!(rows, expected);
    let since = Some(at(DAY));
    let later = world.store.profit(by_day, since).await.expect("read");
    assert_eq!(figures(&later, name), expected[2..]);
}

pub(crate) async fn every_group_adds_up_to_the_whole(world: World) {
    let world = busy(world).await;
    let bob = world.customer("bob").await;
    world.top_up(bob, "50", "bobs").await;
    let new = NewOrder {
        customer: bob,
        service: ServiceId(8),
        ..world.new_order("4")
    };
    world.store.open_order(new, None).await.expect("opened");
    let whole = sum(&profit(&world, Grouping::default()).await);
    for choice in 0_u8..16 {
        let by = Grouping {
            day: choice & 1 > 0,
            panel: choice & 2 > 0,
            service: choice & 4 > 0,
            customer: choice & 8 > 0,
        };
        assert_eq!(sum(&profit(&world, by).await), whole, "{by:?}");
    }
    let by_customer = Grouping {
        customer: true,
        service: true,
        ..Grouping::default()
    };
    let rows = profit(&world, by_customer).await;
    let bobs = rows
        .iter()
        .find(|row| row.group.customer.as_deref() == Some("bob"));
    let bobs = bobs.expect("he bought something");
    assert_eq!((bobs.orders, bobs.held), (1, money("4")));
    assert_eq!(bobs.group.service.map(|service| service.0), Some(8));
}

async fn past_orders(world: &World) -> Vec<PastOrder> {
    past_orders_since(world, at(0)).await
}

async fn past_orders_since(world: &World, since: Timestamp) -> Vec<PastOrder> {
    let (sender, mut batches) = mpsc::channel::<Vec<PastOrder>>(1);
    let listen = async {
        let mut all = Vec::new();
        while let Some(batch) = batches.recv().await {
            assert!(batch.len() <= MAX_BATCH);
            all.extend(batch);
        }
        all
    };
    let (sent, orders) = tokio::join!(world.store.past_orders(since, sender), listen);
    sent.expect("read");
    orders
}

/// A post is one at its price, by the quantity that it is charged by; a run is charged with its drip-feed.
pub(crate) async fn past_children_are_what_they_were_charged_as(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::EqualPost, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    world.delivered(child, 80).await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::Post, "s2")
        .await;
    let child = world.spawned(parent, &["c2"]).await[0];
    world.delivered(child, 80).await;
    let parent = world
        .parent(drip_feed(&world, 2, "10"), Share::Run, "d1")
        .await;
    world.spawned(parent, &["r1"]).await;
    let found = past_orders(&world).await;
    let mut kept: Vec<_> = found
        .iter()
        .map(|order| (order.quantity, order.price, order.taken))
        .collect();
    kept.sort();
    let row = |quantity, price, taken| (quantity, money(price), money(taken));
    let expected = [
        row(80, "0.8", "0.8"),
        row(100, "1", "1"),
        row(200, "2", "0"),
        row(200, "2", "0"),
    ];
    assert_eq!(kept, expected);
    for order in found {
        let again = order.rate.price(order.charging, order.quantity);
        assert_eq!(again, Some(order.price));
    }
}

/// A child is numbered when it is made, and charged when it is looked at: after orders that came later.
pub(crate) async fn a_past_that_begins_with_a_child_has_all_charges(world: World) {
    let world = world.funded().await;
    let parent = world
        .parent(subscription(&world, 2, "10"), Share::Post, "s1")
        .await;
    let child = world.spawned(parent, &["c1"]).await[0];
    let created = world.order(child).await.created;
    let new = NewOrder {
        at: created,
        ..world.new_order("10")
    };
    let placement = world.new_placement("alpha");
    let opened = world.store.open_order(new, Some(placement)).await;
    let Ok(Opened::New(_, Some(placement))) = opened else {
        panic!("{opened:?}")
    };
    let placed = world
        .store
        .confirm_placement(placement, "u1".into(), said("accepted", 6));
    placed.await.expect("placed");
    world.delivered(child, 80).await;
    let found = past_orders_since(&world, created).await;
    let charged = found.iter().map(|order| {
        let spent = order.spent.as_ref().expect("at a panel");
        spent.charged
    });
    assert_eq!(charged.collect::<Vec<_>>(), [money("0.4"), money("6")]);
}

pub(crate) async fn past_orders_come_with_what_they_cost(world: World) {
    let world = busy(world).await;
    let orders = past_orders(&world).await;
    let rows = orders.iter().map(|order| {
        let spent = order.spent.as_ref();
        let charged = spent.map(|spent| (spent.quoted, spent.charged));
        (order.price, order.taken, charged)
    });
    let row = |price, taken, spent: Option<(&str, &str)>| {
        let spent = spent.map(|(quoted, charged)| (money(quoted), money(charged)));
        (money(price), money(taken), spent)
    };
    let expected = [
        row("10", "10", Some(("6", "6.000001"))),
        row("10", "7", Some(("6", "4"))),
        row("5", "0", Some(("6", "0"))),
        row("3", "0", Some(("6", "6"))),
        row("2", "0", None),
        row("1", "0", None),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    let (sender, mut batches) = mpsc::channel(1);
    let later = world.store.past_orders(at(2), sender);
    later.await.expect("nothing to send");
    assert!(batches.recv().await.is_none());
}

pub(crate) async fn nobody_has_to_listen_to_the_end(world: World) {
    let world = busy(world).await;
    let (sender, batches) = mpsc::channel(1);
    drop(batches);
    let sent = world.store.past_orders(at(0), sender);
    sent.await.expect("it ends");
}

fn sum(profits: &[Profit]) -> (u64, [i64; 3]) {
    let add = |of: fn(&Profit) -> Money| profits.iter().map(|row| of(row).micros()).sum();
    (
        profits.iter().map(|row| row.orders).sum(),
        [
            add(|row| row.revenue),
            add(|row| row.held),
            add(|row| row.cost),
        ],
    )
}
