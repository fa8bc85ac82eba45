//! Ends that need more than a moment: those that change later, and those that wait for a second look.

mod shop;

use std::time::Duration;

use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::status::{Final, StatusWord};
use panelgate_simpanel::Fate;

use shop::Shop;

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    amounts.fold(Money::ZERO, |sum, amount| {
        sum.checked_add(amount).expect("small")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_gets_better_the_next_day_pays_the_difference_once() {
    let mut shop = Shop::open().await;
    let orders = shop.order(2).await;
    let (better, live) = orders.split_at(1);
    let ended = async |shop: &Shop| shop.all(better).await[0].ended;
    shop.at_the_panel(better, |order| order.end(Fate::Completed))
        .await;
    shop.until("it is closed", async || {
        ended(&shop).await == Some(Final::Completed)
    })
    .await;
    let price = shop.all(better).await[0].price;

    shop.at_the_panel(better, |order| order.end(Fate::Partial { remains: 30 }))
        .await;
    shop.later(DAY).await;
    shop.until("the rest is paid back", async || {
        ended(&shop).await == Some(Final::Partial)
    })
    .await;
    let changed = &shop.all(better).await[0];
    assert_eq!(changed.word(), StatusWord::Partial);
    assert_eq!(changed.taken, price.share(70, 100, Rounding::Up));
    let spent = shop.spent().await;
    shop.verify().await;

    // Looks after that say the same, over days and restarts, and pay nothing more.
    for _ in 0..3 {
        let calls = shop.status_calls();
        shop.later(DAY).await;
        shop.until("it was looked at again", async || {
            shop.status_calls() > calls + 1
        })
        .await;
        assert_eq!(shop.spent().await, spent);
    }
    assert_eq!(shop.all(live).await[0].state, OrderState::Placed);
    shop.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_would_take_money_later_is_for_the_operator() {
    let mut shop = Shop::open().await;
    let orders = shop.order(2).await;
    let worse = &orders[..1];
    shop.at_the_panel(worse, |order| order.end(Fate::Canceled))
        .await;
    shop.until("it is closed", async || {
        shop.all(worse).await[0].ended == Some(Final::Canceled)
    })
    .await;
    let spent = shop.spent().await;
    shop.at_the_panel(worse, |order| order.end(Fate::Completed))
        .await;
    shop.later(DAY).await;
    shop.until("it is on the list", async || shop.flagged().await == worse)
        .await;
    assert_eq!(shop.all(worse).await[0].ended, Some(Final::Canceled));
    assert_eq!(shop.spent().await, spent);
    shop.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mass_cancels_wait_for_a_second_look_also_over_a_restart() {
    let mut shop = Shop::open().await;
    let orders = shop.order(300).await;
    let held = shop.spent().await;
    let gone = &orders[..200];
    shop.at_the_panel(gone, |order| order.end(Fate::Canceled))
        .await;
    let heard = |order: &Order| {
        let word = order.fact.map(|fact| fact.word);
        word == Some(StatusWord::Canceled)
    };
    shop.until("all of them were heard of", async || {
        shop.all(gone).await.iter().all(heard)
    })
    .await;
    let paid = async |shop: &Shop| {
        let orders = shop.all(gone).await;
        orders.iter().filter(|order| order.ended.is_some()).count()
    };
    let early = paid(&shop).await;
    // Until more than a fifth of 300 have turned, each is believed.
    assert!(early <= 60, "{early} were paid before the brake could know");
    let waits = |order: &Order| order.ended.is_some() || order.word() == StatusWord::InProgress;
    assert!(shop.all(gone).await.iter().all(waits));

    // A restart within the ten minutes changes nothing.
    shop.later(Duration::from_secs(60)).await;
    let calls = shop.status_calls();
    shop.until("the others were looked at", async || {
        shop.status_calls() > calls + 5
    })
    .await;
    assert_eq!(paid(&shop).await, early);

    shop.later(Duration::from_secs(600)).await;
    shop.until("all are paid back", async || paid(&shop).await == 200)
        .await;
    let canceled = shop.all(gone).await;
    let whole =
        |order: &Order| order.ended == Some(Final::Canceled) && order.taken == Some(Money::ZERO);
    assert!(canceled.iter().all(whole));
    let back = sum(canceled.iter().map(|order| order.price));
    assert_eq!(Some(shop.spent().await), held.checked_sub(back));
    shop.verify().await;
}
